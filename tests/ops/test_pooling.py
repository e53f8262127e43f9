"""Pooling against plain loops, and literal cases whose expected values are PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.geometry import pooling_window
from cnnviz.ops import avg_pool2d, global_avg_pool2d, global_max_pool2d, max_pool2d
from cnnviz.ops.pooling import mean_of_windows
from tests import oracles
from tests.ops.problems import PIXELS, Pooling, poolings
from tests.oracles import Array

nan, inf = np.nan, np.inf

FOUR = [[[1, 2, 3, 4]]]
FIVE = [[[1, 2, 3, 4, 5]]]
NINE = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
SIXTEEN = [[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]]


@settings(max_examples=100)
@given(pooling=poolings())
def test_max_agrees_with_the_loops(pooling: Pooling) -> None:
    arguments = (pooling.kernel, pooling.stride, pooling.pads, pooling.dilation)
    out = max_pool2d(pooling.x, *arguments, ceil_mode=pooling.ceil_mode)
    expected = oracles.loops_max_pool2d(
        pooling.x.astype("f4") if pooling.x.dtype == "f2" else pooling.x,
        *arguments,
        ceil_mode=pooling.ceil_mode,
    )
    assert out.dtype == expected.dtype
    np.testing.assert_array_equal(out, expected)


@settings(max_examples=100)
@given(
    pooling=poolings(dilations=1),
    include=st.booleans(),
    divisor=st.one_of(st.none(), st.sampled_from([1, 7, -2])),
)
def test_avg_agrees_with_the_loops(pooling: Pooling, include: bool, divisor: int | None) -> None:
    arguments = (pooling.kernel, pooling.stride, pooling.pads)
    named: dict[str, Any] = {
        "ceil_mode": pooling.ceil_mode,
        "count_include_pad": include,
        "divisor_override": divisor,
    }
    out = avg_pool2d(pooling.x, *arguments, **named)
    expected = oracles.loops_avg_pool2d(pooling.x, *arguments, **named)
    assert out.dtype == ("f8" if pooling.x.dtype == "f8" else "f4")
    np.testing.assert_array_equal(out, expected.astype(out.dtype))


@settings(max_examples=60)
@given(pooling=poolings(), include=st.booleans())
def test_the_mean_of_windows_with_gaps_agrees_with_the_loops(pooling: Pooling, include: bool) -> None:
    x = pooling.x.astype("f8")
    arguments = (pooling.kernel, pooling.stride, pooling.pads)
    size = (x.shape[2], x.shape[3])
    window = pooling_window(size, *arguments, pooling.dilation, ceil_mode=pooling.ceil_mode)
    expected = oracles.loops_avg_pool2d(
        x, *arguments, ceil_mode=pooling.ceil_mode, count_include_pad=include, dilation=pooling.dilation
    )
    np.testing.assert_array_equal(mean_of_windows(x, window, count_include_pad=include), expected)


@pytest.mark.parametrize("x", [[[[7.0]]], [[[7]]], np.full((1, 1, 1), 7, "f4")])
def test_the_mean_of_nothing_but_padding_is_no_number(x: Any) -> None:
    window = pooling_window((1, 1), (1, 2), (1, 1), ((0, 0), (2, 1)), any_padding=True)
    out = mean_of_windows(x, window, count_include_pad=False)
    np.testing.assert_array_equal(out, [[[nan, 7, 7]]])


@settings(max_examples=100)
@given(pooling=poolings())
def test_the_size_is_the_predicted_one(pooling: Pooling) -> None:
    arguments = (pooling.kernel, pooling.stride, pooling.pads, pooling.dilation)
    size = (pooling.x.shape[2], pooling.x.shape[3])
    window = pooling_window(size, *arguments, ceil_mode=pooling.ceil_mode)
    out = max_pool2d(pooling.x, *arguments, ceil_mode=pooling.ceil_mode)
    assert out.shape == (*pooling.x.shape[:2], *window.output)


class Case(NamedTuple):
    name: str
    x: Any
    arguments: tuple[Any, ...]
    expected: Any
    named: dict[str, Any]


def case(name: str, x: Any, *arguments: Any, gives: Any, **named: Any) -> Case:
    return Case(name, x, arguments, gives, named)


MAX = [
    case("2x2", SIXTEEN, 2, gives=[[[6, 8], [14, 16]]]),
    case("windows that overlap", SIXTEEN, 3, 1, gives=[[[11, 12], [15, 16]]]),
    case("windows with gaps", FIVE, (1, 2), 3, gives=[[[2, 5]]]),
    case("size is vertical, horizontal", SIXTEEN, (2, 1), gives=[[[5, 6, 7, 8], [13, 14, 15, 16]]]),
    case("padding never wins", [[[-1, -2, -3]]], (1, 3), 1, (0, 1), gives=[[[-1, -1, -2]]]),
    case("ResNet's: 3, stride 2, padding 1", SIXTEEN, 3, 2, 1, gives=[[[6, 8], [14, 16]]]),
    case("floor drops the rest", FIVE, (1, 2), gives=[[[2, 4]]]),
    case("ceil keeps the rest", FIVE, (1, 2), gives=[[[2, 4, 5]]], ceil_mode=True),
    case("ceil, overlapping", FOUR, (1, 3), (1, 2), gives=[[[3, 4]]], ceil_mode=True),
    case(
        "ceil, last window in the padding", FIVE, (1, 2), (1, 2), (0, 1), gives=[[[1, 3, 5]]], ceil_mode=True
    ),
    case("ceil, last window beyond the edge", FIVE, 1, (1, 3), gives=[[[1, 4]]], ceil_mode=True),
    case("ceil, window larger than the input", [[[1, 2]]], (1, 3), (1, 2), gives=[[[2]]], ceil_mode=True),
    case("dilation", [[[5, 1, 1, 9, 2]]], (1, 2), 1, 0, (1, 2), gives=[[[5, 9, 2]]]),
    case("dilation is vertical, horizontal", SIXTEEN, 2, 1, 0, (1, 3), gives=[[[8], [12], [16]]]),
    case("ceil and dilation", FIVE, (1, 2), (1, 2), 0, (1, 2), gives=[[[3, 5]]], ceil_mode=True),
    case("every tap in the padding", [[[7.0, 8.0]]], (1, 2), 1, (0, 1), (1, 3), gives=[[[-inf]]]),
    case("NaN wins", [[[1, nan, 3, 4]]], (1, 2), gives=[[[nan, 4]]]),
    case("infinities", [[[-inf, -inf, 3, inf]]], (1, 2), gives=[[[-inf, inf]]]),
]

AVG = [
    case("2x2", SIXTEEN, 2, gives=[[[3.5, 5.5], [11.5, 13.5]]]),
    case(
        "size and stride are vertical, horizontal", SIXTEEN, (3, 2), (1, 2), gives=[[[5.5, 7.5], [9.5, 11.5]]]
    ),
    case("padding counts as zeros", FOUR, (1, 2), 2, (0, 1), gives=[[[0.5, 2.5, 2]]]),
    case("padding does not count", FOUR, (1, 2), 2, (0, 1), gives=[[[1, 2.5, 4]]], count_include_pad=False),
    case(
        "corners, padding counts",
        NINE,
        3,
        1,
        1,
        gives=[[[12 / 9, 21 / 9, 16 / 9], [3, 5, 33 / 9], [24 / 9, 39 / 9, 28 / 9]]],
    ),
    case(
        "corners, padding does not count",
        NINE,
        3,
        1,
        1,
        gives=[[[3, 3.5, 4], [4.5, 5, 5.5], [6, 6.5, 7]]],
        count_include_pad=False,
    ),
    case("ceil counts no cell over the edge", FIVE, (1, 2), gives=[[[1.5, 3.5, 5]]], ceil_mode=True),
    case(
        "ceil counts the padding, not what lies beyond",
        FOUR,
        (1, 3),
        (1, 2),
        (0, 1),
        gives=[[[1, 3, 2]]],
        ceil_mode=True,
    ),
    case(
        "ceil, padding does not count",
        FOUR,
        (1, 3),
        (1, 2),
        (0, 1),
        gives=[[[1.5, 3, 4]]],
        ceil_mode=True,
        count_include_pad=False,
    ),
    case("ceil up to the padding's end", FIVE, (1, 4), (1, 3), (0, 1), gives=[[[1.5, 3]]], ceil_mode=True),
    case(
        "ceil up to the padding's end, not counted",
        FIVE,
        (1, 4),
        (1, 3),
        (0, 1),
        gives=[[[2, 4]]],
        ceil_mode=True,
        count_include_pad=False,
    ),
    case(
        "ceil, last window in the padding", FIVE, (1, 2), 2, (0, 1), gives=[[[0.5, 2.5, 4.5]]], ceil_mode=True
    ),
    case(
        "ceil, last window in the padding, not counted",
        FIVE,
        (1, 2),
        2,
        (0, 1),
        gives=[[[1, 2.5, 4.5]]],
        ceil_mode=True,
        count_include_pad=False,
    ),
    case("divisor 1 sums", SIXTEEN, 2, gives=[[[14, 22], [46, 54]]], divisor_override=1),
    case("a negative divisor", SIXTEEN, 2, gives=[[[-7, -11], [-23, -27]]], divisor_override=-2),
    case("divisor and ceil", FIVE, (1, 2), gives=[[[0.75, 1.75, 1.25]]], ceil_mode=True, divisor_override=4),
    case(
        "divisor before count_include_pad",
        FOUR,
        (1, 2),
        2,
        (0, 1),
        gives=[[[0.5, 2.5, 2]]],
        count_include_pad=False,
        divisor_override=2,
    ),
    case("NaN stays in its window", [[[1, nan, 3, 5]]], (1, 2), gives=[[[nan, 4]]]),
    case("infinities", [[[inf, -inf, inf, 1]]], (1, 2), gives=[[[nan, inf]]]),
]


def name(case: Any) -> str:
    return cast("Case", case).name


@pytest.mark.parametrize("case", MAX, ids=name)
def test_max(case: Case) -> None:
    out = max_pool2d(case.x, *case.arguments, **case.named)
    assert out.shape == np.shape(case.expected)
    np.testing.assert_array_equal(out, case.expected)


@pytest.mark.parametrize("case", AVG, ids=name)
def test_avg(case: Case) -> None:
    out = avg_pool2d(np.array(case.x, "f8"), *case.arguments, **case.named)
    assert out.shape == np.shape(case.expected)
    np.testing.assert_allclose(out, case.expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", [dtype for dtype in PIXELS if dtype != "f2"])
def test_max_keeps_the_dtype(dtype: str) -> None:
    x = np.array(NINE).astype(dtype)
    for out in (max_pool2d(x, 2, 1, 1), global_max_pool2d(x)):
        assert out.dtype == dtype
        assert out.max() == 9


def test_half_precision_is_pooled_in_float32() -> None:
    x = np.array(NINE, np.float16)
    assert max_pool2d(x, 2).dtype == avg_pool2d(x, 2).dtype == np.float32
    assert max_pool2d(x.astype(">f2"), 2).dtype == np.float32


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"])
def test_the_extremes_of_integers_are_pooled_right(dtype: str) -> None:
    lowest, highest = np.iinfo(dtype).min, np.iinfo(dtype).max
    x = np.array([[[lowest, lowest], [lowest, highest]]], dtype)
    assert max_pool2d(x, (1, 2), padding=(0, 1)).tolist() == [[[lowest, lowest], [lowest, highest]]]
    assert avg_pool2d(np.full((1, 3, 3), highest, dtype), 3).item() == np.float32(highest)
    assert avg_pool2d(np.full((1, 3, 3), lowest, dtype), 3).item() == np.float32(lowest)
    sums = avg_pool2d(np.full((1, 3, 3), highest, dtype), 3, divisor_override=1)
    assert sums.item() == np.float32(9 * int(highest))


def test_integers_are_added_up_before_anything_is_rounded() -> None:
    x = np.array([[[2**62, 2**62, 2**62, 5, -(2**62), -(2**62), -(2**62), 4]]])
    assert avg_pool2d(x, (1, 8), divisor_override=1).item() == 9
    assert avg_pool2d([[[2**62, 2**62]]], (1, 2), divisor_override=1).item() == 2**63


def test_averages_of_float32_are_float32_and_do_not_warn() -> None:
    out = avg_pool2d(np.full((1, 1, 2), 3e38, "f4"), (1, 2))
    assert out.dtype == np.float32
    assert out.item() == inf
    assert np.isnan(global_avg_pool2d(np.array([[[inf, -inf]]]))).all()


def test_global_pools_see_the_whole_map() -> None:
    x = np.random.default_rng(5).integers(-99, 99, (2, 3, 7, 11)).astype("f8")
    assert global_max_pool2d(x).shape == global_avg_pool2d(x[0])[np.newaxis][[0, 0]].shape == (2, 3, 1, 1)
    np.testing.assert_array_equal(global_max_pool2d(x), x.max(axis=(2, 3), keepdims=True))
    np.testing.assert_allclose(global_avg_pool2d(x), x.mean(axis=(2, 3), keepdims=True), rtol=1e-14)


def test_a_large_float32_map_is_averaged_to_six_digits() -> None:
    x = np.full((1, 1500, 1500), 0.1, "f4")
    assert global_avg_pool2d(x).item() == pytest.approx(0.1, rel=1e-5)


@pytest.mark.parametrize("of", [max_pool2d, avg_pool2d])
def test_a_batch_of_no_pictures_gives_no_maps(of: Callable[..., Array]) -> None:
    for dtype in ("u1", "i8", "f4"):
        assert of(np.zeros((0, 3, 6, 4), dtype), 2, padding=1).shape == (0, 3, 4, 3)


@pytest.mark.parametrize("of", [max_pool2d, avg_pool2d])
def test_a_window_of_1_changes_nothing(of: Callable[..., Array]) -> None:
    x = np.array(SIXTEEN, "f4")
    out = of(x, 1)
    np.testing.assert_array_equal(out, x)
    assert not np.shares_memory(out, x)


@pytest.mark.parametrize("of", [max_pool2d, avg_pool2d, global_max_pool2d, global_avg_pool2d])
def test_what_is_given_is_left_alone_however_it_lies_in_memory(of: Callable[..., Array]) -> None:
    x = np.random.default_rng(1).integers(0, 99, (2, 6, 8)).astype("f4")
    size = [] if "global" in of.__name__ else [2]
    expected = of(x, *size)
    for view in (np.asfortranarray(x), x[:, ::-1, ::-1].copy()[:, ::-1, ::-1], x.astype(">f4")):
        view.flags.writeable = False
        np.testing.assert_array_equal(of(view, *size), expected)
        np.testing.assert_array_equal(view, x)
        assert of(view, *size).dtype == np.float32


def test_shifting_by_the_stride_shifts_the_maps() -> None:
    x = np.random.default_rng(2).integers(0, 99, (1, 8, 8))
    for of in (max_pool2d, avg_pool2d):
        np.testing.assert_array_equal(
            of(np.roll(x, (2, 4), axis=(1, 2)), 2), np.roll(of(x, 2), (1, 2), axis=(1, 2))
        )
