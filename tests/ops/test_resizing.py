"""Padding, upsampling and adaptive pooling: against loops and NumPy, and literal cases of PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import ShapeError
from cnnviz.ops import (
    adaptive_avg_pool2d,
    adaptive_max_pool2d,
    avg_pool2d,
    global_avg_pool2d,
    global_max_pool2d,
    lp_pool2d,
    max_pool2d,
    pad,
    upsample,
)
from cnnviz.ops.arrays import channels_last, is_channels_last
from tests.oracles import Array

SMALL = np.array([[[1.0, 3.0], [5.0, 9.0]]], "f4")
SIDES = st.tuples(st.integers(1, 7), st.integers(1, 7))


def test_padding_is_numpys_in_every_notation() -> None:
    x = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    for padding, sides in ((1, ((1, 1), (1, 1))), ((0, 2), ((0, 0), (2, 2))), (((1, 0), (3, 2)),) * 2):
        out = pad(x, padding, value=7)
        np.testing.assert_array_equal(out, np.pad(x, ((0, 0), *sides), constant_values=7))
        assert out.dtype == np.uint8


@pytest.mark.parametrize("padding", [-1, "same", ((1, 2), 3), 1.5])
def test_padding_by_what_is_no_amount_is_refused(padding: Any) -> None:
    with pytest.raises(ShapeError, match="padding"):
        pad(SMALL, padding)


@given(size=SIDES, scale=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_nearest_repeats_each_cell(size: tuple[int, int], scale: tuple[int, int]) -> None:
    x = np.random.default_rng(0).integers(0, 99, (2, *size))
    out = upsample(x, scale)
    np.testing.assert_array_equal(out, np.kron(x, np.ones((1, *scale), int)))
    assert out.dtype == x.dtype


def blended(x: Array, scale: tuple[int, int]) -> Array:
    channels, height, width = x.shape
    out = np.zeros((channels, height * scale[0], width * scale[1]))
    for row, column in np.ndindex(out.shape[1:]):
        r = min(max((row + 0.5) / scale[0] - 0.5, 0), height - 1)
        c = min(max((column + 0.5) / scale[1] - 0.5, 0), width - 1)
        for i, j in np.ndindex(height, width):
            share = max(0, 1 - abs(r - i)) * max(0, 1 - abs(c - j))
            out[:, row, column] += share * x[:, i, j]
    return out


@settings(max_examples=40)
@given(size=SIDES, scale=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_bilinear_weights_the_cells_by_their_distance(size: tuple[int, int], scale: tuple[int, int]) -> None:
    x = np.random.default_rng(1).normal(size=(2, *size))
    np.testing.assert_allclose(upsample(x, scale, "bilinear"), blended(x, scale), rtol=1e-12, atol=1e-12)
    assert upsample(x.astype("f4"), scale, "bilinear").dtype == np.float32


def test_bilinear_gives_pytorchs_numbers() -> None:
    third = 1 / 3
    expected = [
        [1, 1, 1 + 2 * third, 2 + third, 3, 3],
        [2, 2, 2 + 5 * third / 2, 3 + 2 * third, 4.5, 4.5],
        [4, 4, 5 + third / 2, 6 + third, 7.5, 7.5],
        [5, 5, 6 + third, 7 + 2 * third, 9, 9],
    ]
    np.testing.assert_allclose(upsample(SMALL, (2, 3), "bilinear")[0], expected, rtol=1e-6)


@pytest.mark.parametrize(("scale", "mode"), [(0, "nearest"), (1.5, "nearest"), (2, "bicubic")])
def test_other_scales_and_modes_are_refused(scale: Any, mode: Any) -> None:
    with pytest.raises(ShapeError, match=r"scale_factor is|mode is"):
        upsample(SMALL, scale, mode)


@settings(max_examples=60)
@given(size=SIDES, out=SIDES, kind=st.sampled_from(["u1", "i4", "f4", "f8"]))
def test_adaptive_windows_are_those_of_the_definition(
    size: tuple[int, int], out: tuple[int, int], kind: str
) -> None:
    x = np.random.default_rng(2).integers(0, 200, (2, *size)).astype(kind)
    most, mean = adaptive_max_pool2d(x, out), adaptive_avg_pool2d(x, out)
    assert most.shape == mean.shape == (2, *out)
    assert most.dtype == kind
    assert mean.dtype == ("f8" if kind == "f8" else "f4")
    for row, column in np.ndindex(out):
        rows = slice(math.floor(row * size[0] / out[0]), math.ceil((row + 1) * size[0] / out[0]))
        columns = slice(math.floor(column * size[1] / out[1]), math.ceil((column + 1) * size[1] / out[1]))
        cells = x[:, rows, columns].reshape(2, -1)
        np.testing.assert_array_equal(most[:, row, column], cells.max(axis=1))
        np.testing.assert_allclose(mean[:, row, column], cells.mean(axis=1, dtype="f8"), rtol=1e-6)


def test_adaptive_pooling_gives_pytorchs_numbers() -> None:
    x = np.arange(1.0, 13).reshape(1, 3, 4)
    assert adaptive_avg_pool2d(x, (2, 3)).tolist() == [[[3.5, 4.5, 5.5], [7.5, 8.5, 9.5]]]
    assert adaptive_max_pool2d(x, (2, 3)).tolist() == [[[6, 7, 8], [10, 11, 12]]]
    assert adaptive_avg_pool2d(x, (5, 2)).tolist() == [
        [[1.5, 3.5], [3.5, 5.5], [5.5, 7.5], [7.5, 9.5], [9.5, 11.5]]
    ]


def test_one_adaptive_window_is_global_and_as_many_as_cells_leave_them() -> None:
    x = np.random.default_rng(3).normal(size=(2, 3, 5, 4))
    np.testing.assert_allclose(adaptive_avg_pool2d(x, 1), global_avg_pool2d(x), rtol=1e-12)
    np.testing.assert_array_equal(adaptive_max_pool2d(x, 1), global_max_pool2d(x))
    same = adaptive_max_pool2d(x, (5, 4))
    np.testing.assert_array_equal(same, x)
    assert not np.shares_memory(same, x)
    with pytest.raises(ShapeError, match="output_size is 0"):
        adaptive_avg_pool2d(x, 0)


def test_the_p_norm_is_its_formula_and_pytorchs_where_the_window_hangs_over() -> None:
    x = np.arange(1.0, 10).reshape(1, 3, 3)
    for norm in (1, 2, 3.5):
        found = lp_pool2d(x, norm, 2, 1)
        for row, column in np.ndindex(2, 2):
            cells = x[0, row : row + 2, column : column + 2].ravel()
            assert found[0, row, column] == pytest.approx(np.linalg.norm(cells, norm))
    hanging = lp_pool2d(x, 2, 2, ceil_mode=True)
    np.testing.assert_allclose(hanging, [[[6.78233004, 9.48683262], [15.03329659, 18.0]]], rtol=1e-7)
    with pytest.raises(ShapeError, match="norm_type is 0"):
        lp_pool2d(x, 0, 2)


@settings(max_examples=60)
@given(
    size=st.tuples(st.integers(3, 12), st.integers(3, 12)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    dilation=st.sampled_from([(1, 1), (1, 2), (2, 1)]),
    padded=st.booleans(),
    ceil=st.booleans(),
)
def test_maps_with_their_channels_side_by_side_pool_alike(
    size: Any, kernel: Any, stride: Any, dilation: Any, padded: bool, ceil: bool
) -> None:
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    padding = (kernel[0] // 2, kernel[1] // 2) if padded else (0, 0)
    if any(n + 2 * p < r for n, p, r in zip(size, padding, reach, strict=True)):
        return
    for dtype in ("f4", "i4"):
        x = np.random.default_rng(5).normal(size=(2, 3, *size), scale=9).astype(dtype)
        turned = channels_last(x.shape, x.dtype)
        turned[...] = x
        out = max_pool2d(turned, kernel, stride, padding, dilation, ceil_mode=ceil)
        np.testing.assert_array_equal(out, max_pool2d(x, kernel, stride, padding, dilation, ceil_mode=ceil))
        mean = avg_pool2d(turned, kernel, stride, padding, ceil_mode=ceil)
        np.testing.assert_allclose(
            mean, avg_pool2d(x, kernel, stride, padding, ceil_mode=ceil), rtol=1e-6, atol=1e-6
        )
        if 1 not in out.shape:
            assert is_channels_last(out)


def test_large_maps_with_their_channels_side_by_side_are_done_on_all_threads() -> None:
    x = np.random.default_rng(6).normal(size=(1, 32, 120, 120)).astype("f4")
    turned = channels_last(x.shape, x.dtype)
    turned[...] = x
    np.testing.assert_array_equal(max_pool2d(turned, 3, 2, 1), max_pool2d(x, 3, 2, 1))
