"""Turning kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnnviz.errors import UsageError
from cnnviz.kernels import NAMED
from cnnviz.kernels.rows import Rows, outer, turned

matrices = hnp.arrays(
    np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(-9, 9)
).map(lambda array: tuple(map(tuple, array.tolist())))
squares = hnp.arrays(np.int64, (3, 3), elements=st.integers(-9, 9)).map(
    lambda array: tuple(map(tuple, array.tolist()))
)


@given(matrices, st.integers(-8, 8))
def test_a_quarter_turn_is_numpys(rows: Rows, quarters: int) -> None:
    assert turned(rows, 90 * quarters) == tuple(map(tuple, np.rot90(rows, quarters).tolist()))


@given(matrices)
def test_four_quarter_turns_change_nothing(rows: Rows) -> None:
    assert turned(turned(turned(turned(rows, 90), 90), 90), 90) == rows


@given(squares)
def test_eight_eighth_turns_change_nothing_and_two_are_a_quarter(rows: Rows) -> None:
    once = turned(rows, 45)
    assert turned(once, 45) == turned(rows, 90)
    assert turned(once, -45) == rows
    for _ in range(7):
        once = turned(once, 45)
    assert once == rows


def test_an_eighth_turn_goes_counter_clockwise() -> None:
    assert turned(((1, 2, 3), (8, 9, 4), (7, 6, 5)), 45) == ((2, 3, 4), (1, 9, 5), (8, 7, 6))


@pytest.mark.parametrize("direction", ["n", "nw", "w", "sw", "s", "se", "e", "ne"])
def test_the_compass_is_one_kernel_turned(direction: str) -> None:
    order = ["n", "nw", "w", "sw", "s", "se", "e", "ne"]
    degrees = 45 * order.index(direction)
    assert NAMED[f"kirsch-{direction}"].rows == turned(NAMED["kirsch-n"].rows, degrees)


@pytest.mark.parametrize(("size", "degrees"), [(3, 30), (3, 44.999), (5, 45), (2, 135), (3, 0.5)])
def test_an_angle_that_needs_interpolation_is_refused(size: int, degrees: float) -> None:
    with pytest.raises(
        UsageError, match=f"rotate is .*, and the kernel is {size}x{size}; only multiples of 90"
    ):
        turned(((1,) * size,) * size, degrees)


def test_the_outer_product_puts_the_first_factor_down() -> None:
    assert outer((1, 2), (3, 4, 5)) == ((3, 4, 5), (6, 8, 10))
