"""What holds for every convolution, whatever its numbers."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.geometry import PADDING_MODES, PaddingMode, convolution_window
from cnnviz.ops import conv2d
from tests import oracles
from tests.ops.problems import Problem, pairs, problems

checked = settings(max_examples=40)
whole_numbers = problems(pixels=("i4", "f8"), weights=("i8",))
modes = cast("tuple[PaddingMode, ...]", PADDING_MODES)
every_mode = pytest.mark.parametrize("padding_mode", modes)

RANDOM = np.random.default_rng(3)
PICTURE = RANDOM.integers(-99, 100, (2, 8, 9))
WEIGHT = RANDOM.integers(-9, 10, (3, 2, 3, 3))


@checked
@given(problem=problems())
def test_the_size_is_the_predicted_one(problem: Problem) -> None:
    window = convolution_window(
        (problem.x.shape[2], problem.x.shape[3]),
        (problem.weight.shape[2], problem.weight.shape[3]),
        stride=problem.stride,
        padding=problem.padding,
        dilation=problem.dilation,
        padding_mode=problem.padding_mode,
    )
    assert window.pads == problem.pads
    assert problem.solve().shape == (len(problem.x), len(problem.weight), *window.output)


@checked
@given(size=pairs(12), kernel=pairs(5), stride=pairs(4), dilation=pairs(3), lower=st.booleans())
def test_same_gives_one_value_for_every_stride_cells(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    lower: bool,
) -> None:
    out = conv2d(
        np.zeros((1, *size)),
        np.zeros((1, 1, *kernel)),
        padding="same-lower" if lower else "same",
        stride=stride,
        dilation=dilation,
    )
    assert out.shape[1:] == (-(-size[0] // stride[0]), -(-size[1] // stride[1]))


@every_mode
def test_the_identity_kernel_gives_the_picture_back(padding_mode: PaddingMode) -> None:
    identity = np.zeros((2, 2, 3, 3), int)
    identity[[0, 1], [0, 1], 1, 1] = 1
    out = conv2d(PICTURE, identity, padding="same", padding_mode=padding_mode)
    np.testing.assert_array_equal(out, PICTURE)


@checked
@given(problem=whole_numbers, a=st.integers(-9, 9), b=st.integers(-9, 9))
def test_it_is_linear_in_the_picture(problem: Problem, a: int, b: int) -> None:
    bare, other = problem.with_(bias=None), problem.with_(bias=None, x=problem.x[..., ::-1, ::-1])
    mixed = bare.with_(x=a * bare.x + b * other.x).solve()
    np.testing.assert_array_equal(mixed, a * bare.solve() + b * other.solve())


@checked
@given(problem=whole_numbers, a=st.integers(-9, 9), b=st.integers(-9, 9))
def test_it_is_linear_in_the_kernel(problem: Problem, a: int, b: int) -> None:
    bare, other = problem.with_(bias=None), problem.with_(bias=None, weight=problem.weight[..., ::-1, ::-1])
    mixed = bare.with_(weight=a * bare.weight + b * other.weight).solve()
    np.testing.assert_array_equal(mixed, a * bare.solve() + b * other.solve())


@checked
@given(problem=whole_numbers)
def test_the_bias_is_added_to_its_map(problem: Problem) -> None:
    bias = np.arange(len(problem.weight)) * 10 - 7
    plain = problem.with_(bias=None).solve()
    np.testing.assert_array_equal(problem.with_(bias=bias).solve(), plain + bias[:, np.newaxis, np.newaxis])


@pytest.mark.parametrize("shift", [(1, 0), (0, 1), (3, -2)])
def test_shifting_the_picture_shifts_the_maps(shift: tuple[int, int]) -> None:
    """Everywhere when the picture goes round in a circle, else where the padding is not seen."""
    shifted = np.roll(PICTURE, shift, axis=(1, 2))
    for mode in modes:
        before = conv2d(PICTURE, WEIGHT, padding=1, padding_mode=mode)
        after = conv2d(shifted, WEIGHT, padding=1, padding_mode=mode)
        expected = np.roll(before, shift, axis=(1, 2))
        inner = slice(None) if mode == "circular" else slice(4, -4)
        np.testing.assert_array_equal(after[:, inner, inner], expected[:, inner, inner])
        assert not np.array_equal(after, before)


@checked
@given(problem=problems())
def test_groups_are_convolutions_of_their_own(problem: Problem) -> None:
    xs = np.split(problem.x, problem.groups, axis=1)
    weights = np.split(problem.weight, problem.groups)
    none = [None] * problem.groups
    biases = none if problem.bias is None else np.split(problem.bias, problem.groups)
    parts = [
        problem.with_(x=x, weight=weight, bias=bias, groups=1).solve()
        for x, weight, bias in zip(xs, weights, biases, strict=True)
    ]
    np.testing.assert_array_equal(problem.solve(), np.concatenate(parts, axis=1))


@checked
@given(problem=problems())
def test_dilation_is_a_kernel_with_zeros_in_between(problem: Problem) -> None:
    widened = oracles.dilated(problem.weight, problem.dilation)
    plain = problem.with_(weight=widened, dilation=(1, 1), padding=problem.pads)
    np.testing.assert_array_equal(problem.solve(), plain.solve())


@checked
@given(problem=problems())
def test_a_stride_keeps_every_nth_row_and_column(problem: Problem) -> None:
    dense = problem.with_(stride=(1, 1), padding=problem.pads).solve()
    np.testing.assert_array_equal(problem.solve(), dense[..., :: problem.stride[0], :: problem.stride[1]])


@checked
@given(problem=problems())
def test_a_batch_is_its_pictures_one_by_one(problem: Problem) -> None:
    whole = problem.solve()
    for picture, maps in zip(problem.x, whole, strict=True):
        alone = problem.with_(x=picture).solve()
        assert alone.shape == maps.shape
        np.testing.assert_array_equal(alone, maps)


@checked
@given(problem=problems())
def test_turning_picture_and_kernel_turns_the_maps(problem: Problem) -> None:
    """By 180 degrees, with the pads changing places; a stride would start from the other end."""
    (top, bottom), (left, right) = problem.pads
    dense = problem.with_(stride=(1, 1), padding=problem.pads)
    turned = dense.with_(
        x=problem.x[..., ::-1, ::-1],
        weight=problem.weight[..., ::-1, ::-1],
        padding=((bottom, top), (right, left)),
    )
    np.testing.assert_array_equal(turned.solve(), dense.solve()[..., ::-1, ::-1])


@checked
@given(problem=problems())
def test_rows_and_columns_play_the_same_part(problem: Problem) -> None:
    mirrored = problem.with_(
        x=problem.x.swapaxes(2, 3),
        weight=problem.weight.swapaxes(2, 3),
        stride=problem.stride[::-1],
        padding=problem.pads[::-1],
        dilation=problem.dilation[::-1],
    )
    np.testing.assert_array_equal(mirrored.solve(), problem.solve().swapaxes(2, 3))


def test_a_full_convolution_loses_nothing() -> None:
    """Every value meets every tap once: the sums multiply."""
    out = conv2d(PICTURE, WEIGHT, padding="full")
    assert out.sum() == (PICTURE.sum(axis=(1, 2)) @ WEIGHT.sum(axis=(0, 2, 3)))


def test_a_kernel_that_sums_to_0_is_silent_on_a_flat_picture() -> None:
    flat = np.full((1, 6, 6), 200, np.uint8)
    laplacian = [[[[0, 1, 0], [1, -4, 1], [0, 1, 0]]]]
    assert not conv2d(flat, laplacian, padding="same", padding_mode="replicate").any()
    assert conv2d(flat, laplacian, padding="same").any()


@checked
@given(problem=problems())
def test_the_arrays_given_are_left_alone(problem: Problem) -> None:
    given_arrays = [each for each in (problem.x, problem.weight, problem.bias) if each is not None]
    copies = [each.copy() for each in given_arrays]
    for each in given_arrays:
        each.flags.writeable = False
    out = problem.solve()
    for each, copy in zip(given_arrays, copies, strict=True):
        np.testing.assert_array_equal(each, copy)
        assert not np.shares_memory(out, each)


@pytest.mark.parametrize(
    "view",
    [
        np.asfortranarray(PICTURE),
        np.repeat(PICTURE, 2, axis=2)[:, :, ::2],
        PICTURE[:, ::-1, ::-1].copy()[:, ::-1, ::-1],
        np.moveaxis(np.ascontiguousarray(np.moveaxis(PICTURE, 0, -1)), -1, 0),
        PICTURE.astype(">i8"),
        PICTURE.astype(">i2"),
    ],
    ids=["columns first", "every second", "backwards", "channels last", "big-endian", "big-endian, 16 bit"],
)
def test_the_layout_in_memory_does_not_matter(view: oracles.Array) -> None:
    np.testing.assert_array_equal(conv2d(view, WEIGHT), conv2d(PICTURE, WEIGHT))
    np.testing.assert_array_equal(
        conv2d(PICTURE, WEIGHT[..., ::-1, ::-1]), conv2d(PICTURE, WEIGHT[..., ::-1, ::-1].copy())
    )


@pytest.mark.parametrize("kind", [">f4", ">f8"])
def test_big_endian_floats_keep_their_precision(kind: str) -> None:
    out = conv2d(PICTURE.astype(kind), WEIGHT.astype(kind))
    assert out.dtype == np.dtype(kind).newbyteorder("=")
    np.testing.assert_array_equal(out, conv2d(PICTURE, WEIGHT))


def test_lists_are_taken_as_arrays() -> None:
    np.testing.assert_array_equal(conv2d(PICTURE.tolist(), WEIGHT.tolist()), conv2d(PICTURE, WEIGHT))
