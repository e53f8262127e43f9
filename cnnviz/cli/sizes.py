"""What may stand behind the options of ``shapes``: sizes, places, names of networks and layers."""

from __future__ import annotations

import re
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from cnnviz.errors import UsageError
from cnnviz.expressions import either, shape_text, whole_numbers

UNKNOWN: Final = "_"
ASKED: Final = -1
"""In a shape: the height and width that are asked for."""

FRAMEWORKS: Final = ("torch", "keras")
"""Written out here, so that a help text loads none of the arithmetic; a test holds them against the code."""

PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".npy")
"""What names of pictures end in, where one stands in place of a network or a folder."""

_MOST = 1_000_000_000


class ShapeType(click.ParamType[tuple[int, ...]]):
    """``3x224x224``, ``784``, and where ``unknown`` ``_`` or ``3x_x_``."""

    name = "shape"

    def __init__(self, *, unknown: bool = False) -> None:
        self._unknown = unknown

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """As it is written: Click would print it in capitals."""
        return "CxHxW|_" if self._unknown else "CxHxW"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Parse, or fail with what was received and what is needed."""
        if isinstance(value, tuple):
            return value
        parts = value.strip().split("x")
        if self._unknown and UNKNOWN in parts:
            if parts == [UNKNOWN]:
                return (ASKED,)
            if (
                len(parts) == 3
                and parts[1:] == [UNKNOWN, UNKNOWN]
                and parts[0].isdecimal()
                and int(parts[0][:10]) > 0
            ):
                return (int(parts[0][:10]), ASKED, ASKED)
            self.fail(f"{value!r}: only the height and width can be asked for, as _ or 3x_x_.", param, ctx)
        try:
            shape = whole_numbers(value)
        except UsageError:
            shape = ()
        if len(shape) not in (1, 3) or not all(1 <= size <= _MOST for size in shape):
            asked = ", or _ to ask for the size" if self._unknown else ""
            hint = f"; for a grey picture write 1x{shape_text(shape)}" if len(shape) == 2 else ""
            self.fail(
                f"{value!r} is not a shape; it takes CHANNELSxHEIGHTxWIDTH, as 3x224x224{asked}{hint}.",
                param,
                ctx,
            )
        return shape


class PlaceType(click.ParamType["tuple[int, int] | str"]):
    """``120,60``: row and column, from 0; or one of ``words``."""

    name = "PLACE"

    def __init__(self, *words: str) -> None:
        self._words = words

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """As it is written."""
        return "|".join(("ROW,COL", *self._words))

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int] | str:
        """Parse, or fail with what was received and what is needed."""
        if not isinstance(value, str):
            return value[0], value[1]
        if value in self._words:
            return value
        match = re.fullmatch(r"([0-9]{1,9}),([0-9]{1,9})", value)
        if match is None:
            needed = either(["row,column from 0 (120,60)", *self._words])
            self.fail(f"{value!r} is not a place; it takes {needed}", param, ctx)
        return int(match[1]), int(match[2])

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the words."""
        return [CompletionItem(word) for word in self._words if word.startswith(incomplete)]


class UnitType(click.ParamType[tuple[str, int, tuple[int, int] | None]]):
    """``LAYER,CHANNEL,ROW,COL``, or ``LAYER,CHANNEL,max``."""

    name = "LAYER,CHANNEL,ROW,COL|max"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """As it is written."""
        return self.name

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int, tuple[int, int] | None]:
        """Parse, or fail with what was received and what is needed."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(.+),([0-9]{1,9}),(?:max|([0-9]{1,9}),([0-9]{1,9}))", value)
        if match is None:
            self.fail(
                f"{value!r} is not a unit; it takes a layer, a map, a row and a column from 0, as "
                "conv1,0,3,4, or the largest of a map, as conv1,0,max",
                param,
                ctx,
            )
        return match[1], int(match[2]), None if match[3] is None else (int(match[3]), int(match[4]))


class NetworkType(click.ParamType[str]):
    """A layer of a chain, the name of a network, or a file; completes names, then files."""

    name = "NETWORK"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse a picture, which stands behind the network."""
        if value.startswith("sample:") or value.lower().endswith(PICTURES):
            raise click.UsageError(
                f"{value} is a picture; the network comes first: cnnviz run shapes-net {value}", ctx
            )
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the names of networks where there is one word, of kinds of layers, or a file."""
        from cnnviz.network import kinds, known

        first = not ctx.params.get(param.name or "")
        names = [*(known.names() if first else ()), *kinds.names()]
        fitting = [name for name in names if name.startswith(incomplete)]
        return [*map(CompletionItem, fitting)] if fitting else [CompletionItem(incomplete, type="file")]
