"""Convolution as deep learning means it: the kernel is laid on the picture, not flipped."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from cnnviz.errors import ShapeError
from cnnviz.geometry import Padding, PaddingMode, Pair
from cnnviz.ops.arrays import Array, as_maps, as_numbers
from cnnviz.ops.convolution import fourier, matmul, reference, scipy_signal, separable, taps
from cnnviz.ops.convolution.factors import is_rank_one
from cnnviz.ops.convolution.numbers import Numbers, choose
from cnnviz.ops.convolution.planner import Engine, Plan, plan
from cnnviz.ops.convolution.problem import Problem, pose
from cnnviz.ops.threads import cores


class _Run(Protocol):
    def __call__(
        self, x: Array, weight: Array, bias: Array | None, problem: Problem, numbers: Numbers, plan: Plan, /
    ) -> Array: ...


_ENGINES: dict[str, _Run] = {
    "taps": taps.run,
    "separable": separable.run,
    "matmul": matmul.run,
    "fourier": fourier.run,
    "scipy": scipy_signal.run,
    "reference": reference.run,
}


def conv2d(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    padding_mode: PaddingMode = "zeros",
    dtype: DTypeLike | None = None,
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
        One kernel for each of the O maps and each channel it reads.
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
        int16, int32, int64, float32 or float64; refused where a sum could overflow.
    engine : str
        ``auto``, or by name: ``taps``, ``separable``, ``matmul``, ``fourier``, ``scipy``, ``reference``.

    Returns
    -------
    (O, oH, oW) or (N, O, oH, oW)
        Integers times integers are exact: int32, or int64 where 32 bits could overflow. Anything with a float
        is float32; float64 when ``x`` is. Nothing is clipped or wrapped; NaN spreads.

    Raises
    ------
    ShapeError
        Sizes that do not fit: a kernel larger than the padded input, a wrong number of channels, a
        non-positive stride.
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
        x, weight, bias, stride, padding, dilation, groups, padding_mode, dtype=dtype, engine=engine
    )
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # infinity and NaN spread without a word, as in PyTorch
        out = _ENGINES[task.plan.engine](*task)
    return out if batched else out[0]


def plan_conv2d(
    x: ArrayLike,
    weight: ArrayLike,
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


class _Task(NamedTuple):
    """What an engine is given."""

    x: Array
    weight: Array
    bias: Array | None
    problem: Problem
    numbers: Numbers
    plan: Plan


def _task(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None,
    stride: int | Pair,
    padding: Padding,
    dilation: int | Pair,
    groups: int,
    padding_mode: PaddingMode,
    *,
    dtype: DTypeLike | None = None,
    engine: Engine,
) -> tuple[_Task, bool]:
    """Everything checked and chosen, and whether ``x`` was a batch."""
    maps, batched = as_maps(x)
    kernels = as_numbers(weight, "weight")
    offsets = None if bias is None else as_numbers(bias, "bias")
    problem = pose(
        maps.shape,
        kernels.shape,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        padding_mode=padding_mode,
    )
    if offsets is not None and offsets.shape != (problem.maps,):
        raise ShapeError(f"bias has shape {offsets.shape}; it takes one value a map: ({problem.maps},)")
    numbers = choose(maps, kernels, offsets, dtype)
    chosen = plan(
        problem,
        exact=numbers.reach is not None,
        engine=engine,
        itemsize=numbers.in_integers.itemsize,
        rank_one=is_rank_one(kernels, numbers.result),
        cores=cores(),
    )
    return _Task(maps, kernels, offsets, problem, numbers, chosen), batched
