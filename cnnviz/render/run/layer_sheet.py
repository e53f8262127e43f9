"""All maps of one layer on a page: small, numbered, under one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.render.contact_sheet import columns_for
from cnnviz.render.lettering import font, write
from cnnviz.render.lines import number_text
from cnnviz.render.run.layer_maps import LayerMaps
from cnnviz.render.theme import DARK, LIGHT, Theme, fitted, hang

MOST: Final = 1024  # maps on a page

_MARGIN: Final = 20
_TOP: Final = 56
_LINE: Final = 18
_GAP: Final = 6
_LABEL: Final = 14
_PAGE: Final = 1180  # pixels across, about
_LARGEST, _SMALLEST = 220, 40  # pixels of a map's longer side
_FLAT: Final = 4  # times as wide as high: such maps take all of a column
_BAR: Final = (8, 160)  # of the scale
_NARROWEST: Final = 600  # so that notes are not cut
_A_ROW: Final = 64  # numbers of a vector
_LARGEST_CELL: Final = 40
_NUMBERS: Final = 48  # pixels for the number at the beginning of a row


def draw(
    layer: LayerMaps,
    title: str,
    notes: Sequence[str] = (),
    *,
    by_energy: bool = False,
    dark: bool = False,
) -> NDArray[np.uint8]:
    """The page (H, W, 3) of ``layer``; with ``by_energy`` the strongest map first.

    A line for each of the ``notes`` stands below the title. A vector is drawn as rows of cells.
    """
    theme = DARK if dark else LIGHT
    if layer.is_vector:
        return _vector(layer, title, notes, theme)
    order = layer.by_energy() if by_energy else list(range(len(layer.maps)))
    shown = order[:MOST]
    height, width, across, columns = _places(len(shown), len(order), layer.maps.shape[1:])
    some = f", {len(shown)} of {len(order)} shown" if len(shown) < len(order) else ""
    how = f"{some}{', the strongest first' * by_energy}; one scale for all maps{_beyond(layer)}"
    size = (
        math.ceil(len(shown) / columns) * (height + _GAP + _LABEL),
        columns * across - _GAP,
    )
    page, pen, begin = _page(layer, title, [how, *notes], size, theme)
    for place, number in enumerate(shown):
        left = _MARGIN + place % columns * across
        top = begin + place // columns * (height + _GAP + _LABEL)
        pen.text((left, top), str(number), theme.ink, font(11))
        page.paste(
            resized(layer.colored(number), height, width, signed=layer.is_signed), (left, top + _LABEL)
        )
    return np.asarray(page)


def _vector(layer: LayerMaps, title: str, notes: Sequence[str], theme: Theme) -> NDArray[np.uint8]:
    """The page of a vector: its numbers in rows, each row beginning with the number of its first one."""
    cells = layer.colored(0)[0]
    columns = min(len(cells), max(_A_ROW, math.isqrt(len(cells))))
    side = max(min((_PAGE - _NUMBERS) // columns, _LARGEST_CELL), 1)
    rows = math.ceil(len(cells) / columns)
    how = f"; {columns} numbers a row"
    size = rows * side, _NUMBERS + columns * side
    page, pen, begin = _page(layer, title, [how, *notes], size, theme)
    every = math.ceil(_LABEL / side)
    for row in range(rows):
        part = cells[np.newaxis, row * columns : (row + 1) * columns]
        top = begin + row * side
        if row % every == 0:
            pen.text((_MARGIN, top + max(side - _LABEL, 0) // 2), str(row * columns), theme.ink, font(11))
        page.paste(resized(part, side, part.shape[1] * side, signed=True), (_MARGIN + _NUMBERS, top))
    return np.asarray(page)


def _page(
    layer: LayerMaps, title: str, lines: Sequence[str], size: tuple[int, int], theme: Theme
) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    """Paper for what is ``size`` (height, width), its heading written, and the row at which it begins."""
    begin = _TOP + _LINE * (len(lines) + 1)
    width = max(2 * _MARGIN + size[1], _NARROWEST)
    page = Image.new("RGB", (width, begin + size[0] + _MARGIN // 2), theme.paper)
    pen = ImageDraw.Draw(page)
    room = page.width - 2 * _MARGIN
    write(pen, (_MARGIN, 14), title, 18, theme.ink, room, keep_end=True)
    first, *others = lines
    write(pen, (_MARGIN, 40), f"{layer.kind}, {layer.shape_text}{first}", 13, theme.ink, room)
    _scale(page, pen, layer, 40 + _LINE, theme)
    for number, line in enumerate(others, 2):
        write(pen, (_MARGIN, 40 + _LINE * number), line, 13, theme.ink, room)
    return page, pen, begin


def _scale(page: Image.Image, pen: ImageDraw.ImageDraw, layer: LayerMaps, top: int, theme: Theme) -> None:
    """The bar of colours between the values at its ends."""
    low, high = (number_text(value) for value in (layer.tone.low, layer.tone.high))
    pen.text((_MARGIN, top), low, theme.ink, font(13))
    left = _MARGIN + math.ceil(font(13).getlength(low)) + _GAP
    hang(page, Image.fromarray(layer.bar(*_BAR)), (left, top + 5), theme)
    pen.text((left + _BAR[1] + _GAP, top), high, theme.ink, font(13))


def _beyond(layer: LayerMaps) -> str:
    """How many values are clipped by the scale."""
    share = layer.tone.clipped
    return f", {100 * share:.2g} % of the values lie beyond it" if share else ""


def resized(colors: NDArray[np.uint8], height: int, width: int, *, signed: bool) -> Image.Image:
    """A map at ``height`` and ``width``; enlarged as cells, reduced by picking where means would cancel."""
    grows = height > colors.shape[0]
    kind = Image.Resampling.NEAREST if grows or signed else Image.Resampling.BOX
    return Image.fromarray(np.ascontiguousarray(colors)).resize((width, height), kind)


def fitted_size(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Height and width of a map whose longer side is drawn in ``longest`` pixels."""
    width, height = fitted(shape, (longest, longest))
    return height, width


def _places(count: int, of: int, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Height and width of each map, the width with its number and gap, and how many stand in a row."""
    columns = columns_for(count, shape[1], shape[0])
    share = (_PAGE - columns * _GAP) // columns
    longest = share if shape[1] > _FLAT * shape[0] else min(max(share, _SMALLEST), _LARGEST)
    if shape[0] > shape[1]:
        longest = min(round(longest * shape[0] / shape[1]), 2 * _LARGEST)
    height, width = fitted_size(shape, longest)
    across = max(width, math.ceil(font(11).getlength(str(of - 1)))) + _GAP
    return height, width, across, min(columns, max((_PAGE + _GAP) // across, 1))
