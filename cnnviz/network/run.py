"""A picture through a network, layer by layer: what comes out of each, as far as it is asked for.

A result is let go as soon as the last layer that takes it is done. Where nobody else needs it, ReLU, batch
normalisation and sums take its place.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.errors import NetworkError
from cnnviz.network.held import Held
from cnnviz.network.operations import Conv, Depthwise
from cnnviz.network.shapes import LayerShape, NetworkShapes, shapes
from cnnviz.network.spec import Layer, Network, Shape
from cnnviz.network.values import VALUES, Tensor
from cnnviz.network.weights import check, wanted
from cnnviz.ops.arrays import Array, as_floats
from cnnviz.ops.convolution.weight import Weight, prepare


class Summary(NamedTuple):
    """What the numbers of one layer are like; ``zeros`` is the share of those that are 0."""

    minimum: float
    maximum: float
    mean: float
    zeros: float

    @classmethod
    def of(cls, output: Array) -> Summary:
        """That of an ``output`` of any shape.

        >>> Summary.of(np.array([-1.0, 0.0, 3.0, 0.0]))
        Summary(minimum=-1.0, maximum=3.0, mean=0.5, zeros=0.5)
        """
        zeros = 1 - float(np.count_nonzero(output) / output.size)
        least, largest = (float(end) + 0 for end in (output.min(), output.max()))  # -0.0 + 0 is 0.0
        with np.errstate(invalid="ignore"):  # infinities of both signs
            return cls(least, largest, float(output.mean(dtype=np.float64)), zeros)


@dataclass(frozen=True)
class Trace:
    """What came out of one layer: (C, H, W) or (N,), not to be written to; None unless it was to be kept."""

    layer: Layer
    shape: Shape
    output: Array | None

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def kind(self) -> str:
        """What kind of layer it is."""
        return self.layer.kind

    @cached_property
    def summary(self) -> Summary | None:
        """The range, the mean and the zeros of the output; made when asked for."""
        return None if self.output is None else Summary.of(self.output)


def run(
    network: Network,
    tensors: Mapping[str, Tensor],
    x: ArrayLike,
    *,
    keep: Container[str] | None = None,
    sizes: NetworkShapes | None = None,
) -> Iterator[Trace]:
    """Send ``x`` through ``network``; a trace comes for every layer, in their order, as soon as it is done.

    Parameters
    ----------
    network : Network
    tensors : mapping
        What the layers learned, by name: ``conv1.weight``, ``bn1.running_mean``; arrays, or what `prepared`
        makes of them. More than the layers take does no harm.
    x : (C, H, W) or (N,)
        One picture, or one vector. Calculated is in float32; in float64 if ``x`` is.
    keep : container of names
        The layers whose output the traces are to hold; all of them unless given. The last layer's always is.
    sizes : NetworkShapes, optional
        What `cnnviz.network.shapes.shapes` gave for the shape of ``x``, where it is known already.

    Raises
    ------
    NetworkError
        With a line for each problem: layers that do not fit ``x``, a kind that cannot be run, a parameter
        that is missing or has another shape. Before anything is calculated.

    Examples
    --------
    >>> from cnnviz.network.chain import read_chain
    >>> network = read_chain(["conv:1,1x2,b=no", "relu", "flatten"])
    >>> traces = run(network, {"conv1.weight": [[[[-1, 1]]]]}, [[[1, 3, 2]]])
    >>> [(trace.name, trace.output.tolist()) for trace in traces]
    [('conv1', [[[2.0, -1.0]]]), ('relu1', [[[2.0, 0.0]]]), ('flatten1', [2.0, 0.0])]
    """
    values = as_floats(x)
    found = shapes(network, values.shape, strict=False) if sizes is None else sizes
    if found.network is not network or found.input != values.shape:
        raise NetworkError(f"the sizes are those of another network or of {found.input}, not {values.shape}")
    _check_kinds(found)
    arrays = {
        name: tensors[name] if isinstance(tensors[name], Weight) else np.asarray(tensors[name])
        for name in wanted(found)
        if name in tensors
    }
    check(found, {name: _shape(tensor) for name, tensor in arrays.items()}, NetworkError)
    return _traces(found, arrays, values, keep)


def prepared(network: Network, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tensors`` with what the engines make of kernels kept: for a network that several pictures go through.

    >>> from cnnviz.network.chain import read_chain
    >>> made = prepared(read_chain(["conv:1,3"]), {"conv1.weight": np.ones((1, 1, 3, 3))})
    >>> type(made["conv1.weight"]).__name__
    'Weight'
    """
    kernels = {
        f"{layer.name}.weight" for layer in network.layers if isinstance(layer.operation, Conv | Depthwise)
    }
    return {
        name: prepare(tensor) if name in kernels and not isinstance(tensor, Weight) else tensor
        for name, tensor in tensors.items()
    }


def _check_kinds(found: NetworkShapes) -> None:
    problems = []
    for each in found.layers:
        layer = each.layer
        operation = VALUES[layer.kind][0] if layer.kind in VALUES else None
        if operation is None or not isinstance(layer.operation, operation):
            problems.append(layer.problem(f"a layer of kind {layer.kind} cannot be run here"))
    if problems:
        raise NetworkError(*problems)


def _shape(tensor: Tensor) -> Shape:
    return tensor.values.shape if isinstance(tensor, Weight) else np.shape(tensor)


def _traces(
    found: NetworkShapes, tensors: Mapping[str, Tensor], x: Array, keep: Container[str] | None
) -> Iterator[Trace]:
    names = [layer.name for layer in found.layers]
    held = Held(found, x, {name for name in names if keep is None or name in keep} | {names[-1]})
    try:
        for layer in found.layers:
            yield Trace(layer.layer, layer.output, held.do(layer, _own(layer, tensors)))
    finally:
        held.close()


def _own(layer: LayerShape, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters of one layer, by PyTorch's names."""
    return {name: tensors[f"{layer.name}.{name}"] for name in layer.kept}
