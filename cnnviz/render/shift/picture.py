"""What a shift does, as a picture for a slide: the distances as curves, and the maps of some shifts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.geometry import Pair
from cnnviz.render import line_chart
from cnnviz.render.contact_sheet import LONGEST, reduce
from cnnviz.render.lettering import Color, font, heading, write
from cnnviz.render.line_chart import Axes, Curve
from cnnviz.render.lines import scale_text
from cnnviz.render.shift.text import TITLES, Shifts
from cnnviz.render.theme import DARK, LIGHT, Theme, hang
from cnnviz.render.tone import Tone

_WIDTH: Final = 1100
_MARGIN: Final = 32
_CHART: Final = (84, 730, 464)  # top, right, bottom
_MAPS: Final = 506  # where the heading of the first row of maps stands
_HEADING, _BETWEEN = 50, 20  # above the maps of a row, below them
_STEP: Final = (_WIDTH - 2 * _MARGIN - LONGEST) // 2  # from one map to the next

_DASHES: Final = ((2, 6), (3, 3), (), (16, 6), (8, 8), (14, 5, 3, 5), (5, 4))
_ON_LIGHT: Final[tuple[Color, ...]] = (
    *((105, 105, 105), (125, 80, 45), (20, 90, 190), (205, 75, 0)),
    *((0, 140, 95), (145, 60, 165), (190, 125, 0)),
)
_ON_DARK: Final[tuple[Color, ...]] = (
    *((175, 175, 175), (205, 165, 130), (110, 170, 255), (255, 130, 70)),
    *((60, 205, 150), (215, 140, 240), (240, 195, 70)),
)


class Row(NamedTuple):
    """Maps side by side, one for each of some shifts: ``codes`` (N, H, W)."""

    heading: str
    codes: NDArray[np.uint8]


def draw(
    shifts: Shifts, moves: Sequence[Pair], rows: Sequence[Row], tone: Tone, *, dark: bool = False
) -> NDArray[np.uint8]:
    """The page (H, 1100, 3): the curves of ``shifts``, and below ``rows`` of the maps of some ``moves``.

    ``tone`` is that of all their codes.
    """
    theme = DARK if dark else LIGHT
    height, width = reduce(rows[0].codes[0]).shape
    bottom = _MAPS + len(rows) * (_HEADING + height + _BETWEEN)
    page = Image.new("RGB", (_WIDTH, bottom + _MARGIN - _BETWEEN), theme.paper)
    pen = ImageDraw.Draw(page)
    room = _WIDTH - 2 * _MARGIN
    title, letters = heading(shifts.title, shifts.names, room, 26)
    pen.text((_MARGIN, _MARGIN - 10), title, theme.ink, letters)
    write(pen, (_MARGIN, _MARGIN + 26), shifts.layer, 15, theme.ink, room)
    _chart(pen, theme, shifts, _curves(shifts, _ON_DARK if dark else _ON_LIGHT))
    for number, row in enumerate(rows):
        top = _MAPS + number * (_HEADING + height + _BETWEEN)
        pen.text((_MARGIN, top), row.heading, theme.ink, font(20))
        after = _MARGIN + font(20).getlength(row.heading) + 16
        pen.text((after, top + 5), scale_text(tone), theme.ink, font(14))
        for place, (by, codes) in enumerate(zip(moves, row.codes, strict=True)):
            left = _MARGIN + place * _STEP
            pen.text((left, top + 28), _pixels(max(by)), theme.ink, font(16))
            picture = Image.fromarray(codes).resize((width, height), Image.Resampling.NEAREST)
            hang(page, picture, (left, top + _HEADING), theme)
    return np.asarray(page)


def _chart(pen: ImageDraw.ImageDraw, theme: Theme, shifts: Shifts, curves: Sequence[Curve]) -> None:
    """The curves, and beside them what they are called and what that means."""
    top, right, low = _CHART
    axes = Axes(f"shift {shifts.direction}, in pixels", "distance |a - b| / |b|", whole=True, dots=True)
    line_chart.draw(pen, (_MARGIN, top, right, low), theme, axes, curves)
    line_chart.legend(pen, (right + 22, top + 16), theme, curves, step=28)
    for number, line in enumerate(_below(shifts)):
        corner = right + 22, top + 30 + 28 * len(curves) + 20 * number
        write(pen, corner, line, 14, theme.ink, _WIDTH - _MARGIN - corner[0])


def _curves(shifts: Shifts, colors: Sequence[Color]) -> list[Curve]:
    """One curve a column of the table; those drawn last lie above the others."""
    return [
        Curve(
            name,
            [(shifts.pixels(record), record.distances[place]) for record in shifts.records],
            colors[place],
            _DASHES[place],
        )
        for place, name in enumerate(TITLES)
    ]


def _below(shifts: Shifts) -> list[str]:
    """What stands under the legend."""
    return [
        "pixels: what a dense layer sees",
        "pooled map: to be compared with map",
        "vs moved: from the unmoved picture's map,",
        "moved along by whole cells, without the",
        "border; whole map: with it",
        f"a pooled cell every {_pixels(shifts.along(shifts.steps.pooled))}",
    ]


def _pixels(amount: int | str) -> str:
    return f"{amount} pixel{'s' * (str(amount) != '1')}"
