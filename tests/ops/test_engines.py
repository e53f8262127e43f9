"""Every engine gives the numbers of the definition, whatever the shapes, the dtypes and the bands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.ops import conv2d
from cnnviz.ops.convolution import planner, thresholds
from cnnviz.ops.convolution.planner import Engine
from tests import oracles
from tests.ops.problems import Problem, problems
from tests.oracles import Array

ENGINES = cast("tuple[Engine, ...]", planner.ENGINES)
every_engine = pytest.mark.parametrize("engine", ENGINES)
fast_engine = pytest.mark.parametrize("engine", [name for name in ENGINES if name != "reference"])
seams = st.sampled_from([1, 300, 1 << 18])  # bytes a band: every row is a seam, some are, none is


def check(engine: Engine, problem: Problem, expected: Array) -> None:
    """Equal to the last bit; transforms of floats are rounded, by a millionth of what a sum can reach.

    Winograd's by up to three: the terms of his products are larger than those of the sum.
    """
    found = problem.solve(engine)
    if engine in ("fourier", "winograd") and found.dtype.kind == "f":
        magnitudes = [np.abs(each.astype("f8")) for each in (problem.x, problem.weight)]
        reach = float(magnitudes[0].max(initial=0) * magnitudes[1].sum())
        near = 5e-6 if engine == "winograd" else 1e-6
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=near * reach)
    else:
        np.testing.assert_array_equal(found, expected)


@contextmanager
def bands_of(size: int) -> Iterator[None]:
    """Let the engines work in bands of about ``size`` bytes."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TAPS_BAND", "THREADED_TAPS_BAND", "COLUMNS_BAND", "WINOGRAD_BAND"):
            patch.setattr(thresholds, name, size)
        yield


@every_engine
@settings(max_examples=40)
@given(problem=problems(largest=6), size=seams)
def test_every_engine_agrees_with_the_loops(engine: Engine, problem: Problem, size: int) -> None:
    with bands_of(size):
        check(engine, problem, problem.by_loops())


@fast_engine
@settings(max_examples=40)
@given(problem=problems(largest=20), size=seams)
def test_every_fast_engine_agrees_with_scipy(engine: Engine, problem: Problem, size: int) -> None:
    with bands_of(size):
        check(engine, problem, problem.by_scipy())


@settings(max_examples=40)
@given(problem=problems(largest=5))
def test_the_engine_decides_neither_shape_nor_dtype(problem: Problem) -> None:
    results = [problem.solve(engine) for engine in ENGINES]
    assert len({(result.shape, result.dtype) for result in results}) == 1


@fast_engine
@pytest.mark.parametrize(("dtype", "relative"), [("f4", 1e-5), ("f8", 1e-13)])
def test_fractions_agree_with_scipy_to_the_last_digits(engine: Engine, dtype: str, relative: float) -> None:
    values = np.random.default_rng(0)
    x = values.normal(size=(2, 6, 31, 37)).astype(dtype)
    weight = values.normal(size=(8, 3, 5, 4)).astype(dtype)
    bias = values.normal(size=8).astype(dtype)
    out = conv2d(x, weight, bias, stride=(2, 1), padding=((1, 3), (2, 0)), groups=2, engine=engine)
    expected = oracles.scipy_conv2d(
        *(each.astype("f8") for each in (x, weight, bias)), stride=(2, 1), pads=((1, 3), (2, 0)), groups=2
    )
    assert out.dtype == dtype
    np.testing.assert_allclose(out, expected, rtol=0, atol=relative * np.abs(expected).max())


@every_engine
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_reach_exactly_the_windows_that_read_them(
    engine: Engine, dilation: int, poison: float
) -> None:
    """Also under a tap of 0, since 0 x NaN and 0 x infinity are NaN; not between the taps."""
    x = np.ones((1, 9, 9))
    x[0, 4, 3] = poison
    weight = np.array([[[[1.0, 0, 2], [0, 0, 0], [1, -1, 0]]]])
    out = conv2d(x, weight, padding=2, stride=(1, 2), dilation=dilation, engine=engine)
    reads = oracles.loops_conv2d(
        (~np.isfinite(x))[np.newaxis].astype(int),
        np.ones((1, 1, 3, 3), int),
        stride=(1, 2),
        pads=((2, 2), (2, 2)),
        dilation=(dilation, dilation),
    )[0]
    np.testing.assert_array_equal(~np.isfinite(out), reads > 0)
    zero_tap = conv2d(x[:, 4:5, 3:4], np.zeros((1, 1, 1, 1)), engine=engine)
    assert np.isnan(zero_tap).all()


@every_engine
def test_a_batch_of_no_pictures_gives_no_maps(engine: Engine) -> None:
    out = conv2d(np.zeros((0, 2, 5, 4), np.uint8), np.ones((3, 2, 2, 2), int), engine=engine)
    assert out.shape == (0, 3, 4, 3)
    assert out.dtype == np.int32


@every_engine
def test_a_kernel_of_zeros_gives_zeros_and_the_bias(engine: Engine) -> None:
    out = conv2d(np.full((1, 4, 4), 9), np.zeros((2, 1, 3, 3), int), np.array([0, 7]), engine=engine)
    assert out.tolist() == [[[0, 0], [0, 0]], [[7, 7], [7, 7]]]


@every_engine
def test_bands_leave_no_seam_on_a_tall_picture(engine: Engine) -> None:
    x = np.arange(2 * 41 * 3).reshape(1, 2, 41, 3) % 251
    weight = np.arange(5 * 2 * 4 * 2).reshape(5, 2, 4, 2) - 37
    pads = ((3, 2), (1, 0))
    expected = oracles.scipy_conv2d(x, weight, stride=(3, 1), pads=pads, padding_mode="reflect")
    for size in (1, 100, 500, 1000, 2000, 5000):
        with bands_of(size):
            out = conv2d(x, weight, stride=(3, 1), padding=pads, padding_mode="reflect", engine=engine)
        np.testing.assert_array_equal(out, expected, err_msg=f"bands of {size} bytes")


def test_a_kernel_of_301_by_301_is_exact_and_takes_no_time() -> None:
    values = np.random.default_rng(3)
    x = values.integers(0, 256, (1, 500, 420), dtype=np.uint8)
    weight = values.integers(-9, 10, (1, 1, 301, 301))
    started = time.monotonic()
    out = conv2d(x, weight)
    assert time.monotonic() - started < 2
    assert out.dtype == np.int32
    for row, column in ((0, 0), (199, 119), (57, 80), (121, 3)):
        window = x[0, row : row + 301, column : column + 301].astype(np.int64)
        assert out[0, row, column] == (window * weight[0, 0]).sum()


def test_sums_too_large_for_a_transform_are_left_to_the_taps() -> None:
    x = np.full((1, 3, 3), 2**40)
    assert conv2d(x, np.array([[[[1, 2**20 + 1]]]]), engine="fourier")[0, 0, 0] == 2**60 + 2**41
