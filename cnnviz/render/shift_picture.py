"""What a shift does, as a picture for a slide: the distances as curves, and the maps of some shifts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.geometry import Pair
from cnnviz.render import line_chart
from cnnviz.render.contact_sheet import LONGEST, reduce
from cnnviz.render.lettering import SMALLEST, Color, ascii_text, fitting, font, write
from cnnviz.render.line_chart import Axes, Curve
from cnnviz.render.shift import Shifts
from cnnviz.render.theme import DARK, LIGHT, hang

_WIDTH: Final = 1100
_MARGIN: Final = 32
_CHART: Final = (84, 730, 464)  # top, right, bottom
_MAPS: Final = 506  # where the heading of the maps stands
_STEP: Final = (_WIDTH - 2 * _MARGIN - LONGEST) // 2  # from one map to the next

_NAMES: Final = (
    "pixels, in place (a dense layer's view)",
    "map, in place",
    "pooled map, in place",
    "map, from the moved: interior",
    "map, from the moved: with border",
    "pooled map, from the moved: interior",
)
_DASHES: Final = ((2, 6), (), (16, 6), (8, 8), (14, 5, 3, 5), (5, 4))
_ON_LIGHT: Final[tuple[Color, ...]] = (
    *((105, 105, 105), (20, 90, 190), (205, 75, 0)),
    *((0, 140, 95), (145, 60, 165), (190, 125, 0)),
)
_ON_DARK: Final[tuple[Color, ...]] = (
    *((175, 175, 175), (110, 170, 255), (255, 130, 70)),
    *((60, 205, 150), (215, 140, 240), (240, 195, 70)),
)


def draw(
    shifts: Shifts, maps: Sequence[tuple[Pair, NDArray[np.uint8]]], *, dark: bool = False
) -> NDArray[np.uint8]:
    """The page (H, 1100, 3): the curves of ``shifts``, and below ``maps``, each a shift and codes (H, W)."""
    theme = DARK if dark else LIGHT
    small = [(by, reduce(codes, Image.Resampling.NEAREST)) for by, codes in maps]
    bottom = _MAPS + 50 + max(codes.shape[0] for _, codes in small)
    page = Image.new("RGB", (_WIDTH, bottom + _MARGIN), theme.paper)
    pen = ImageDraw.Draw(page)
    room = _WIDTH - 2 * _MARGIN
    title = ascii_text(shifts.title)
    pen.text((_MARGIN, _MARGIN - 6), title, theme.ink, fitting([title], room, 26) or font(SMALLEST))
    curves = _curves(shifts, _ON_DARK if dark else _ON_LIGHT)
    top, right, low = _CHART
    axes = Axes(f"shift {shifts.direction}, in pixels", "distance |a - b| / |b|", whole=True)
    line_chart.draw(pen, (_MARGIN, top, right, low), theme, axes, curves)
    line_chart.legend(pen, (right + 22, top + 30), theme, curves, step=30)
    for number, line in enumerate(_below(shifts)):
        corner = right + 22, top + 46 + 30 * len(curves) + 20 * number
        write(pen, corner, line, 14, theme.ink, _WIDTH - _MARGIN - corner[0])
    heading = "the map (before pooling) of the picture moved by"
    pen.text((_MARGIN, _MAPS), heading, theme.ink, font(20))
    for number, (by, codes) in enumerate(small):
        left = _MARGIN + number * _STEP
        name = f"{max(by)} pixel{'s' * (max(by) != 1)}"
        pen.text((left, _MAPS + 28), name, theme.ink, font(16))
        hang(page, Image.fromarray(codes), (left, _MAPS + 50), theme)
    return np.asarray(page)


def _curves(shifts: Shifts, colors: Sequence[Color]) -> list[Curve]:
    """One curve a column of the table; those drawn last lie above the others."""
    return [
        Curve(
            name,
            [(shifts.pixels(record), record.distances[place]) for record in shifts.records],
            colors[place],
            _DASHES[place],
        )
        for place, name in enumerate(_NAMES)
    ]


def _below(shifts: Shifts) -> list[str]:
    """What stands under the legend."""
    apart = shifts.along(shifts.steps.pooled)
    return [
        f"pooling {shifts.pooling}:",
        f"a pooled cell every {apart} pixel{'s' * (apart != '1')}",
        "in place: from the unmoved picture's",
        "from the moved: from the unmoved",
        "picture's, moved by whole cells",
    ]
