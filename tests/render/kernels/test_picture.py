"""A kernel as a picture: its coefficients as colours, a bank as a page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnviz.colormaps import COLORMAPS
from cnnviz.kernels import Kernel, read
from cnnviz.render import contact_sheet
from cnnviz.render.kernels.picture import draw

Array = NDArray[Any]
VIK = np.frombuffer(COLORMAPS["vik"].palette, np.uint8).reshape(256, 3)


def named(weight: Any) -> Kernel:
    return Kernel("k", "k", np.asarray(weight))


def stands_at(page: Array, block: Array) -> bool:
    height, width = block.shape[:2]
    corners = page[: len(page) - height + 1, : page.shape[1] - width + 1]
    return any(
        np.array_equal(page[row : row + height, column : column + width], block)
        for row, column in np.argwhere((corners == block[0, 0]).all(axis=2))
    )


def test_a_cell_has_the_colour_of_its_coefficient() -> None:
    page = draw(named([[-2, 0], [1, 2]]))
    top, left = np.argwhere((page == VIK[1]).all(axis=2)).min(axis=0) - 1  # the cells have white borders
    middle_left = [page[top + 96 * row + 10, left + 96 * column + 10] for row in (0, 1) for column in (0, 1)]
    assert [cell.tolist() for cell in middle_left] == [VIK[code].tolist() for code in (1, 128, 192, 255)]


def test_the_coefficients_are_written_into_their_cells() -> None:
    page = draw(named([[-2, 0], [1, 2]]))
    other = draw(named([[-4, 0], [2, 4]]))  # the same colours, other numbers
    assert page.shape == other.shape
    assert 0 < (page != other).any(axis=2).sum() < page.size / 20


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (1, 9), (15, 15), (31, 31), (301, 301), (600, 2)])
def test_a_kernel_of_any_size_has_a_picture(shape: tuple[int, int]) -> None:
    page = draw(named(np.random.default_rng(0).normal(size=shape)))
    assert page.dtype == np.uint8
    assert page.shape[2] == 3
    assert max(page.shape) < 1000


def test_a_kernel_of_zeros_is_mid_grey() -> None:
    page = draw(named(np.zeros((20, 20))))
    assert (page == VIK[128]).all(axis=2).sum() >= 400


def test_a_large_kernel_is_drawn_cell_by_cell() -> None:
    weight = np.arange(-200, 201).reshape(1, -1).repeat(401, 0)[:, ::-1]
    codes = np.rint(weight / 200 * 127 + 128).astype(int)
    assert stands_at(draw(named(weight)), VIK[codes])


def test_a_bank_of_one_channel_has_a_tile_for_each_kernel() -> None:
    weight = np.random.default_rng(1).integers(-9, 10, (3, 1, 4, 4))
    weight[0, 0, 0, 0] = 9
    page = draw(named(weight))
    for kernel in weight[:, 0]:
        codes = np.rint(kernel / 9 * 127 + 128).astype(int)
        assert stands_at(page, VIK[codes].repeat(24, 0).repeat(24, 1))


def test_a_bank_of_three_channels_is_drawn_in_colour() -> None:
    weight = np.random.default_rng(2).integers(-9, 10, (2, 3, 4, 4))
    weight[0, 0, 0, 0] = 9
    page = draw(named(weight))
    for kernel in weight:
        codes = np.rint(kernel / 9 * 127 + 128).astype(np.uint8).transpose(1, 2, 0)
        assert stands_at(page, codes.repeat(24, 0).repeat(24, 1))


@pytest.mark.parametrize(
    ("shape", "detail"),
    [
        ((300, 1, 2, 2), "300 kernels of 2x2 over 1 channel; the first 256 of 300 are shown"),
        ((100, 5, 2, 2), "100 kernels of 2x2 over 5 channels; the first 256 of 500 are shown"),
        ((300, 3, 2, 2), "300 kernels of 2x2 over 3 channels; the first 256 of 300 are shown"),
        ((4, 5, 2, 2), "4 kernels of 2x2 over 5 channels"),
    ],
)
def test_of_a_large_bank_the_first_tiles_are_shown_and_that_is_said(
    shape: tuple[int, ...], detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, counts = [], []

    def instead(title: str, text: str, tiles: list[Any]) -> Array:
        said.append(text)
        counts.append(len(tiles))
        return np.zeros((1, 1, 3), np.uint8)

    monkeypatch.setattr(contact_sheet, "draw", instead)
    draw(named(np.ones(shape)))
    assert said == [detail]
    assert counts == [min(256, shape[0] if shape[1] == 3 else shape[0] * shape[1])]


def test_every_kernel_of_the_group_all_has_a_picture() -> None:
    for operator in read(["all"]):
        for kernel in operator.kernels:
            assert draw(kernel).ndim == 3
