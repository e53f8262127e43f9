"""Text on pictures: Pillow's own font, which every installation has, and what it can write."""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, TypeAlias

from PIL import ImageDraw, ImageFont

from cnnviz.files import printable

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
Color: TypeAlias = tuple[int, int, int]

SMALLEST: Final = 10  # pixels; smaller text cannot be read
SMALLEST_HEADING: Final = 18  # pixels
_SHORTEST_NAME: Final = 12  # characters; of less one knows nothing


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


def heading(
    text: str, names: Sequence[str], room: float, largest: int, smallest: int = SMALLEST_HEADING
) -> tuple[str, Font]:
    """A line as the font has it, in the largest size that fits; where none does, its ``names`` are cut.

    They are cut in the middle, where names of files say least, and all else stays.

    >>> heading("runs-of-a-long-night-3.png: 7", ["runs-of-a-long-night-3.png"], 200, 30)[0]
    'runs-of-a-l...ight-3.png: 7'
    """
    line = ascii_text(text)
    letters = fitting([line], room, largest, smallest)
    if letters is not None:
        return line, letters
    letters, parts = font(smallest), [ascii_text(name) for name in names]

    def with_names(length: int) -> str:
        found = line
        for part in parts:
            found = found.replace(part, _without_middle(part, max(length, _SHORTEST_NAME)))
        return found

    found = _longest(with_names, max(map(len, parts), default=0), letters, room)
    letters = fitting([found], room, smallest) or font(SMALLEST)
    return _longest(lambda length: _without_middle(found, length), len(found), letters, room), letters


def _without_middle(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    kept = max(length - 3, 0)
    return f"{text[: (kept + 1) // 2]}...{text[len(text) - kept // 2 :]}"


def _longest(cut: Callable[[int], str], most: int, letters: Font, room: float) -> str:
    """What ``cut`` makes of the largest number of characters, up to ``most``, that fits."""

    def needed(length: int) -> int:
        return math.ceil(letters.getlength(cut(length)))

    return cut(max(bisect(range(most + 1), room, key=needed) - 1, 0))


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

        line = _longest(cut, len(line) - 1, font(size), room)
    pen.text(corner, line, ink, font(size))
