"""From a picture and one operator to feature maps, and what their shape will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Final

import numpy as np

from cnnviz import ops
from cnnviz.errors import KernelError, ShapeError
from cnnviz.geometry import Window
from cnnviz.jobs.settings import Activation, Array, Convolution, Pooling
from cnnviz.kernels import Operator
from cnnviz.kernels.kernel import Combine
from cnnviz.ops.convolution.problem import Problem, pose

MAX_VALUES: Final = 1 << 30
"""The most values one kernel may make of one picture (4 GiB as int32), checked before any is computed."""


def problems(operator: Operator, convolution: Convolution, shape: tuple[int, int, int]) -> list[Problem]:
    """The convolutions that ``operator`` makes of an input of ``shape`` (C, H, W), one for each kernel.

    Raises
    ------
    ShapeError, KernelError
        When a kernel does not fit, or the maps to be combined differ in size.
    """
    posed = []
    for kernel in operator.kernels:
        weight, groups = convolution.weight(kernel.weight, shape[0])
        posed.append(
            pose(
                (1, *shape),
                weight.shape,
                stride=convolution.stride,
                padding=convolution.padding,
                dilation=convolution.dilation,
                groups=groups,
                padding_mode=convolution.padding_mode,
            )
        )
    sizes = {problem.window.output for problem in posed}
    if len(sizes) > 1:
        listed = ", ".join(f"{height}x{width}" for height, width in sorted(sizes))
        raise ShapeError(f"maps of {listed} cannot be combined; --padding same makes them equal")
    return posed


def output_shape(problem: Problem, pooling: Pooling | None) -> tuple[int, int, int]:
    """(F, H, W) of the maps; raises `ShapeError` when pooling does not fit or there are too many values."""
    check_size(problem.depth, problem.window)
    height, width = problem.window.output
    if problem.maps * height * width > MAX_VALUES:
        raise ShapeError(
            f"the maps would be {problem.maps}x{height}x{width}, more than {MAX_VALUES} values; "
            "use a larger stride, less padding or fewer maps"
        )
    return pooled_shape((problem.maps, height, width), pooling)


def pooled_shape(shape: tuple[int, int, int], pooling: Pooling | None) -> tuple[int, int, int]:
    """(F, H, W) after ``pooling``, if there is one; raises as `output_shape`."""
    if pooling is None:
        return shape
    window = pooling.window(shape[1:])
    check_size(shape[0], window)
    return shape[0], *window.output


def check_size(channels: int, window: Window) -> None:
    """Refuse padding that would take more memory than the largest result, before any is taken."""
    height, width = window.padded
    if channels * height * width > MAX_VALUES:
        raise ShapeError(
            f"the padded input would be {channels}x{height}x{width}, more than {MAX_VALUES} values; "
            "use less padding"
        )


def convolve(pixels: Array, operator: Operator, convolution: Convolution, *, narrow: bool = False) -> Array:
    """The feature maps (F, H, W) of ``pixels`` (C, H, W) under ``operator``; of joined maps, joined first.

    ``narrow`` maps are only looked at: integers in no more memory than they need.
    """
    joins = operator.combine is not None
    maps = []
    for kernel in operator.kernels:
        weight, arguments = _arguments(kernel.weight, convolution, len(pixels))
        bias = None if joins else _bias(convolution.bias, len(weight))
        maps.append(ops.conv2d(pixels, weight, bias, dtype="narrowest" if narrow else None, **arguments))
    if operator.combine is None:
        return maps[0]
    joined = combine(maps, operator.combine)
    bias = _bias(convolution.bias, len(joined))
    return joined if bias is None else _with_bias(joined, bias)


def engine(pixels: Array, operator: Operator, convolution: Convolution) -> str:
    """Which engine convolves ``pixels`` with (the first kernel of) ``operator``, and why."""
    weight, arguments = _arguments(operator.kernels[0].weight, convolution, len(pixels))
    chosen = ops.plan_conv2d(pixels, weight, _bias(convolution.bias, len(weight)), **arguments)
    threads = f", {chosen.threads} threads" if chosen.threads > 1 else ""
    return f"{chosen.engine}: {chosen.reason}{threads}"


def verified(maps: Array, pixels: Array, operator: Operator, convolution: Convolution) -> str:
    """What SciPy's own correlation says to ``maps``: the largest difference, in a sentence."""
    second = convolve(pixels, operator, replace(convolution, engine="scipy"))
    wide = np.int64 if maps.dtype.kind == "i" else np.float64
    largest = np.abs(maps.astype(wide) - second).max()
    reach = np.abs(second).max()
    return f"verified by scipy.signal: largest difference {largest:.3g}, largest value {reach:.6g}"


def _arguments(kernel: Array, convolution: Convolution, channels: int) -> tuple[Array, dict[str, Any]]:
    """The weight of ``kernel`` for a picture of so many ``channels``, and what else conv2d takes."""
    weight, groups = convolution.weight(kernel, channels)
    return weight, {
        "stride": convolution.stride,
        "padding": convolution.padding,
        "dilation": convolution.dilation,
        "groups": groups,
        "padding_mode": convolution.padding_mode,
        "engine": convolution.engine,
    }


@np.errstate(over="ignore")  # `finite` refuses what became infinite
def combine(maps: Sequence[Array], how: Combine) -> Array:
    """Join maps of one size value by value; the magnitude is the square root of the sum of squares.

    >>> combine([np.array([[[3]]]), np.array([[[-4]]])], "magnitude")
    array([[[5.]]], dtype=float32)
    """
    if how == "max":
        return reduce(np.maximum, maps)
    if how == "sum":
        # Added as 64 bits: exact for integers that need not fit 32 bits together.
        wide = np.result_type(*maps, np.int64 if all(each.dtype.kind == "i" for each in maps) else np.float32)
        total: Array = np.add.reduce([each.astype(wide) for each in maps])
        return total
    doubles = any(each.dtype == np.float64 for each in maps)
    # Squares beyond float32's largest value would become infinite where their root does not.
    squares: Array = sum(np.square(each, dtype=np.float64) for each in maps)  # type: ignore[assignment]  # not 0: there are maps
    return np.sqrt(squares).astype(np.float64 if doubles else np.float32)


def activate(maps: Array, activation: Activation | None) -> Array:
    """Apply ``activation``, if there is one, to maps whose values are finite."""
    return maps if activation is None else activation(maps)


def finite(maps: Array) -> Array:
    """``maps`` as they are; refused when sums left the range of their dtype.

    Raises
    ------
    KernelError
        When a value is infinite or not a number.
    """
    if maps.dtype.kind == "f" and not np.isfinite(maps).all():
        raise KernelError(f"values beyond the range of {maps.dtype}; scale them down, or use a float64 NPY")
    return maps


@np.errstate(over="ignore")  # `finite` refuses what became infinite
def _with_bias(maps: Array, bias: Array) -> Array:
    """Integers with whole numbers stay integers, wide enough; everything else keeps its floats."""
    exact = maps.dtype.kind == bias.dtype.kind == "i"
    wide = np.int64 if exact else np.result_type(maps.dtype, np.float32)
    total: Array = maps.astype(wide) + bias.astype(wide)[:, np.newaxis, np.newaxis]
    return total


def _bias(values: tuple[float, ...], maps: int) -> Array | None:
    if not values:
        return None
    if len(values) not in (1, maps):
        raise ShapeError(
            f"--bias gives {len(values)} values, but each kernel makes {maps} map{'s' * (maps > 1)}; "
            "give one value, or one a map"
        )
    return np.broadcast_to(np.array(values), (maps,))
