"""Transposed convolution: every cell of the input lays the kernel, by its value, on the output."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.errors import KernelError, ShapeError
from cnnviz.geometry import Padding, Pair, TransposedWindow, is_integer, transposed_window
from cnnviz.ops.arrays import Array, as_floats, as_maps, float_dtype


def conv_transpose2d(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: int | Pair = 1,
    padding: Padding = 0,
    output_padding: int | Pair = 0,
    groups: int = 1,
    dilation: int | Pair = 1,
) -> Array:
    """Lay the kernels on the output, ``stride`` apart, and add up where they overlap.

    The numbers of ``torch.nn.functional.conv_transpose2d``: the gradient of `conv2d` by its input. float32,
    or float64 for float64 input.

    Parameters
    ----------
    x : (C, H, W) or (N, C, H, W)
    weight : (C, O / groups, kH, kW)
    bias : (O,), optional
    stride, dilation : int or (vertical, horizontal)
        How far apart two cells of the input lay their kernels; spacing of the taps.
    padding : int, (vertical, horizontal), ((top, bottom), (left, right)) or ``same``
        Rows and columns that are cut off the output; ``same`` leaves ``stride`` times the input's size.
    output_padding : int or (vertical, horizontal)
        Rows and columns more at the end; below the stride or the dilation.
    groups : int
        The channels of a group only reach the maps of that group.

    Raises
    ------
    ShapeError
        Sizes that do not fit, as PyTorch refuses them.
    KernelError
        Weights that cannot be used.

    Examples
    --------
    >>> conv_transpose2d([[[1, 2]]], [[[[1, 10]]]], stride=(1, 2))
    array([[[ 1., 10.,  2., 20.]]], dtype=float32)
    """
    maps, batched = as_maps(x)
    maps = maps.astype(float_dtype(maps), copy=False)
    kernels = _kernels(weight, maps.shape[1], groups).astype(maps.dtype, copy=False)
    window = transposed_window(
        maps.shape[2:],
        kernels.shape[2:],
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
    )
    total = kernels.shape[1] * int(groups)
    offsets = None if bias is None else as_floats(bias, "bias").astype(maps.dtype, copy=False)
    if offsets is not None and offsets.shape != (total,):
        raise ShapeError(f"bias has shape {offsets.shape}; it takes one value a map: ({total},)")
    with np.errstate(over="ignore", invalid="ignore"):
        out = _laid(maps, kernels, int(groups), window)
        if offsets is not None:
            out += offsets[:, np.newaxis, np.newaxis]
    return out if batched else out[0]


def _kernels(weight: ArrayLike, channels: int, groups: int) -> Array:
    kernels = as_floats(weight, "weight")
    if kernels.ndim != 4 or 0 in kernels.shape:
        raise KernelError(
            f"weight has shape {kernels.shape}; it takes (channels, maps/groups, height, width)"
        )
    if not is_integer(groups) or groups < 1:
        raise ShapeError(f"groups is {groups!r}; it takes an integer of at least 1")
    if len(kernels) != channels or channels % groups:
        raise ShapeError(
            f"weight has shape {kernels.shape} and groups is {groups}, but x has {channels} channels; "
            "the weight takes one entry for each channel, and groups must divide them"
        )
    return kernels


def _laid(maps: Array, kernels: Array, groups: int, window: TransposedWindow) -> Array:
    """A product for each tap, added where the tap falls: no kH * kW results at a time.

    The output is made with what the padding cuts off, and with the output padding, so that no tap falls out.
    """
    batch, channels, height, width = maps.shape
    (top, bottom), (left, right) = window.pads
    (rows, columns), (down, across), (vertical, horizontal) = window.output, window.stride, window.dilation
    per_group = kernels.shape[1]
    flat = maps.reshape(batch, groups, channels // groups, height * width)
    whole = np.zeros((batch, groups, per_group, top + rows + bottom, left + columns + right), maps.dtype)
    banks = kernels.reshape(groups, channels // groups, per_group, *kernels.shape[2:])
    for i, j in np.ndindex(window.kernel):
        laid = np.matmul(banks[..., i, j].transpose(0, 2, 1), flat)
        first, start = i * vertical, j * horizontal
        whole[
            ...,
            first : first + (height - 1) * down + 1 : down,
            start : start + (width - 1) * across + 1 : across,
        ] += laid.reshape(batch, groups, per_group, height, width)
    kept = whole[..., top : top + rows, left : left + columns]
    return np.ascontiguousarray(kept).reshape(batch, groups * per_group, rows, columns)
