"""The parameters of layers: read from text (``3x5``, ``same``) or from the values of TOML and JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from cnnviz.errors import CnnvizError, UsageError
from cnnviz.expressions import whole_numbers
from cnnviz.geometry import is_integer, pair

REQUIRED: Final = object()
UNKNOWN: Final = "_"
"""What stands for the number that is asked for."""

MAX_STEP: Final = 65_536
"""The largest kernel, stride, dilation or padding: what takes as many steps as one of them must end."""

MAX_COUNT: Final = 1_000_000_000
"""The largest number of channels or features."""


class Parameter(NamedTuple):
    """One parameter of a kind of layer; ``spread`` turns the integer found for a ``_`` into its value."""

    name: str
    read: Callable[[object], Any]
    default: Any = REQUIRED
    aliases: tuple[str, ...] = ()
    spread: Callable[[int], Any] | None = None


def count(name: str, default: Any = REQUIRED, *aliases: str, least: int = 1) -> Parameter:
    """A whole number."""

    def read(value: object) -> int:
        numbers = _numbers(value, MAX_COUNT)
        if len(numbers) != 1 or numbers[0] < least:
            raise UsageError(f"is {_shown(value)}; it takes a whole number from {least}")
        return numbers[0]

    return Parameter(name, read, default, aliases, int)


def pairs(name: str, default: Any = REQUIRED, *aliases: str, least: int = 1) -> Parameter:
    """A whole number, or two: vertical and horizontal."""

    def read(value: object) -> tuple[int, int]:
        numbers = _numbers(value, MAX_STEP)
        if len(numbers) > 2 or min(numbers) < least:
            raise UsageError(
                f"is {_shown(value)}; it takes a whole number from {least}, or two as VERTICALxHORIZONTAL"
            )
        return pair(numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1]), name, least=least)

    return Parameter(name, read, default, aliases, lambda number: (number, number))


def padding(name: str, default: Any = REQUIRED, *aliases: str, words: tuple[str, ...] = ()) -> Parameter:
    """Cells added on each side: ``1``, ``1x2``, ``TOPxBOTTOMxLEFTxRIGHT``, or one of ``words``."""

    def read(value: object) -> Any:
        if isinstance(value, str) and value in words:
            return value
        if isinstance(value, list) and len(value) == 2 and all(isinstance(side, list) for side in value):
            (top, bottom), (left, right) = (_two(side) for side in value)
            return (top, bottom), (left, right)
        try:
            numbers = _numbers(value, MAX_STEP)
            if len(numbers) == 4:
                return (numbers[0], numbers[1]), (numbers[2], numbers[3])
            if len(numbers) > 2:
                raise UsageError("three numbers")
        except UsageError:
            choice = f", or {', '.join(words)}" if words else ""
            raise UsageError(
                f"is {_shown(value)}; it takes 1, 1x2 (vertical x horizontal), TOPxBOTTOMxLEFTxRIGHT{choice}"
            ) from None
        return pair(numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1]), name, least=0)

    return Parameter(name, read, default, aliases, lambda number: (number, number))


def flag(name: str, default: Any, *aliases: str) -> Parameter:
    """Yes or no."""
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

    def read(value: object) -> bool:
        found = value if isinstance(value, bool) else words.get(str(value).lower())
        if found is None:
            raise UsageError(f"is {_shown(value)}; it takes yes or no")
        return found

    return Parameter(name, read, default, aliases)


def number(name: str, default: Any, *aliases: str) -> Parameter:
    """A finite number."""

    def read(value: object) -> float:
        text = str(value)
        if isinstance(value, bool) or not re.fullmatch(
            r"-?(\d{1,15}(\.\d{0,20})?|\.\d{1,20})(e-?\d{1,2})?", text, re.I
        ):
            raise UsageError(f"is {_shown(value)}; it takes a number")
        return float(text)

    return Parameter(name, read, default, aliases)


def choice(name: str, default: Any, *aliases: str, words: tuple[str, ...]) -> Parameter:
    """One of a few words."""

    def read(value: object) -> str:
        if value not in words:
            raise UsageError(f"is {_shown(value)}; it takes {' or '.join(words)}")
        return str(value)

    return Parameter(name, read, default, aliases)


def _two(side: list[object]) -> tuple[int, int]:
    numbers = _numbers(side, MAX_STEP)
    if len(numbers) != 2:
        raise UsageError(f"is {_shown(side)}; four amounts are written [[top, bottom], [left, right]]")
    return numbers[0], numbers[1]


def _numbers(value: object, most: int) -> tuple[int, ...]:
    """``3``, ``"3x5"`` or ``[3, 5]`` as integers from 0 to ``most``."""
    if isinstance(value, str):
        try:
            numbers = whole_numbers(value)
        except CnnvizError:
            raise UsageError(f"is {_shown(value)}; it takes whole numbers, as 3 or 3x5") from None
    elif isinstance(value, list) and value and all(map(is_integer, value)):
        numbers = tuple(value)
    elif is_integer(value):
        numbers = (value,)  # type: ignore[assignment]  # an integer, just checked
    else:
        raise UsageError(f"is {_shown(value)}; it takes whole numbers, as 3 or 3x5")
    if min(numbers) < 0 or max(numbers) > most:
        raise UsageError(f"is {_shown(value)}; it takes numbers from 0 to {most}")
    return numbers


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
