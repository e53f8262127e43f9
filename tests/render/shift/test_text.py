"""Distances as text: every sentence is true of the numbers it is written from."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cnnviz.jobs.settings import Pooling
from cnnviz.lessons.layer import Layer
from cnnviz.lessons.shift import Fill, Shifted, Steps, shift
from cnnviz.render.shift import picture as shift_picture
from cnnviz.render.shift import text as render
from cnnviz.render.shift.picture import Row
from cnnviz.render.shift.sentences import sentences
from cnnviz.render.shift.text import Shifts, distance_text
from cnnviz.render.tone import Tone

Array = NDArray[Any]

SOBEL_X = np.array([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])
BLOBS = np.add.outer(np.arange(24), np.arange(32))[np.newaxis] ** 2 % 97
DEFAULTS = Shifted((0, 1), 0.1, 0.3, 0.9, 0.5, 0.0, 0.02, 0.4, (0, 0), (0, 1))


def lesson(
    *records: Shifted, way: tuple[int, int] = (0, 1), steps: Steps | None = None, **given: Any
) -> Shifts:
    steps = steps or Steps((1, 1), (2, 2), (2, 2))
    return Shifts(
        ("cat", "sobel-x"), way, "replicate", "stride 1", {"pool": "max:2"}, steps, records, **given
    )


def said(*records: Shifted, **given: Any) -> str:
    return " ".join(sentences(lesson(*records, **given)))


def measured(layer: Layer, most: int, fill: Fill = "replicate", pixels: Array = BLOBS) -> Shifts:
    """Those of a small picture."""
    records = tuple(shift(pixels, layer, [(0, n) for n in range(most + 1)], fill))
    pool = layer.pool
    assert isinstance(pool, Pooling)
    steps = Steps.of(layer, pixels.shape)
    return Shifts(("blobs", "k"), (0, 1), fill, "stride 1, no padding", {"pool": pool.text}, steps, records)


class TestEquivariance:
    def test_exactly_0_is_said_only_of_0(self) -> None:
        assert "away from the border, the map moves along with the picture, exactly (distance 0)." in said(
            DEFAULTS
        )
        for almost in (1e-300, 1e-8, 0.3):
            assert "exactly" not in said(DEFAULTS._replace(map_vs_moved=almost)).split(". ")[0]
        assert "up to the rounding of floats (distance at most 1e-08)" in said(
            DEFAULTS, DEFAULTS._replace(map_vs_moved=1e-8)
        )

    def test_without_an_interior_it_cannot_be_seen(self) -> None:
        assert "Equivariance cannot be seen here: no cell sees" in said(DEFAULTS._replace(map_vs_moved=None))

    def test_between_strides_it_cannot_be_seen(self) -> None:
        shifts = said(DEFAULTS._replace(map_phase=(0, 1)), steps=Steps((2, 2), (4, 4), (4, 4)))
        assert "Equivariance cannot be seen here: no shift is a multiple of the stride, 2 pixels." in shifts

    def test_with_a_stride_its_multiples_are_meant(self) -> None:
        layer = Layer(SOBEL_X, stride=(2, 2), pool=Pooling("max", (2, 2)))
        first = sentences(measured(layer, 4))[0]
        assert "at multiples of the stride, 2 pixels, exactly (distance 0)" in first

    def test_the_border_moves_along_only_where_it_does(self) -> None:
        assert "The border does not: with" in said(DEFAULTS)
        assert "is up to 0.020." in said(DEFAULTS)
        assert "So does its border: over the whole map, exactly (distance 0)." in said(
            DEFAULTS._replace(whole_map_vs_moved=0.0)
        )
        around = Layer(SOBEL_X, padding="same", padding_mode="circular", pool=Pooling("max", (2, 2)))
        assert "So does its border" in " ".join(sentences(measured(around, 3, "circular")))


class TestInvariance:
    def test_the_first_shift_that_changes_the_map_is_named(self) -> None:
        text = said(DEFAULTS._replace(map=0.0), DEFAULTS._replace(by=(0, 2)))
        assert "in place, a shift by 2 pixels changes the map by 0.900" in text
        assert "the pixels that a dense layer sees by 0.100; less their mean" in text
        assert "says nothing of a place, by 0.300." in text
        assert "sees by 0.100." in said(DEFAULTS._replace(pixels_less_mean=None))

    def test_a_map_that_never_changes_shows_nothing(self) -> None:
        assert "no shift changes the map" in said(DEFAULTS._replace(map=0.0, pooled_map=0.0))
        assert "not invariant: in place" not in said(DEFAULTS._replace(map=0.0, pooled_map=0.0))
        flat = np.full((1, 12, 12), 7)
        text = " ".join(sentences(measured(Layer(SOBEL_X, pool=Pooling("max", (2, 2))), 3, pixels=flat)))
        assert "no shift changes the map" in text
        assert "has no change of the map to tolerate" in text

    def test_of_a_map_of_zeros_there_is_no_distance(self) -> None:
        assert "the unmoved map is 0 everywhere" in said(DEFAULTS._replace(map=None, pooled_map=None))


class TestTolerance:
    @given(st.floats(0.01, 2), st.floats(0.01, 2))
    def test_it_is_claimed_only_where_the_pooled_map_moves_less(self, whole: float, pooled: float) -> None:
        text = said(DEFAULTS._replace(map=whole, pooled_map=pooled))
        assert ("gives some tolerance" in text) == (pooled <= 0.9 * whole)
        assert ("gives no tolerance" in text) == (pooled >= whole)

    def test_it_ends_where_the_pooled_map_moves_as_far_as_the_map_at_first(self) -> None:
        further = DEFAULTS._replace(by=(0, 2), map=1.4, pooled_map=1.0)
        text = said(DEFAULTS, further)
        assert "a shift by 1 pixel changes the pooled map by 0.500, the map it is made from by 0.900." in text
        assert (
            "It ends there: 2 pixels, about the size of the window, change the pooled map by 1.000." in text
        )
        far = said(DEFAULTS, further._replace(by=(0, 30)))
        assert "By 30 pixels it has ended: they change the pooled map by 1.000." in far
        assert "It ends there" not in far

    def test_where_it_does_not_end_the_largest_change_is_given(self) -> None:
        text = said(DEFAULTS, DEFAULTS._replace(by=(0, 2), pooled_map=0.7), DEFAULTS._replace(by=(0, 3)))
        assert "Up to 3 pixels it changes by 0.700 at most." in text

    def test_global_pooling_tolerates_every_shift(self) -> None:
        text = said(DEFAULTS._replace(pooled_map=0.0), steps=Steps((1, 1), (90, 90), (90, 90)))
        assert "tolerates all of these shifts" in text

    def test_shifts_beyond_the_window_show_no_tolerance(self) -> None:
        assert "only of smaller shifts than these" in said(DEFAULTS._replace(by=(0, 3)))


class TestPhase:
    def test_multiples_and_what_lies_between_are_told_apart(self) -> None:
        text = said(DEFAULTS, DEFAULTS._replace(by=(0, 2), phase=(0, 0), pooled_map_vs_moved=0.0))
        assert "leave a cell every 2 pixels: at multiples of that the pooled map moves along, exactly" in text
        assert "In between it is up to 0.400 away" in text

    def test_where_nothing_changes_what_lies_between_agrees(self) -> None:
        text = said(DEFAULTS._replace(pooled_map_vs_moved=0.0, map_phase=(0, 1)))
        assert "In between it agrees with whole cells' moves, exactly (distance 0)." in text
        assert "between multiples of 1, agrees with whole cells' moves, exactly (distance 0)." in text

    def test_a_multiple_without_an_interior_is_still_one(self) -> None:
        text = said(DEFAULTS, DEFAULTS._replace(by=(0, 2), phase=(0, 0), pooled_map_vs_moved=None))
        assert "but at multiples of that none of them sees the picture alone" in text
        assert "no shift is a multiple" not in text

    def test_without_a_multiple_that_is_said(self) -> None:
        assert "a cell every 2 pixels, and no shift is a multiple of that." in said(DEFAULTS)

    def test_without_an_interior_that_is_said(self) -> None:
        text = said(DEFAULTS._replace(pooled_map_vs_moved=None))
        assert "no cell of the pooled map sees the picture alone" in text

    def test_a_cell_for_every_pixel_has_no_phase(self) -> None:
        shifts = lesson(
            DEFAULTS._replace(phase=(0, 0), pooled_map_vs_moved=0.0), steps=Steps((1, 1), (2, 1), (2, 2))
        )
        assert "a cell for every pixel: the pooled map moves along, exactly" in " ".join(sentences(shifts))
        assert not shifts.has_phases
        assert "phase" not in render.caption(shifts)

    def test_on_a_diagonal_both_steps_count_where_they_differ(self) -> None:
        steps = Steps((1, 1), (2, 3), (2, 3))
        text = said(DEFAULTS._replace(by=(1, 1), phase=(1, 1)), way=(1, 1), steps=steps)
        assert "leave a cell every 2x3 pixels" in text


@pytest.mark.parametrize("kernel", [SOBEL_X, np.ones((1, 1, 5, 5)) / 25, np.zeros((1, 1, 3, 3), int)])
@pytest.mark.parametrize("pool", [Pooling("max", (2, 2)), Pooling("avg", (4, 4)), Pooling("max", None)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2)])
@pytest.mark.parametrize("fill", ["zeros", "circular"])
def test_whatever_is_measured_there_is_a_sentence_for_each_thing(
    kernel: Array, pool: Pooling, stride: tuple[int, int], fill: Fill
) -> None:
    shifts = measured(Layer(kernel, stride=stride, pool=pool), 7, fill)
    seen = sentences(shifts)
    assert len(seen) == 4
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in seen)
    assert render.caption(shifts).endswith(".")


@given(st.floats(0, 1e9))
def test_a_distance_is_short_and_0_only_where_it_is(value: float) -> None:
    text = distance_text(value)
    assert len(text) <= 6 or value >= 1e6
    assert (float(text) == 0) == (text == "0") == (value == 0) or value < 1e-300
    assert float(text) == pytest.approx(value, rel=0.5, abs=5e-4)


def test_lines_for_a_pipe_have_every_number_to_six_digits() -> None:
    head, first = render.plain(lesson(DEFAULTS._replace(map_vs_moved=None, pixels=0.12345678)))
    assert head.split("\t") == ["shift", "phase", *render.TITLES]
    assert first.split("\t") == ["1", "1", "0.123457", "0.3", "0.9", "0.5", "-", "0.02", "0.4"]


def test_a_document_loses_nothing() -> None:
    record = DEFAULTS._replace(map_vs_moved=None, pixels=1 / 3)
    found = json.loads(render.document(lesson(record), ["Seen."]))
    assert found["shifts"] == [{**record._asdict(), "by": [0, 1], "map_phase": [0, 0], "phase": [0, 1]}]
    assert (found["schema"], found["seen"], found["fill"]) == (1, ["Seen."], "replicate")
    assert found["pixels_a_cell"] == {"map": [1, 1], "pooled": [2, 2]}


def test_the_caption_explains_a_minus_only_where_there_is_one() -> None:
    assert "-: nothing to compare with" not in render.caption(lesson(DEFAULTS))
    assert "-: nothing to compare with" in render.caption(lesson(DEFAULTS._replace(map_vs_moved=None)))
    assert "--pool" in render.caption(lesson(DEFAULTS, chosen=False))
    assert "--pool" not in render.caption(lesson(DEFAULTS))


def test_a_page(golden: Callable[..., None]) -> None:
    layer = Layer(SOBEL_X, pool=Pooling("max", (2, 2)))
    shifts = measured(layer, 6)
    shades = np.array([[0, 40, 80], [120, 160, 200]], np.uint8)
    moves = (0, 0), (0, 3), (0, 6)
    rows = [
        Row("maps", np.stack([shades + n for _, n in moves])),
        Row("pooled", np.stack([shades[:1, :2] + n for _, n in moves])),
    ]
    page = shift_picture.draw(shifts, moves, rows, Tone("symmetric", -9, 9, 0))
    golden("shift", page, near=8, share=0.03)
    assert page.shape[1] == 1100
    for _, n in moves:  # the maps, grown by a whole factor, from left to right
        places = np.argwhere((page[556:768] == 200 + n).all(axis=2))
        assert len(places) == (np.ptp(places[:, 0]) + 1) * (np.ptp(places[:, 1]) + 1) == 106**2
        left = 32 + n / 3 * shift_picture._STEP
        assert abs(places[:, 1].min() - (left + 2 * 106)) <= 1
        below = page[838:1050, int(left) : int(left) + 318, 0]  # the pooled ones have their size
        assert [int(below[100, 10]), int(below[100, 300])] == [n, 40 + n]


def test_names_of_any_length_leave_the_page_their_title() -> None:
    layer = Layer(SOBEL_X, pool=Pooling("max", (2, 2)))
    codes = np.zeros((1, 4, 4), np.uint8)
    rows = [Row("maps", codes)]
    shifts = measured(layer, 6)._replace(names=("holiday " * 30 + "7.png", "deep/" * 30 + "k.npy"))
    page = shift_picture.draw(shifts, [(0, 0)], rows, Tone("minmax", 0, 1, 0))
    assert (page[20:56, 1100 - 31 :] == 255).all()


def test_every_curve_has_a_colour_and_dashes_of_its_own_on_light_and_dark() -> None:
    shifts = measured(Layer(SOBEL_X, pool=Pooling("max", (2, 2))), 5)
    for dark, colors in ((False, shift_picture._ON_LIGHT), (True, shift_picture._ON_DARK)):
        rows = [Row("maps", np.zeros((1, 4, 4), np.uint8))]
        page = shift_picture.draw(shifts, [(0, 0)], rows, Tone("minmax", 0, 1, 0), dark=dark)
        assert len({*colors}) == len({*shift_picture._DASHES}) == len(render.TITLES)
        for color in colors:
            places = np.argwhere((page == color).all(axis=2))
            assert (places[:, 1] < 730).sum() > 20
            assert (places[:, 1] > 750).sum() >= 10  # in the legend
