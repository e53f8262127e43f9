"""Operations that only graphs from elsewhere need."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cnnviz.geometry import EACH
from cnnviz.network import operations as op
from cnnviz.network.spec import Operation, Shape, Sight

OWN: Final[Sight] = (EACH, EACH)
"""Every unit its own cell."""

UNKNOWN: Final[Sight] = (None, None)
"""Nobody knows which cells."""

_NOTHING: Final[Mapping[str, Shape]] = MappingProxyType({})


class Given(Operation):
    """An operator whose output shape is told by the graph; ``made`` of () is not known.

    ``seen`` says which cells of each input its units see, ``products`` counts its multiply-accumulates.
    """

    made: Shape
    seen: tuple[Sight, ...]
    learned: Mapping[str, Shape] = _NOTHING
    products: int = 0

    def output(self, *inputs: Shape) -> Shape:  # the graph knows
        """What the graph says."""
        return self.made

    def tensors(self, *inputs: Shape) -> dict[str, Shape]:  # the graph knows
        """Its initializers."""
        return dict(self.learned)

    def macs(self, *inputs: Shape) -> int:  # the graph knows
        """As counted from the graph."""
        return self.products

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:  # the graph knows
        """As told."""
        return self.seen


class GlobalVector(op.GlobalPool):
    """One number of a whole map, in a vector."""

    def output(self, *inputs: Shape) -> Shape:
        """(C,)."""
        return super().output(*inputs)[:1]


class FreePool(op.Pool):
    """Pooling that may be padded by more than half its window, as ONNX allows."""

    any_padding = True


class FreeMaxPool(op.MaxPool):
    """The largest value of each window, padded as freely."""

    any_padding = True


class FreeAveragePool(op.AveragePool):
    """The mean of each window, padded as freely."""

    any_padding = True
