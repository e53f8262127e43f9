"""Activations against SciPy's functions and their formulas in float64, at both ends too."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from cnnviz.errors import KernelError, ShapeError
from cnnviz.ops import leaky_relu, relu, sigmoid, softmax, tanh
from tests.oracles import Array

nan, inf = np.nan, np.inf

VALUES = np.array([*np.linspace(-8, 8, 33), -1e-8, 1e-8, -0.0])
EXTREMES = [-1000.0, -90.0, -2.0, -0.0, 0.0, 1.0, 90.0, 1000.0]
PRECISION = pytest.mark.parametrize(("dtype", "relative"), [("f4", 3e-7), ("f8", 1e-15)])
EVERY: list[Callable[[Any], Array]] = [relu, leaky_relu, sigmoid, tanh, softmax]


@PRECISION
def test_sigmoid_is_scipys(dtype: str, relative: float) -> None:
    out = sigmoid(VALUES.astype(dtype))
    assert out.dtype == dtype
    np.testing.assert_allclose(out, special.expit(VALUES.astype(dtype).astype("f8")), rtol=relative)


@PRECISION
def test_tanh_is_its_formula(dtype: str, relative: float) -> None:
    values = VALUES.astype(dtype)
    out = tanh(values)
    assert out.dtype == dtype
    np.testing.assert_allclose(out, [math.tanh(value) for value in values.tolist()], rtol=relative)


@PRECISION
@pytest.mark.parametrize("dim", [0, 1, 2, -1, -2, -3])
def test_softmax_is_scipys_and_sums_to_1(dtype: str, relative: float, dim: int) -> None:
    values = np.random.default_rng(0).normal(size=(4, 3, 5), scale=9).astype(dtype)
    out = softmax(values, dim)
    assert out.dtype == dtype
    np.testing.assert_allclose(out, special.softmax(values.astype("f8"), axis=dim), rtol=30 * relative)
    np.testing.assert_allclose(out.sum(axis=dim), 1, rtol=10 * relative)


def test_softmax_goes_across_the_channels() -> None:
    values = np.random.default_rng(0).normal(size=(2, 4, 3, 5))
    np.testing.assert_array_equal(softmax(values), softmax(values, 1))
    np.testing.assert_array_equal(softmax(values[0]), softmax(values[0], 0))


def test_softmax_of_large_logits_is_that_of_their_differences() -> None:
    expected = [0.09003057317038045, 0.2447284710547976, 0.6652409557748218]
    for shift in (0.0, 1000.0, -1e6):
        np.testing.assert_allclose(softmax(np.array([0.0, 1, 2]) + shift, 0), expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (relu, [0, 0, 0, 0, 0, 1, 90, 1000]),
        (leaky_relu, [-10, -0.9, -0.02, 0, 0, 1, 90, 1000]),
        (sigmoid, [0, 8.194e-40, 0.11920292, 0.5, 0.5, 0.73105858, 1, 1]),
        (tanh, [-1, -1, -0.96402758, 0, 0, 0.76159416, 1, 1]),
        (lambda values: softmax(values, 0), [0, 0, 0, 0, 0, 0, 0, 1]),
    ],
    ids=["relu", "leaky_relu", "sigmoid", "tanh", "softmax"],
)
def test_extremes(function: Callable[[Array], Array], expected: list[float], dtype: str) -> None:
    np.testing.assert_allclose(function(np.array(EXTREMES, dtype)), expected, rtol=1e-6, atol=1e-38)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_infinity_and_nan(dtype: str) -> None:
    values = np.array([-inf, inf, nan], dtype)
    np.testing.assert_array_equal(relu(values), [0, inf, nan])
    np.testing.assert_array_equal(leaky_relu(values), [-inf, inf, nan])
    np.testing.assert_array_equal(leaky_relu(values, 0.0), [nan, inf, nan])
    np.testing.assert_array_equal(sigmoid(values), [0, 1, nan])
    np.testing.assert_array_equal(tanh(values), [-1, 1, nan])
    np.testing.assert_array_equal(softmax(values[:1], 0), [nan])
    np.testing.assert_array_equal(softmax(values[:2], 0), [nan, nan])
    np.testing.assert_array_equal(softmax(np.array([-inf, 0, 0], dtype), 0), [0, 0.5, 0.5])


def test_nan_stays_in_its_place_under_softmax() -> None:
    out = softmax(np.array([[[1.0, nan]], [[1.0, 2.0]]]))
    np.testing.assert_array_equal(out, [[[0.5, nan]], [[0.5, nan]]])


def test_leaky_relu_takes_a_slope() -> None:
    assert leaky_relu(np.array([-4.0, 4.0]), 0.25).tolist() == [-1.0, 4.0]
    assert leaky_relu(np.array([-4.0, 4.0], "f4"), 1e-3).dtype == np.float32
    assert leaky_relu(np.array([-3e38], "f4"), 10).item() == -inf


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"])
def test_relu_keeps_integers_and_the_others_make_float32(dtype: str) -> None:
    values = np.array([0, 1, 100]).astype(dtype)[:, np.newaxis, np.newaxis]
    assert relu(values).dtype == dtype
    assert relu(values).ravel().tolist() == [0, 1, 100]
    assert {function(values).dtype for function in EVERY[1:]} == {np.dtype("f4")}


def test_relu_of_the_lowest_integer_is_0() -> None:
    for dtype in ("i1", "i2", "i4", "i8"):
        assert relu(np.array([np.iinfo(dtype).min], dtype)).tolist() == [0]


@pytest.mark.parametrize("function", EVERY)
def test_what_is_given_is_left_alone(function: Callable[[Any], Array]) -> None:
    values = VALUES.reshape(4, 3, 3).copy()
    values.flags.writeable = False
    out = function(values)
    np.testing.assert_array_equal(values, VALUES.reshape(4, 3, 3))
    assert out.shape == values.shape
    assert not np.shares_memory(out, values)
    np.testing.assert_array_equal(function(values[::-1, :, ::-1]), function(values[::-1, :, ::-1].copy()))
    big_endian = function(values.astype(">f8"))
    assert big_endian.dtype == np.float64
    np.testing.assert_array_equal(big_endian, out)


@pytest.mark.parametrize("function", EVERY)
def test_no_values_give_no_values(function: Callable[[Any], Array]) -> None:
    for shape in ((0, 2, 3), (2, 0, 3), (0, 1, 2, 3)):
        assert function(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("function", EVERY)
def test_what_is_no_number_is_refused(function: Callable[[Any], Array]) -> None:
    for strange in ([[[True]]], [[["1"]]], [[[1j]]], [[[None]]], [[[1], [2, 3]]]):
        with pytest.raises(KernelError, match=r"^x (holds|is ragged)"):
            function(strange)


@pytest.mark.parametrize("dim", [3, -4, 0.0, None, True])
def test_softmax_needs_an_axis_there_is(dim: Any) -> None:
    with pytest.raises(ShapeError, match=rf"dim is {dim}, but x has 3 axes"):
        softmax(np.zeros((1, 1, 1)), dim)
