"""Putting a network together, a layer a line, in the notation of chains."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from cnnviz.network.chain import layer_of
from cnnviz.network.kinds import build
from cnnviz.network.spec import INPUT, Layer, Operation


class Builder:
    """Layers in the order in which they are added.

    >>> net = Builder()
    >>> net.add("conv1", "conv:6,5"), net.add("relu1", "relu"), net.add("sum", "add", "conv1", "relu1")
    ('conv1', 'relu1', 'sum')
    >>> [layer.inputs for layer in net.layers]
    [('input',), ('conv1',), ('conv1', 'relu1')]
    """

    def __init__(self) -> None:
        self._layers: list[Layer] = []

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All of them."""
        return tuple(self._layers)

    @property
    def last(self) -> str:
        """The name of the layer added last; of the picture before there is one."""
        return self._layers[-1].name if self._layers else INPUT

    def add(self, name: str, text: str, *inputs: str) -> str:
        """Add a layer on the outputs of ``inputs``, or else of the layer added last; returns its name."""
        kind, operation = _read(text)
        self._layers.append(Layer(name, kind, operation, inputs or (self.last,)))
        return name

    def sequence(self, prefix: str, *texts: str) -> str:
        """Add layers one behind the other, named by their numbers as in a `torch.nn.Sequential`."""
        for number, text in enumerate(texts):
            self.add(f"{prefix}.{number}", text)
        return self.last


def named(table: Iterable[tuple[str, str]]) -> tuple[Layer, ...]:
    """Layers one behind the other, each with its name.

    >>> [layer.kind for layer in named([("a", "conv:6,5"), ("b", "relu")])]
    ['conv', 'relu']
    """
    net = Builder()
    for name, text in table:
        net.add(name, text)
    return net.layers


@cache
def _read(text: str) -> tuple[str, Operation]:
    """One operation, which layers written alike share."""
    joins = text in ("add", "mul", "concat")
    kind, _, given = layer_of(f"{text}:{INPUT}" if joins else text)
    built = build(kind, given)
    if built.operation is None:
        raise ValueError(f"{text}: {built.problems}")
    return kind.name, built.operation
