"""Cells with a number in them, and lines of text, as codes of a palette: drawn once, and then copied."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.render.animation import Palette
from cnnviz.render.lettering import Color, Font, heading

_SMALLEST: Final = 13  # pixels, before names are cut
_STEPS: Final = 6  # shades between paper and ink


class CellDrawer:
    """Draws cells in the colours of a palette; the same cell twice costs a copy (measured: 2 us, not 150)."""

    def __init__(self, palette: Palette, frame: Color) -> None:
        self._palette = palette
        self._frame = frame
        self.draw = cache(self._draw)

    def _draw(self, text: str, back: Color, ink: Color, letters: Font | None, side: int) -> NDArray[np.uint8]:
        image = Image.new("RGB", (side + 1, side + 1), back)
        pen = ImageDraw.Draw(image)
        pen.rectangle((0, 0, side, side), outline=self._frame)
        if letters is not None:
            pen.text((side / 2, side / 2), text, ink, letters, anchor="mm")
        return self._palette.codes(np.asarray(image))


def strip(
    text: str,
    size: int,
    ink: Color,
    paper: Color,
    room: int,
    palette: Palette,
    names: Sequence[str] = (),
) -> NDArray[np.uint8]:
    """One line of ``text``, smaller where it would leave its ``room``; its ``names`` are cut before it is."""
    line, letters = heading(text, names, room, size, _SMALLEST)
    width = min(int(letters.getlength(line)) + 2, room)
    mask = Image.new("L", (width, size + 6), 0)
    ImageDraw.Draw(mask).text((0, 1), line, 255, letters)
    shares = np.linspace(0, 1, _STEPS)[:, np.newaxis]
    ramp = np.rint(np.array(paper) * (1 - shares) + np.array(ink) * shares).astype(np.uint8)
    codes = palette.codes(ramp[np.newaxis])[0]
    found: NDArray[np.uint8] = codes[(np.asarray(mask).astype(np.int32) * (_STEPS - 1) + 127) // 255]
    return found
