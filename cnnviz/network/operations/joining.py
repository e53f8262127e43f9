"""Layers where paths meet: add, multiply, concatenate."""

from __future__ import annotations

from cnnviz.geometry import EACH
from cnnviz.network.operations.checks import written
from cnnviz.network.spec import LayerError, Operation, Shape, Sight


class Add(Operation):
    """The sum of its inputs, all of one shape."""

    def output(self, *inputs: Shape) -> Shape:
        """The same shape."""
        if len(set(inputs)) > 1:
            raise LayerError("inputs", f"its inputs must have one shape, and are {_listed(inputs)}")
        return inputs[0]


class Multiply(Operation):
    """The product of its inputs; a size of 1 is stretched, as a channel's weight over its map."""

    def output(self, *inputs: Shape) -> Shape:
        """The largest size along each axis."""
        sizes = [set(along) - {1} for along in zip(*inputs, strict=False)]
        if len({len(shape) for shape in inputs}) > 1 or any(len(found) > 1 for found in sizes):
            raise LayerError(
                "inputs", f"its inputs must have one shape, or sizes of 1, and are {_listed(inputs)}"
            )
        return tuple(max(along) for along in zip(*inputs, strict=True))

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:
        """Each its own cell; of a stretched input all there is."""
        output = self.output(*inputs)
        return tuple((EACH, EACH) if shape[1:] == output[1:] else None for shape in inputs)


class Concat(Operation):
    """Its inputs one behind the other along the channels."""

    def output(self, *inputs: Shape) -> Shape:
        """(the channels of all, H, W)."""
        if len({(len(shape), *shape[1:]) for shape in inputs}) > 1:
            raise LayerError(
                "inputs", f"its inputs must have one height and width, and are {_listed(inputs)}"
            )
        return (sum(shape[0] for shape in inputs), *inputs[0][1:])


def _listed(inputs: tuple[Shape, ...]) -> str:
    return ", ".join(map(written, inputs[:-1])) + f" and {written(inputs[-1])}"
