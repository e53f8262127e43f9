"""Integers are exact, dtypes are predictable, and what would overflow is refused, exactly at the edge."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import KernelError
from cnnviz.ops import conv2d
from cnnviz.ops.convolution import planner
from cnnviz.ops.convolution.planner import Engine
from tests.oracles import Array

every_engine = pytest.mark.parametrize("engine", cast("tuple[Engine, ...]", planner.ENGINES))

STEP = np.repeat(np.array([0, 255], np.uint8), 4)[np.newaxis, np.newaxis].repeat(8, axis=1)
SOBEL_X = np.array([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])


def one(value: int, dtype: str) -> Array:
    """A picture of one pixel."""
    return np.full((1, 1, 1), value, dtype)


def tap(*values: int, dtype: str = "i8") -> Array:
    """One map: one row of taps."""
    return np.array(values, dtype)[np.newaxis, np.newaxis, np.newaxis]


@every_engine
@pytest.mark.parametrize("asked", [None, "i2", "i4", "i8", "f4", "f8"])
def test_a_step_under_sobel_x_is_exact(engine: Engine, asked: str | None) -> None:
    out = conv2d(STEP, SOBEL_X, padding=1, padding_mode="replicate", dtype=asked, engine=engine)
    assert out.dtype == (asked or "i4")
    assert out.tolist() == [[[0, 0, 0, 1020, 1020, 0, 0, 0]] * 8]


@pytest.mark.parametrize(
    ("pixel", "weight", "result"),
    [
        ("u1", "i1", "i4"),
        ("i1", "u1", "i4"),
        ("u2", "i2", "i4"),
        ("i4", "i8", "i4"),
        ("u8", "i8", "i4"),
        ("u1", "f4", "f4"),
        ("u1", "f8", "f4"),
        ("i8", "f8", "f4"),
        ("f2", "i1", "f4"),
        ("f2", "f8", "f4"),
        ("f4", "f4", "f4"),
        ("f4", "f8", "f4"),
        ("f4", "i8", "f4"),
        ("f8", "i1", "f8"),
        ("f8", "f4", "f8"),
        ("f8", "f8", "f8"),
    ],
)
@every_engine
def test_the_dtype_follows_from_the_pixels_and_the_weights(
    pixel: str, weight: str, result: str, engine: Engine
) -> None:
    out = conv2d(np.ones((1, 2, 2), pixel), np.ones((1, 1, 2, 2), weight), engine=engine)
    assert out.dtype == result
    assert out.tolist() == [[[4]]]


def test_a_float_bias_makes_floats_of_integers() -> None:
    out = conv2d(one(7, "u1"), tap(1), np.array([0.5]))
    assert out.dtype == np.float32
    assert out.item() == 7.5


@pytest.mark.parametrize(
    ("x", "weight", "bias", "result"),
    [
        # 8 and 16 bit pixels count with their whole range, whatever they hold: 255 * 8421504 < 2**31.
        (one(1, "u1"), tap(8421504), None, "i4"),
        (one(1, "u1"), tap(8421505), None, "i8"),
        (one(1, "u1"), tap(8421504), [127], "i4"),
        (one(1, "u1"), tap(8421504), [128], "i8"),
        (one(1, "u1"), tap(8421504), [-128], "i8"),
        (one(1, "i1"), tap(2**24 - 1), None, "i4"),
        (one(1, "i1"), tap(2**24), None, "i8"),
        (one(1, "u2"), tap(32768), None, "i4"),
        (one(1, "u2"), tap(32769), None, "i8"),
        # The taps of a kernel add up, whatever their signs.
        (np.ones((1, 1, 2), "u2"), tap(16384, -16384), None, "i4"),
        (np.ones((1, 1, 2), "u2"), tap(16384, -16385), None, "i8"),
        # Wider integers count with the values they hold.
        (one(2**31 - 1, "i4"), tap(1), None, "i4"),
        (one(2**31 - 1, "i4"), tap(2), None, "i8"),
        (one(-(2**31), "i4"), tap(1), None, "i8"),
        (one(5, "i8"), tap(1), None, "i4"),
        (one(2**40, "i8"), tap(1), None, "i8"),
        (one(2**31, "u4"), tap(1), None, "i8"),
        (one(0, "i8"), tap(2**31), None, "i8"),
    ],
)
@every_engine
def test_32_bits_until_they_could_overflow(
    x: Array, weight: Array, bias: list[int] | None, result: str, engine: Engine
) -> None:
    out = conv2d(x, weight, bias, engine=engine)
    expected = int((x.astype(object) * weight[0].astype(object)).sum()) + (bias or [0])[0]
    assert out.dtype == result
    assert out.item() == expected


def test_dark_and_bright_pictures_get_one_dtype() -> None:
    weight = tap(8421505)
    assert conv2d(one(0, "u1"), weight).dtype == conv2d(one(255, "u1"), weight).dtype == np.int64


@every_engine
def test_sums_that_would_wrap_in_32_bits_are_right(engine: Engine) -> None:
    x = np.full((1, 3, 3), 65535, np.uint16)
    weight = np.full((1, 1, 3, 3), 65535, np.uint16)
    out = conv2d(x, weight, engine=engine)
    assert out.tolist() == [[[9 * 65535**2]]]


@every_engine
@pytest.mark.parametrize("largest", [2**24, 2**25, 2**31, 2**40, 2**53, 2**54, 2**62])
def test_no_digit_is_lost_beyond_what_floats_hold(engine: Engine, largest: int) -> None:
    x = np.array([[[largest - 1, -largest + 2, 3]]])
    out = conv2d(x, np.ones((5, 1, 1, 1), int), engine=engine)
    assert out.tolist() == [x.tolist()[0]] * 5
    assert conv2d(x[..., :2] // 2, tap(1, 1), engine=engine).item() == sum(
        v // 2 for v in x[0, 0, :2].tolist()
    )


@every_engine
@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_the_largest_int64_is_kept_and_one_more_is_refused(engine: Engine, dtype: str) -> None:
    assert conv2d(one(2**63 - 1, dtype), tap(1), engine=engine).item() == 2**63 - 1
    with pytest.raises(
        KernelError, match=r"sums can reach 9223372036854775808, beyond int64; convert .* float64"
    ):
        conv2d(one(2**63 - 1, dtype), tap(1), np.array([1]), engine=engine)


@pytest.mark.parametrize(
    ("x", "weight"),
    [
        (one(2**63, "u8"), tap(1)),
        (one(2**64 - 1, "u8"), tap(0)),
        (one(-(2**63), "i8"), tap(1)),
        (one(1, "i8"), tap(-(2**63))),
        (one(1, "u1"), tap(2**64 - 1, dtype="u8")),
        (np.ones((1, 1, 3), "i8"), tap(2**62, 2**62, 2**62)),
        (np.ones((1, 1, 3), "i8"), tap(2**62, -(2**62), 2**62)),
    ],
)
def test_sums_beyond_int64_are_refused_and_floats_take_them(x: Array, weight: Array) -> None:
    with pytest.raises(KernelError, match="beyond int64"):
        conv2d(x, weight)
    expected = float((x.astype(object) * weight[0].astype(object)).sum())
    assert conv2d(x.astype("f8"), weight).item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("asked", "weight", "bias"), [("i2", 128, 127), ("i4", 8421504, 127), ("i8", 36170086419038336, 127)]
)
@every_engine
def test_an_asked_dtype_is_taken_up_to_its_last_value(
    asked: str, weight: int, bias: int, engine: Engine
) -> None:
    """255 * weight + bias is exactly the largest value of the dtype."""
    assert 255 * weight + bias == np.iinfo(asked).max
    out = conv2d(one(255, "u1"), tap(weight), [bias], dtype=asked, engine=engine)
    assert out.dtype == asked
    assert out.item() == np.iinfo(asked).max
    with pytest.raises(KernelError, match=f"sums can reach {255 * weight + bias + 1}, beyond"):
        conv2d(one(0, "u1"), tap(weight), [bias + 1], dtype=asked, engine=engine)


@every_engine
def test_partial_sums_fit_even_where_the_total_would(engine: Engine) -> None:
    """129 taps up and 129 down cancel in the end, but not on the way."""
    x, weight = np.full((1, 1, 258), 255, np.uint8), tap(*[1] * 129, *[-1] * 129)
    assert conv2d(x, weight, engine=engine).item() == 0
    with pytest.raises(KernelError, match="sums can reach 65790, beyond the int16 asked for"):
        conv2d(x, weight, dtype="i2", engine=engine)


@settings(max_examples=60)
@given(
    pixels=st.lists(st.integers(-(2**40), 2**40), min_size=4, max_size=4),
    taps=st.lists(st.integers(-(2**20), 2**20), min_size=4, max_size=4),
    engine=st.sampled_from(planner.ENGINES),
)
def test_large_integers_add_up_as_python_adds_them(pixels: list[int], taps: list[int], engine: str) -> None:
    out = conv2d([[pixels]], tap(*taps), engine=cast("Engine", engine))
    assert out.item() == sum(pixel * weight for pixel, weight in zip(pixels, taps, strict=True))


@pytest.mark.parametrize("asked", ["u1", "i1", "f2", "bool", "c8", "O", "S1", ">i4", "nonsense", object()])
def test_other_dtypes_are_refused(asked: str) -> None:
    with pytest.raises(KernelError, match="a map can be int16, int32, int64, float32, float64"):
        conv2d(one(1, "u1"), tap(1), dtype=asked)


@pytest.mark.parametrize("asked", ["i2", "i4", "i8"])
def test_integers_are_refused_where_floats_add_up(asked: str) -> None:
    for x, weight, bias in (
        (one(1, "f4"), tap(1), [1]),
        (one(1, "u1"), tap(1) / 2, [1]),
        (one(1, "u1"), tap(1), [0.5]),
    ):
        with pytest.raises(KernelError, match="there are floats to add up; ask for float32 or float64"):
            conv2d(x, weight, bias, dtype=asked)


@pytest.mark.parametrize("asked", ["f4", "f8"])
def test_floats_come_as_asked(asked: str) -> None:
    for pixel in ("u1", "f4", "f8"):
        assert conv2d(one(3, pixel), tap(1), dtype=asked).dtype == asked


def test_weights_beyond_float32_are_refused_and_float64_takes_them() -> None:
    weight, edge = tap(1) * 1e39, tap(1) * float(np.finfo("f4").max)
    for x in (one(1, "u1"), one(1, "f4")):
        with pytest.raises(
            KernelError, match=r"weight holds values beyond float32; use float64 input or dtype=float64"
        ):
            conv2d(x, weight)
        assert conv2d(x, weight, dtype="f8").item() == 1e39
        assert conv2d(x, edge).item() == np.finfo("f4").max
    assert conv2d(one(1, "f8"), weight).item() == 1e39


def test_a_bias_beyond_float32_is_refused() -> None:
    with pytest.raises(KernelError, match="bias holds values beyond float32"):
        conv2d(one(1, "f4"), tap(1), [-1e39])


def test_an_infinite_weight_is_no_overflow() -> None:
    assert conv2d(one(1, "f4"), tap(1) * np.inf).item() == np.inf


@every_engine
def test_a_sum_of_floats_that_overflows_is_infinite_without_a_word(engine: Engine) -> None:
    assert conv2d(np.full((1, 1, 2), 3e38, "f4"), tap(1, 1), engine=engine).item() == np.inf
