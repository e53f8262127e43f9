"""The same architecture as another framework would pad and round it.

Sizes, strides and weights are the same everywhere; what differs is how people write "half a kernel of
padding" and what becomes of the rest when a stride does not divide. A framework rewrites the operations of a
network into its own terms; the arithmetic stays the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from cnnviz.errors import named
from cnnviz.geometry import Pair, extent, resolve_pads
from cnnviz.network import operations as op
from cnnviz.network.shapes import LayerShape, NetworkShapes, shapes
from cnnviz.network.spec import Network, Operation, Shape

_SAME: Final = ("same", "same-lower")


class Framework(NamedTuple):
    """How one framework reads an operation; ``rules`` says it in a sentence."""

    name: str
    rules: str
    reads: Callable[[Operation], Operation]


def _torch(operation: Operation) -> Operation:
    if isinstance(operation, op.ConvTransposed) and operation.padding == "same":
        return _torch_transposed(operation)
    if not isinstance(operation, op.Conv | op.Depthwise | op.Pool) or operation.padding not in _SAME:
        return operation
    # PyTorch has same without a stride, and for convolutions only; an odd row goes to the end there too.
    if isinstance(operation, op.Pool) or operation.stride != (1, 1) or operation.padding == "same-lower":
        tall, wide = _spans(operation.kernel, operation.dilation)
        return operation.replaced(padding=((tall - 1) // 2, (wide - 1) // 2))
    return operation


def _torch_transposed(operation: op.ConvTransposed) -> Operation:
    # n * stride by a padding on both sides and, where that cuts a row too many, an output padding.
    lacking = [
        span - s
        for span, s in zip(_spans(operation.kernel, operation.dilation), operation.stride, strict=True)
    ]
    vertical, horizontal = ((max(-(-rows // 2), 0), rows % 2 if rows > 0 else -rows) for rows in lacking)
    return operation.replaced(
        padding=(vertical[0], horizontal[0]), output_padding=(vertical[1], horizontal[1])
    )


def _keras(operation: Operation) -> Operation:
    if isinstance(operation, op.ConvTransposed):
        return _keras_transposed(operation)
    if not isinstance(operation, op.Conv | op.Depthwise | op.Pool):
        return operation
    if isinstance(operation, op.Pool) and operation.ceil:
        operation = operation.replaced(ceil=False)
    tall, wide = _spans(operation.kernel, operation.dilation)
    half = ((tall - 1) // 2, (wide - 1) // 2)
    is_half = operation.padding == half != (0, 0) and tall % 2 == wide % 2 == 1
    if is_half or operation.padding == "same-lower":
        return operation.replaced(padding="same")
    return operation


def _keras_transposed(operation: op.ConvTransposed) -> Operation:
    if isinstance(operation.padding, str):
        return operation
    spans = _spans(operation.kernel, operation.dilation)
    if operation.padding == operation.output_padding == (0, 0):
        short = [max(s - span, 0) for span, s in zip(spans, operation.stride, strict=True)]
        return operation.replaced(output_padding=(short[0], short[1]))
    pads = resolve_pads(operation.padding, (1, 1), operation.kernel, operation.stride, operation.dilation)
    makes_multiples = all(
        low == high and more == s + low + high - span
        for (low, high), more, s, span in zip(
            pads, operation.output_padding, operation.stride, spans, strict=True
        )
    )
    return operation.replaced(padding="same", output_padding=(0, 0)) if makes_multiples else operation


def _spans(kernel: Pair, dilation: Pair) -> Pair:
    return extent(kernel[0], dilation[0]), extent(kernel[1], dilation[1])


FRAMEWORKS: Final = {
    framework.name: framework
    for framework in (
        Framework(
            "torch",
            "PyTorch pads both sides alike: same with a stride becomes half a kernel, rounded down; sizes "
            "are rounded down, with ceil up",
            _torch,
        ),
        Framework(
            "keras",
            "Keras pads by same or valid: half a kernel on both sides becomes same, which makes "
            "ceil(n / stride) and puts an odd row at the end; other amounts stay (ZeroPadding2D); there is "
            "no ceil; a transposed convolution makes n * stride at the least",
            _keras,
        ),
    )
}


def translated(network: Network, framework: str) -> Network:
    """``network`` with every operation as ``framework`` reads it.

    >>> from cnnviz.network.chain import read_chain
    >>> translated(read_chain(["conv:64,7,s=2,p=3"]), "keras").layers[0].operation.padding
    'same'
    """
    reads = FRAMEWORKS[framework].reads
    layers = tuple(layer._replace(operation=reads(layer.operation)) for layer in network.layers)
    return network._replace(layers=layers)


class Difference(NamedTuple):
    """A layer that two frameworks make differently, and in what: ``output``, ``padding``, ``parameters``."""

    ours: LayerShape
    theirs: LayerShape
    differs: tuple[str, ...]


class Comparison(NamedTuple):
    """A network as two frameworks read it, and the layers at which they part.

    Layers behind such a one see the picture shifted too; they are not listed for that.
    """

    ours: NetworkShapes
    theirs: NetworkShapes
    parted: tuple[Difference, ...]


def compared(network: Network, shape: Shape, one: str, other: str) -> Comparison:
    """``network`` as the frameworks ``one`` and ``other`` make it.

    Raises
    ------
    NetworkError
        When it does not fit together in one of them; each line begins with the framework.
    """
    ours, theirs = (_made_by(name, network, shape) for name in (one, other))
    pairs = zip(ours.layers, theirs.layers, strict=True)
    parted = [Difference(first, second, _differences(first, second)) for first, second in pairs]
    return Comparison(ours, theirs, tuple(each for each in parted if each.differs))


def _made_by(framework: str, network: Network, shape: Shape) -> NetworkShapes:
    with named(f"in {framework}"):
        return shapes(translated(network, framework), shape)


def _differences(ours: LayerShape, theirs: LayerShape) -> tuple[str, ...]:
    pads = [layer.window and layer.window.pads for layer in (ours, theirs)]
    same = {
        "output": ours.output == theirs.output,
        "padding": pads[0] == pads[1],
        "parameters": ours.parameters == theirs.parameters,
    }
    return tuple(name for name, equal in same.items() if not equal)
