"""Click's commands in our words: options under headings, and what is missing said with something to try."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import click

_OTHERS: Final = "Options"

_PICTURE: Final = "a picture is missing; try sample:cat"
_KERNEL: Final = "a kernel is missing; try {}sobel-x (`cnnviz kernels` lists the names)"

MISSING: Final = {
    "image": _PICTURE,
    "pictures": _PICTURE,
    "network": "a network is missing; try shapes-net",
    "kernel": _KERNEL.format("-k "),
    "texts": _KERNEL.format("-k "),
    "name": _KERNEL.format(""),
    "output": "the file is missing; name it, as -o sweep.gif",
}
"""What is said of a parameter that was not given, by its name in the code."""

_TAKES_ONE: Final = {"image": "picture", "name": "kernel"}


class Option(click.Option):
    """An option that stands under a heading of its command's help."""

    def __init__(self, *args: Any, heading: str, **given: Any) -> None:
        super().__init__(*args, **given)
        self.heading = heading


def headed(heading: str) -> Callable[..., Callable[[Callable[..., Any]], Callable[..., Any]]]:
    """As `click.option`, under ``heading``."""
    return partial(click.option, cls=Option, heading=heading)


kernel_option = headed("Kernel")
layer_option = headed("Arithmetic")
picture_option = headed("Picture")
drawing_option = headed("Drawing")
output_option = headed("Output")
batch_option = headed("Batches")

DEBUG: Final = click.option("--debug", is_flag=True, help="Show the traceback of an error.")


class Command(click.Command):
    """A command whose errors name it, and whose options stand under their headings."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As Click does, but for what it says where that goes wrong."""
        ctx.allow_extra_args = True
        try:
            left = super().parse_args(ctx, args)
        except click.MissingParameter as error:
            name = (error.param and error.param.name) or ""
            if name not in MISSING:
                raise
            raise click.UsageError(MISSING[name], ctx) from None
        except click.NoSuchOption as error:
            closest = (error.possibilities or [])[:1]
            raise click.NoSuchOption(error.option_name, possibilities=closest, ctx=ctx) from None
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # Click's parser does not say whose options it reads
            raise
        if left and not ctx.resilient_parsing:
            ctx.fail(self._too_many(ctx.info_name, left))
        return left

    def _too_many(self, called: str | None, left: list[str]) -> str:
        one = next((_TAKES_ONE[each.name] for each in self.params if each.name in _TAKES_ONE), None)
        if one is None:
            return f"{left[0]!r} is more than {called} takes"
        return f"{called} takes one {one}, not {len(left) + 1}"

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every heading with its options, in the order of the first; what has none comes last."""
        headed: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                headed.setdefault(getattr(param, "heading", _OTHERS), []).append(record)
        others = headed.pop(_OTHERS)
        for heading, records in [*headed.items(), (_OTHERS, others)]:
            with formatter.section(heading):
                formatter.write_dl(records)
