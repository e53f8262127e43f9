"""An ONNX file -> its model, checked: nothing beside the file is opened, and no weight is needed.

Only the sizes of tensors matter here. Values of large ones are dropped as soon as the file is parsed, so that
shape inference does not copy them, and tensors that lie in other files are never looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cnnviz.errors import FileError
from cnnviz.files import parsed_onnx, printable

_KEPT_VALUES: Final = 1024
"""Tensors up to this many values keep them: they may be shapes, axes or scales."""

_MOST_PARTS: Final = 200_000  # some ten seconds


def read_model(path: str) -> Any:
    """Parse the ONNX file ``path`` into a ``ModelProto`` without its large tensors' values.

    Raises
    ------
    FileError
        When it cannot be read, is no ONNX model, has no nodes, or the package ``onnx`` is not installed.
    """
    model = parsed_onnx(path)
    if not model.graph.node:
        raise FileError("not an ONNX model: its graph has no nodes")
    parts = len(model.graph.initializer)
    parts += sum(1 + len(node.input) + len(node.output) for node in model.graph.node)
    if parts > _MOST_PARTS:
        raise FileError(
            f"its graph has {parts:,} tensors, nodes, inputs and outputs, more than the {_MOST_PARTS:,} that "
            "are read"
        )
    if not all(isinstance(name, str) for name in _names(model.graph)):
        raise FileError("damaged ONNX model: a name in it is not text in UTF-8")
    for tensor in model.graph.initializer:
        _forget_values(tensor)
    return model


def inferred(model: Any) -> tuple[Any, str]:
    """The model with the shapes that ONNX infers, and a note when it could not."""
    import onnx

    try:
        return onnx.shape_inference.infer_shapes(model, data_prop=True), ""
    except Exception as error:  # noqa: BLE001  # C++ raises what it likes: the graph is read without its help
        reason = printable(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
        return model, f"ONNX's shape inference failed ({reason[:120]}); some sizes may be missing"


def _names(graph: Any) -> Iterator[object]:
    """Every name; protocol buffers hand out bytes where one is not UTF-8."""
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    for named in (*graph.initializer, *graph.input, *graph.output):
        yield named.name
    for value in graph.input:
        yield from (size.dim_param for size in value.type.tensor_type.shape.dim)


def _forget_values(tensor: Any) -> None:
    elements = 1
    for size in tensor.dims:
        elements *= max(size, 0)
    if elements > _KEPT_VALUES:
        for field in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
            tensor.ClearField(field)
