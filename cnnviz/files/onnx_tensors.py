"""One tensor out of an ONNX model, wherever its values lie: in the model, or in a file beside it."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from cnnviz.errors import FileError
from cnnviz.files.memory import at_most
from cnnviz.files.npy import check_size
from cnnviz.files.npz import choose
from cnnviz.files.regular import open_regular, open_source, printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_MODEL_BYTES: Final = 2**31 - 1
"""The longest ONNX file, as protocol buffers have it; larger models keep their weights in other files."""

_NUMBERED: Final = "onnx::"
"""How names begin that PyTorch's exporter makes up, with other numbers every time."""

_WEIGHED: Final = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""Operators whose second input is a weight, and whose third a bias."""

_SPARE_BYTES: Final = 2**29
"""Memory that parsing may take beside twice the file: an empty part is 2 bytes there and 160 here."""


def parsed_onnx(path: str) -> Any:
    """Parse the ONNX file ``path`` into a ``ModelProto``.

    Raises
    ------
    FileError
        As `open_source`; when it is no ONNX model, or the package ``onnx`` is not installed.
    """
    with open_source(path, limit=MAX_MODEL_BYTES) as file:
        try:
            import onnx
            from google.protobuf.message import DecodeError
        except ImportError:
            raise FileError("reading .onnx needs the package onnx: pip install onnx") from None
        data = file.read()
        spare = 2 * len(data) + _SPARE_BYTES
        try:
            with at_most(spare):
                return onnx.ModelProto.FromString(data)
        except (DecodeError, RuntimeError, TypeError, ValueError, RecursionError, OSError) as error:
            if "alloc" in str(error):
                raise FileError(f"parsing it takes more than {spare >> 20} MiB of memory") from None
            raise FileError("not an ONNX model (it could not be parsed)") from None


def onnx_tensor(path: str, tensor: str | None, *, limit: int) -> NDArray[Any]:
    """Read the weight ``tensor`` of the ONNX model ``path``; without a name, the only one it holds.

    One that has a number for a name is found by that too.

    Raises
    ------
    FileError
        As `parsed_onnx`; for an unknown tensor, a dtype NumPy lacks, more than ``limit`` bytes, or values in
        a file that is missing, too short, or not in the model's folder.
    """
    held = _weights(path)
    numbered = {each.name: each for each in held.values()}
    found = numbered[tensor] if tensor in numbered else held[choose(tensor, held, "tensor")]
    return _values(found, path, limit)


def onnx_shapes(path: str) -> dict[str, tuple[int, ...]]:
    """The shape of every weight of the ONNX model ``path``; raises as `parsed_onnx`."""
    return {name: tuple(each.dims) for name, each in _weights(path).items()}


def _weights(path: str) -> dict[str, Any]:
    """By their names, and in place of numbers by the first node that takes them: ``/conv1/Conv.weight``."""
    graph = parsed_onnx(path).graph
    held = {each.name: each for each in graph.initializer}
    if not all(isinstance(name, str) for name in held):  # bytes, where it is not UTF-8
        raise FileError("damaged ONNX model: a name in it is not text in UTF-8")
    for node in graph.node:
        for number, what in zip(node.input[1:], ("weight", "bias"), strict=False):
            name = f"{node.name}.{what}"
            named = node.name and node.op_type in _WEIGHED and name not in held
            if named and number in held and number.startswith(_NUMBERED):
                held[name] = held.pop(number)
    return held


def _values(tensor: Any, path: str, limit: int) -> NDArray[Any]:
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    shape = tuple(tensor.dims)
    try:
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
    except KeyError:
        raise FileError("damaged ONNX model: a tensor of unknown type") from None
    if dtype.kind not in "iufb":
        name = TensorProto.DataType.Name(tensor.data_type).lower()
        raise FileError(f"its values are {name}, which NumPy cannot hold; convert them to float32")
    check_size(shape, dtype.itemsize, limit=limit)
    if tensor.data_location == TensorProto.EXTERNAL:
        data = _outside(tensor, path, math.prod(shape) * dtype.itemsize)
        return np.frombuffer(data, dtype.newbyteorder("<")).reshape(shape).astype(dtype, copy=False)
    try:
        array: NDArray[Any] = numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        raise FileError(f"damaged ONNX model: {printable(str(error))[:200]}") from None
    return array


def _outside(tensor: Any, path: str, length: int) -> bytes:
    """The ``length`` bytes of values that lie in a file of the model's folder."""
    said = {entry.key: entry.value for entry in tensor.external_data}
    location = said.get("location", "")
    offset = said.get("offset", "0")
    if not (offset.isascii() and offset.isdecimal() and len(offset) < 19):
        raise FileError(f"damaged ONNX model: values at offset {printable(offset)[:40]!r}")
    with open_beside(path, location) as file:
        file.seek(int(offset))
        data = file.read(length)
    if len(data) != length:
        name = printable(os.path.basename(location))
        raise FileError(f"its weights lie in {name}, which is truncated: {len(data)} of {length} bytes")
    return data


def open_beside(path: str, location: str) -> BinaryIO:
    """Open the file ``location`` in the folder of the model ``path``.

    Raises
    ------
    FileError
        When it names none, leads out of the folder, or cannot be read.
    """
    folder = os.path.realpath(os.path.dirname(path) or ".")
    if "\0" in location:
        raise FileError(f"its weights lie in {printable(location)!r}, which is no file name")
    found = os.path.realpath(os.path.join(folder, location))
    if not location or os.path.isabs(location) or os.path.commonpath([folder, found]) != folder:
        raise FileError(
            f"its weights lie in {printable(location)!r}, outside of the model's folder; refused: put the "
            "file beside the model, and its name alone into it"
        )
    name = printable(os.path.basename(found))
    if not os.path.lexists(found):
        raise FileError(f"its weights lie in {name}, which is missing; put that file beside the model")
    try:
        return open_regular(found)
    except FileError as error:
        raise FileError(f"its weights lie in {name}: {error}") from None
