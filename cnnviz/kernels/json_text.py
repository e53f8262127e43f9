"""Kernels in JSON: arrays of arrays of numbers, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnnviz.errors import KernelError
from cnnviz.kernels.checks import from_numbers, place
from cnnviz.kernels.text import decoded, finite, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray


def json_array(data: bytes) -> NDArray[Any]:
    """Read a JSON array of arrays of numbers.

    Raises
    ------
    KernelError
        For anything else in it, with its place.
    """
    try:
        # NaN and Infinity become floats here, and are found with their place below.
        content = json.loads(decoded(data), parse_constant=float, parse_int=_json_integer)
    except json.JSONDecodeError as error:
        raise KernelError(f"not JSON: {error}") from None
    except RecursionError:
        raise KernelError("its arrays are nested too deep; a kernel has 2 levels, a bank 4") from None
    if not isinstance(content, list):
        raise KernelError(f"it holds {_kind(content)}; a kernel is an array of rows: [[0, 1], [-1, 0]]")
    _shape(content, ())
    return from_numbers(content)


def _shape(content: Any, index: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of nested lists of numbers, refusing what is ragged or not a number."""
    if not isinstance(content, list):
        if isinstance(content, bool) or not isinstance(content, int | float):
            raise KernelError(f"{_kind(content)} at {place(index)}; only numbers make a kernel")
        try:
            int64(content, str(content)) if isinstance(content, int) else finite(content, str(content))
        except KernelError as error:
            raise KernelError(f"{place(index)}: {error}") from None
        return ()
    if len(index) == 4:
        raise KernelError("its arrays are nested more than 4 deep; a kernel has 2 levels, a bank 4")
    if not content:
        raise KernelError("no values: it holds an empty array")
    shapes = [_shape(item, (*index, position)) for position, item in enumerate(content)]
    for position, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise KernelError(_ragged(index, position, shape, shapes[0]))
    return (len(content), *shapes[0])


def _ragged(index: tuple[int, ...], position: int, shape: tuple[int, ...], first: tuple[int, ...]) -> str:
    where = f"in {list(index)}, " if index else ""
    if len(shape) == len(first) == 1:
        values = f"{shape[0]} value{'' if shape[0] == 1 else 's'}"
        return f"{where}row {position + 1} has {values}, row 1 has {first[0]}"
    return f"{where}item {position + 1} has the shape {shape}, item 1 has {first}"


def _kind(value: object) -> str:
    kinds = {bool: "true or false", type(None): "null", str: "text", dict: "an object", int: "a number"}
    return kinds.get(type(value), "a number")


def _json_integer(text: str) -> int:
    if len(text) > 20:
        raise KernelError(
            f"an integer of {len(text)} digits is beyond 64-bit integers; write it as a decimal"
        )
    return int(text)
