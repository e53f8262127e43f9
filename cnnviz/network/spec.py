"""A network as data: layers with names, what each does, and whose outputs it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from cnnviz.errors import ShapeError, UsageError
from cnnviz.geometry import EACH, Field, TransposedWindow, Window

Shape: TypeAlias = tuple[int, ...]
"""(C, H, W) for maps, (N,) for a vector; ONNX graphs have others. The batch is left out."""

Sight: TypeAlias = tuple[Field | None, Field | None] | None
"""Which cells of an input the units see, down and across; None for all; a field of None is not known."""

INPUT: Final = "input"
"""The name by which layers take the picture itself."""


class LayerError(ShapeError):
    """A layer that cannot work on its inputs, and the ``key`` that is to blame."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class Operation:
    """What a layer does. Shapes in, shapes out: the arithmetic of sizes and not of values."""

    def output(self, *inputs: Shape) -> Shape:
        """The shape it makes of ``inputs``; raises `LayerError`."""
        return inputs[0]

    def tensors(self, *inputs: Shape) -> dict[str, Shape]:  # most have none
        """What it learns, by PyTorch's names: ``weight``, ``bias``."""
        return {}

    def macs(self, *inputs: Shape) -> int:  # most count none
        """Multiply-accumulates of its weights, for one picture."""
        return 0

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:
        """Which cells of each input its units see: their own, unless it says otherwise."""
        return ((EACH, EACH),) * len(inputs)

    def window(self, *inputs: Shape) -> Window | TransposedWindow | None:  # most have none
        """The window it slides, resolved."""
        return None


class Layer(NamedTuple):
    """A named operation on the outputs of the layers named in ``inputs``.

    ``kind`` is its name in a chain or file; ``place`` says where it was written, for messages; ``unknown`` is
    the parameter that was given as ``_``.
    """

    name: str
    kind: str
    operation: Operation
    inputs: tuple[str, ...]
    place: str = ""
    unknown: str | None = None

    def problem(self, message: str, key: str = "") -> str:
        """One line on what is wrong here: ``layers[3].kernel: ...``."""
        where = f"{self.place}.{key}" if key and self.place.endswith("]") else self.place or self.name
        return f"{where}: {message}"


class Network(NamedTuple):
    """Layers in an order in which each comes after those it takes; the last one is the output."""

    layers: tuple[Layer, ...]
    name: str = ""
    input: Shape | None = None
    notes: Sequence[str] = ()

    @property
    def asked(self) -> Asked | None:
        """The number given as ``_``; raises `UsageError` where there are two."""
        asked = [
            Asked(index, layer, layer.unknown)
            for index, layer in enumerate(self.layers)
            if layer.unknown is not None
        ]
        if len(asked) > 1:
            first, second, *_ = (each.layer.name for each in asked)
            raise UsageError(f"two numbers are asked for, in {first} and {second}; ask for one at a time")
        return asked[0] if asked else None


class Asked(NamedTuple):
    """A number given as ``_``: which layer of the network, and which of its parameters."""

    number: int
    layer: Layer
    key: str
