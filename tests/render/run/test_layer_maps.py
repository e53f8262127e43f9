"""The output of a layer as it is shown: one scale for all maps, the strongest first."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnnviz.render.run.layer_maps import Array, LayerMaps

RANDOM = np.random.default_rng(0)


def maps(output: Array, kind: str = "conv") -> LayerMaps:
    return LayerMaps("layer", kind, output)


@pytest.mark.parametrize(
    ("shape", "shown", "vector"),
    [
        ((3, 4, 5), (3, 4, 5), False),
        ((3, 1, 5), (3, 1, 5), False),
        ((3, 5, 1), (3, 5, 1), False),
        ((7, 1, 1), (1, 1, 7), True),
        ((7,), (1, 1, 7), True),
        ((4, 5), (1, 4, 5), False),
        ((2, 3, 4, 5), (6, 4, 5), False),
        ((1, 1, 1), (1, 1, 1), True),
    ],
)
def test_maps_stay_maps_and_one_number_a_channel_is_a_row(
    shape: tuple[int, ...], shown: tuple[int, ...], vector: bool
) -> None:
    output = RANDOM.normal(size=shape)
    found = maps(output)
    assert found.maps.shape == shown
    assert found.is_vector == vector
    np.testing.assert_array_equal(found.maps.ravel(), output.ravel())


def test_a_negative_value_anywhere_makes_the_scale_symmetric_about_0() -> None:
    output = np.abs(RANDOM.normal(size=(3, 8, 8)))
    output[2, 0, 0] = -0.5
    found = maps(output)
    assert found.tone.kind == "symmetric"
    assert found.tone.low == -found.tone.high < 0
    assert found.ends.endswith(", 0 in the middle")


def test_without_one_it_begins_at_0() -> None:
    found = maps(np.abs(RANDOM.normal(size=(3, 8, 8))) + 5)
    assert (found.tone.kind, found.tone.low) == ("abs", 0)
    assert found.tone.high > 5
    assert found.ends.startswith("0..")


@pytest.mark.parametrize("sign", [False, True])
def test_equal_values_of_different_maps_have_equal_colours(sign: bool) -> None:
    output = RANDOM.integers(-3 if sign else 0, 4, size=(4, 6, 6)).astype(np.float32)
    found = maps(output)
    drawn = np.stack([found.colored(number) for number in range(4)])
    for value in np.unique(output):
        same = drawn[output == value]
        assert (same == same[0]).all()
    assert len({tuple(color) for color in drawn.reshape(-1, 3).tolist()}) == len(np.unique(output))


def test_0_is_nearly_white_between_blue_and_brown() -> None:
    drawn = maps(np.array([[[-1.0, 0, 1]]])).colored(0)[0].astype(int)
    below, zero, above = drawn
    assert zero.min() > 200
    assert below[2] > below[0]
    assert above[0] > above[2]


@given(arrays(np.float32, (5, 3, 2), elements=st.floats(-100, 100, width=32)))
def test_the_strongest_have_the_largest_mean_square(output: Array) -> None:
    found = maps(output)
    energy = (output.astype(np.float64) ** 2).mean(axis=(1, 2))
    order = found.by_energy()
    assert sorted(order) == list(range(5))
    assert (np.diff(energy[order]) <= 0).all()
    for before, after in pairwise(order):
        assert energy[before] > energy[after] or before < after


def test_the_strongest_are_those_of_which_a_relu_leaves_most() -> None:
    found = maps(np.array([[[-9.0, 1]], [[2, 2]], [[-1, -1]], [[0, 5]]]))
    assert found.strongest(3) == [3, 1, 0]
    assert maps(np.maximum(found.maps, 0)).by_energy()[:3] == [3, 1, 0]
    assert found.by_energy() == [0, 3, 1, 2]


def test_some_maps_have_a_scale_of_their_own_signed_as_those_of_all() -> None:
    found = maps(np.array([[[-9.0, 1]], [[2, 2]], [[0, 5]]]))
    some = found.some([2, 1])
    assert some.maps.tolist() == [[[0, 5]], [[2, 2]]]
    assert some.tone.kind == "symmetric"
    assert some.tone.high == pytest.approx(5, rel=0.02)
    assert maps(np.abs(found.maps)).some([1]).tone.kind == "abs"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "wrong", [[np.nan] * 4, [np.inf, 1, -1, 0], [np.nan, 1, 2, -np.inf], [np.inf, np.nan, 3, 3]]
)
def test_what_is_not_finite_is_drawn_as_0_or_as_the_end(wrong: list[float]) -> None:
    output = np.array(wrong, np.float32).reshape(1, 2, 2)
    found = maps(output)
    assert np.isfinite(found.maps).all()
    assert found.colored(0).shape == (2, 2, 3)
    finite = output[np.isfinite(output)]
    assert found.maps.max() == max([0, *finite])
    assert found.maps.min() == min([0, *finite])
    np.testing.assert_array_equal(found.maps[np.isfinite(output)], finite)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float16, np.float64])
def test_numbers_of_any_kind_are_drawn(kind: type) -> None:
    found = maps(np.arange(12).reshape(3, 2, 2).astype(kind))
    assert found.by_energy() == [2, 1, 0]
    assert found.colored(2)[1, 1].sum() > found.colored(0)[0, 0].sum()


def test_maps_of_nothing_are_all_of_one_colour() -> None:
    drawn = maps(np.zeros((2, 3, 3))).colored(1)
    assert (drawn == drawn[0, 0]).all()
