"""Convolution as deep learning means it: the kernel is laid on the picture, not flipped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.errors import ShapeError
from cnnviz.geometry import Padding, PaddingMode, Pair
from cnnviz.ops.arrays import Array, as_maps, as_numbers, is_channels_last
from cnnviz.ops.convolution import fourier, matmul, reference, scipy_signal, separable, taps, winograd
from cnnviz.ops.convolution.factors import is_rank_one
from cnnviz.ops.convolution.numbers import Asked, choose
from cnnviz.ops.convolution.planner import Engine, Plan, plan
from cnnviz.ops.convolution.problem import pose
from cnnviz.ops.convolution.task import RELU_INSIDE, Task
from cnnviz.ops.convolution.weight import Weight, as_weight
from cnnviz.ops.threads import cores

_ENGINES: dict[str, Callable[[Task, Array], None]] = {
    "taps": taps.run,
    "separable": separable.run,
    "matmul": matmul.run,
    "fourier": fourier.run,
    "winograd": winograd.run,
    "scipy": scipy_signal.run,
    "reference": reference.run,
}


def conv2d(
    x: ArrayLike,
    weight: ArrayLike | Weight,
    bias: ArrayLike | None = None,
    *,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    padding_mode: PaddingMode = "zeros",
    dtype: Asked = None,
    out: Array | None = None,
    relu: bool = False,
    engine: Engine = "auto",
) -> Array:
    """Slide the kernels over ``x``, multiply cell by cell and add up.

    The numbers of ``torch.nn.functional.conv2d``, with the padding modes of ``torch.nn.Conv2d``, asymmetric
    pads, and ``same`` at any stride.

    Parameters
    ----------
    x : (C, H, W) or (N, C, H, W)
        Integers or floats.
    weight : (O, C / groups, kH, kW)
        One kernel for each of the O maps and each channel it reads; or what `prepare` made of them.
    bias : (O,), optional
        Added to each map.
    stride, dilation : int or (vertical, horizontal)
        Step of the window; spacing of the taps (1 = none).
    padding : int, (vertical, horizontal), ((top, bottom), (left, right)) or a word
        ``valid`` is none, ``same`` gives ceil(H / stride) rows (an odd one goes at the end, with
        ``same-lower`` at the start), ``full`` every place where the window touches the input.
    groups : int
        Map o reads only the channels of its group.
    padding_mode : str
        What the padding holds, shown on ``1234`` with 3 each side: zeros ``000|1234|000``, reflect
        ``432|1234|321``, replicate ``111|1234|444``, circular ``234|1234|123``.
    dtype : optional
        int16, int32, int64, float32 or float64; refused where a sum could overflow. ``narrowest``: of the
        integers the first that cannot (a sobel on 8-bit pixels: int16, half the memory).
    out : array, optional
        Where the result goes, of its shape, C-contiguous or with the channels of a place side by side (as
        `cnnviz.ops.arrays.channels_last` makes it: what layer after layer is fastest in); its dtype is
        ``dtype``. For many pictures of one size: new memory costs more than a small kernel.
    relu : bool
        Put 0 where the result is below 0, as `cnnviz.ops.relu` behind it would, in less time.
    engine : str
        ``auto``, or by name: ``taps``, ``separable``, ``matmul``, ``fourier``, ``winograd``, ``scipy``,
        ``reference``.

    Returns
    -------
    (O, oH, oW) or (N, O, oH, oW)
        Integers times integers are exact: int32, or int64 where 32 bits could overflow. Anything with a float
        is float32; float64 when ``x`` is. Nothing is clipped or wrapped; NaN spreads.

    Raises
    ------
    ShapeError
        Sizes that do not fit: a kernel larger than the padded input, a wrong number of channels, a
        non-positive stride, another ``out`` than the result's, or one that lies in ``x``.
    KernelError
        Weights that cannot be used: empty, not numbers, or sums beyond the dtype.

    Examples
    --------
    A step from dark to bright under sobel-x:

    >>> import numpy as np
    >>> step = np.repeat(np.array([[0, 255]], np.uint8), 4, axis=1)[np.newaxis].repeat(8, axis=1)
    >>> sobel_x = np.array([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])
    >>> conv2d(step, sobel_x, padding=1, padding_mode="replicate")[0, 4]
    array([   0,    0,    0, 1020, 1020,    0,    0,    0], dtype=int32)
    """
    task, batched = _task(
        x,
        weight,
        bias,
        stride,
        padding,
        dilation,
        groups,
        padding_mode,
        dtype=dtype if out is None else out.dtype,
        engine=engine,
        places_first=out is not None and is_channels_last(out),
        relu=relu,
    )
    shape = (task.problem.batch, task.problem.maps, *task.problem.window.output)
    result = (
        np.empty(shape, task.numbers.result) if out is None else _checked(out, shape[not batched :], task.x)
    )
    # Infinity and NaN spread without a word, as in PyTorch.
    with np.errstate(over="ignore", invalid="ignore"):
        _ENGINES[task.plan.engine](task, result if batched or out is None else result[np.newaxis])
    if relu and task.plan.engine not in RELU_INSIDE:
        np.maximum(result, 0, out=result)
    return result if batched or out is not None else result[0]


def plan_conv2d(
    x: ArrayLike,
    weight: ArrayLike | Weight,
    bias: ArrayLike | None = None,
    *,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    padding_mode: PaddingMode = "zeros",
    engine: Engine = "auto",
) -> Plan:
    """How `conv2d` would do it: which engine, and why. The arguments and errors are `conv2d`'s.

    >>> import numpy as np
    >>> plan_conv2d(np.zeros((1, 9, 9), np.uint8), [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]).reason
    'rank 1: 3 + 3 shifted additions in place of 9'
    """
    return _task(x, weight, bias, stride, padding, dilation, groups, padding_mode, engine=engine)[0].plan


def _task(
    x: ArrayLike,
    weight: ArrayLike | Weight,
    bias: ArrayLike | None,
    stride: int | Pair,
    padding: Padding,
    dilation: int | Pair,
    groups: int,
    padding_mode: PaddingMode,
    *,
    dtype: Asked = None,
    engine: Engine,
    places_first: bool = False,
    relu: bool = False,
) -> tuple[Task, bool]:
    """Everything checked and chosen, and whether ``x`` was a batch."""
    maps, batched = as_maps(x)
    kernels = as_weight(weight)
    offsets = None if bias is None else as_numbers(bias, "bias")
    problem = pose(
        maps.shape,
        kernels.values.shape,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        padding_mode=padding_mode,
    )
    if offsets is not None and offsets.shape != (problem.maps,):
        raise ShapeError(f"bias has shape {offsets.shape}; it takes one value a map: ({problem.maps},)")
    numbers = choose(maps, kernels.values, offsets, dtype)
    chosen = plan(
        problem,
        exact=numbers.reach is not None,
        engine=engine,
        itemsize=numbers.in_integers.itemsize,
        rank_one=is_rank_one(kernels, numbers.result),
        cores=cores(),
        prepared=kernels.lasts,
        places_first=places_first,
    )
    return Task(maps, kernels, offsets, problem, numbers, chosen, relu), batched


def _checked(out: Array, shape: tuple[int, ...], x: Array) -> Array:
    fits = out.flags.c_contiguous or (out.ndim == len(shape) and is_channels_last(out))
    if out.shape != shape or not fits:
        layout = "" if fits else ", and lies in memory in another order"
        raise ShapeError(f"out has shape {out.shape}{layout}; it takes a C-contiguous array of {shape}")
    if np.may_share_memory(out, x):
        raise ShapeError("out lies in the memory of x, which is still read while it is written; use another")
    return out
