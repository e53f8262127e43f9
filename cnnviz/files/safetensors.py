"""Tensors out of a safetensors file, their shapes and dtypes checked before memory is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

from cnnviz.errors import CnnvizError, FileError, named
from cnnviz.files.npy import check_size
from cnnviz.files.npz import Pick, check_total, choose
from cnnviz.files.regular import open_regular, printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

# NumPy has no bfloat16 and none of the 8-bit floats.
_ITEMSIZE = {
    "F64": 8, "F32": 4, "F16": 2, "BOOL": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1,
    "U64": 8, "U32": 4, "U16": 2, "U8": 1,
}  # fmt: skip


def safetensors_tensor(path: str, tensor: str | None, *, limit: int) -> NDArray[Any]:
    """Read ``tensor`` of the safetensors file ``path``; without a name, the only one it holds.

    Raises
    ------
    FileError
        As `open_regular`; for a damaged file, an unknown tensor, a dtype NumPy lacks (bfloat16), more than
        ``limit`` bytes, or when the package ``safetensors`` is not installed.
    """
    with _opened(path) as file:
        name = choose(tensor, file.keys(), "tensor")
        _check(file, name, limit)
        array: NDArray[Any] = file.get_tensor(name)
        return array


def safetensors_tensors(path: str, pick: Pick, *, limit: int) -> dict[str, NDArray[Any]]:
    """Read those tensors of the file ``path`` that ``pick`` names, given the shapes of all it holds.

    ``limit`` is that of all that is read together; it is checked before any values are read.

    Raises
    ------
    FileError
        As `safetensors_tensor`; an error in one tensor begins with its name.
    """
    with _opened(path) as file:
        names = list(pick(_shapes(file)))
        sizes = []
        for name in names:
            with named(printable(name)):
                sizes.append(_check(file, name, limit))
        check_total(sizes, limit)
        return {name: file.get_tensor(name) for name in names}


def safetensors_shapes(path: str) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of the safetensors file ``path``; raises as `safetensors_tensor`."""
    with _opened(path) as file:
        return _shapes(file)


def _shapes(file: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  # no mapping


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    """The open file; what goes wrong in it is a `FileError`."""
    open_regular(path).close()
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise FileError(
            "reading .safetensors needs the package safetensors: pip install safetensors"
        ) from None
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except CnnvizError:
        raise
    except (SafetensorError, OSError, TypeError, ValueError, KeyError) as error:
        raise FileError(f"damaged safetensors file: {printable(str(error))[:200]}") from None


def _check(file: Any, name: str, limit: int) -> int:
    """How many bytes a tensor takes; refuses a dtype that NumPy lacks, and more than ``limit``."""
    layout = file.get_slice(name)
    dtype, shape = str(layout.get_dtype()), tuple(layout.get_shape())
    if dtype not in _ITEMSIZE:
        known = {"BF16": "bfloat16"}.get(dtype, dtype)
        raise FileError(f"its values are {known}, which NumPy cannot hold; convert them to float32")
    check_size(shape, _ITEMSIZE[dtype], limit=limit)
    return int(prod(shape)) * _ITEMSIZE[dtype]
