"""Sizes and pads against what one finds by walking and trying."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import ShapeError
from cnnviz.geometry import (
    PADDING_MODES,
    PADDING_WORDS,
    PaddingMode,
    ceil_output_size,
    convolution_window,
    extent,
    is_integer,
    output_size,
    padding_source,
    pair,
    pooling_window,
    resolve_pads,
    same_pads,
)
from tests import oracles

sizes, kernels, steps, amounts = st.integers(1, 40), st.integers(1, 9), st.integers(1, 6), st.integers(0, 9)


@given(n=sizes, k=kernels, s=steps, low=amounts, high=amounts, d=steps)
def test_the_size_counts_the_places(n: int, k: int, s: int, low: int, high: int, d: int) -> None:
    places = oracles.places(n, k, s, low, high, d)
    size = output_size(n, k, s, low, high, d)
    assert max(size, 0) == len(places)


@given(n=sizes, k=kernels, s=st.integers(1, 12), d=steps, data=st.data())
def test_ceil_counts_a_last_window_that_hangs_over(
    n: int, k: int, s: int, d: int, data: st.DataObject
) -> None:
    low, high = data.draw(st.integers(0, k // 2)), data.draw(st.integers(0, k // 2))
    places = oracles.places(n, k, s, low, high, d, ceil_mode=True)
    assert max(ceil_output_size(n, k, s, low, high, d), 0) == len(places)


@pytest.mark.parametrize(
    ("arguments", "floor", "ceil"),
    [
        ((5, 2, 2), 2, 3),
        ((6, 2, 2), 3, 3),
        ((5, 2, 2, 1, 1), 3, 3),  # the last window would start in the right padding
        ((4, 3, 2, 1, 1), 2, 3),
        ((5, 1, 3), 2, 2),
        ((6, 1, 3), 2, 2),  # ... or beyond it
        ((2, 3, 2), 0, 1),
        ((112, 3, 2, 1, 1), 56, 57),
        ((224, 7, 2, 3, 3), 112, 113),
    ],
)
def test_floor_and_ceil(arguments: tuple[int, ...], floor: int, ceil: int) -> None:
    assert output_size(*arguments) == floor
    assert ceil_output_size(*arguments) == ceil


@given(n=sizes, k=kernels, s=steps, d=steps)
def test_same_is_the_least_padding_for_one_place_every_stride(n: int, k: int, s: int, d: int) -> None:
    for lower in (False, True):
        pads = same_pads(n, k, s, d, lower=lower)
        assert pads == oracles.amounts("same-lower" if lower else "same", n, k, s, d)
        assert output_size(n, k, s, *pads, d) == -(-n // s)
    assert same_pads(n, k, s, d, lower=True) == same_pads(n, k, s, d)[::-1]


@pytest.mark.parametrize(
    ("arguments", "pads"),
    [
        ((5, 3), (1, 1)),
        ((5, 2), (0, 1)),
        ((5, 4), (1, 2)),
        ((5, 1), (0, 0)),
        ((5, 2, 1, 3), (1, 2)),
        ((224, 3, 2), (0, 1)),
        ((5, 3, 2), (1, 1)),
        ((4, 1, 2), (0, 0)),
        ((5, 2, 3), (0, 0)),
        ((1, 9), (4, 4)),
    ],
)
def test_same_puts_the_odd_cell_at_the_end(arguments: tuple[int, ...], pads: tuple[int, int]) -> None:
    assert same_pads(*arguments) == pads


@given(n=sizes, k=kernels, d=steps)
def test_full_counts_every_place_that_touches_the_input(n: int, k: int, d: int) -> None:
    ((low, high), _) = resolve_pads("full", (n, 1), (k, 1), (1, 1), (d, 1))
    assert low == high == extent(k, d) - 1
    assert output_size(n, k, 1, low, high, d) == n + extent(k, d) - 1


def test_every_form_of_padding_is_top_bottom_left_right() -> None:
    def resolved(padding: Any) -> Any:
        return resolve_pads(padding, (7, 6), (3, 4), (1, 1), (1, 1))

    assert resolved(0) == resolved("valid") == ((0, 0), (0, 0))
    assert resolved(2) == resolved((2, 2)) == resolved([[2, 2], [2, 2]]) == ((2, 2), (2, 2))
    assert resolved((1, 2)) == resolved([1, 2]) == ((1, 1), (2, 2))
    assert resolved(((1, 2), (3, 4))) == ((1, 2), (3, 4))
    assert resolved("same") == ((1, 1), (1, 2))
    assert resolved("same-lower") == ((1, 1), (2, 1))
    assert resolved("full") == ((2, 2), (3, 3))
    assert PADDING_WORDS == ("valid", "same", "same-lower", "full")


@pytest.mark.parametrize("mode", PADDING_MODES)
@given(n=st.integers(1, 9), data=st.data())
def test_the_source_of_padding_is_numpys(mode: PaddingMode, n: int, data: st.DataObject) -> None:
    most = {"reflect": n - 1, "circular": n}.get(mode, 12)
    low, high = data.draw(st.integers(0, most)), data.draw(st.integers(0, most))
    row = np.arange(1, n + 1)[np.newaxis]
    expected = oracles.padded(row, ((0, 0), (low, high)), mode)[0].tolist()
    sources = [padding_source(position, n, mode) for position in range(-low, n + high)]
    assert [0 if source is None else source + 1 for source in sources] == expected


def test_windows_of_known_networks() -> None:
    assert convolution_window((224, 224), (7, 7), stride=2, padding=3).output == (112, 112)
    assert pooling_window((112, 112), 3, 2, 1).output == (56, 56)
    assert pooling_window((13, 13), 3, 2).output == (6, 6)  # AlexNet's last
    assert convolution_window((224, 224), (11, 11), stride=4, padding=2).output == (55, 55)
    assert convolution_window((32, 32), (5, 5)).output == (28, 28)  # LeNet-5's first
    assert convolution_window((224, 224), (16, 16), stride=16).output == (14, 14)  # ViT's patches


def test_a_window_knows_its_reach() -> None:
    window = convolution_window((30, 20), (3, 1), dilation=(4, 9))
    assert window.reach == (9, 1)
    assert window.output == (22, 20)


def test_pooling_moves_by_its_own_size() -> None:
    assert pooling_window((9, 8), (3, 2)).stride == (3, 2)
    assert pooling_window((9, 8), (3, 2), 1).stride == (1, 1)


@pytest.mark.parametrize("size", [(0, 3), (3, 0), (-1, 3)])
def test_an_input_without_cells_is_refused(size: tuple[int, int]) -> None:
    said = f"height {size[0]} and width {size[1]}; both must be at least 1"
    with pytest.raises(ShapeError, match=said):
        convolution_window(size, (1, 1), padding=5)
    with pytest.raises(ShapeError, match=said):
        pooling_window(size, 1)


@pytest.mark.parametrize("value", [1, 0, -3, np.int64(4), np.uint8(4)])
def test_integers_count(value: object) -> None:
    assert is_integer(value)


@pytest.mark.parametrize(
    "value", [True, np.True_, 1.0, np.float64(1), "1", None, (1,), np.array([1]), np.array(1), 1j]
)
def test_what_only_looks_like_an_integer_does_not_count(value: object) -> None:
    assert not is_integer(value)


def test_a_pair_is_plain_integers() -> None:
    both = pair(cast("Any", [np.int64(2), np.uint8(1)]), "stride")
    assert both == (2, 1)
    assert {type(each) for each in both} == {int}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "stride is 0; it must be 1 or more"),
        ((2, -1), r"stride is \(2, -1\); it must be 1 or more"),
        (1.5, r"stride is 1.5; it takes an integer or two \(vertical, horizontal\)"),
        (True, "stride is True; it takes an integer"),
        ((1, 2, 3), r"stride is \(1, 2, 3\); it takes an integer or two"),
    ],
)
def test_a_pair_that_is_none_is_refused(value: Any, said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        pair(value, "stride")


def test_geometry_loads_no_numpy() -> None:
    code = "import sys, cnnviz.geometry, cnnviz.expressions; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(n=sizes, k=kernels, s=steps, low=amounts, high=amounts, d=steps, data=st.data())
def test_places_within_cells_are_those_whose_taps_all_lie_on_them(
    n: int, k: int, s: int, low: int, high: int, d: int, data: st.DataObject
) -> None:
    places = oracles.places(n, k, s, low, high, d)
    if not places:
        return
    first = data.draw(st.integers(-3, n))
    stop = data.draw(st.integers(first, n + 3))
    window = convolution_window((n, 1), (k, 1), stride=(s, 1), padding=((low, high), (0, 0)), dilation=(d, 1))
    expected = [
        number
        for number, place in enumerate(places)
        if all(first <= place - low + tap * d < stop for tap in range(k))
    ]
    assert list(window.within(0, first, stop)) == expected
