"""Text on pictures: Pillow's own font, which every installation has, and what it can write."""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect
from collections.abc import Sequence
from functools import cache
from typing import Final, TypeAlias

from PIL import ImageDraw, ImageFont

from cnnviz.files import printable

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
Color: TypeAlias = tuple[int, int, int]

SMALLEST: Final = 10  # pixels; smaller text cannot be read


@cache
def font(size: int) -> Font:
    """The font at ``size`` pixels."""
    return ImageFont.load_default(size)


def ascii_text(text: str) -> str:
    r"""What the font has of ``text``: a letter with an accent becomes the letter, other scripts code points.

    It holds little more than ASCII; the rest would be drawn as empty boxes, and a line break over what
    stands below.

    >>> ascii_text("caf\u00e9 \u732b")
    'cafe \\u732b'
    >>> ascii_text("a\nb")
    'a\\nb'
    """
    decomposed = unicodedata.normalize("NFKD", printable(text))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return letters.encode("ascii", "backslashreplace").decode("ascii")


def fitting(labels: Sequence[str], width: float, largest: int, smallest: int = SMALLEST) -> Font | None:
    """The largest font in which every label fits; None where that would be too small to read."""
    for size in range(largest, smallest - 1, -1):
        if max(map(font(size).getlength, labels), default=0) <= width:
            return font(size)
    return None


def write(
    pen: ImageDraw.ImageDraw,
    corner: tuple[float, float],
    text: str,
    size: int,
    ink: Color,
    room: float,
    *,
    keep_end: bool = False,
) -> None:
    """Write one line, cut with an ellipsis where it would leave its ``room``.

    ``keep_end``: at its beginning, as names of layers are, which differ in their last parts.
    """
    line = ascii_text(text)
    if font(size).getlength(line) > room:

        def cut(length: int) -> str:
            return f"...{line[len(line) - length :]}" if keep_end else f"{line[:length]}..."

        def needed(length: int) -> int:
            return math.ceil(font(size).getlength(cut(length)))

        line = cut(max(bisect(range(len(line)), room, key=needed) - 1, 0))
    pen.text(corner, line, ink, font(size))
