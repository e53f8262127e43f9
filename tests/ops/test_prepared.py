"""Weights that are kept, and results that go where they are wanted."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import KernelError, ShapeError
from cnnviz.ops import conv2d, plan_conv2d, prepare
from cnnviz.ops.convolution import planner, winograd
from cnnviz.ops.convolution.planner import Engine
from tests import oracles
from tests.oracles import Array

VALUES = np.random.default_rng(11)
every_engine = pytest.mark.parametrize("engine", cast("tuple[Engine, ...]", planner.ENGINES))


@every_engine
@pytest.mark.parametrize("kind", ["i4", "f4", "f8"])
def test_a_prepared_weight_gives_the_same_bits_every_time(engine: Engine, kind: str) -> None:
    weight = np.rint(VALUES.normal(scale=9, size=(3, 2, 3, 3))).astype(kind)
    kept = prepare(weight)
    for size in (5, 9, 6):
        x = VALUES.integers(0, 256, (2, size, size)).astype(kind)
        plain = conv2d(x, weight, padding=1, engine=engine)
        np.testing.assert_array_equal(conv2d(x, kept, padding=1, engine=engine), plain)
        assert conv2d(x, kept, padding=1, engine=engine).dtype == plain.dtype


@pytest.mark.parametrize("engine", ["fourier", "separable", "winograd"])
def test_one_prepared_weight_serves_every_dtype_and_dilation(engine: Engine) -> None:
    kept = prepare(VALUES.integers(-9, 10, (1, 1, 3, 3)))
    for kind in ("u1", "i8", "f4", "f8"):
        x = VALUES.integers(0, 200, (1, 12, 14)).astype(kind)
        for dilation in (1, 2):
            expected = oracles.loops_conv2d(x[np.newaxis], kept.values, dilation=(dilation, dilation))[0]
            found = conv2d(x, kept, dilation=dilation, engine=engine)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


def test_changes_to_the_original_come_too_late() -> None:
    weight = np.ones((1, 1, 1, 1))
    kept = prepare(weight)
    weight[:] = 7
    assert conv2d(np.ones((1, 1, 1)), kept).item() == 1


def test_what_is_no_weight_is_refused_at_once_or_at_use() -> None:
    with pytest.raises(KernelError, match="weight holds bool"):
        prepare(np.ones((1, 1, 1, 1), bool))
    with pytest.raises(KernelError, match=r"it takes \(maps, channels/groups"):
        conv2d(np.ones((1, 3, 3)), prepare(np.ones((3, 3))))


def test_a_transform_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, shapes = prepare(VALUES.normal(size=(4, 4, 3, 3)).astype("f4")), []
    made = winograd._transformed  # what is counted

    def counted(weight: Array, dtype: np.dtype[np.generic]) -> Array:
        shapes.append(weight.shape)
        return made(weight, dtype)

    monkeypatch.setattr(winograd, "_transformed", counted)
    for _ in range(3):
        conv2d(np.ones((4, 9, 9), "f4"), kept, engine="winograd")
    assert shapes == [(4, 4, 3, 3)]


@settings(max_examples=60)
@given(
    size=st.tuples(st.integers(3, 23), st.integers(3, 23)),
    channels=st.sampled_from([(1, 1, 1), (4, 3, 1), (16, 8, 2), (33, 20, 1)]),
    padding=st.integers(0, 2),
    seed=st.integers(0, 9),
)
def test_winograd_rounds_by_less_than_a_ten_thousandth_of_the_largest(
    size: tuple[int, int], channels: tuple[int, int, int], padding: int, seed: int
) -> None:
    depth, maps, groups = channels
    values = np.random.default_rng(seed)
    x = values.normal(size=(2, depth, *size)).astype("f4")
    weight = values.normal(size=(maps, depth // groups, 3, 3)).astype("f4")
    bias = values.normal(size=maps).astype("f4")
    found = conv2d(x, weight, bias, padding=padding, groups=groups, engine="winograd")
    exact = conv2d(x.astype("f8"), weight, bias, padding=padding, groups=groups, engine="matmul")
    assert found.dtype == np.float32
    assert np.abs(found - exact).max() <= 1e-4 * np.abs(exact).max()


def test_winograd_leaves_huge_values_to_the_plain_product() -> None:
    x = np.full((1, 6, 6), 3e37, "f4")
    weight = np.full((1, 1, 3, 3), 0.5, "f4")
    assert conv2d(x, weight, engine="winograd")[0, 0, 0] == pytest.approx(1.35e38)


def test_taps_of_one_size_are_added_first_only_where_that_cannot_overflow() -> None:
    x = np.full((1, 3, 3), 3e38, "f4")
    weight = np.full((1, 1, 3, 3), 0.1, "f4")
    assert conv2d(x, weight, engine="taps").item() == pytest.approx(2.7e38)


@every_engine
@pytest.mark.parametrize("dtype", ["i2", "i4", "i8", "f4", "f8"])
def test_a_result_goes_into_out_in_its_dtype(engine: Engine, dtype: str) -> None:
    integers = dtype.startswith("i")
    x = VALUES.integers(0, 9, (2, 9, 8)).astype(np.uint8 if integers else dtype)
    weight = VALUES.integers(-3, 4, (3, 2, 3, 3)).astype(int if integers else dtype)
    out = np.full((3, 7, 6), 99, dtype)
    assert conv2d(x, weight, out=out, engine=engine) is out
    np.testing.assert_allclose(out, oracles.loops_conv2d(x[np.newaxis], weight)[0], rtol=0, atol=1e-4)


def test_out_of_a_batch_has_the_batch() -> None:
    out = np.empty((2, 1, 2, 2), np.int32)
    assert conv2d(np.ones((2, 1, 2, 2), int), np.ones((1, 1, 1, 1), int), out=out) is out
    assert (out == 1).all()


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.empty((1, 3, 3), "i4"), "out has shape (1, 3, 3); it takes a C-contiguous array of (1, 2, 2)"),
        (np.empty((2, 2, 1), "i4").T, "lies in memory in another order"),
    ],
)
def test_another_out_is_refused(out: Array, message: str) -> None:
    with pytest.raises(ShapeError) as error:
        conv2d(np.ones((1, 2, 2), int), np.ones((1, 1, 1, 1), int), out=out)
    assert message in str(error.value)


def test_out_in_the_memory_of_x_is_refused() -> None:
    x = np.ones((1, 4, 4), np.int32)
    with pytest.raises(ShapeError, match="out lies in the memory of x"):
        conv2d(x, np.ones((1, 1, 1, 1), int), out=x)


def test_out_too_narrow_for_the_sums_is_refused() -> None:
    with pytest.raises(KernelError, match="beyond the int16 asked for"):
        conv2d(np.ones((1, 2, 2), np.uint8), [[[[999]]]], out=np.empty((1, 2, 2), np.int16))


def test_the_plan_knows_that_a_weight_is_kept() -> None:
    x, weight = np.ones((256, 28, 28), "f4"), np.ones((256, 256, 3, 3), "f4")
    assert plan_conv2d(x, weight, padding=1).engine == "matmul"
    assert plan_conv2d(x, prepare(weight), padding=1).engine == "winograd"
