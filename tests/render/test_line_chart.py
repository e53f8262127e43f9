"""Curves over axes: what is drawn where, and what stands beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.render import line_chart
from cnnviz.render.line_chart import Axes, Curve
from cnnviz.render.theme import DARK, LIGHT, Theme

Array = NDArray[Any]

BLUE, RED = (0, 0, 255), (255, 0, 0)
SIZE = 400, 240
FIELD = (64, 30, 392, 196)  # of the box: where the axes run
AXES = Axes("step", "loss")


def drawn(curves: Sequence[Curve], axes: Axes = AXES, theme: Theme = LIGHT) -> Array:
    page = Image.new("RGB", SIZE, theme.paper)
    line_chart.draw(ImageDraw.Draw(page), (0, 0, *SIZE), theme, axes, curves)
    return np.asarray(page)


def colored(page: Array, color: tuple[int, int, int]) -> Array:
    """Rows and columns of the pixels that are wholly of ``color``."""
    return np.argwhere((page == color).all(axis=2))


def at(page: Array, color: tuple[int, int, int], column: int) -> float | None:
    """The middle row of a curve in a column."""
    rows = np.flatnonzero((page[:, column] == color).all(axis=1))
    return float(rows.mean()) if rows.size else None


def test_a_curve_runs_from_corner_to_corner_of_its_field() -> None:
    places = colored(drawn([Curve("a", [(0, 0), (10, 10)], BLUE)]), BLUE)
    left, top, right, bottom = FIELD
    assert np.abs(places.min(axis=0) - (top, left)).max() <= 3
    assert np.abs(places.max(axis=0) - (bottom, right)).max() <= 3
    rows, columns = places.T
    assert np.abs((bottom - rows) / (bottom - top) - (columns - left) / (right - left)).max() < 0.03


def test_a_line_is_as_thick_where_it_rises_little() -> None:
    page = drawn([Curve("a", [(0, 5), (10, 5.2)], BLUE)], Axes("", "", top=10))
    ink = (255 - page[100:125, 80:380, 0].astype(int)).sum(axis=0) / 255
    assert np.abs(ink - 3).max() < 0.5


def test_where_there_is_no_height_there_is_a_gap() -> None:
    page = drawn([Curve("a", [(0, 5), (4, 5), (5, None), (6, 5), (10, 5)], BLUE)], Axes("", "", top=10))
    left, _, right, _ = FIELD
    columns = set(colored(page, BLUE)[:, 1].tolist())
    for place, inked in ((2, True), (5, False), (8, True)):
        assert (round(left + (right - left) * place / 10) in columns) == inked


def test_a_point_alone_is_a_dot() -> None:
    page = drawn([Curve("a", [(0, None), (5, 4), (10, None)], BLUE)])
    places = colored(page, BLUE)
    assert np.ptp(places, axis=0).tolist() == pytest.approx([5, 5], abs=2)
    assert places.mean(axis=0)[1] == pytest.approx((FIELD[0] + FIELD[2]) / 2, abs=2)


def test_dots_stand_on_the_points_where_they_do_not_touch() -> None:
    def widest(count: int, *, dots: bool) -> int:
        points = [(10 * n / count, 5) for n in range(count + 1)]
        page = drawn([Curve("a", points, BLUE)], Axes("", "", top=10, dots=dots))
        inked: Array = (page == BLUE).all(axis=2)[:, FIELD[0] + 20 : FIELD[2] - 20]
        return int(inked.sum(axis=0).max())

    assert widest(4, dots=True) > 2 * widest(4, dots=False)
    assert widest(200, dots=True) == widest(200, dots=False)


def test_dashes_tell_curves_on_one_place_apart() -> None:
    page = drawn([Curve("a", [(0, 5), (9, 5)], BLUE), Curve("b", [(0, 5), (9, 5)], RED, (9, 9))])
    blue, red = len(colored(page, BLUE)), len(colored(page, RED))
    assert 0.6 < blue / red < 1.6


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=6, unique=True),
    st.lists(st.integers(1, 9), max_size=4).map(lambda each: tuple(each * 2)),
)
def test_ink_and_gaps_take_turns_all_along_a_line(
    points: list[tuple[float, float]], dashes: tuple[int, ...]
) -> None:
    def length(stroke: Sequence[tuple[float, float]]) -> float:
        return float(np.hypot(*np.diff(np.array(stroke, float), axis=0).T).sum())

    if points[0] == points[-1]:
        return
    strokes = list(line_chart._strokes(points, dashes))
    whole, expected, place = length(points), 0.0, 0.0
    for number, each in enumerate(dashes * 200 if dashes else (10_000,)):
        if number % 2 == 0:
            expected += max(min(each, whole - place), 0)
        place += each
    assert sum(map(length, strokes)) == pytest.approx(expected)
    assert all(length(stroke) <= max(dashes, default=10_000) + 1e-6 for stroke in strokes)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 16, (0, 5, 10, 15, 20)), (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1)), (0, 0.07, (0, 0.02, 0.04, 0.06, 0.08))],
)
def test_ticks_are_round_numbers_that_hold_everything(
    low: float, high: float, ticks: tuple[float, ...]
) -> None:
    assert line_chart._linear(low, high).ticks == ticks


@given(st.floats(0, 1e6), st.floats(1e-6, 1e6))
def test_few_ticks_hold_every_value(low: float, span: float) -> None:
    high = low + span
    scale = line_chart._linear(low, high)
    rounding = 1e-6 * span + 2 * math.ulp(high)
    assert scale.low <= low + rounding
    assert scale.high >= high - rounding
    assert 2 <= len(scale.ticks) <= 9


def test_along_shifts_only_whole_numbers_stand() -> None:
    curve = [Curve("a", [(0, 0), (2, 1)], BLUE)]
    assert line_chart._horizontal(Axes("", ""), curve).ticks == (0, 0.5, 1, 1.5, 2)
    assert line_chart._horizontal(Axes("", "", whole=True), curve).ticks == (0, 1, 2)


def test_a_logarithm_has_powers_of_ten_at_equal_steps() -> None:
    page = drawn([Curve("a", [(0, 100), (5, 10), (10, 1)], BLUE)], Axes("", "", logarithmic=True))
    left, top, right, bottom = FIELD
    assert at(page, BLUE, (left + right) // 2) == pytest.approx((top + bottom) / 2, abs=2)


@pytest.mark.parametrize("points", [[(0, 0.0)], [(3, 0.0), (4, 0.0)], [(0, None), (1, None)]])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_flat_curves_and_empty_ones_have_axes(points: Any, logarithmic: bool) -> None:
    page = drawn([Curve("a", points, BLUE)], Axes("step", "loss", logarithmic=logarithmic))
    assert (page[:, FIELD[0]] == LIGHT.ink).all(axis=1).sum() > 100


def test_names_stand_in_the_legend_behind_a_piece_of_their_line() -> None:
    page = Image.new("RGB", (200, 60), DARK.paper)
    curves = [Curve("first", [], BLUE), Curve("second", [], RED, (6, 4))]
    line_chart.legend(ImageDraw.Draw(page), (4, 4), DARK, curves)
    pixels = np.asarray(page)
    for number, color in enumerate((BLUE, RED)):
        rows, columns = colored(pixels, color).T
        assert 10 + 22 * number <= rows.mean() <= 14 + 22 * number
        assert columns.max() < 44
    assert len(colored(pixels[:24, 48:], DARK.ink)) > 10


def test_a_chart(golden: Callable[..., None]) -> None:
    curves = [
        Curve("falls", [(n, 8 / (n + 1)) for n in range(9)], (190, 40, 40)),
        Curve("zigzag", [(n, 3 * (n % 2) if n != 5 else None) for n in range(9)], (40, 80, 190), (8, 4)),
    ]
    page = drawn(curves, Axes("shift in pixels", "distance", whole=True))
    golden("line-chart", page, near=8, share=0.03)
    assert len(colored(page, (190, 40, 40))) > len(colored(page, (40, 80, 190))) / 2 > 50
