"""Operations that only graphs from elsewhere need."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cnnviz.errors import ShapeError
from cnnviz.geometry import (
    EACH,
    Window,
    ceil_output_size,
    convolution_window,
    extent,
    resolve_pads,
)
from cnnviz.network import operations as op
from cnnviz.network.operations.checks import maps
from cnnviz.network.spec import LayerError, Operation, Shape, Sight

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

    def window(self, *inputs: Shape) -> Window:
        """The window on its input."""
        try:
            return super().window(*inputs)
        except LayerError as error:
            if error.key != "padding":
                raise
        _, height, width = maps(inputs[0])
        stride = self.stride or self.kernel
        sides = resolve_pads(self.padding, (height, width), self.kernel, stride, self.dilation)
        if self.ceil:
            sides = (
                _reached(height, self.kernel[0], stride[0], sides[0], self.dilation[0]),
                _reached(width, self.kernel[1], stride[1], sides[1], self.dilation[1]),
            )
        try:
            return convolution_window(
                (height, width), self.kernel, stride=stride, padding=sides, dilation=self.dilation
            )
        except ShapeError as error:
            raise LayerError("kernel", str(error)) from None


class FreeAveragePool(op.AveragePool):
    """The mean of each window, padded as freely."""

    def window(self, *inputs: Shape) -> Window:
        """The window on its input."""
        return FreePool(self.kernel, self.stride, self.padding, self.dilation, self.ceil).window(*inputs)


def _reached(n: int, k: int, s: int, sides: tuple[int, int], d: int) -> tuple[int, int]:
    """The padding with which rounding down gives what ``sides`` give rounded up."""
    low, high = sides
    places = ceil_output_size(n, k, s, low, high, d)
    return low, max((places - 1) * s + extent(k, d) - n - low, 0)
