"""Which input of a graph the picture is, and of which sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnnviz.errors import FileError
from cnnviz.expressions import shape_text
from cnnviz.files import printable
from cnnviz.network.preprocess import layout_of
from cnnviz.network.spec import Shape


class InputError(FileError):
    """An input of other sizes than ``asked`` for, or, where none were, of ``sizes`` that stay open."""

    def __init__(self, sizes: str, asked: Shape | None) -> None:
        self.sizes = sizes
        how = "; give its shape, as --input 3x224x224"
        if asked is not None:
            how = f", which --input {shape_text(asked)} does not fit"
        super().__init__(f"its input is {sizes}{how}")


def followed(graph: Any, shape: Shape | None) -> tuple[str, Shape]:
    """The name and sizes, batch included, of the input that is followed: the first picture, or the first.

    Raises
    ------
    FileError
        When there is none, its sizes stay open, or ``shape`` is another than it takes.
    """
    held = {tensor.name for tensor in graph.initializer}
    free = [value for value in graph.input if value.name not in held]
    if not free:
        raise FileError("its graph has no input")
    pictures = [value for value in free if len(value.type.tensor_type.shape.dim) == 4]
    value = (pictures or free)[0]
    has_shape = value.type.tensor_type.HasField("shape")
    given = [size_of(dim) for dim in value.type.tensor_type.shape.dim]
    written = " x ".join(_written(dim) for dim in value.type.tensor_type.shape.dim) or "not said"
    if shape is not None and len(shape) == 1 and len(given) == 4 and given[1] is not None:
        shape = (given[1], *shape, *shape)
    if shape is not None:
        if has_shape and not _fits(given, shape):
            raise InputError(written, shape)
        return value.name, (1, *shape)
    if not has_shape or None in given[1:]:
        raise InputError(written, None)
    if any(size is not None and size < 1 for size in given[1:]) or not given:
        raise FileError(f"its input is {written}: sizes must be 1 or more")
    return value.name, (1, *(size for size in given[1:] if size is not None))


def _fits(given: Sequence[int | None], shape: Shape) -> bool:
    """Whether an input of the sizes ``given`` takes ``shape``: other rows and columns, no other channels."""
    if len(given) != len(shape) + 1:
        return False
    if len(given) != 4:
        return True
    place = 3 if layout_of(given[1:]) == "HWC" else 1
    return given[place] in (None, shape[place - 1])


def of_size(graph: Any, height: int, width: int) -> Shape:
    """The input of that height and width, with the channels that the graph takes."""
    held = {tensor.name: tensor for tensor in graph.initializer}
    for value in graph.input:
        given = [size_of(dim) for dim in value.type.tensor_type.shape.dim]
        if value.name not in held and len(given) == 4:
            if layout_of(given[1:]) == "HWC":
                return height, width, given[3] or 3
            return given[1] or _taken(graph, held), height, width
    return 3, height, width


def _taken(graph: Any, held: Mapping[str, Any]) -> int:
    """The channels that the first convolution takes; three where no weight tells."""
    for node in graph.node:
        weight = held.get(node.input[1]) if node.op_type == "Conv" and len(node.input) > 1 else None
        if weight is not None and len(weight.dims) == 4:
            groups = next((each.i for each in node.attribute if each.name == "group"), 1)
            return int(weight.dims[1] * groups)
    return 3


def set_sizes(graph: Any, picture: str, dims: Shape) -> None:
    """Make the input's sizes known, and forget all that was worked out for others."""
    for value in graph.input:
        if value.name == picture:
            kind = value.type.tensor_type
            kind.ClearField("shape")
            for size in dims:
                kind.shape.dim.add().dim_value = size
    del graph.value_info[:]
    for value in graph.output:
        value.type.tensor_type.ClearField("shape")


def further(graph: Any, picture: str) -> list[str]:
    """The names of all inputs beside ``picture`` that somebody has to give."""
    held = {picture, *(tensor.name for tensor in graph.initializer)}
    return [printable(value.name) for value in graph.input if value.name not in held]


def size_of(dim: Any) -> int | None:
    """A size that is said, or None."""
    return dim.dim_value if dim.HasField("dim_value") else None


def _written(dim: Any) -> str:
    return str(dim.dim_value) if dim.HasField("dim_value") else printable(dim.dim_param) or "?"
