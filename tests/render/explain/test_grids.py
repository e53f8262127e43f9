"""The equation on a card: every cell has its number, and the largest of all decides what is strong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.lessons.explain import explain
from cnnviz.lessons.layer import Layer
from cnnviz.render.explain.grids import HEADING, Equation, Grids
from cnnviz.render.theme import DARK, LIGHT, Theme

PIXELS = np.random.default_rng(4).integers(0, 256, (3, 20, 20), dtype=np.uint8)
BELL = np.exp(-np.square(np.arange(-6, 7)) / 8)
GAUSSIAN = np.outer(BELL, BELL) / np.outer(BELL, BELL).sum()


def drawn(weight: NDArray[Any], theme: Theme = LIGHT) -> tuple[Image.Image, Equation]:
    """The equation of the value at 2, 3, from the corner of a page on."""
    found, _ = explain(PIXELS[: weight.shape[1]], Layer(weight), (2, 3))
    page = Image.new("RGB", (1216, 1000), theme.paper)
    equation = Equation(found, 1216, read="pixels")
    equation.draw(Grids(ImageDraw.Draw(page), theme, 255), 0, 0)
    return page, equation


def kernel_cells(page: Image.Image, side: int) -> NDArray[Any]:
    """The cells (7, 7, side, side, 3) of a kernel, without their lines."""
    left = 7 * side + 52
    grid = np.asarray(page)[HEADING : HEADING + 7 * side, left : left + 7 * side]
    return grid.reshape(7, side, 7, side, 3).swapaxes(1, 2)[:, :, 2:-1, 2:-1]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("factor", [1, 1e-100, -1e30])
def test_every_cell_of_a_large_kernel_has_its_number(theme: Theme, factor: float) -> None:
    cells = kernel_cells(drawn(factor * GAUSSIAN[np.newaxis, np.newaxis], theme)[0], 38)
    inked = np.abs(cells.astype(int) - theme.ink).sum(axis=-1) < 60
    assert inked.any(axis=(2, 3)).all()


def test_what_is_shown_is_the_middle_tinted_by_the_largest_of_all() -> None:
    weight = np.ones((1, 1, 9, 9))
    weight[0, 0, 0, 0] = -50  # not shown
    cells = kernel_cells(drawn(weight)[0], 38)
    back = cells[:, :, 0, 0]
    assert (back == back[0, 0]).all()
    assert (LIGHT.paper[0] - back[0, 0] < 5).all()


def test_row_sums_are_tinted_by_the_largest_of_all_channels() -> None:
    weight = np.ones((1, 2, 3, 3), int)
    weight[0, 1] = 1000
    page = np.asarray(drawn(weight)[0]).astype(int)
    name, step, side = 108, 3 * 42 + 52, 42
    left, middle = name + 3 * step - 52 + 16, HEADING + side // 2
    weak, strong = (page[middle + down, left + 5] for down in (0, 3 * side + 12))
    assert np.abs(weak - LIGHT.paper).max() <= 1
    assert np.abs(strong - LIGHT.paper).max() > 50


def test_it_takes_as_much_room_as_it_says() -> None:
    for depth in (1, 3):
        page, equation = drawn(np.ones((1, depth, 3, 3), int))
        rows = np.nonzero((np.asarray(page) != LIGHT.paper).any(axis=(1, 2)))[0]
        assert equation.height - 40 < rows.max() < equation.height


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (20, 1), (5, 5)])
@pytest.mark.parametrize("depth", [1, 3])
def test_it_stays_in_its_place_whatever_the_kernel(shape: tuple[int, int], depth: int) -> None:
    found, _ = explain(PIXELS[:depth], Layer(np.ones((1, depth, *shape), int)), (0, 0))
    page = Image.new("RGB", (1280, 900), LIGHT.paper)
    equation = Equation(found, 1216, read="pixels")
    equation.draw(Grids(ImageDraw.Draw(page), LIGHT, 255), 32, 60)
    rows, columns = np.nonzero((np.asarray(page) != LIGHT.paper).any(axis=2))
    assert rows.min() >= 60
    assert rows.max() < 60 + equation.height
    assert columns.max() < 32 + 1216


def test_the_sum_is_marked_where_it_is_the_value() -> None:
    found, _ = explain(PIXELS[:1], Layer(np.ones((1, 1, 3, 3), int), bias=4), (0, 0))
    page = Image.new("RGB", (1216, 400), LIGHT.paper)
    Equation(found, 1216, read="pixels").draw(Grids(ImageDraw.Draw(page), LIGHT, 255), 0, 0)
    assert not (np.asarray(page) == LIGHT.mark).all(axis=2).any()
    assert (np.asarray(drawn(np.ones((1, 1, 3, 3), int))[0]) == LIGHT.mark).all(axis=2).any()
