"""Receptive fields against the cells one finds by walking from unit to cell."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from cnnviz.geometry import EACH, Field, transposed_size, unseen
from cnnviz.geometry.fields import MAX_PERIOD
from tests import oracles

kernels, steps, pads = st.integers(1, 6), st.integers(1, 5), st.integers(0, 5)
Walk = Callable[[int], set[int]]


def sliding(k: int, s: int, p: int, d: int) -> Walk:
    return lambda unit: {unit * s - p + tap * d for tap in range(k)}


def spread(k: int, s: int, p: int, d: int) -> Walk:
    def walk(unit: int) -> set[int]:
        around = range(unit // s - k * d - 9, unit // s + k * d + 9)
        return {cell for cell in around for tap in range(k) if cell * s - p + tap * d == unit}

    return walk


LAYERS = st.lists(st.tuples(st.sampled_from(["sliding", "spread"]), kernels, steps, pads, steps), max_size=3)


def made(layers: list[tuple[str, int, int, int, int]]) -> tuple[Field, Walk]:
    """The field of a chain of layers, and the same by walking through it cell by cell."""
    field: Field | None = EACH
    walks: list[Walk] = []
    for kind, k, s, p, d in layers:
        step = Field.sliding(k, s, p, d) if kind == "sliding" else Field.spread(k, s, p, d)
        assert step is not None
        assert field is not None
        field = step.through(field)
        walks.insert(0, (sliding if kind == "sliding" else spread)(k, s, p, d))
    assert field is not None

    def walk(unit: int) -> set[int]:
        cells = {unit}
        for step in walks:
            cells = {deeper for cell in cells for deeper in step(cell)}
        return cells

    return field, walk


@given(layers=LAYERS, unit=st.integers(-3, 20))
def test_a_unit_sees_the_cells_one_walks_to(layers: list[tuple[str, int, int, int, int]], unit: int) -> None:
    field, walk = made(layers)
    low, high = field.cells(unit)
    cells = walk(unit)
    without_holes = all(kind == "sliding" or (k >= s and d == 1) for kind, k, s, _, d in layers)
    if without_holes or len(layers) == 1:
        assert (low, high) == (min(cells), max(cells)) if cells else high < low
    elif cells:  # a blind phase inside a dilated window is taken for what lies around it
        assert low <= min(cells)
        assert high >= max(cells)


@given(layers=LAYERS, others=LAYERS, unit=st.integers(-3, 20))
def test_joined_paths_see_what_either_sees(
    layers: list[tuple[str, int, int, int, int]], others: list[tuple[str, int, int, int, int]], unit: int
) -> None:
    (one, _), (two, _) = made(layers), made(others)
    joined = one.joined(two)
    if one.jump != two.jump:
        assert joined is None
    elif joined is not None:
        seen = [cells for cells in (one.cells(unit), two.cells(unit)) if cells[0] <= cells[1]]
        low, high = joined.cells(unit)
        if seen:
            assert (low, high) == (min(cells[0] for cells in seen), max(cells[1] for cells in seen))
        else:
            assert high < low


def test_sizes_jumps_and_starts_follow_the_textbook() -> None:
    field = EACH
    for k, s, p in ((7, 2, 3), (3, 2, 1), (3, 1, 1), (3, 1, 1)):
        field = Field.sliding(k, s, p).through(field) or EACH
    # 1 + 6 + 2*2 + 4*2 + 4*2; 2*2; every pad is half a kernel, so that the centres stay on pixel 0
    assert (field.size, int(field.jump), int(field.start), field.exact) == (27, 4, 0, True)


def test_an_even_kernel_is_centred_between_two_cells() -> None:
    assert Field.sliding(2, 2).start == Fraction(1, 2)


def test_a_transposed_convolution_has_a_phase_a_stride() -> None:
    field = Field.spread(3, 2, 1)
    assert field == Field((0, 0), (0, 1), 1)
    assert (field.size, field.jump, field.exact) == (2, Fraction(1, 2), False)
    pooled = Field.sliding(2, 2).through(field)
    assert pooled == Field((0,), (1,), 1)
    assert pooled.exact


def test_units_between_the_taps_of_a_short_transposed_kernel_see_nothing() -> None:
    field = Field.spread(1, 3)
    assert field is not None
    assert [field.cells(unit) for unit in range(4)] == [(0, 0), (1, 0), (1, 0), (1, 1)]


def test_paths_with_different_centres_are_marked_and_seen_together() -> None:
    joined = Field.sliding(3, 1, 1).joined(Field.sliding(3, 1, 0))
    assert joined == Field((-1,), (2,), 1, aligned=False)
    assert not joined.exact


def test_paths_of_different_jumps_cannot_be_joined() -> None:
    assert Field.sliding(3, 2).joined(Field.sliding(3, 1)) is None


def test_patterns_too_long_to_follow_are_given_up() -> None:
    assert Field.spread(3, MAX_PERIOD + 1) is None
    assert Field.adaptive(1000, 999) is None
    one, two = Field.adaptive(100, 99), Field.adaptive(102, 101)
    assert one is not None
    assert two is not None
    assert one.through(two) is None


@given(n=st.integers(1, 40), output=st.integers(1, 40), unit=st.integers(0, 39))
def test_adaptive_windows_are_pytorchs(n: int, output: int, unit: int) -> None:
    field = Field.adaptive(n, output)
    assert field is not None
    if unit < output:
        assert field.cells(unit) == (unit * n // output, ((unit + 1) * n + output - 1) // output - 1)


@given(n=st.integers(1, 30), k=kernels, s=st.integers(1, 8), low=pads, high=pads, d=steps)
def test_unseen_cells_are_those_no_window_covers(n: int, k: int, s: int, low: int, high: int, d: int) -> None:
    places = oracles.places(n, k, s, low, high, d)
    seen = {place + tap * d - low for place in places for tap in range(k)}
    assert unseen(n, k, s, low, d, len(places)) == n - len(seen & set(range(n)))


@given(n=st.integers(1, 12), k=kernels, s=steps, p=pads, d=steps)
def test_a_transposed_convolution_undoes_the_size_of_its_forward_one(
    n: int, k: int, s: int, p: int, d: int
) -> None:
    """Relation 14 of Dumoulin & Visin: i' = s*(i - 1) + a + k - 2p, a = (i + 2p - k) mod s."""
    forward = oracles.places(n, k, s, p, p, d)
    if forward:
        more = (n + 2 * p - d * (k - 1) - 1) % s
        assert transposed_size(len(forward), k, s, p, p, d, more) == n
