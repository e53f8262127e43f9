"""A moved picture: the distances are those of the definition, worked out by loops, NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.jobs.settings import Activation, Pooling
from cnnviz.lessons.layer import Layer
from cnnviz.lessons.shift import Fill, Shifted, Steps, distance, moved, shift
from tests import oracles
from tests.oracles import Array, Pair

FILLS: tuple[Fill, ...] = ("zeros", "replicate", "circular")
ENGINES = ("taps", "matmul", "fourier", "winograd", "separable")
SOBEL_X = np.array([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])
GAUSSIAN = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])[np.newaxis, np.newaxis] / 256


def noise(shape: tuple[int, ...], seed: int = 0, dtype: Any = np.uint8) -> Array:
    values: Array = np.random.default_rng(seed).integers(0, 256, shape).astype(dtype)
    return values


def one(pixels: Array, layer: Layer, by: Pair, fill: Fill = "replicate") -> Shifted:
    (record,) = shift(pixels, layer, [by], fill)
    return record


class TestMoved:
    def test_down_and_right_are_positive(self) -> None:
        spot = np.zeros((2, 4, 5), int)
        spot[:, 1, 2] = 7
        found = moved(spot, (2, -1), "zeros")
        assert np.argwhere(found).tolist() == [[0, 3, 1], [1, 3, 1]]

    @given(st.integers(-5, 5), st.integers(-6, 6), st.sampled_from(FILLS))
    def test_uncovered_pixels_are_those_of_numpys_padding(self, down: int, across: int, fill: Fill) -> None:
        pixels = noise((2, 6, 7))
        mode: Any = {"zeros": "constant", "replicate": "edge", "circular": "wrap"}[fill]
        around = np.pad(pixels, ((0, 0), (6, 6), (7, 7)), mode=mode)
        expected = around[:, 6 - down : 12 - down, 7 - across : 14 - across]
        assert np.array_equal(moved(pixels, (down, across), fill), expected)

    @given(st.integers(-20, 20), st.integers(-20, 20))
    def test_around_is_numpys_roll(self, down: int, across: int) -> None:
        pixels = noise((1, 6, 7))
        assert np.array_equal(
            moved(pixels, (down, across), "circular"), np.roll(pixels, (down, across), (1, 2))
        )

    def test_the_picture_itself_is_left_alone(self) -> None:
        pixels = noise((1, 4, 4))
        kept = pixels.copy()
        moved(pixels, (1, 1), "zeros")
        assert np.array_equal(pixels, kept)


class TestDistance:
    @given(st.integers(0, 1000), st.sampled_from(["u1", "i4", "i8", "f4", "f8"]))
    def test_it_is_the_norm_of_the_difference_by_the_norm(self, seed: int, dtype: str) -> None:
        a, b = noise((3, 5, 4), seed, dtype), noise((3, 5, 4), seed + 1, dtype)
        wide = a.astype(float), b.astype(float)
        expected = np.linalg.norm(wide[0] - wide[1]) / np.linalg.norm(wide[1])
        assert distance(a, b) == pytest.approx(expected, rel=1e-12)

    def test_many_values_are_the_same_as_few(self) -> None:
        a, b = noise((700, 300)), noise((700, 300), 1)
        expected = np.linalg.norm(a.astype(float) - b) / np.linalg.norm(b.astype(float))
        assert distance(a, b) == pytest.approx(expected, rel=1e-12)

    def test_of_nothing_from_nothing_it_is_0_and_of_something_from_nothing_there_is_none(self) -> None:
        zero, some = np.zeros((2, 2)), np.array([[0, 0], [0, 1e-300]])
        assert distance(zero, zero) == 0
        assert distance(some, zero) is None
        assert distance(zero, some) == 1

    @pytest.mark.parametrize("size", [1e-310, 1e-200, 1e200, 1.5e308])
    def test_no_size_of_floats_is_too_small_or_too_large(self, size: float) -> None:
        assert distance(np.array([[size, 0.0]]), np.array([[-size, 0.0]])) == pytest.approx(2)

    def test_the_smallest_difference_is_not_0(self) -> None:
        ones = np.ones((2, 3), np.float32)
        nearly = ones.copy()
        nearly[1, 2] = np.nextafter(np.float32(1), np.float32(2))
        found = distance(nearly, ones)
        assert found is not None
        assert 0 < found < 1e-7
        large = np.array([[2**31, 5]])
        assert distance(large + np.array([[1, 0]]), large)


class Case(NamedTuple):
    """One picture, layer and move, small enough for plain loops."""

    pixels: Array
    weight: Array
    stride: Pair
    dilation: Pair
    pads: oracles.Pads
    mode: str
    pool: Pair
    pool_stride: Pair
    pool_padding: Pair
    by: Pair
    fill: Fill

    @property
    def layer(self) -> Layer:
        pool = Pooling("max", self.pool, self.pool_stride, self.pool_padding)
        mode: Any = self.mode
        return Layer(self.weight, 0, self.stride, self.pads, mode, self.dilation, pool=pool)

    def map(self, pixels: Array, mode: str | None = None) -> Array:
        """By SciPy; with ``mode`` None NaN stands on padding, and in every cell that sees one."""
        pads = self.pads
        if mode is None:
            pixels = np.pad(pixels.astype(float), ((0, 0), *pads), constant_values=np.nan)
            pads = (0, 0), (0, 0)
        maps: Array = oracles.scipy_conv2d(
            pixels[np.newaxis],
            self.weight,
            stride=self.stride,
            dilation=self.dilation,
            pads=pads,
            padding_mode=mode or "zeros",
        )
        one_map: Array = maps[0, 0]
        return one_map

    def pooled(self, found: Array, *, tainted: bool = False) -> Array:
        down, across = self.pool_padding
        pads = (down, down), (across, across)
        if tainted:
            found, pads = np.pad(found, pads, constant_values=np.nan), ((0, 0), (0, 0))
        maps = oracles.loops_max_pool2d(found[np.newaxis, np.newaxis], self.pool, self.pool_stride, pads)
        one_map: Array = maps[0, 0]
        return one_map


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size = draw(st.tuples(st.integers(10, 12), st.integers(10, 12)))
    depth = draw(st.integers(1, 2))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pool = draw(pairs)
    pads = draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2))
    return Case(
        random.integers(0, 9, (depth, *size)),
        random.integers(-4, 5, (1, depth, *draw(pairs))),
        draw(pairs),
        draw(st.tuples(st.integers(1, 2), st.integers(1, 2))),
        pads,
        draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        (min(pool[0], 2), min(pool[1], 2)),
        draw(pairs),
        draw(st.tuples(*[st.integers(0, each // 2) for each in (min(pool[0], 2), min(pool[1], 2))])),
        draw(st.tuples(st.integers(-4, 6), st.integers(-4, 6))),
        draw(st.sampled_from(FILLS)),
    )


def apart(found: Array, expected: Array) -> float | None:
    size, difference = np.linalg.norm(expected), np.linalg.norm(found.astype(float) - expected)
    if not size:
        return None if difference else 0.0
    return float(difference / size)


def along(found: Array, base: Array, cells: Pair) -> float | None:
    """The distance over the cells that are not NaN, and not NaN ``cells`` before."""
    here, there = [], []
    for row, column in np.ndindex(found.shape):
        before = row - cells[0], column - cells[1]
        if all(0 <= place < n for place, n in zip(before, base.shape, strict=True)):
            both = found[row, column], base[before]
            if not np.isnan(both).any():
                here.append(both[0])
                there.append(both[1])
    return apart(np.array(here), np.array(there)) if here else None


def nearest(by: Pair, step: Pair) -> Pair:
    down, across = (int(np.floor(pixels / each + 0.5)) for pixels, each in zip(by, step, strict=True))
    return down, across


def measured(distances: Iterable[float | None]) -> list[float]:
    """-1 where there is nothing to compare with."""
    return [-1 if each is None else each for each in distances]


@settings(max_examples=200)
@given(cases())
def test_every_number_is_its_definition(case: Case) -> None:
    """Cells on the interior are found by letting NaN spread from padding and uncovered pixels."""
    other = moved(case.pixels, case.by, case.fill)
    covered = moved(np.ones(case.pixels.shape), case.by, "zeros") == 1
    record = one(case.pixels, case.layer, case.by, case.fill)
    base, found = case.map(case.pixels, case.mode), case.map(other, case.mode)
    clean, clean_moved = case.map(case.pixels), case.map(np.where(covered, other, np.nan))
    total = case.stride[0] * case.pool_stride[0], case.stride[1] * case.pool_stride[1]
    cells = nearest(case.by, case.stride)
    means = np.array([[[channel.mean()]] for channel in case.pixels.astype(float)])
    expected = (
        apart(other, case.pixels),
        apart(other - means, case.pixels - means),
        apart(found, base),
        apart(case.pooled(found), case.pooled(base)),
        along(clean_moved, clean, cells),
        apart(found, moved(base, cells, case.fill)),
        along(
            case.pooled(clean_moved, tainted=True),
            case.pooled(clean, tainted=True),
            nearest(case.by, total),
        ),
    )
    assert measured(record.distances) == pytest.approx(measured(expected), rel=1e-9, abs=0)
    assert record.map_phase == tuple(np.mod(case.by, case.stride))
    assert record.phase == tuple(np.mod(case.by, total))
    assert Steps.of(case.layer, case.pixels.shape).pooled == total


@settings(max_examples=80)
@given(
    stride=pairs,
    pool=pairs,
    pool_stride=pairs,
    cells=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    size=pairs,
    seed=st.integers(0, 2**32 - 1),
    fill=st.sampled_from(FILLS),
    activation=st.sampled_from([None, "relu"]),
    mode=st.sampled_from(["max", "avg"]),
)
def test_a_shift_by_stride_times_pooling_stride_moves_the_pooled_map_by_one_cell_exactly(
    stride: Pair,
    pool: Pair,
    pool_stride: Pair,
    cells: Pair,
    size: Pair,
    seed: int,
    fill: Fill,
    activation: Any,
    mode: Any,
) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (1, 40, 44), dtype=np.uint8)
    layer = Layer(
        random.integers(-9, 10, (1, 1, *size)),
        int(random.integers(-50, 50)),
        stride,
        padding=1,
        activation=Activation(activation) if activation else None,
        pool=Pooling(mode, pool, pool_stride),
    )
    down, across = (c * s * p for c, s, p in zip(cells, stride, pool_stride, strict=True))
    record = one(pixels, layer, (down, across), fill)
    assert (record.map_vs_moved, record.pooled_map_vs_moved) == (0, 0)
    assert (record.map_phase, record.phase) == ((0, 0), (0, 0))


@settings(max_examples=60)
@given(
    stride=pairs,
    cells=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.uint8, np.uint16, np.float32, np.float64]),
)
def test_with_any_kernel_of_floats_the_interior_moves_along_to_rounding(
    stride: Pair, cells: Pair, size: Pair, seed: int, dtype: Any
) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (1, 40, 44)).astype(dtype)
    layer = Layer(random.normal(size=(1, 1, *size)).astype(np.float32), stride=stride, padding=2)
    record = one(pixels, layer, (cells[0] * stride[0], cells[1] * stride[1]))
    assert record.map_vs_moved is not None
    assert record.map_vs_moved < 1e-5


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("weight", "most"), [(SOBEL_X, 0), (GAUSSIAN.astype(np.float32), 1e-5)])
def test_every_engine_is_equivariant(engine: Any, weight: Array, most: float) -> None:
    if engine == "winograd" and weight.shape[2] != 3:
        weight = weight[..., 1:4, 1:4]
    for record in shift(noise((1, 60, 70)), Layer(weight, engine=engine), [(0, 3), (5, 5)], "zeros"):
        assert record.map_vs_moved is not None
        assert record.map_vs_moved <= most


@pytest.mark.parametrize("by", list(product((0, 1, 5), (0, 3))))
def test_around_a_torus_the_border_moves_along_too(by: Pair) -> None:
    layer = Layer(SOBEL_X, padding="same", padding_mode="circular")
    assert one(noise((1, 12, 15)), layer, by, "circular").whole_map_vs_moved == 0
    assert (one(noise((1, 12, 15)), layer, by, "zeros").whole_map_vs_moved == 0) == (by == (0, 0))


def test_a_map_is_not_invariant() -> None:
    """A spot that leaves its own reach is at the root of 2 from where it was, whatever the kernel."""
    spot = np.zeros((1, 9, 20), int)
    spot[0, 4, 6] = 255
    record = one(spot, Layer(SOBEL_X), (0, 5))
    assert record.pixels == record.map == pytest.approx(2**0.5)
    assert record.map_vs_moved == record.whole_map_vs_moved == 0


def test_of_a_constant_picture_nothing_is_left_without_its_mean() -> None:
    flat = np.full((1, 6, 9), 0.1)
    assert one(flat, Layer(SOBEL_X), (0, 2)).pixels_less_mean == 0
    assert one(flat, Layer(SOBEL_X), (0, 2), "zeros").pixels_less_mean is None


def test_pooling_tolerates_what_stays_inside_of_its_window_and_no_more() -> None:
    spot = np.zeros((1, 8, 24), int)
    spot[0, 4, 8] = 1
    layer = Layer(np.ones((1, 1, 1, 1), int), pool=Pooling("max", (4, 4)))
    records = list(shift(spot, layer, [(0, n) for n in range(9)], "zeros"))
    assert [record.pooled_map for record in records] == pytest.approx([0] * 4 + [2**0.5] * 5)
    assert [record.map for record in records] == pytest.approx([0] + [2**0.5] * 8)


def test_global_pooling_forgets_the_place_and_has_no_interior() -> None:
    record = one(noise((1, 9, 9)), Layer(SOBEL_X, pool=Pooling("max", None)), (0, 0))
    assert record.pooled_map_vs_moved == 0
    spot = np.zeros((1, 9, 12), int)
    spot[0, 4, 4] = 1
    record = one(spot, Layer(SOBEL_X, pool=Pooling("max", None)), (0, 3))
    assert (record.pooled_map, record.pooled_map_vs_moved) == (0, None)
    assert record.map is not None
    assert record.map > 1


def test_a_window_that_hangs_over_sees_less_and_is_no_part_of_the_interior() -> None:
    """Five columns, pooled by two: the last window holds one of them."""
    pixels = noise((1, 4, 5))
    layer = Layer(np.ones((1, 1, 1, 1), int), pool=Pooling("max", (2, 2), ceil_mode=True))
    pixels[0, :, 2:4] = 0
    changed = pixels.copy()
    changed[0, :, 4] = 255
    # Moved by 2 the columns 0 and 1 stand in cell 1, the only one of the interior; the last column is gone.
    assert (
        one(pixels, layer, (0, 2)).pooled_map_vs_moved == one(changed, layer, (0, 2)).pooled_map_vs_moved == 0
    )


def test_where_nothing_of_the_interior_is_left_there_is_no_distance() -> None:
    record = one(noise((1, 9, 9)), Layer(SOBEL_X, pool=Pooling("max", (2, 2))), (0, 7))
    assert (record.map_vs_moved, record.pooled_map_vs_moved) == (None, None)
    assert record.whole_map_vs_moved is not None


def test_without_pooling_there_is_nothing_pooled() -> None:
    record = one(noise((1, 9, 9)), Layer(SOBEL_X, stride=(2, 2)), (0, 1))
    assert (record.pooled_map, record.pooled_map_vs_moved) == (None, None)
    assert record.phase == record.map_phase == (0, 1)


def test_a_shift_is_worked_out_when_it_is_asked_for() -> None:
    calls: list[Pair] = []

    def asked() -> Any:
        for by in [(0, 0), (0, 1)]:
            calls.append(by)
            yield by

    records = shift(noise((1, 9, 9)), Layer(SOBEL_X), asked(), "zeros")
    assert calls == []
    next(records)
    assert calls == [(0, 0)]
