"""An ONNX file -> its model, checked: nothing beside the file is opened, and no weight is needed.

Only the sizes of tensors matter here. Values of large ones are dropped as soon as the file is parsed, so that
shape inference does not copy them, and tensors that lie in other files are never looked for.
"""

from __future__ import annotations

import mmap
from typing import Any, Final

from cnnviz.errors import FileError
from cnnviz.files import open_source, printable

MAX_MODEL_BYTES: Final = 2**31 - 1
"""The longest ONNX file, as protocol buffers have it; larger models keep their weights in other files."""

_KEPT_VALUES: Final = 1024
"""Tensors up to this many values keep them: they may be shapes, axes or scales."""


def read_model(path: str) -> Any:
    """Parse the ONNX file ``path`` into a ``ModelProto`` without its large tensors' values.

    Raises
    ------
    FileError
        When it cannot be read, is no ONNX model, has no nodes, or the package ``onnx`` is not installed.
    """
    with open_source(path, limit=MAX_MODEL_BYTES) as file:
        try:
            import onnx
            from google.protobuf.message import DecodeError
        except ImportError:
            raise FileError("ONNX files need an extra package; run: pip install 'cnnviz[models]'") from None
        try:
            # Mapped, not read: a model of 2 GB is parsed without a second copy of it.
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
                model = onnx.ModelProto.FromString(view)
        except (DecodeError, RuntimeError, TypeError, ValueError, RecursionError, OSError):
            raise FileError("not an ONNX model (it could not be parsed)") from None
    if not model.graph.node:
        raise FileError("not an ONNX model: its graph has no nodes")
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


def _forget_values(tensor: Any) -> None:
    elements = 1
    for size in tensor.dims:
        elements *= max(size, 0)
    if elements > _KEPT_VALUES:
        for field in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
            tensor.ClearField(field)
