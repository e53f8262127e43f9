"""The saved rows as a picture for the README: one bar a peer, how long we take of its time."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

from benchmarks.rows import Row, saved

_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
_BARS, _ROW, _TOP = 490, 26, 66
_FASTER, _SLOWER, _TEXT, _LINE = "#1f77b4", "#d08030", "#222222", "#999999"
_LONGEST = 1.5
"""The ratio at the right end."""


def draw(path: Path) -> None:
    """Draw the saved rows and write the chart to ``path``."""
    rows = [row for row in saved()[0] if not row.peer.startswith(("cnnviz", "python"))]
    font = ImageFont.load_default(15)
    left = 24 + round(max(font.getlength(_label(row)) for row in rows))
    height = _TOP + _ROW * len(rows) + 16
    page = Image.new("RGB", (left + _BARS, height), "white")
    pen = ImageDraw.Draw(page)
    title = "cnnviz / peer, medians of one run in turn. Left of 1: cnnviz takes less."
    pen.text((16, 12), title, _TEXT, font)
    scale = (_BARS - 70) / _LONGEST
    for mark in (0.5, 1):
        x = left + mark * scale
        pen.line((x, _TOP - 4, x, height - 12), _LINE if mark < 1 else _TEXT)
        pen.text((x, _TOP - 12), f"{mark:g}", _TEXT, font, anchor="mm")
    for number, row in enumerate(rows):
        _bar(pen, font, row, (left, _TOP + _ROW * number), scale)
    page.quantize(32).save(path, optimize=True)


def _label(row: Row) -> str:
    return f"{row.job} / {row.peer}"


def _bar(pen: ImageDraw.ImageDraw, font: _Font, row: Row, corner: tuple[int, int], scale: float) -> None:
    left, y = corner
    color = _FASTER if row.ratio <= 1 else _SLOWER
    end = left + min(row.ratio, _LONGEST) * scale
    pen.text((left - 8, y + _ROW / 2), _label(row), _TEXT, font, anchor="rm")
    pen.rectangle((left, y + 5, max(end, left + 2), y + _ROW - 5), color)
    place, ratio = (end + 6, y + _ROW / 2), f"{row.ratio:.2f}"
    pen.text(place, ratio, _TEXT, font, anchor="lm", stroke_width=4, stroke_fill="white")  # over the lines
