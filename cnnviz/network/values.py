"""What each kind of layer does with values: one table, from the kind's name to the function that does it.

The sizes are the operation's own (`cnnviz.network.operations`, which knows no NumPy); the arithmetic is that
of `cnnviz.ops`. A result may be its input itself, or lie in it: a dropout, or a ReLU done in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from cnnviz import ops
from cnnviz.network import operations as op
from cnnviz.network.shapes import LayerShape
from cnnviz.network.spec import Operation, Shape
from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.weight import Weight
from cnnviz.ops.pooling import max_of_windows, mean_of_windows

Tensor: TypeAlias = Array | Weight
"""A parameter: an array, or what `cnnviz.ops.prepare` makes of kernels."""


class Work(NamedTuple):
    """One layer to be done: its shapes, its inputs, its parameters by PyTorch's names.

    ``free``: nobody else needs the first input, so that the result may take its place. ``new`` gives memory
    for maps of a shape, the channels of a place side by side. ``relu``: the ReLU behind a convolution is done
    with it.
    """

    layer: LayerShape
    inputs: tuple[Array, ...]
    tensors: Mapping[str, Any]
    free: bool
    new: Callable[[Shape], Array]
    relu: bool = False

    @property
    def operation(self) -> Any:
        """What the layer does, with its parameters."""
        return self.layer.layer.operation

    @property
    def x(self) -> Array:
        """The first input."""
        return self.inputs[0]

    @property
    def place(self) -> Array | None:
        """Where a result of the input's size may go."""
        return self.x if self.free else None

    @property
    def channels(self) -> int:
        """Which axis the channels are: the first of (C, H, W), the only one of (N,)."""
        return -self.x.ndim


Function: TypeAlias = Callable[[Work], Array]


def _convolved(work: Work, groups: int) -> Array:
    operation = work.operation
    return ops.conv2d(
        work.x,
        work.tensors["weight"],
        work.tensors.get("bias"),
        stride=operation.stride,
        padding=operation.padding,
        dilation=operation.dilation,
        groups=groups,
        out=work.new(work.layer.output),
        relu=work.relu,
    )


def _transposed(work: Work) -> Array:
    operation = work.operation
    return ops.conv_transpose2d(
        work.x,
        work.tensors["weight"],
        work.tensors.get("bias"),
        stride=operation.stride,
        padding=operation.padding,
        output_padding=operation.output_padding,
        groups=operation.groups,
        dilation=operation.dilation,
    )


def _normalised(work: Work) -> Array:
    given = work.tensors
    return ops.batch_norm(
        work.x,
        given["running_mean"],
        given["running_var"],
        given.get("weight"),
        given.get("bias"),
        eps=work.operation.eps,
        out=work.place,
    )


def _local_response(work: Work) -> Array:
    operation = work.operation
    return ops.local_response_norm(work.x, operation.size, operation.alpha, operation.beta, operation.k)


def _p_norm(work: Work) -> Array:
    operation = work.operation
    return ops.lp_pool2d(work.x, operation.norm, operation.kernel, operation.stride, ceil_mode=operation.ceil)


def _mean(work: Work) -> Array:
    window: Any = work.layer.window
    return mean_of_windows(work.x, window, count_include_pad=work.operation.include_padding)


def _most(work: Work) -> Array:
    window: Any = work.layer.window
    return max_of_windows(work.x, window)


def _sum(work: Work) -> Array:
    first, second, *more = work.inputs
    with np.errstate(over="ignore", invalid="ignore"):
        total: Array = np.add(first, second, out=work.place)
        for each in more:
            total += each
    return total


def _product(work: Work) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return reduce(np.multiply, work.inputs)


def _side_by_side(work: Work) -> Array:
    if work.x.ndim != 3:
        return np.concatenate(work.inputs)
    return np.concatenate(work.inputs, out=work.new(work.layer.output))


def _padded(work: Work) -> Array:
    return ops.pad(work.x, work.operation.pads, value=work.operation.value)


def _as_it_is(work: Work) -> Array:
    return work.x


def _plain(function: Callable[[Array], Array]) -> Function:
    return lambda work: function(work.x)


def _of_whole_maps(function: Callable[[Array], Array]) -> Function:
    """ONNX has them as a vector too."""
    return lambda work: function(work.x).reshape(work.layer.output)


VALUES: Final[Mapping[str, tuple[type[Operation], Function]]] = {
    "conv": (op.Conv, lambda work: _convolved(work, work.operation.groups)),
    "depthwise": (op.Depthwise, lambda work: _convolved(work, len(work.x))),
    "convt": (op.ConvTransposed, _transposed),
    "maxpool": (op.MaxPool, _most),
    "avgpool": (op.AveragePool, _mean),
    "lppool": (op.LpPool, _p_norm),
    "globalmaxpool": (op.GlobalPool, _of_whole_maps(ops.global_max_pool2d)),
    "globalavgpool": (op.GlobalPool, _of_whole_maps(ops.global_avg_pool2d)),
    "adaptivemaxpool": (op.AdaptivePool, lambda work: ops.adaptive_max_pool2d(work.x, work.operation.out)),
    "adaptiveavgpool": (op.AdaptivePool, lambda work: ops.adaptive_avg_pool2d(work.x, work.operation.out)),
    "relu": (op.Activation, lambda work: ops.relu(work.x, out=work.place)),
    "relu6": (op.Activation, lambda work: ops.relu6(work.x, out=work.place)),
    "selu": (op.Activation, _plain(ops.selu)),
    "gelu": (op.Activation, _plain(ops.gelu)),
    "silu": (op.Activation, _plain(ops.silu)),
    "mish": (op.Activation, _plain(ops.mish)),
    "sigmoid": (op.Activation, _plain(ops.sigmoid)),
    "tanh": (op.Activation, _plain(ops.tanh)),
    "hardswish": (op.Activation, _plain(ops.hardswish)),
    "hardsigmoid": (op.Activation, _plain(ops.hardsigmoid)),
    "softplus": (op.Activation, _plain(ops.softplus)),
    "softsign": (op.Activation, _plain(ops.softsign)),
    "softmax": (op.Activation, lambda work: ops.softmax(work.x, work.channels)),
    "logsoftmax": (op.Activation, lambda work: ops.log_softmax(work.x, work.channels)),
    "identity": (op.Activation, _as_it_is),
    "leakyrelu": (op.LeakyRelu, lambda work: ops.leaky_relu(work.x, work.operation.slope)),
    "prelu": (op.PRelu, lambda work: ops.prelu(work.x, work.tensors["weight"])),
    "elu": (op.Elu, lambda work: ops.elu(work.x, work.operation.alpha)),
    "batchnorm": (op.BatchNorm, _normalised),
    "lrn": (op.LocalResponseNorm, _local_response),
    "dropout": (op.Dropout, _as_it_is),
    "flatten": (op.Flatten, lambda work: work.x.reshape(-1)),
    "linear": (
        op.Linear,
        lambda work: ops.linear(work.x, work.tensors["weight"], work.tensors.get("bias")),
    ),
    "pad": (op.Pad, _padded),
    "upsample": (
        op.Upsample,
        lambda work: ops.upsample(work.x, work.operation.scale, work.operation.mode),
    ),
    "add": (op.Add, _sum),
    "mul": (op.Multiply, _product),
    "concat": (op.Concat, _side_by_side),
}
"""Every kind that can be run: the operation it must be, and what does it."""
