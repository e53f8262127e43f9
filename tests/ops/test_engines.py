"""Every engine gives the numbers of the definition, whatever the shapes, the dtypes and the bands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.ops import conv2d
from cnnviz.ops.convolution import planner
from cnnviz.ops.convolution.planner import Engine
from tests import oracles
from tests.ops.problems import Problem, problems

ENGINES = cast("tuple[Engine, ...]", planner.ENGINES)
every_engine = pytest.mark.parametrize("engine", ENGINES)
seams = st.sampled_from([1, 300, 1 << 18])  # bytes a band: every row is a seam, some are, none is


@contextmanager
def bands_of(size: int) -> Iterator[None]:
    """Let the engines work in bands of about ``size`` bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "_TAPS_BAND", size)
        patch.setattr(planner, "_MATMUL_BAND", size)
        yield


@every_engine
@settings(max_examples=40, deadline=None)
@given(problem=problems(largest=6), size=seams)
def test_every_engine_agrees_with_the_loops(engine: Engine, problem: Problem, size: int) -> None:
    with bands_of(size):
        np.testing.assert_array_equal(problem.solve(engine), problem.by_loops(), strict=False)


@pytest.mark.parametrize("engine", ["auto", "taps", "matmul", "scipy"])
@settings(max_examples=40, deadline=None)
@given(problem=problems(largest=20), size=seams)
def test_every_fast_engine_agrees_with_scipy(engine: Engine, problem: Problem, size: int) -> None:
    with bands_of(size):
        np.testing.assert_array_equal(problem.solve(engine), problem.by_scipy())


@settings(max_examples=40, deadline=None)
@given(problem=problems(largest=5))
def test_the_engine_decides_neither_shape_nor_dtype(problem: Problem) -> None:
    results = [problem.solve(engine) for engine in ENGINES]
    assert len({(result.shape, result.dtype) for result in results}) == 1


@pytest.mark.parametrize("engine", ["auto", "taps", "matmul", "scipy"])
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
