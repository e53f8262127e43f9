"""Convolution into maps whose channels lie side by side: the same numbers, whatever lies in which order."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import ShapeError
from cnnviz.ops import batch_norm, conv2d, plan_conv2d, prepare, relu
from cnnviz.ops.arrays import channels_last, is_channels_last
from cnnviz.ops.convolution import planner
from cnnviz.ops.convolution.planner import Engine, plan
from cnnviz.ops.convolution.problem import pose
from tests import oracles
from tests.oracles import Array

every_engine = pytest.mark.parametrize("engine", cast("tuple[Engine, ...]", planner.ENGINES))


def turned(x: Array) -> Array:
    out = channels_last(x.shape, x.dtype)
    out[...] = x
    return out


@settings(max_examples=150)
@given(
    size=st.tuples(st.integers(1, 11), st.integers(1, 11)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    sides=st.tuples(*[st.integers(0, 2)] * 4),
    groups=st.sampled_from([(2, 3, 1), (4, 6, 2), (3, 3, 3), (2, 6, 2), (1, 4, 1), (5, 1, 1)]),
    mode=st.sampled_from(["zeros", "replicate"]),
    kind=st.sampled_from(["f4", "f8"]),
    bias=st.booleans(),
    last=st.booleans(),
    engine=st.sampled_from(["auto", "matmul", "taps", "winograd"]),
    seed=st.integers(0, 5),
)
def test_it_agrees_with_the_loops(
    size: Any, kernel: Any, stride: Any, dilation: Any, sides: Any, groups: Any, mode: Any, kind: str,
    bias: bool, last: bool, engine: Engine, seed: int,
) -> None:  # fmt: skip
    pads = ((sides[0], sides[1]), (sides[2], sides[3]))
    if any(n + sum(p) < d * (k - 1) + 1 for n, p, d, k in zip(size, pads, dilation, kernel, strict=True)):
        return
    channels, maps, parts = groups
    values = np.random.default_rng(seed)
    x = values.normal(size=(2, channels, *size)).astype(kind)
    weight = values.normal(size=(maps, channels // parts, *kernel)).astype(kind)
    offsets = values.normal(size=maps).astype(kind) if bias else None
    expected = oracles.loops_conv2d(
        x, weight, offsets, stride=stride, pads=pads, dilation=dilation, groups=parts, padding_mode=mode
    )
    out = channels_last(expected.shape, x.dtype)
    made = conv2d(
        turned(x) if last else x, weight, offsets, stride=stride, padding=pads, dilation=dilation,
        groups=parts, padding_mode=mode, out=out, engine=engine,
    )  # fmt: skip
    assert made is out
    np.testing.assert_allclose(out, expected, rtol=0, atol=2e-5 * max(1, np.abs(expected).max()))


@every_engine
@pytest.mark.parametrize("dtype", ["i4", "f4", "f8"])
def test_every_engine_writes_there_and_reads_from_there(engine: Engine, dtype: str) -> None:
    values = np.random.default_rng(1)
    x = values.integers(0, 9, (2, 9, 8)).astype(dtype)
    weight = values.integers(-3, 4, (3, 2, 3, 3)).astype(dtype)
    expected = oracles.loops_conv2d(x[np.newaxis], weight)[0]
    out = channels_last(expected.shape, np.dtype(dtype))
    assert conv2d(turned(x), weight, out=out, engine=engine) is out
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(conv2d(turned(x), weight, engine=engine), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("size", [(28, 30), (13, 7), (4, 4), (75, 9)])
def test_winograd_tiles_reach_every_place_in_either_order(size: tuple[int, int]) -> None:
    values = np.random.default_rng(2)
    x = values.normal(size=(200, *size)).astype("f4")
    weight = values.normal(size=(24, 200, 3, 3)).astype("f4")
    bias = values.normal(size=24).astype("f4")
    exact = conv2d(x.astype("f8"), weight, bias, padding=1, engine="matmul")
    for kept in (weight, prepare(weight)):
        for source in (x, turned(x)):
            for out in (np.empty(exact.shape, "f4"), channels_last(exact.shape, x.dtype)):
                conv2d(source, kept, bias, padding=1, out=out, engine="winograd")
                assert np.abs(out - exact).max() < 1e-4 * np.abs(exact).max()


@pytest.mark.parametrize("wild", [np.nan, np.inf, 3e37])
def test_a_wild_value_anywhere_leaves_all_to_the_plain_product(wild: float) -> None:
    values = np.random.default_rng(7)
    x = values.normal(size=(20, 60, 60)).astype("f4")
    x[3, 57, 2] = wild
    weight = values.normal(size=(16, 20, 3, 3)).astype("f4")
    expected = conv2d(x, weight, padding=1, engine="matmul")
    np.testing.assert_array_equal(conv2d(x, weight, padding=1, engine="winograd"), expected)


def test_layer_after_layer_stays_in_the_order() -> None:
    x = turned(np.random.default_rng(3).normal(size=(4, 6, 5)).astype("f4"))
    assert is_channels_last(batch_norm(x, np.zeros(4), np.ones(4)))
    assert is_channels_last(relu(x))


def test_what_is_neither_order_is_refused() -> None:
    out = np.empty((5, 2, 4), "f4").transpose(1, 0, 2)
    with pytest.raises(ShapeError, match="lies in memory in another order"):
        conv2d(np.ones((1, 5, 4), "f4"), np.ones((2, 1, 1, 1), "f4"), out=out)


def test_the_plan_goes_by_the_order_of_the_result() -> None:
    depthwise = pose((1, 32, 28, 28), (32, 1, 3, 3), groups=32, padding=1)
    assert plan(depthwise, exact=False, places_first=True).engine == "taps"
    large = pose((1, 3, 224, 224), (64, 3, 11, 11), stride=4)
    assert plan(large, exact=False, places_first=True).engine == "matmul"
    assert plan(large, exact=False, rank_one=True, places_first=True).engine == "matmul"
    assert plan(pose((1, 64, 58, 58), (64, 64, 3, 3)), exact=False, places_first=True).engine == "winograd"
    assert plan_conv2d(np.ones((1, 9, 9)), np.ones((1, 1, 3, 3))).engine == "separable"


@every_engine
@pytest.mark.parametrize("dtype", ["i4", "f4", "f8"])
def test_relu_inside_is_relu_behind(engine: Engine, dtype: str) -> None:
    values = np.random.default_rng(8)
    x = values.integers(-9, 9, (2, 9, 8)).astype(dtype)
    weight = values.integers(-3, 4, (3, 2, 3, 3)).astype(dtype)
    bias = values.integers(-9, 9, 3).astype(dtype)
    plain = conv2d(x, weight, bias, engine=engine)
    assert plain.min() < 0
    np.testing.assert_array_equal(conv2d(x, weight, bias, relu=True, engine=engine), relu(plain))
    out = channels_last(plain.shape, plain.dtype)
    conv2d(x, weight, bias, out=out, relu=True, engine=engine)
    np.testing.assert_allclose(out, relu(plain), rtol=0, atol=1e-4)


def test_more_maps_than_places_are_shared_by_the_threads() -> None:
    values = np.random.default_rng(9)
    x = values.normal(size=(2, 520, 3, 4)).astype("f4")
    weight = values.normal(size=(1200, 260, 3, 3)).astype("f4")
    bias = values.normal(size=1200).astype("f4")
    exact = conv2d(x.astype("f8"), weight, bias, padding=1, groups=2, engine="matmul")
    for out in (np.empty(exact.shape, "f4"), channels_last(exact.shape, x.dtype)):
        conv2d(x, weight, bias, padding=1, groups=2, out=out, engine="matmul")
        assert np.abs(out - exact).max() < 1e-5 * np.abs(exact).max()
