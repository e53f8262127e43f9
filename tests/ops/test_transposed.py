"""Transposed convolution against plain loops, literal cases of PyTorch, and as an adjoint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import KernelError, ShapeError
from cnnviz.geometry import transposed_window
from cnnviz.ops import conv2d, conv_transpose2d
from tests.oracles import Array

NINE = np.arange(1.0, 10).reshape(1, 1, 3, 3)
FOUR = np.array([[[1.0, 2], [3, 4]]])


def laid(x: Array, weight: Array, stride: Any, pads: Any, extra: Any, dilation: Any, groups: int) -> Array:
    """Each cell of x (C, H, W) puts its kernel on a canvas; the margins are cut off at the end."""
    channels, per_group, kh, kw = weight.shape
    (top, bottom), (left, right) = pads
    height, width = (
        (n - 1) * s + d * (k - 1) + 1 + more
        for n, s, d, k, more in zip(x.shape[1:], stride, dilation, (kh, kw), extra, strict=True)
    )
    canvas = np.zeros((per_group * groups, height, width))
    for c, row, column in np.ndindex(x.shape):
        group = c // (channels // groups)
        for o, i, j in np.ndindex(per_group, kh, kw):
            place = (
                group * per_group + o,
                row * stride[0] + i * dilation[0],
                column * stride[1] + j * dilation[1],
            )
            canvas[place] += x[c, row, column] * weight[c, o, i, j]
    return canvas[:, top : height - bottom, left : width - right]


@settings(max_examples=120)
@given(data=st.data())
def test_it_agrees_with_the_loops(data: Any) -> None:
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    size, kernel = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4))), data.draw(pairs)
    stride, dilation = data.draw(pairs), data.draw(pairs)
    extra: Any = tuple(
        data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)
    )
    full = [
        (n - 1) * s + d * (k - 1) + 1 + more
        for n, s, d, k, more in zip(size, stride, dilation, kernel, extra, strict=True)
    ]
    sides = []
    for length in full:
        low = data.draw(st.integers(0, min(2, length - 1)))
        sides.append((low, data.draw(st.integers(0, min(2, length - 1 - low)))))
    pads: Any = tuple(sides)
    groups = data.draw(st.sampled_from([1, 2]))
    values = np.random.default_rng(data.draw(st.integers(0, 9)))
    x, weight = values.normal(size=(2 * groups, *size)), values.normal(size=(2 * groups, 3, *kernel))
    bias = values.normal(size=3 * groups)
    out = conv_transpose2d(
        x,
        weight,
        bias,
        stride=stride,
        padding=pads,
        output_padding=extra,
        groups=groups,
        dilation=dilation,
    )
    expected = laid(x, weight, stride, pads, extra, dilation, groups) + bias[:, np.newaxis, np.newaxis]
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    window = transposed_window(
        size, kernel, stride=stride, padding=pads, output_padding=extra, dilation=dilation
    )
    assert out.shape[1:] == window.output


def test_it_gives_pytorchs_numbers() -> None:
    out = conv_transpose2d(FOUR, NINE, stride=2, padding=1, output_padding=1)
    assert out.tolist() == [[[5, 14, 10, 12], [14, 36, 24, 30], [15, 34, 20, 24], [24, 55, 32, 36]]]
    out = conv_transpose2d(FOUR, NINE, dilation=2, padding=1)
    assert out.tolist() == [[[4, 6, 8, 9], [8, 5, 10, 6], [16, 15, 20, 18], [14, 8, 16, 9]]]
    x, weight = np.arange(1.0, 9).reshape(2, 2, 2), np.arange(1.0, 17).reshape(2, 2, 2, 2)
    out = conv_transpose2d(x, weight, [0.5, -1, 0, 2], groups=2, stride=(2, 1))
    assert out[:2].tolist() == [
        [[1.5, 4.5, 4.5], [3.5, 10.5, 8.5], [3.5, 10.5, 8.5], [9.5, 24.5, 16.5]],
        [[4, 15, 11], [6, 21, 15], [14, 37, 23], [20, 51, 31]],
    ]
    assert out[2:].tolist() == [
        [[45, 104, 60], [55, 126, 72], [63, 142, 80], [77, 172, 96]],
        [[67, 150, 86], [77, 172, 98], [93, 204, 114], [107, 234, 130]],
    ]


@settings(max_examples=40)
@given(
    size=st.tuples(st.integers(4, 9), st.integers(4, 9)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 1),
    seed=st.integers(0, 9),
)
def test_it_is_the_adjoint_of_convolution(size: Any, stride: int, padding: int, seed: int) -> None:
    values = np.random.default_rng(seed)
    x, weight = values.normal(size=(2, *size)), values.normal(size=(3, 2, 3, 3))
    forward = conv2d(x, weight, stride=stride, padding=padding)
    y = values.normal(size=forward.shape)
    extra = [n - ((o - 1) * stride + 3 - 2 * padding) for n, o in zip(size, forward.shape[1:], strict=True)]
    back = conv_transpose2d(y, weight, stride=stride, padding=padding, output_padding=(extra[0], extra[1]))
    assert back.shape == x.shape
    assert (forward * y).sum() == pytest.approx((x * back).sum())


def test_a_batch_is_its_pictures_and_the_dtype_stays() -> None:
    x = np.random.default_rng(0).normal(size=(2, 1, 2, 2)).astype("f4")
    out = conv_transpose2d(x, NINE, stride=2)
    assert out.dtype == np.float32
    assert out.flags.c_contiguous
    for each, picture in zip(out, x, strict=True):
        np.testing.assert_array_equal(each, conv_transpose2d(picture, NINE, stride=2))
    assert conv_transpose2d([[[1]]], [[[[2]]]]).dtype == np.float32


def test_same_gives_stride_times_the_size() -> None:
    assert conv_transpose2d(FOUR, NINE, stride=3, padding="same").shape == (1, 6, 6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"output_padding": 1}, "output_padding is 1 along the height; it must be below the stride"),
        ({"padding": 9}, "leaves an output of"),
        ({"padding": "valid"}, "takes amounts, or same"),
        ({"stride": 0}, "stride is 0; it must be 1 or more"),
        ({"groups": 2}, "groups must divide them"),
        ({"groups": 0}, "groups is 0"),
        ({"bias": [1.0, 2.0]}, r"bias has shape \(2,\); it takes one value a map: \(1,\)"),
    ],
)
def test_what_pytorch_refuses_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        conv_transpose2d(FOUR, NINE, **given)


def test_a_weight_of_another_shape_is_refused() -> None:
    with pytest.raises(KernelError, match=r"it takes \(channels, maps/groups, height, width\)"):
        conv_transpose2d(FOUR, np.ones((3, 3)))
    with pytest.raises(ShapeError, match="x has 1 channels"):
        conv_transpose2d(FOUR, np.ones((2, 1, 3, 3)))
