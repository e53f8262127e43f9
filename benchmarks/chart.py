"""The saved rows as a picture for the README: one bar a peer, how long we take of its time."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

from benchmarks.rows import Row, saved

_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
_WIDTH, _ROW, _LEFT, _TOP = 920, 26, 430, 66
_FASTER, _SLOWER, _TEXT, _LINE = "#1f77b4", "#d08030", "#222222", "#999999"
_LONGEST = 1.5
"""The ratio at the right end."""


def draw(path: Path) -> None:
    """Draw the saved rows and write the chart to ``path``."""
    rows = [row for row in saved()[0] if not row.peer.startswith(("cnnviz", "python"))]
    height = _TOP + _ROW * len(rows) + 16
    page = Image.new("RGB", (_WIDTH, height), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    title = "cnnviz / peer, medians of one run in turn. Left of 1: cnnviz takes less."
    pen.text((16, 12), title, _TEXT, font)
    scale = (_WIDTH - _LEFT - 70) / _LONGEST
    for mark in (0.5, 1):
        x = _LEFT + mark * scale
        pen.line((x, _TOP - 4, x, height - 12), _LINE if mark < 1 else _TEXT)
        pen.text((x, _TOP - 12), f"{mark:g}", _TEXT, font, anchor="mm")
    for number, row in enumerate(rows):
        _bar(pen, font, row, _TOP + _ROW * number, scale)
    page.quantize(32).save(path, optimize=True)


def _bar(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    row: Row,
    y: int,
    scale: float,
) -> None:
    color = _FASTER if row.ratio <= 1 else _SLOWER
    end = _LEFT + min(row.ratio, _LONGEST) * scale
    pen.text((_LEFT - 8, y + _ROW / 2), f"{row.job} / {row.peer}", _TEXT, font, anchor="rm")
    pen.rectangle((_LEFT, y + 5, max(end, _LEFT + 2), y + _ROW - 5), color)
    pen.text(
        (end + 6, y + _ROW / 2),
        f"{row.ratio:.2f}",
        _TEXT,
        font,
        anchor="lm",
        stroke_width=4,
        stroke_fill="white",
    )
