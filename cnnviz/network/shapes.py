"""A network on an input: the shapes, costs and receptive fields of every layer. Integers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Final, NamedTuple

from cnnviz.errors import NetworkError
from cnnviz.geometry import TransposedWindow, Window
from cnnviz.network.receptive_field import Extent, View, composed, different_jumps, first_view, joined
from cnnviz.network.spec import INPUT, Layer, LayerError, Network, Shape, Sight

MAX_NUMBERS: Final = 10**30
"""The most that a layer may put out; beyond, no count is a number that one can read, or Python will write."""


class LayerShape(NamedTuple):
    """One layer on its inputs."""

    layer: Layer
    inputs: tuple[Shape, ...]
    output: Shape
    tensors: Mapping[str, Shape]
    macs: int
    window: Window | TransposedWindow | None
    sights: tuple[Sight, ...]
    view: View
    note: str = ""

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def parameters(self) -> int:
        """Weights and biases; running statistics are not among them."""
        return sum(map(prod, self.tensors.values()))

    @property
    def kept(self) -> dict[str, Shape]:
        """All that is kept of training, by PyTorch's names: what is learned, and the running statistics."""
        return {**self.tensors, **self.layer.operation.statistics(*self.inputs)}

    @property
    def elements(self) -> int:
        """How many numbers it puts out."""
        return prod(self.output)


class NetworkShapes:
    """All layers of a network on one input, in their order."""

    def __init__(self, network: Network, shape: Shape, layers: Sequence[LayerShape]) -> None:
        self.network = network
        self.input = shape
        self.layers = tuple(layers)
        self._by_name = {layer.name: layer for layer in layers}

    @property
    def parameters(self) -> int:
        """All that is learned."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all layers."""
        return sum(layer.macs for layer in self.layers)

    @property
    def elements(self) -> int:
        """How many numbers all layers put out."""
        return sum(layer.elements for layer in self.layers)

    @property
    def output(self) -> Shape:
        """The shape that the last layer puts out."""
        return self.layers[-1].output

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> LayerShape:
        return self._by_name[name]

    @property
    def last_map(self) -> LayerShape | None:
        """The last layer whose units see a rectangle, not everything: the last feature map."""
        local = [layer for layer in self.layers if not isinstance(layer.view, Extent) and layer.inputs]
        return local[-1] if local else None


def shapes(network: Network, shape: Shape, *, strict: bool = True) -> NetworkShapes:
    """Send ``shape`` through ``network``.

    >>> from cnnviz.network.chain import read_chain
    >>> found = shapes(read_chain(["conv:6,5,p=2", "maxpool:2", "flatten", "linear:10"]), (1, 28, 28))
    >>> [layer.output for layer in found.layers], found.parameters, found.macs
    ([(6, 28, 28), (6, 14, 14), (1176,), (10,)], 11926, 129360)

    Raises
    ------
    NetworkError
        With a line for each layer that does not fit its inputs; layers behind such a one are left out. When
        ``strict``, also where paths meet whose jumps differ (otherwise the layer gets a note).
    """
    done: dict[str, LayerShape] = {}
    given: dict[str, tuple[Shape, View]] = {INPUT: (shape, first_view(shape))}
    problems: list[str] = []
    for layer in network.layers:
        sources = [given.get(name) for name in layer.inputs]
        if None in sources:
            continue
        try:
            found = _layer(layer, [source for source in sources if source is not None], strict=strict)
        except LayerError as error:
            problems.append(layer.problem(str(error), error.key))
            continue
        done[layer.name] = found
        given[layer.name] = found.output, found.view
    if problems:
        raise NetworkError(*problems)
    return NetworkShapes(network, shape, tuple(done.values()))


def _layer(layer: Layer, sources: list[tuple[Shape, View]], *, strict: bool) -> LayerShape:
    inputs = tuple(shape for shape, _ in sources)
    operation = layer.operation
    output = operation.output(*inputs)
    if prod(output) > MAX_NUMBERS:
        raise LayerError("", f"it would put out more than 10^{len(str(MAX_NUMBERS)) - 1} numbers")
    sights = operation.sights(*inputs)
    views = [composed(sight, view) for sight, (_, view) in zip(sights, sources, strict=True)]
    note = ""
    if different_jumps(views):
        note = f"paths of different jumps meet here: {_jumps(layer, views)}"
        if strict:
            raise LayerError("inputs", f"{note}; their units do not lie over the same places of the picture")
    return LayerShape(
        layer,
        inputs,
        output,
        operation.tensors(*inputs),
        operation.macs(*inputs),
        operation.window(*inputs),
        sights,
        joined(views),
        note,
    )


def _jumps(layer: Layer, views: list[View]) -> str:
    return ", ".join(
        f"{'x'.join(dict.fromkeys(str(each.jump) for each in view))} from {name}"
        for name, view in zip(layer.inputs, views, strict=True)
        if not isinstance(view, Extent)
    )
