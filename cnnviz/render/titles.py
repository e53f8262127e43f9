"""Titles of pictures, which have to fit on one line whatever files are called."""

from __future__ import annotations

from typing import Final

from PIL import ImageDraw

from cnnviz.render.lettering import SMALLEST, Color, ascii_text, fitting, write

_LONGEST: Final = 44  # characters of a name


def short_name(name: str) -> str:
    """``name`` as pictures show it: where it is long, its beginning and its end, which tell files apart.

    >>> short_name("cat.png"), len(short_name("holiday " * 30 + "7.png"))
    ('cat.png', 44)
    """
    line = ascii_text(name)
    if len(line) <= _LONGEST:
        return line
    ending = (_LONGEST - 3) // 2
    return f"{line[: _LONGEST - 3 - ending]}...{line[-ending:]}"


def write_title(
    pen: ImageDraw.ImageDraw, corner: tuple[float, float], text: str, size: int, ink: Color, room: float
) -> None:
    """Write ``text`` in ``size``, smaller where it would leave its ``room``, and cut at the last."""
    line, least = ascii_text(text), max(size // 2, SMALLEST)
    letters = fitting([line], room, size, least)
    if letters is None:
        write(pen, corner, text, least, ink, room)
    else:
        pen.text(corner, line, ink, letters)
