"""What may stand behind an option: text -> the integers, pairs and words that the core takes."""

from __future__ import annotations

import re
from typing import Any

import click
from click.shell_completion import CompletionItem

from cnnviz import kernels
from cnnviz.errors import CnnvizError, UsageError
from cnnviz.expressions import Expression, whole_numbers
from cnnviz.geometry import PADDING_WORDS, Padding, Pair, pair


class PairType(click.ParamType[Pair]):
    """``3`` or ``3x5`` (vertical x horizontal)."""

    name = "pair"

    def __init__(self, what: str) -> None:
        self._what = what

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """As it is written: Click would print it in capitals."""
        return "N|NxN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Pair:
        """Parse, or fail with what was received and what is needed."""
        if isinstance(value, tuple):
            return value[0], value[1]
        try:
            return parse_pair(value, self._what)
        except CnnvizError as error:
            self.fail(str(error), param, ctx)


class PaddingType(click.ParamType[Padding]):
    """``1``, ``1x2``, ``top,bottom,left,right``, or for convolutions a word."""

    name = "PADDING"

    def __init__(self, *, words: bool) -> None:
        self._words = PADDING_WORDS if words else ()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Padding:
        """Parse, or fail with what was received and what is needed."""
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]  # the default, parsed already
        if value in self._words:
            return value  # type: ignore[return-value]  # one of PADDING_WORDS
        sides = value.split(",")
        try:
            if len(sides) == 4 and all(re.fullmatch(r"\d{1,9}", side.strip()) for side in sides):
                top, bottom, left, right = map(int, sides)
                return (top, bottom), (left, right)
            return parse_pair(value, "padding", least=0)
        except CnnvizError:
            words = f", or {', '.join(self._words)}" if self._words else ""
            self.fail(
                f"{value!r} is not a padding; it takes 1, 1x2, top,bottom,left,right{words}.", param, ctx
            )

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the words."""
        return [CompletionItem(word) for word in self._words if word.startswith(incomplete)]


class KernelType(click.ParamType[str]):
    """What `cnnviz.kernels.read` understands; completes names, then files."""

    name = "KERNEL"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the names of kernels, families and groups, or a file."""
        names = [name for name in kernels.names() if name.startswith(incomplete)]
        return [*map(CompletionItem, names)] if names else [CompletionItem(incomplete, type="file")]


class NumbersType(click.ParamType[tuple[float, ...]]):
    """One number, or several, separated by commas."""

    name = "N[,N...]"

    def __init__(
        self, written: str = "N[,N...]", several: str = "one a channel: 0.5 or 0.485,0.456,0.406"
    ) -> None:
        self.name = written
        self._several = several

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Parse, or fail with what was received; whole numbers stay integers, so that maps stay exact."""
        if isinstance(value, tuple):
            return value
        numbers: list[float] = []
        for part in value.split(","):
            if not re.fullmatch(r"\s*[-+]?(\d{1,15}(\.\d*)?|\.\d+)([eE][-+]?\d{1,2})?\s*", part):
                self.fail(f"{part!r} is not a number; it takes one, or {self._several}.", param, ctx)
            numbers.append(float(part) if re.search("[.eE]", part) else int(part))
        return tuple(numbers)


class PoolType(click.ParamType[dict[str, Any]]):
    """``max:2``, ``avg:3x3,stride=2,padding=1,ceil=yes`` or ``max:global``; the keys have short forms."""

    name = "MODE:SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Parse into the arguments of a pooling."""
        if isinstance(value, dict):
            return value
        try:
            return self._parse(value)
        except CnnvizError as error:
            self.fail(str(error), param, ctx)

    @staticmethod
    def _parse(value: str) -> dict[str, Any]:
        expression = Expression.parse(value)
        if expression.name not in ("max", "avg"):
            raise UsageError(f"{expression.name!r} is not a pooling; write max:2 or avg:2")
        short = {"k": "size", "s": "stride", "p": "padding", "kernel": "size", "kernel_size": "size"}
        bound = expression.bind(["size", "stride", "padding", "ceil"], aliases=short)
        size = bound.get("size", "2")
        ceil = bound.get("ceil", "no")
        if ceil not in ("yes", "no"):
            raise UsageError(f"ceil is {ceil!r}; it takes yes or no")
        return {
            "mode": expression.name,
            "size": None if size == "global" else parse_pair(size, "size"),
            "stride": parse_pair(bound["stride"], "stride") if "stride" in bound else None,
            "padding": parse_pair(bound.get("padding", "0"), "padding", least=0),
            "ceil_mode": ceil == "yes",
        }


def parse_pair(text: str, what: str, *, least: int = 1) -> Pair:
    """``3`` or ``3x5`` as two integers, vertical first.

    >>> parse_pair("3x5", "stride")
    (3, 5)

    Raises
    ------
    ShapeError, UsageError
        For anything else, or a number below ``least``.
    """
    try:
        numbers = whole_numbers(text)
    except UsageError:
        numbers = ()
    if len(numbers) not in (1, 2):
        raise UsageError(f"{what} is {text!r}; it takes a whole number, or two as VERTICALxHORIZONTAL")
    return pair(numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1]), what, least=least)


class IntegersType(click.ParamType[tuple[int, ...]]):
    """Whole numbers with commas between them: ``count`` of them, or any; below 0 where ``signed``."""

    name = "INTEGERS"

    def __init__(self, written: str, example: str, *, count: int = 0, signed: bool = False) -> None:
        self._written = written
        self._example = example
        number = r"-?[0-9]{1,9}" if signed else r"[0-9]{1,9}"
        self._pattern = f"{number}(,{number}){f'{{{count - 1}}}' if count else '*'}"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """As it is written."""
        return self._written

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Parse, or fail with what was received and what is needed."""
        if isinstance(value, tuple):
            return value
        if re.fullmatch(self._pattern, value) is None:
            self.fail(f"{value!r} is not understood; it takes {self._written}: {self._example}", param, ctx)
        return tuple(map(int, value.split(",")))


class RealRange(click.FloatRange):
    """As Click's range, but NaN, which is neither too small nor too large, lies in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse, or fail with what was received and what is needed."""
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{number} is not in the range {self._describe_range()}.", param, ctx)
        return number


class ShardType(click.ParamType[tuple[int, int]]):
    """``2/8``: the second of eight shares."""

    name = "I/N"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """As it is written."""
        return "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Parse, or fail with what was received and what is needed."""
        if isinstance(value, tuple):
            return value[0], value[1]
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", value)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            self.fail(f"{value!r} is not a share; it takes I/N with I from 1 to N, such as 2/8", param, ctx)
        return int(match[1]), int(match[2])
