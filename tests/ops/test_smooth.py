"""The other activations: against their formulas in Python's numbers, and literal cases of PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnnviz.errors import KernelError, ShapeError
from cnnviz.ops import (
    elu,
    gelu,
    hardsigmoid,
    hardswish,
    log_softmax,
    mish,
    prelu,
    relu6,
    selu,
    silu,
    softplus,
    softsign,
)
from tests.oracles import Array

POINTS = [-8.0, -3.5, -1.0, -0.25, 0.0, 0.5, 2.0, 5.0, 9.0]

# What torch.nn.functional gives at POINTS in float32.
PYTORCH: dict[Callable[[Any], Array], list[float]] = {
    relu6: [0, 0, 0, 0, 0, 0.5, 2, 5, 6],
    hardsigmoid: [0, 0, 0.33333334, 0.45833334, 0.5, 0.58333331, 0.83333331, 1, 1],
    hardswish: [0, 0, -0.33333334, -0.11458334, 0, 0.29166666, 1.66666663, 5, 9],
    softsign: [-0.8888889, -0.77777779, -0.5, -0.2, 0, 0.33333334, 0.66666669, 0.83333331, 0.89999998],
    elu: [-0.99966455, -0.96980262, -0.63212055, -0.22119921, 0, 0.5, 2, 5, 9],
    selu: [
        -1.75750959,
        -1.70500934,
        -1.11133075,
        -0.38889018,
        0,
        0.52535051,
        2.10140204,
        5.25350523,
        9.45630932,
    ],
    silu: [
        -0.0026828,
        -0.10259281,
        -0.26894143,
        -0.10945588,
        0,
        0.31122968,
        1.76159406,
        4.96653557,
        8.99888992,
    ],
    gelu: [0, -0.00081433, -0.15865526, -0.10032342, 0, 0.34573123, 1.95449972, 4.99999905, 9],
    mish: [-0.00268325, -0.10409575, -0.30340144, -0.12992696, 0, 0.37524524, 1.943959, 4.99955225, 9],
    softplus: [
        0.00033541,
        0.02975042,
        0.31326169,
        0.57593942,
        0.69314718,
        0.97407699,
        2.12692809,
        5.0067153,
        9.00012302,
    ],
}

FORMULAS: dict[Callable[[Any], Array], Callable[[float], float]] = {
    relu6: lambda x: min(max(x, 0), 6),
    hardsigmoid: lambda x: min(max(x + 3, 0), 6) / 6,
    hardswish: lambda x: x * min(max(x + 3, 0), 6) / 6,
    softsign: lambda x: x / (1 + abs(x)),
    elu: lambda x: x if x > 0 else math.expm1(x),
    selu: lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    silu: lambda x: x / (1 + math.exp(-x)),
    gelu: lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
    mish: lambda x: x * math.tanh(math.log1p(math.exp(x))),
    softplus: lambda x: math.log1p(math.exp(x)),
}
EVERY = pytest.mark.parametrize("function", FORMULAS, ids=lambda function: function.__name__)


@EVERY
def test_it_gives_pytorchs_numbers(function: Callable[[Any], Array]) -> None:
    out = function(np.array(POINTS, "f4"))
    assert out.dtype == np.float32
    # Its gelu is off by 1.3e-7 at -3.5; the formula below is stricter.
    np.testing.assert_allclose(out, PYTORCH[function], rtol=2e-5, atol=2e-7)


@EVERY
def test_it_is_its_formula(function: Callable[[Any], Array]) -> None:
    values = np.concatenate([np.linspace(-9, 9, 73), [-1e-9, 1e-9]])
    out = function(values)
    assert out.dtype == np.float64
    np.testing.assert_allclose(out, [FORMULAS[function](v) for v in values.tolist()], rtol=1e-12, atol=1e-15)


@EVERY
def test_the_ends_are_finite_and_what_is_given_is_left_alone(function: Callable[[Any], Array]) -> None:
    values = np.array([[-1e4, 0.0, 1e4]], "f4")
    values.flags.writeable = False
    out = function(values)
    assert np.isfinite(out).all()
    assert abs(out[0, 0]) < 2
    assert out.shape == values.shape
    assert np.isnan(function(np.array([np.nan]))).all()
    with pytest.raises(KernelError, match="x holds"):
        function(["a"])


def test_relu6_keeps_integers_and_may_be_done_in_place() -> None:
    x = np.array([-3, 3, 9], np.int8)
    assert relu6(x).dtype == np.int8
    assert relu6(x, out=x) is x
    assert x.tolist() == [0, 3, 6]


def test_elu_takes_an_alpha() -> None:
    assert elu([-1.0], 2.0).item() == pytest.approx(2 * math.expm1(-1))


def test_prelu_has_one_slope_or_one_for_each_channel() -> None:
    x = np.array([[[-1.0, 2.0]], [[-4.0, -8.0]]], "f4")
    assert prelu(x, [0.5]).tolist() == [[[-0.5, 2]], [[-2, -4]]]
    assert prelu(x, [0.5, 0.25]).tolist() == [[[-0.5, 2]], [[-1, -2]]]
    assert prelu(x[np.newaxis], [0.5, 0.25]).tolist() == [[[[-0.5, 2]], [[-1, -2]]]]
    assert prelu(x[:, 0, 0], [0.5, 0.25]).tolist() == [-0.5, -1]
    assert prelu(x, np.array([0.5])).dtype == np.float32
    for wrong in ([1.0, 2.0, 3.0], [], [[1.0]]):
        with pytest.raises(ShapeError, match="one value, or one for each of the 2 channels"):
            prelu(x, wrong)


def test_log_softmax_gives_pytorchs_numbers_and_stays_finite() -> None:
    out = log_softmax(np.array(POINTS, "f4"), 0)
    expected = [
        -17.0195084,
        -12.5195084,
        -10.0195084,
        -9.2695084,
        -9.0195084,
        -8.5195084,
        -7.0195084,
        -4.0195084,
    ]
    np.testing.assert_allclose(out[:-1], expected, rtol=1e-6)
    assert out[-1] == pytest.approx(-0.01950816, abs=1e-6)
    assert log_softmax([0.0, 1e5], 0).tolist() == [-1e5, 0]
    np.testing.assert_allclose(np.exp(log_softmax(np.ones((4, 2, 2)))).sum(axis=0), np.ones((2, 2)))
    with pytest.raises(ShapeError, match="dim is 2, but x has 1 axes"):
        log_softmax([1.0], 2)
