"""One node of a graph with all that its neighbours say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from cnnviz.network.spec import Shape


class Constant(NamedTuple):
    """A tensor that does not depend on the picture: sizes, values if small, and whether it is learned."""

    dims: Shape | None
    values: tuple[float, ...] | None = None
    learned: bool = False


class Node(NamedTuple):
    """A node: its attributes, its inputs as constants and as shapes, and the shapes that ONNX infers of it.

    ``shapes`` are those of the inputs that come from layers, without the batch, in their order; ``output`` is
    the inferred one of its first output, () where ONNX does not know.
    """

    proto: Any
    constants: Mapping[int, Constant]
    sources: tuple[int, ...]
    shapes: tuple[Shape, ...]
    output: Shape
    outputs: Sequence[Shape]

    @property
    def type(self) -> str:
        """The operator."""
        return str(self.proto.op_type)

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute as a Python value."""
        import onnx

        for each in self.proto.attribute:
            if each.name == name:
                value = onnx.helper.get_attribute_value(each)
                return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return default

    def dims(self, position: int) -> Shape | None:
        """The sizes of the constant at input ``position``; None where it is none."""
        constant = self.constants.get(position)
        return None if constant is None else constant.dims

    def values(self, position: int) -> tuple[float, ...] | None:
        """Its values, where they are known."""
        constant = self.constants.get(position)
        return None if constant is None else constant.values

    def integers(self, position: int) -> tuple[int, ...] | None:
        """Its values, where they are known and whole numbers."""
        values = self.values(position)
        whole = tuple(value for value in values or () if isinstance(value, int))
        return None if values is None or len(whole) != len(values) else whole

    @property
    def learned(self) -> dict[str, Shape]:
        """The learned tensors among its inputs by name; single numbers are settings."""
        return {
            self.proto.input[position]: constant.dims
            for position, constant in self.constants.items()
            if constant.learned and constant.dims is not None and prod(constant.dims) > 1
        }


def without_batch(dims: Sequence[int]) -> Shape:
    """``dims`` without a first axis of 1; a single number is (1,).

    >>> without_batch((1, 3, 8, 8)), without_batch((1,)), without_batch((12, 64))
    ((3, 8, 8), (1,), (12, 64))
    """
    shape = tuple(dims)
    return (shape[1:] if shape[:1] == (1,) else shape) or (1,)
