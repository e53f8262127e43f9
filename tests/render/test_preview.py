"""A picture in the terminal: its colours two to a cell, or shades where there are no colours."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.console import Console

from cnnviz.render.drawing import Drawing
from cnnviz.render.preview import SHADES, draw
from cnnviz.render.preview import reduce as reduce_drawing
from cnnviz.render.tone import Tone


def reduce(colors: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    drawing = Drawing(colors.transpose(2, 0, 1), Tone("clip", 0, 255, 0), color=True)
    return reduce_drawing(drawing, columns)


def drawn(colors: NDArray[np.uint8], **options: Any) -> str:
    stream = io.StringIO()
    settings: dict[str, Any] = {"color_system": "truecolor", "force_terminal": True, "width": 80}
    draw(colors, Console(file=stream, **settings | options))
    return stream.getvalue()


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 120))
def test_a_preview_fits_and_its_rows_are_even(height: int, width: int, columns: int) -> None:
    rows, across, depth = reduce(np.zeros((height, width, 3), np.uint8), columns).shape
    assert depth == 3
    assert rows % 2 == 0
    assert 2 <= rows <= 80
    assert 1 <= across <= min(width, columns)
    assert rows <= height + 1  # one more where a single row has to fill a cell


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (1, 1), (3, 3)])
def test_thin_pictures_have_a_preview(shape: tuple[int, int]) -> None:
    assert reduce(np.zeros((*shape, 3), np.uint8), 60).size > 0


def test_the_proportions_are_kept() -> None:
    assert reduce(np.zeros((300, 450, 3), np.uint8), 60).shape == (40, 60, 3)
    assert reduce(np.zeros((4000, 1000, 3), np.uint8), 60).shape == (80, 20, 3)


def test_a_small_picture_is_not_enlarged() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
    assert np.array_equal(reduce(picture, 60), picture)


def test_a_pixel_of_the_preview_is_the_mean_of_what_it_covers() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    means = picture.reshape(20, 2, 30, 2, 3).mean(axis=(1, 3))
    assert np.abs(reduce(picture, 30) - means).max() <= 1


def test_a_cell_shows_two_pixels() -> None:
    colors = np.array([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]], np.uint8)
    out = drawn(colors)
    assert out.count("\n") == 1
    found = re.findall(r"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m▀", out)
    assert found == [("1", "2", "3", "7", "8", "9"), ("4", "5", "6", "10", "11", "12")]


@pytest.mark.parametrize(
    "options", [{"color_system": None}, {"color_system": "standard"}, {"no_color": True}]
)
def test_without_colours_there_are_shades(options: dict[str, Any]) -> None:
    ramp = np.linspace(0, 255, 10).round().astype(np.uint8)
    colors = np.dstack([np.stack([ramp, ramp])] * 3)
    out = drawn(colors, **options)
    assert out == SHADES + "\n"
    assert "\x1b" not in out


def test_a_shade_is_the_mean_of_its_two_pixels() -> None:
    colors = np.zeros((2, 3, 3), np.uint8)
    colors[0] = 255
    assert drawn(colors, color_system=None).strip() in (SHADES[4] * 3, SHADES[5] * 3)
    assert drawn(colors, color_system=None) == drawn(colors[::-1], color_system=None)


def test_a_line_wider_than_the_terminal_is_not_wrapped() -> None:
    colors = np.full((2, 90, 3), 255, np.uint8)
    assert drawn(colors, width=20).count("\n") == 1
    assert drawn(colors, width=20, color_system=None) == "@" * 90 + "\n"
