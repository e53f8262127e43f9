"""Values become codes: which scale is chosen, and that codes keep its order, its ends and its zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cnnviz.images import read
from cnnviz.render.tone import NAMES, SAMPLE, Kind, Tone, _sample, automatic, encode, extremes, fit

Array = NDArray[Any]
KINDS: tuple[Kind, ...] = ("symmetric", "minmax", "abs", "clip")
WHITE = {"u1": 255, "u2": 65535}
SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def values(dtype: str) -> st.SearchStrategy[Array]:
    kind = np.dtype(dtype)
    elements: st.SearchStrategy[Any]
    if kind.kind == "f":
        elements = st.floats(
            allow_nan=False,
            allow_infinity=False,
            width=16 if kind.itemsize == 2 else 8 * kind.itemsize,  # type: ignore[arg-type]  # 16, 32 or 64
        )
    else:
        info = np.iinfo(kind)
        elements = st.integers(int(info.min), int(info.max))
    shapes = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5))
    return shapes.flatmap(lambda shape: arrays(kind, shape, elements=elements))


ANY = st.sampled_from(["u1", "i2", "u2", "i4", "i8", "u8", "f2", "f4", "f8"]).flatmap(values)
ASKED: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, *KINDS]),
    st.tuples(st.integers(-(10**9), 10**9), st.integers(1, 10**9)).map(lambda pair: (pair[0], sum(pair))),
)


def decoded(codes: Array, tone: Tone) -> Array:
    """The values that the codes stand for."""
    first, last = tone.codes
    share = (codes.astype(np.float64) - first) / (last - first)
    return np.asarray(tone.low * (1 - share) + tone.high * share)


def sobel_x_of_the_cat() -> Array:
    grey = read("sample:cat").pixels()[0].astype(np.int64)
    rows, columns = grey.shape[0] - 2, grey.shape[1] - 2
    total = sum(SOBEL_X[i, j] * grey[i : i + rows, j : j + columns] for i in range(3) for j in range(3))
    return np.asarray(total)[np.newaxis]


def test_the_cat_is_scaled_to_its_percentile_and_not_to_its_largest_edge() -> None:
    maps = sobel_x_of_the_cat()
    tone = fit(maps, "symmetric")
    assert extremes(maps) == (-522, 503)
    assert (tone.low, tone.high) == (-212, 212)
    assert tone.clipped == np.count_nonzero(np.abs(maps) > 212) / maps.size
    assert 0.004 < tone.clipped < 0.005
    # Scaled to the largest edge, half of all codes would lie within 6 of mid-grey.
    spread = [np.percentile(np.abs(encode(maps, each).astype(int) - 128), 75)
              for each in (tone, Tone("symmetric", -522, 522, 0))]  # fmt: skip
    assert spread[0] > 2 * spread[1]


@pytest.mark.parametrize(
    ("nonnegative", "kernel_sum", "pixels", "kind"),
    [
        (True, 0, True, "abs"),
        (True, 1, True, "abs"),
        (True, None, False, "abs"),
        (False, 0, True, "symmetric"),
        (False, 0, False, "symmetric"),
        (False, 1, True, "clip"),
        (False, 1, False, None),
        (False, None, True, None),
        (False, None, False, None),
    ],
)
def test_auto_is_decided_by_kernel_and_activation(
    nonnegative: bool, kernel_sum: int | None, pixels: bool, kind: Kind | None
) -> None:
    assert automatic(nonnegative=nonnegative, kernel_sum=kernel_sum, pixels=pixels) == kind


@pytest.mark.parametrize(
    ("lowest", "kind"), [(-1.0, "symmetric"), (-2e-6, "symmetric"), (-0.5e-6, "minmax"), (0.0, "minmax")]
)
def test_where_only_values_tell_a_real_negative_makes_it_symmetric(lowest: float, kind: str) -> None:
    assert fit(np.array([[[lowest, 0.5, 1.0]]]), None).kind == kind
    assert fit(np.array([[[lowest, 0.5, 1.0]]]) * 1e30, None).kind == kind


def test_all_negative_maps_are_symmetric() -> None:
    assert fit(np.array([[[-3, -2]]]), None).kind == "symmetric"


def test_the_ends_of_every_kind() -> None:
    maps = np.array([[[-10, 0, 5, 300]]])
    assert fit(maps, "minmax") == Tone("minmax", -10, 300, 0)
    assert fit(maps, "clip") == Tone("clip", 0, 255, 0.5)
    assert fit(maps, "clip", white=65535) == Tone("clip", 0, 65535, 0.25)
    assert fit(maps, (-1, 5)) == Tone("range", -1, 5, 0.5)
    percentile = 10 + (300 - 10) * (0.995 * 3 - 2)  # between the third and the fourth of 0, 5, 10, 300
    for kind, low in (("symmetric", -percentile), ("abs", 0)):
        tone = fit(maps, kind)  # type: ignore[arg-type]  # one of the kinds
        assert (tone.low, tone.high) == pytest.approx((low, percentile))
        assert tone.clipped == 0.25


def test_one_scale_serves_all_maps_of_a_result() -> None:
    maps = np.array([[[0, 1]], [[4, 10]]])
    assert encode(maps, fit(maps, "minmax")).tolist() == [[[0, 26]], [[102, 255]]]


def test_the_clipped_share_is_counted() -> None:
    maps = np.arange(1000).reshape(1, 20, 50)
    assert fit(maps, (100, 899)).clipped == 0.2
    assert fit(maps, (0, 999)).clipped == 0
    assert fit(maps - 500, "abs").clipped == 0.005  # of magnitudes, below 0 nothing is beyond


@pytest.mark.parametrize("kind", [*KINDS, None, (5.0, 6.0)])
@pytest.mark.parametrize("value", [0, 7, -7, 1e-320, 1e308, -1e308])
@pytest.mark.parametrize("dtype", ["i8", "f8", "f4"])
def test_a_constant_map_never_divides_by_zero(kind: Any, value: float, dtype: str) -> None:
    if dtype == "i8" and abs(value) not in (0, 7):
        value = np.sign(value) * 2**62
    maps = np.full((1, 2, 3), np.clip(value, -3e38, 3e38) if dtype == "f4" else value, dtype)
    codes = encode(maps, fit(maps, kind))
    assert len(np.unique(codes)) == 1


def test_what_a_constant_map_looks_like() -> None:
    def code(value: int, kind: Kind) -> int:
        maps = np.full((1, 2, 2), value)
        return int(encode(maps, fit(maps, kind))[0, 0, 0])

    assert [code(value, "minmax") for value in (-7, 0, 7)] == [128, 128, 128]
    assert [code(value, "symmetric") for value in (-7, 0, 7)] == [1, 128, 255]
    assert [code(value, "abs") for value in (-7, 0, 7)] == [255, 0, 255]
    assert [code(value, "clip") for value in (-7, 0, 7)] == [0, 0, 7]


@given(st.floats(5e-300, 1e300), st.sampled_from(["f4", "f8"]))
def test_zero_is_exactly_mid_grey_under_symmetric(high: float, dtype: str) -> None:
    tone = Tone("symmetric", -high, high, 0)
    assert encode(np.zeros((1, 1), dtype), tone).tolist() == [[128]]
    assert encode(np.zeros((1, 1), np.uint8), tone).tolist() == [[128]]
    assert tone.codes == (1, 255)
    if 1e-30 < high < 1e38:
        ends = np.array([[-high, high]]).astype(dtype)
        assert encode(ends, tone).tolist() == [[1, 255]]


def test_positive_and_negative_are_equally_far_from_mid_grey() -> None:
    maps = np.arange(-300, 301)[np.newaxis, np.newaxis]
    codes = encode(maps, Tone("symmetric", -212, 212, 0)).astype(int)
    assert np.array_equal(codes - 128, -(codes - 128)[:, :, ::-1])


@given(ANY, ASKED)
def test_a_larger_value_never_has_a_smaller_code(maps: Array, asked: Any) -> None:
    tone = fit(maps, asked)
    codes = encode(maps, tone)
    first, last = tone.codes
    assert codes.shape == maps.shape
    assert first <= codes.min() <= codes.max() <= last
    key = [abs(value) if tone.kind == "abs" else value for value in maps.ravel().tolist()]
    in_order = codes.ravel()[np.array(sorted(range(len(key)), key=key.__getitem__))].astype(int)
    assert (np.diff(in_order) >= 0).all()


@given(ANY, ASKED)
def test_a_code_stands_for_its_value_within_half_a_step(maps: Array, asked: Any) -> None:
    tone = fit(maps, asked)
    reach = max(abs(tone.low), abs(tone.high))
    span = tone.high / 2 - tone.low / 2
    assume(reach * 1e-9 < span and span > 1e-30)  # nearer ends than that cannot be told apart
    shown = np.abs(maps.astype(np.float64)) if tone.kind == "abs" else maps.astype(np.float64)
    shown = np.clip(shown, tone.low, tone.high)
    first, last = tone.codes
    off = np.abs(decoded(encode(maps, tone), tone) / 2 - shown / 2)
    assert (off <= 0.55 * (span / (last - first))).all()


@given(st.sampled_from(KINDS), values("f4"), st.floats(0, 2.0**-126, width=32))
def test_numbers_too_small_to_divide_by_do_no_harm(kind: Kind, maps: Array, scale: float) -> None:
    small = np.clip(maps, -1, 1) * np.float32(scale)
    codes = encode(small, fit(small, kind))
    assert codes.dtype == np.uint8


def test_pixels_stay_as_they_are_under_clip() -> None:
    for dtype in (np.uint8, np.int32, np.int64, np.float32, np.float64):
        maps = np.arange(256).reshape(1, 16, 16).astype(dtype)
        assert np.array_equal(encode(maps, fit(maps, "clip")), maps)
    deep = np.arange(65536, dtype=np.uint16).reshape(1, 256, 256)
    assert np.array_equal(encode(deep, fit(deep, "clip", white=65535)), (deep + 128.0) // 257)


def test_a_narrow_range_far_from_zero_is_told_apart() -> None:
    maps = np.arange(10**9, 10**9 + 256, dtype=np.int32).reshape(1, 16, 16)
    assert encode(maps, fit(maps, "minmax")).ravel().tolist() == list(range(256))


def test_the_smallest_integer_has_a_magnitude() -> None:
    for dtype in (np.int8, np.int16, np.int32, np.int64):
        least = int(np.iinfo(dtype).min)
        tone = fit(np.array([[[least]]], dtype), "symmetric")
        assert (tone.low, tone.high) == (least, -least)


def test_a_value_that_the_sample_misses_is_still_drawn() -> None:
    maps = np.zeros((1, 1024, 1024), np.uint8)
    maps[0, 501, 333] = 9
    for kind in KINDS[:3]:
        assert len(np.unique(encode(maps, fit(maps, kind)))) == 2


def test_ends_beyond_the_dtype_of_the_values_are_ends() -> None:
    for dtype, beyond in ((np.float16, 1e6), (np.float32, 1e300), (np.uint8, 1e300)):
        maps = np.array([[[0, 100]]], dtype)
        assert fit(maps, (-beyond, beyond)).clipped == 0
        assert encode(maps, fit(maps, (-beyond, beyond))).tolist() == [[[128, 128]]]


def test_a_symmetric_zero_has_no_sign() -> None:
    tone = fit(np.array([[[-0.0, 0.0]]]), "symmetric")
    assert not np.signbit([tone.low, tone.high, *extremes(np.array([-0.0]))]).any()


@given(st.integers(1, 600), st.integers(1, 5000), st.integers(1, 5000))
def test_the_sample_is_every_nth_row_and_column_and_small_enough(count: int, height: int, width: int) -> None:
    sample = _sample(np.broadcast_to(np.uint8(0), (count, height, width)))
    assert sample.size <= SAMPLE
    wanted = next(n for n in range(1, max(height, width) + 1)
                  if count * -(-height // n) * -(-width // n) <= SAMPLE)  # fmt: skip
    assert sample.shape == (count, -(-height // wanted), -(-width // wanted))


def test_small_maps_are_sampled_whole() -> None:
    maps = np.arange(2 * 5 * 7).reshape(2, 5, 7)
    assert np.array_equal(_sample(maps), maps)
    assert np.array_equal(_sample(np.arange(1024 * 1024).reshape(1, 1024, 1024))[0, :2, :3],
                          [[0, 2, 4], [2048, 2050, 2052]])  # fmt: skip


def test_extremes_are_numbers_of_their_own_kind() -> None:
    assert repr(extremes(np.array([3, -1], np.int16))) == "(-1, 3)"
    assert repr(extremes(np.array([3, -1.5], np.float32))) == "(-1.5, 3.0)"


def test_maps_of_any_strides_are_encoded_alike() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 300, 400))
    tone = fit(maps, "symmetric")
    turned = maps.transpose(0, 2, 1)
    assert np.array_equal(encode(turned, tone), encode(maps, tone).transpose(0, 2, 1))
    assert np.array_equal(encode(maps[:, ::3, ::-2], tone), encode(maps, tone)[:, ::3, ::-2])


def test_the_input_is_left_alone() -> None:
    maps = np.linspace(-3, 3, 12).reshape(1, 3, 4)
    before = maps.copy()
    for kind in KINDS:
        encode(maps, fit(maps, kind))
    assert np.array_equal(maps, before)


def test_the_names_that_may_be_asked_for() -> None:
    assert NAMES == ("auto", "symmetric", "minmax", "abs", "clip")
