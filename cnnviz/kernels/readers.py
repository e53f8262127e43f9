"""Kernel files -> arrays: a reader a suffix, and every way ends in `checked`."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from cnnviz.errors import FileError, named
from cnnviz.files import (
    MAX_KERNEL_BYTES,
    PICKLE_SUFFIXES,
    WEIGHTS,
    holds_pytorchs,
    npy_array,
    npz_member,
    npz_shapes,
    onnx_shapes,
    onnx_tensor,
    pickle_refused,
    printable,
    read_bytes,
    safetensors_shapes,
    safetensors_tensor,
)
from cnnviz.kernels.checks import checked, from_numbers
from cnnviz.kernels.json_text import json_array
from cnnviz.kernels.text import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MAX_TEXT_BYTES: Final = 8 * 2**20
"""Text takes long to read: a larger kernel belongs into an NPY file."""

# Those of PyTorch are refused, but where their names end is known.
_KEYED = re.compile(
    r"(?P<path>.*?\.(?:npz|safetensors|onnx|pth?|ckpt))(?::(?P<key>.*))?", re.IGNORECASE | re.DOTALL
)


def read_file(text: str) -> NDArray[Any]:
    """Read a kernel or bank from the file ``text``, as `split_key` has it.

    Returns
    -------
    (kH, kW) or (O, I, kH, kW), as `checked` leaves it.

    Raises
    ------
    FileError, KernelError
        When it cannot be used; the message starts with the escaped path.
    """
    path, key = split_key(text)
    with named(printable(text if key is None else text.removesuffix(f":{key}"))):
        return checked(READERS.get(suffix(path), _any)(path, key))


def contents(text: str) -> dict[str, tuple[int, ...]] | None:
    """The shapes of the arrays of a file that may hold several, when ``text`` names none of them.

    None for anything else: names of kernels, inline ones, other files.

    Raises
    ------
    FileError
        When it cannot be read; the message starts with the escaped path.
    """
    path, key = split_key(text)
    shapes = _SHAPES.get(suffix(path))
    if shapes is None or key is not None:
        return None
    with named(printable(path)):
        return shapes(path)


def split_key(text: str) -> tuple[str, str | None]:
    """Split ``PATH:KEY``, where the suffix allows a key; the name of a network stands for its file.

    >>> split_key("net.npz:conv1.weight"), split_key("a:b.npy")
    (('net.npz', 'conv1.weight'), ('a:b.npy', None))
    >>> split_key("shapes-net:conv1.weight")[1]
    'conv1.weight'
    """
    name, colon, key = text.partition(":")
    if name in WEIGHTS:
        return WEIGHTS[name], key if colon else None
    match = _KEYED.fullmatch(text)
    return (match["path"], match["key"]) if match else (text, None)


def suffix(path: str) -> str:
    """Lower-case suffix of ``path``, with its dot."""
    return PurePath(path).suffix.lower()


def text_array(data: bytes, name_suffix: str) -> NDArray[Any]:
    """Read rows of numbers: ``.csv`` has commas between them, ``.tsv`` tabs, all others spaces or commas."""
    return from_numbers(
        rows_of(data, "comma" if name_suffix == ".csv" else "tab" if name_suffix == ".tsv" else "space")
    )


def _text(path: str, _key: str | None) -> NDArray[Any]:
    return text_array(read_bytes(path, limit=MAX_TEXT_BYTES), suffix(path))


def _json(path: str, _key: str | None) -> NDArray[Any]:
    return json_array(read_bytes(path, limit=MAX_TEXT_BYTES))


def _npy(path: str, _key: str | None) -> NDArray[Any]:
    # The header and its padding come on top of the values.
    return npy_array(read_bytes(path, limit=MAX_KERNEL_BYTES + 2**16), limit=MAX_KERNEL_BYTES)


def _npz(path: str, key: str | None) -> NDArray[Any]:
    return npz_member(path, key, limit=MAX_KERNEL_BYTES)


def _safetensors(path: str, key: str | None) -> NDArray[Any]:
    return safetensors_tensor(path, key, limit=MAX_KERNEL_BYTES)


def _onnx(path: str, key: str | None) -> NDArray[Any]:
    return onnx_tensor(path, key, limit=MAX_KERNEL_BYTES)


def _any(path: str, _key: str | None) -> NDArray[Any]:
    """Without a known suffix the content decides: NPY by its magic string, else text."""
    data = read_bytes(path, limit=MAX_KERNEL_BYTES + 2**16)
    if holds_pytorchs(data) or suffix(path) in PICKLE_SUFFIXES:
        raise pickle_refused(path)
    if data.startswith((b"\x93NUMPY", b"\x80")):
        return npy_array(data, limit=MAX_KERNEL_BYTES)
    if data.startswith(b"PK\x03\x04"):
        raise FileError("an archive; refused: save the weights as .npy, .npz or .safetensors")
    if len(data) > MAX_TEXT_BYTES:
        raise FileError(f"file is too large for text: {len(data)} bytes, the limit is {MAX_TEXT_BYTES}")
    return text_array(data, suffix(path))


READERS: Final[dict[str, Callable[[str, str | None], NDArray[Any]]]] = {
    ".txt": _text,
    ".csv": _text,
    ".tsv": _text,
    ".json": _json,
    ".npy": _npy,
    ".npz": _npz,
    ".safetensors": _safetensors,
    ".onnx": _onnx,
}
"""Who reads which suffix."""

_SHAPES: Final[dict[str, Callable[[str], dict[str, tuple[int, ...]]]]] = {
    ".npz": npz_shapes,
    ".safetensors": safetensors_shapes,
    ".onnx": onnx_shapes,
}
"""Who says what is in a file, by its suffix."""
