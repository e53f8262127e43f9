"""Numbers of a grid fit their cells, numbers of a sum can be added up by the reader."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.render.digits import of_cells, of_sums

NUMBERS = st.floats(-1e200, 1e200).filter(lambda value: value == 0 or abs(value) > 1e-200)


@given(st.lists(NUMBERS, min_size=1), st.integers(6, 11))
def test_numbers_of_a_grid_are_never_too_wide_and_off_by_half_a_digit_of_the_largest(
    values: list[float], widest: int
) -> None:
    digits = of_cells(values, widest)
    texts = [digits.text(value) for value in values]
    assert max(map(len, texts)) <= widest
    largest = max(map(abs, values))
    for value, text in zip(values, texts, strict=True):
        off = abs(Decimal(text).scaleb(digits.power) - Decimal(value))
        assert off <= Decimal(largest) / 180  # the largest has at least two digits that hold, 99.5 as 9.95


@pytest.mark.parametrize("values", [[-1020, 7], [0.25, -0.5], [255.0, 3.0]])
def test_what_can_be_written_exactly_is(values: list[float]) -> None:
    digits = of_cells(values, 7)
    assert [float(digits.text(value)) for value in values] == values
    assert digits.unit == ""


def test_the_unit_says_what_the_numbers_are_times() -> None:
    digits = of_cells([0.00492, 0.0398], 7)
    assert ([digits.text(value) for value in (0.00492, 0.0398)], digits.unit) == (
        ["0.49", "3.98"],
        " (times 0.01)",
    )


@given(st.lists(st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-3), min_size=1))
def test_a_sum_of_written_numbers_is_the_written_sum_but_for_half_a_digit_each(values: list[float]) -> None:
    total = sum(values)
    write = of_sums([*values, total], total)
    written = [Decimal(write(value)) for value in values]
    places = [-int(each.as_tuple().exponent) for each in written if each]
    off = abs(sum(written) - Decimal(write(total)))
    assert off <= Decimal(len(values) + 1) / 2 / 10 ** max(places, default=0) + Decimal("1e-6")


def test_integers_stay_exact_beside_floats() -> None:
    assert of_sums([-246, -55.48], -55.48)(-246) == "-246"
