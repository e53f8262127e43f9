"""What stands in the padding, as digits and against NumPy's padding."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.geometry import PADDING_MODES, PaddingMode
from cnnviz.ops import conv2d
from cnnviz.ops.convolution import planner
from cnnviz.ops.convolution.planner import Engine
from tests import oracles

every_engine = pytest.mark.parametrize("engine", cast("tuple[Engine, ...]", planner.ENGINES))
DIGITS = {
    "zeros": "0001234000",
    "reflect": "4321234321",
    "replicate": "1111234444",
    "circular": "2341234123",
}


@every_engine
@pytest.mark.parametrize("mode", PADDING_MODES)
def test_1234_with_3_each_side(mode: PaddingMode, engine: Engine) -> None:
    row = np.array([[[1, 2, 3, 4]]], np.uint8)
    across = conv2d(row, [[[[1]]]], padding=(0, 3), padding_mode=mode, engine=engine)
    down = conv2d(row.swapaxes(1, 2), [[[[1]]]], padding=(3, 0), padding_mode=mode, engine=engine)
    assert "".join(map(str, across.ravel())) == DIGITS[mode]
    assert "".join(map(str, down.ravel())) == DIGITS[mode]


def test_every_mode_has_its_digits() -> None:
    assert set(DIGITS) == set(PADDING_MODES)


@every_engine
@pytest.mark.parametrize("mode", PADDING_MODES)
@settings(max_examples=8)
@given(
    size=st.tuples(st.integers(4, 6), st.integers(4, 6)),
    pads=st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * 2),
)
def test_margins_and_corners_are_numpys(
    mode: PaddingMode, engine: Engine, size: tuple[int, int], pads: oracles.Pads
) -> None:
    x = np.arange(1, 1 + 2 * size[0] * size[1]).reshape(2, *size)
    identity = np.eye(2, dtype=int)[:, :, np.newaxis, np.newaxis]
    out = conv2d(x, identity, padding=pads, padding_mode=mode, engine=engine)
    np.testing.assert_array_equal(out, oracles.padded(x, pads, mode))


@every_engine
def test_a_single_pixel_is_replicated_and_repeated(engine: Engine) -> None:
    for mode, cells in (("replicate", [7, 7, 7]), ("circular", [7, 7, 7]), ("zeros", [0, 7, 0])):
        out = conv2d(
            [[[7]]], [[[[1]]]], padding=(0, 1), padding_mode=cast("PaddingMode", mode), engine=engine
        )
        assert out.tolist() == [[cells]]


@every_engine
def test_replicate_and_zeros_may_be_wider_than_the_picture(engine: Engine) -> None:
    for mode, cells in (("replicate", "111111222222"), ("zeros", "000001200000")):
        out = conv2d(
            [[[1, 2]]], [[[[1]]]], padding=(0, 5), padding_mode=cast("PaddingMode", mode), engine=engine
        )
        assert "".join(map(str, out.ravel())) == cells
