"""Literal convolutions, named by their configuration; the expected values are PyTorch's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest

from cnnviz.ops import conv2d
from cnnviz.ops.convolution import planner
from cnnviz.ops.convolution.planner import Engine

nan, inf = np.nan, np.inf

FOUR = [[[1, 2, 3, 4]]]
FIVE = [[[1, 2, 3, 4, 5]]]
NINE = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
SIXTEEN = [[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]]
IMPULSE = [[[0, 0, 0], [0, 1, 0], [0, 0, 0]]]

# Weights of 1, 10, 100 ... spell the values they were laid on: [1, 10] on 4, 5 gives 54.
TENS = [[1, 10], [100, 1000]]
BOX = [[1, 1, 1], [1, 1, 1], [1, 1, 1]]


@dataclass(frozen=True)
class Case:
    """``kernel`` is 2-D for one map of one channel, or a whole weight."""

    name: str
    x: list[Any]
    kernel: list[Any]
    expected: list[Any]
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def weight(self) -> list[Any]:
        return self.kernel if np.ndim(self.kernel) == 4 else [[self.kernel]]


def case(name: str, x: list[Any], kernel: list[Any], expected: list[Any], **arguments: Any) -> Case:
    return Case(name, x, kernel, expected, arguments)


CASES = [
    case("the kernel is not flipped", IMPULSE, [[1, 2], [3, 4]], [[[4, 3], [2, 1]]]),
    case(
        "same, even kernel: the odd cell at the end", FIVE, [[1, 10]], [[[21, 32, 43, 54, 5]]], padding="same"
    ),
    case("same, kernel of 4", FIVE, [[1, 10, 100, 1000]], [[[3210, 4321, 5432, 543, 54]]], padding="same"),
    case("same-lower, even kernel", FIVE, [[1, 10]], [[[10, 21, 32, 43, 54]]], padding="same-lower"),
    case(
        "same-lower, kernel of 4",
        FIVE,
        [[1, 10, 100, 1000]],
        [[[2100, 3210, 4321, 5432, 543]]],
        padding="same-lower",
    ),
    case(
        "same, odd padding by dilation", FIVE, [[1, 10]], [[[30, 41, 52, 3, 4]]], padding="same", dilation=3
    ),
    case(
        "same, dilated square",
        NINE,
        TENS,
        [[[5000, 6400, 500], [8020, 9731, 802], [50, 64, 5]]],
        padding="same",
        dilation=2,
    ),
    case("same, stride 2 over 5", FIVE, [[1, 10, 100]], [[[210, 432, 54]]], padding="same", stride=2),
    case("same, stride 2 over 4", FOUR, [[1, 10, 100]], [[[321, 43]]], padding="same", stride=2),
    case("same-lower, stride 2 over 4", FOUR, [[1, 10, 100]], [[[210, 432]]], padding="same-lower", stride=2),
    case(
        "same, stride 2 over 4x4",
        SIXTEEN,
        [[1, 0, 0], [0, 10, 0], [0, 0, 100]],
        [[[1161, 83], [149, 171]]],
        padding="same",
        stride=2,
    ),
    case("same, stride beyond the kernel", FIVE, [[1, 10]], [[[21, 54]]], padding="same", stride=3),
    case("same never takes away", FOUR, [[1]], [[[1, 3]]], padding="same", stride=2),
    case("full, one row", FIVE, [[1, 10, 100]], [[[100, 210, 321, 432, 543, 54, 5]]], padding="full"),
    case(
        "full, square",
        NINE,
        [[1, 2], [3, 4]],
        [[[4, 11, 18, 9], [18, 37, 47, 21], [36, 67, 77, 33], [14, 23, 26, 9]]],
        padding="full",
    ),
    case("valid", NINE, [[1, 0, -1]], [[[-2], [-2], [-2]]], padding="valid"),
    case("zeros around a box", NINE, BOX, [[[12, 21, 16], [27, 45, 33], [24, 39, 28]]], padding=1),
    case(
        "reflect around a box",
        NINE,
        BOX,
        [[[33, 36, 39], [42, 45, 48], [51, 54, 57]]],
        padding=1,
        padding_mode="reflect",
    ),
    case(
        "replicate around a box",
        NINE,
        BOX,
        [[[21, 27, 33], [39, 45, 51], [57, 63, 69]]],
        padding=1,
        padding_mode="replicate",
    ),
    case(
        "circular around a box",
        NINE,
        BOX,
        [[[45, 45, 45], [45, 45, 45], [45, 45, 45]]],
        padding=1,
        padding_mode="circular",
    ),
    case(
        "reflect as far as it goes",
        NINE,
        [[1, 0, 0, 0, 1]],
        [[[6, 4, 2], [12, 10, 8], [18, 16, 14]]],
        padding=(0, 2),
        padding_mode="reflect",
    ),
    case(
        "circular as far as it goes",
        NINE,
        [[1, 0, 0, 1]],
        [[[2, 4, 6, 2, 4, 6], [8, 10, 12, 8, 10, 12], [14, 16, 18, 14, 16, 18]]],
        padding=(0, 3),
        padding_mode="circular",
    ),
    case(
        "circular at the end only",
        FOUR,
        [[1, 10]],
        [[[21, 32, 43, 14, 21]]],
        padding=((0, 0), (0, 2)),
        padding_mode="circular",
    ),
    case(
        "reflect at the start only",
        FOUR,
        [[1, 10]],
        [[[34, 23, 12, 21, 32, 43]]],
        padding=((0, 0), (3, 0)),
        padding_mode="reflect",
    ),
    case(
        "replicate, stride and dilation",
        FIVE,
        [[1, 10, 100]],
        [[[311, 531, 553]]],
        padding=(0, 2),
        padding_mode="replicate",
        stride=2,
        dilation=2,
    ),
    case(
        "four different pads",
        NINE,
        TENS,
        [[[2100, 3200, 300, 0], [5421, 6532, 603, 0], [8754, 9865, 906, 0]]],
        padding=((1, 0), (0, 2)),
    ),
    case(
        "padding is vertical, horizontal",
        NINE,
        [[1, 0, -1]],
        [[[-2, -2, 2], [-5, -2, 5], [-8, -2, 8]]],
        padding=(0, 1),
    ),
    case(
        "stride is vertical, horizontal",
        SIXTEEN,
        TENS,
        [[[6521, 7632, 8743], [15409, 16520, 17631]]],
        stride=(2, 1),
    ),
    case("stride beyond the kernel", FIVE, [[1, 10]], [[[21, 54]]], stride=3),
    case("dilation 2", SIXTEEN, TENS, [[[11931, 13042], [16375, 17486]]], dilation=2),
    case(
        "dilation is vertical, horizontal",
        SIXTEEN,
        TENS,
        [[[10921, 12032, 13143], [15365, 16476, 17587]]],
        dilation=(2, 1),
    ),
    case("one row of taps", NINE, [[1, 0, -1]], [[[-2], [-2], [-2]]]),
    case("one column of taps", NINE, [[1], [0], [-1]], [[[-6, -6, -6]]]),
    case("kernel as large as the input", NINE, [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[[285]]]),
    case("kernel as large as the padded input", NINE, [[1] * 5] * 5, [[[45]]], padding=1),
    case(
        "sobel-x with zeros outside",
        NINE,
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        [[[9, 6, -9], [20, 8, -20], [21, 6, -21]]],
        padding=1,
    ),
    case(
        "bias is one value a map",
        FIVE,
        [[[[1]]], [[[10]]]],
        [[[101, 102, 103, 104, 105]], [[7, 17, 27, 37, 47]]],
        bias=[100, -3],
    ),
    case(
        "1x1 kernels mix the channels",
        [[[1, 2]], [[3, 4]], [[5, 6]]],
        [[[[1]], [[10]], [[100]]], [[[1]], [[0]], [[-1]]]],
        [[[531, 642]], [[-4, -4]]],
    ),
    case(
        "depthwise",
        [[[1, 2, 3]], [[4, 5, 6]]],
        [[[[1, 10]]], [[[1, -1]]]],
        [[[21, 32]], [[-1, -1]]],
        groups=2,
    ),
    case(
        "depthwise, two maps a channel",
        [[[1, 2, 3]], [[4, 5, 6]]],
        [[[[1, 10]]], [[[1, -1]]], [[[1, 100]]], [[[2, 0]]]],
        [[[21, 32]], [[-1, -1]], [[504, 605]], [[8, 10]]],
        groups=2,
    ),
    case(
        "two groups of two channels",
        [[[1, 2]], [[3, 4]], [[5, 6]], [[7, 8]]],
        [[[[1]], [[10]]], [[[1]], [[100]]]],
        [[[31, 42]], [[705, 806]]],
        groups=2,
    ),
    case("a batch", [[[[1, 2, 3]]], [[[4, 5, 6]]]], [[1, 10]], [[[[21, 32]]], [[[54, 65]]]]),
    case("NaN under a tap of 0", [[[1, nan, 3, 4, 5]]], [[1, 0, 1]], [[[nan, nan, 8]]]),
    case("infinity under a tap of 0", [[[1, inf, 3, 4, 5]]], [[1, 0, 1]], [[[nan, inf, 8]]]),
    case("infinity", [[[1, inf, 3, 4, -inf]]], [[1, 1]], [[[inf, inf, 7, -inf]]]),
    case("infinity minus infinity", [[[inf, -inf]]], [[1, 1]], [[[nan]]]),
    case("NaN between dilated taps", [[[1, nan, 3, nan, 5]]], [[1, 10]], [[[31, nan, 53]]], dilation=2),
    case("minus zero is zero", [[[-0.0]]], [[1]], [[[0]]]),
]


@pytest.mark.parametrize("engine", planner.ENGINES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: cast("Case", case).name)
def test_literal(case: Case, engine: Engine) -> None:
    out = conv2d(case.x, case.weight, engine=engine, **case.arguments)
    assert out.shape == np.shape(case.expected)
    np.testing.assert_array_equal(out, case.expected)


def test_case_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 30


@pytest.mark.parametrize("engine", planner.ENGINES)
def test_nan_weights_spread_to_every_place(engine: Engine) -> None:
    out = conv2d(np.ones((1, 3, 3), np.uint8), [[[[1, nan]]]], engine=engine)
    assert np.isnan(out).all()
    assert out.dtype == np.float32


@pytest.mark.parametrize("padding_mode", ["zeros", "reflect", "replicate", "circular"])
def test_sizes_that_do_not_touch_the_edge_do_not_see_the_padding_mode(padding_mode: Any) -> None:
    inner = conv2d(SIXTEEN, [[BOX]], padding=1, padding_mode=padding_mode)[:, 1:-1, 1:-1]
    np.testing.assert_array_equal(inner, conv2d(SIXTEEN, [[BOX]]))
