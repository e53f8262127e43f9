"""The fully connected layer."""

from __future__ import annotations

from math import prod

from cnnviz.network.operations.checks import written
from cnnviz.network.spec import LayerError, Operation, Shape, Sight


class Linear(Operation):
    """Every input weighted for every one of ``out`` outputs; ``in_features`` is checked if given."""

    out: int
    bias: bool = True
    in_features: int | None = None

    def output(self, *inputs: Shape) -> Shape:
        """(out,)."""
        (shape,) = inputs
        if len(shape) != 1:
            raise LayerError("inputs", f"it takes a vector and gets {written(shape)}; put flatten before it")
        if self.in_features not in (None, shape[0]):
            raise LayerError(
                "in_features", f"in_features is {self.in_features}, but it gets {shape[0]} numbers"
            )
        return (self.out,)

    def tensors(self, *inputs: Shape) -> dict[str, Shape]:
        """The weight (out, in), and the bias."""
        weight = (self.out, *inputs[0])
        return {"weight": weight, "bias": (self.out,)} if self.bias else {"weight": weight}

    def macs(self, *inputs: Shape) -> int:
        """Each weight once."""
        return prod(self.tensors(*inputs)["weight"])

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:  # whatever they are
        """Everything."""
        return (None,)
