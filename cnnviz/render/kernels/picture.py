"""Kernels as a picture: one kernel with its coefficients in the cells, or a page of a bank's kernels."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz import colormaps
from cnnviz.kernels import Kernel
from cnnviz.render import contact_sheet, tone
from cnnviz.render.drawing import colored
from cnnviz.render.lettering import fitting

_SIDE: Final = 480  # pixels of the drawn kernel's longer side, about
_LARGEST_CELL: Final = 96
_BANK_SIDE: Final = 96  # pixels of a kernel in the picture of a bank
_MOST_TILES: Final = 256
_PALETTE: Final = colormaps.choose("vik", symmetric=True).palette
_SEQUENTIAL: Final = colormaps.choose("viridis", symmetric=False).palette


def draw(kernel: Kernel) -> NDArray[np.uint8]:
    """The picture of a 2-D kernel, or of up to 256 kernels of a bank: (H, W, 3)."""
    weight = kernel.weight
    largest = float(np.abs(weight).max())
    scale = tone.Tone("symmetric", 0.0 - largest, largest, 0)
    if weight.ndim == 2:
        total = float(weight.sum())
        total = 0 if abs(total) <= 1e-9 * largest * weight.size else total
        detail = f"{weight.shape[0]}x{weight.shape[1]}, sum {total:.4g}"
        palette = _PALETTE
        if weight.min() >= 0 and largest:  # nothing to tell apart by sign
            scale, palette = tone.Tone("minmax", 0, largest, 0), _SEQUENTIAL
        tile = contact_sheet.Tile("", "", _numbered(weight, scale, palette), scale, palette)
        return contact_sheet.draw(kernel.title, detail, [tile])
    maps, depth, height, width = weight.shape
    tiles = _color_tiles(weight, scale) if depth == 3 else _channel_tiles(weight, scale)
    all_tiles = maps if depth == 3 else maps * depth
    left_out = f"; the first {len(tiles)} of {all_tiles} are shown" if len(tiles) < all_tiles else ""
    detail = f"{maps} kernels of {height}x{width} over {depth} channel{'s' * (depth > 1)}{left_out}"
    return contact_sheet.draw(kernel.title, detail, tiles)


def _numbered(weight: NDArray[Any], scale: tone.Tone, palette: bytes) -> NDArray[np.uint8]:
    """Cells in their colours, with the coefficients in them where there is room."""
    cell = max(min(_SIDE // max(weight.shape), _LARGEST_CELL), 1)
    codes = tone.encode(weight, scale).repeat(cell, axis=0).repeat(cell, axis=1)
    image = Image.fromarray(colored(codes, palette))
    pen = ImageDraw.Draw(image)
    labels = {index: f"{weight[index].item():.3g}" for index in np.ndindex(weight.shape)}
    font = fitting(list(labels.values()), cell - 6, cell // 4)
    if font is None:
        return np.asarray(image)
    for row, column in np.ndindex(weight.shape):
        left, top = column * cell, row * cell
        pen.rectangle((left, top, left + cell - 1, top + cell - 1), outline=(255, 255, 255))
        background = image.getpixel((left + 2, top + 2))
        dark = isinstance(background, tuple) and sum(background) < 3 * 128
        text = labels[row, column]
        pen.text((left + cell / 2, top + cell / 2), text, "white" if dark else "black", font, anchor="mm")
    return np.asarray(image)


def _color_tiles(weight: NDArray[Any], scale: tone.Tone) -> list[contact_sheet.Tile]:
    """Three channels drawn as one colour; no coefficient is mid-grey in all of them."""
    return [
        contact_sheet.Tile(str(index), "", _enlarged(tone.encode(kernel, scale).transpose(1, 2, 0)), scale)
        for index, kernel in enumerate(weight[:_MOST_TILES])
    ]


def _channel_tiles(weight: NDArray[Any], scale: tone.Tone) -> list[contact_sheet.Tile]:
    """One tile for every kernel and channel."""
    maps, depth = weight.shape[:2]
    pairs = [(o, channel) for o in range(maps) for channel in range(depth)][:_MOST_TILES]
    return [
        contact_sheet.Tile(
            str(o) if depth == 1 else f"{o}, channel {channel}",
            "",
            _enlarged(tone.encode(weight[o, channel], scale)),
            scale,
            _PALETTE,
        )
        for o, channel in pairs
    ]


def _enlarged(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    factor = max(_BANK_SIDE // max(codes.shape[:2]), 1)
    return np.ascontiguousarray(codes.repeat(factor, axis=0).repeat(factor, axis=1))
