"""The sweep: every frame's window holds the pixels it claims, and the last frame completes the map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cnnviz.errors import UsageError
from cnnviz.jobs.settings import Activation, Pooling
from cnnviz.lessons.animate import chosen, named_frames, sweep
from cnnviz.lessons.layer import Layer
from tests.lessons.making import layers, padded
from tests.oracles import scipy_conv2d


@given(layers())
@settings(max_examples=60)
def test_every_window_holds_the_pixels_it_claims(case: tuple[NDArray[Any], Layer]) -> None:
    pixels, layer = case
    found, around = sweep(pixels, layer), padded(pixels, layer)
    assert np.array_equal(found.padded, around)
    (top, _), (left, _) = found.window.pads
    for number in range(len(found)):
        frame = found.frame(number)
        row, column = (place * step for place, step in zip(frame.at, layer.stride, strict=True))
        height, width = layer.weight.shape[2:]
        assert np.array_equal(frame.patch, around[:, row : row + height, column : column + width])
        assert [each + top for each in frame.rows] == list(range(row, row + height))
        assert [each + left for each in frame.columns] == list(range(column, column + width))
        assert frame.total == int((frame.patch * layer.weight[0]).sum()) + layer.bias


@given(layers())
@settings(max_examples=30)
def test_the_last_frame_completes_the_map(case: tuple[NDArray[Any], Layer]) -> None:
    pixels, layer = case
    found = sweep(pixels, layer)
    known = np.full(found.window.output, np.nan)
    for number in range(len(found)):
        frame = found.frame(number)
        assert np.isnan(known[frame.at])
        known[frame.at] = frame.value
    oracle = scipy_conv2d(padded(pixels, layer)[np.newaxis], layer.weight, stride=layer.stride)[0, 0]
    assert np.array_equal(known, oracle + layer.bias)


@pytest.mark.parametrize(
    "pool",
    [
        Pooling("max", (2, 2)),
        Pooling("avg", (3, 2), stride=(2, 1)),
        Pooling("max", (3, 3), padding=1),
        Pooling("max", (2, 3), ceil_mode=True),
    ],
)
def test_a_pooled_cell_is_complete_with_the_last_of_its_window(pool: Any) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (1, 9, 10), dtype=np.uint8)
    layer = Layer(np.array([[[[1, -2], [3, 1]]]]), activation=Activation("relu"), pool=pool)
    found = sweep(pixels, layer)
    assert found.pooled is not None
    known = np.full(found.map.shape, -np.inf)
    seen: list[tuple[int, int]] = []
    for number in range(len(found)):
        frame = found.frame(number)
        known[frame.at] = frame.value
        seen += frame.pooled
        for place in frame.pooled:
            if pool.mode == "max":  # what is not known yet would win nothing
                assert layer.pooled(known)[place] == found.pooled[place]
            assert found.pooling is not None
            assert (frame.at[0] in found.pooling.taps(place)[0]) and (
                frame.at[1] in found.pooling.taps(place)[1]
            )
    assert sorted(seen) == [(row, column) for row, column in np.ndindex(found.pooled.shape)]


def test_dilation_leaves_cells_out() -> None:
    found = sweep(np.arange(25).reshape(1, 5, 5), Layer(np.ones((1, 1, 2, 2), int), dilation=(3, 2)))
    assert found.frame(4).patch[0].tolist() == [[6, 8], [21, 23]]


@given(st.integers(1, 300), st.integers(1, 300))
def test_chosen_frames_are_few_even_and_end_with_the_last(count: int, most: int) -> None:
    numbers = chosen(count, most)
    assert len(numbers) == min(count, most)
    assert sorted(set(numbers)) == numbers
    assert numbers[-1] == count - 1
    assert numbers[0] == 0 or most == 1
    gaps = np.diff(numbers)
    assert not gaps.size or gaps.max() - gaps.min() <= 1


def test_a_frame_that_is_not_there_is_named() -> None:
    assert list(named_frames((0, -9, -1), 9)) == [0, 0, 8]
    with pytest.raises(UsageError, match="there is no frame 9; they are 0 to 8"):
        list(named_frames((9,), 9))
