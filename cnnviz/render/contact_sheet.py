"""The picture and all its maps on one page, each labelled, with its scale; one above all that share it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.expressions import shape_text
from cnnviz.render.drawing import Drawing, colored
from cnnviz.render.lettering import Color, ascii_text, font, heading, write
from cnnviz.render.lines import number_text
from cnnviz.render.theme import fitted
from cnnviz.render.tone import Tone

_MARGIN: Final = 20
_GAP: Final = 16
_BAR: Final = 8  # height of the scale
_LABEL: Final = 20
_LEGEND: Final = 36  # bar, ends, and air below
_SCALED, _NARROW = 160, 110  # pixels of a tile with a scale below it, and without
_ASPECT: Final = 1.45  # of the page, width to height
_NARROWEST, _FOR_DETAIL = 360, 640  # pixels of a page: its title wants room, and what is said below it
LONGEST: Final = 320  # pixels of a tile's longer side


class _Colors(NamedTuple):
    paper: Color
    ink: Color
    faint: Color
    frame: Color


_LIGHT: Final = _Colors((255, 255, 255), (24, 26, 31), (108, 114, 125), (208, 212, 219))
_DARK: Final = _Colors((24, 26, 30), (235, 235, 235), (160, 166, 176), (80, 84, 92))


class _Sheet(NamedTuple):
    page: Image.Image
    pen: ImageDraw.ImageDraw
    colors: _Colors

    @classmethod
    def blank(cls, width: int, height: int, colors: _Colors) -> _Sheet:
        page = Image.new("RGB", (width, height), colors.paper)
        return cls(page, ImageDraw.Draw(page), colors)


@dataclass(frozen=True, eq=False)
class Tile:
    """``codes`` (h, w) or RGB (h, w, 3), reduced to tile size.

    ``tone`` and ``palette`` are those of the scale below it; the picture itself has none.
    """

    label: str
    detail: str
    codes: NDArray[np.uint8]
    tone: Tone | None = None
    palette: bytes | None = None


def tiles(drawing: Drawing, label: str) -> list[Tile]:
    """One tile for each picture of ``drawing``, reduced, so that a sheet of many large maps stays small."""
    depth = len(drawing.maps) if drawing.color else 1
    detail = shape_text((depth, *drawing.maps.shape[1:]))
    numbered = len(drawing.maps) > 1 and not drawing.color
    # The mean of positive and negative neighbours is grey: fine maps would fade. Of those, single values are
    # shown; pictures and maps of one sign are averaged.
    resampling = Image.Resampling.NEAREST if drawing.tone.kind == "symmetric" else Image.Resampling.BOX
    return [
        Tile(
            f"{label} {number}" if numbered else label,
            detail,
            reduce(plane, resampling),
            drawing.tone,
            drawing.palette,
        )
        for number, plane in enumerate(plane[:] for plane in drawing.planes())
    ]


def reduce(
    codes: NDArray[np.uint8], resampling: Image.Resampling = Image.Resampling.BOX
) -> NDArray[np.uint8]:
    """Shrink ``codes`` (h, w) or (h, w, 3) to at most `LONGEST` a side; small ones grow by a whole factor.

    >>> reduce(np.zeros((300, 450), np.uint8)).shape, reduce(np.zeros((8, 8), np.uint8)).shape
    ((213, 320), (320, 320))
    """
    height, width = codes.shape[:2]
    factor = LONGEST // max(height, width)
    if factor:
        return codes.repeat(factor, axis=0).repeat(factor, axis=1)
    size = fitted(codes.shape, (LONGEST, LONGEST))
    return np.asarray(Image.fromarray(codes).resize(size, resampling))


def draw(title: str, detail: str, tiles: list[Tile], *, dark: bool = False) -> NDArray[np.uint8]:
    """Lay ``tiles`` out in rows: (H, W, 3); a scale that several have in common stands above them, once."""
    common = _common(tiles)
    if common is not None:
        tiles = [replace(tile, tone=None) for tile in tiles]
    cell_width = max(*(tile.codes.shape[1] for tile in tiles), _NARROW if common else _SCALED)
    cell_height = max(tile.codes.shape[0] for tile in tiles) + _LABEL + (0 if common else _LEGEND)
    columns = columns_for(len(tiles), cell_width + _GAP, cell_height + _GAP)
    rows = -(-len(tiles) // columns)
    top = _MARGIN + 44 + (_LEGEND if common else 0)
    wanted = math.ceil(font(13).getlength(ascii_text(detail))) + 2 * _MARGIN
    width = max(2 * _MARGIN + columns * (cell_width + _GAP) - _GAP, _NARROWEST, min(wanted, _FOR_DETAIL))
    height = top + rows * (cell_height + _GAP) - _GAP + _MARGIN // 2
    sheet = _Sheet.blank(width, height, _DARK if dark else _LIGHT)
    line, letters = heading(title, [title], width - 2 * _MARGIN, 18)
    sheet.pen.text((_MARGIN, _MARGIN - 4), line, sheet.colors.ink, letters)
    write(sheet.pen, (_MARGIN, _MARGIN + 18), detail, 13, sheet.colors.faint, width - 2 * _MARGIN)
    if common is not None:
        _draw_scale(sheet, common, (_MARGIN, top - _LEGEND), _SCALED)
        beside = (_MARGIN + _SCALED + _GAP, top - _LEGEND - 4)
        sheet.pen.text(beside, "one scale for all", sheet.colors.faint, font(13))
    for number, tile in enumerate(tiles):
        left = _MARGIN + number % columns * (cell_width + _GAP)
        _draw_tile(sheet, tile, (left, top + number // columns * (cell_height + _GAP)), cell_width)
    return np.asarray(sheet.page)


def _common(tiles: Sequence[Tile]) -> Tile | None:
    """One of the tiles that have a scale, where there are several and it is the same."""
    scaled = [tile for tile in tiles if tile.tone is not None]
    return scaled[0] if len(scaled) > 1 and len({(tile.tone, tile.palette) for tile in scaled}) == 1 else None


def columns_for(count: int, width: int, height: int) -> int:
    """How many columns bring the page nearest to its aspect, with few empty places in the last row."""

    def badness(columns: int) -> float:
        rows = -(-count // columns)
        aspect = columns * width / (rows * height)
        return abs(math.log(aspect / _ASPECT)) + 0.1 * (rows * columns - count)

    return min(range(1, count + 1), key=badness)


def _draw_tile(sheet: _Sheet, tile: Tile, corner: tuple[int, int], width: int) -> None:
    left, top = corner
    pen, colors = sheet.pen, sheet.colors
    detail = int(font(11).getlength(ascii_text(tile.detail)))
    # Labels end in the number of the map.
    write(pen, (left, top), tile.label, 14, colors.ink, width - detail - 8, keep_end=True)
    right = left + tile.codes.shape[1]
    end = max(right, left + min(width, _SCALED))
    write(pen, (end - detail, top + 3), tile.detail, 11, colors.faint, width)
    top += _LABEL
    sheet.page.paste(Image.fromarray(colored(tile.codes, tile.palette)), (left, top))
    bottom = top + tile.codes.shape[0]
    pen.rectangle((left - 1, top - 1, right, bottom), outline=colors.frame)
    _draw_scale(sheet, tile, (left, bottom + 6), max(tile.codes.shape[1], 100))


def _draw_scale(sheet: _Sheet, tile: Tile, corner: tuple[int, int], width: int) -> None:
    """A bar from the darkest to the lightest code, with the values at its ends and 0 in its middle."""
    left, top = corner
    tone = tile.tone
    if tone is None:
        return
    first, last = tone.codes
    if tone.low == tone.high:  # one value has one shade
        first = last = int(tile.codes.flat[0]) if tile.codes.ndim == 2 else first
    ramp = np.linspace(first, last, width).round().astype(np.uint8)
    bar = np.broadcast_to(ramp, (_BAR, width))
    sheet.page.paste(Image.fromarray(np.ascontiguousarray(colored(bar, tile.palette))), (left, top))
    sheet.pen.rectangle((left - 1, top - 1, left + width, top + _BAR), outline=sheet.colors.frame)
    below = top + _BAR + 3
    marks = [(number_text(tone.low), 0.0), (number_text(tone.high), 1.0)]
    if tone.low == tone.high:
        marks = [(f"all {number_text(tone.low)}", 0.0)]
    elif tone.kind == "symmetric":
        marks.insert(1, ("0", 0.5))
    for text, place in marks:
        shift = font(11).getlength(text) * place
        sheet.pen.text((left + width * place - shift, below), text, sheet.colors.faint, font(11))
