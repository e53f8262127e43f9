"""What the lessons share: one picture under one layer, the file that is drawn, and how text is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from cnnviz import kernels
from cnnviz.cli import types
from cnnviz.cli.command import DEBUG, kernel_option, output_option
from cnnviz.cli.layer import KERNEL, asked, layer_options
from cnnviz.cli.options import FRAME, LARGEST
from cnnviz.cli.process import console
from cnnviz.errors import UsageError
from cnnviz.expressions import either
from cnnviz.files import printable

if TYPE_CHECKING:
    from cnnviz.jobs.one_map import OneMap
    from cnnviz.kernels import Operator

WIDE: Final = 1 << 16
"""Columns of a pipe, where nothing is cut or wrapped."""


class Asked(NamedTuple):
    """What the options of a lesson come to; ``inputs`` are the files that must not be written to."""

    map: OneMap
    inputs: tuple[str, ...]


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --frame, --max-pixels and --debug."""
    decorated = command
    for decorate in (DEBUG, LARGEST, FRAME):
        decorated = decorate(decorated)
    return decorated


def one_map_options(*, required: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add IMAGE, -k and the options of a layer; the command receives them as ``asked``.

    Where they are not ``required``, something around this has to put them in.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def collected(**given: Any) -> Any:
            return command(asked=_asked(given), **given)

        decorated: Callable[..., Any] = layer_options(collected)
        for option in _subject(required=required):
            decorated = option(decorated)
        return decorated

    return decorate


def _subject(*, required: bool) -> tuple[Callable[..., Any], ...]:
    return (
        kernel_option(
            "--map",
            "map_number",
            type=click.IntRange(min=0),
            default=0,
            help="Which map of a bank, counted from 0.",
        ),
        kernel_option(
            "-k",
            "--kernel",
            metavar="KERNEL",
            required=required,
            type=types.KernelType(),
            multiple=True,  # as elsewhere, so that a second one is seen, and refused
            callback=_only_kernel,
            help=KERNEL.format("", ""),
        ),
        click.argument(
            "image",
            metavar="IMAGE" if required else "[IMAGE]",
            required=required,
            type=click.Path(readable=False, allow_dash=True),
        ),
    )


def _only_kernel(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> str | None:
    if len(given) > 1:
        raise UsageError(f"-k is given {len(given)} times ({', '.join(given)}); this looks at one kernel")
    return given[0] if given else None


def _asked(given: dict[str, Any]) -> Asked:
    """Take the shared options out of ``given``."""
    from cnnviz.jobs.one_map import OneMap
    from cnnviz.jobs.settings import Activation, Convolution, Pooling

    image, kernel = given.pop("image"), given.pop("kernel")
    activation, pool = given.pop("activation"), given.pop("pool")
    names = ("channels", "stride", "padding", "padding_mode", "dilation", "flip", "bias", "engine")
    found = OneMap(
        image,
        one_operator(kernel),
        Convolution(**{name: given.pop(name) for name in names}),
        Activation(activation) if activation else None,
        asked(Pooling, pool) if pool else None,
        *(given.pop(name) for name in ("map_number", "max_pixels", "frame")),
    )
    given.pop("debug")
    return Asked(found, (image, kernels.split_key(kernel)[0]))


def one_operator(text: str) -> Operator:
    """The one operator that ``text`` names; raises `UsageError` for a group."""
    operators = kernels.read([text])
    if len(operators) > 1:
        raise UsageError(
            f"{text} stands for {len(operators)} kernels; name one of them, such as {operators[0].name}"
        )
    return operators[0]


def refuse_idle(reason: str, *names: str) -> None:
    """Refuse those of the parameters ``names`` that were given: for this ``reason`` they would do nothing."""
    ctx, default = click.get_current_context(), click.core.ParameterSource.DEFAULT
    options = {param.name: max(param.opts, key=len) for param in ctx.command.params}
    idle = [options[name] for name in names if ctx.get_parameter_source(name) is not default]
    if idle:
        pronoun = "it" if len(idle) == 1 else "them"
        raise UsageError(f"{reason}, so {' and '.join(idle)} would do nothing; leave {pronoun} out")


def check_picture(output: str, suffixes: Sequence[str]) -> str:
    """The suffix of ``output``, where it names a file of one of these; raises `UsageError`."""
    suffix = os.path.splitext(output)[1].lower()
    if suffix not in suffixes or os.path.isdir(output):
        raise UsageError(f"-o {output}: it takes the name of a file that ends in {either(suffixes)}")
    return suffix


def picture_options(
    meaning: str, *, required: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add -o, whose ``meaning`` is the command's own, and --force."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        forced = output_option(
            "-f", "--force", is_flag=True, help="Overwrite an existing file (never an input)."
        )
        return output_option("-o", "--output", metavar="FILE", required=required, help=meaning)(
            forced(command)
        )

    return decorate


def tell_written(*written: str | None) -> None:
    """Name the files that were ``written``, under a text for readers; lines and JSON stay what they are."""
    paths = [printable(path) for path in written if path not in (None, "-")]
    if paths:
        click.echo(f"written: {', '.join(paths)}")


def show(render: Callable[[int], Any]) -> None:
    """Print what ``render`` makes for a width: that of the terminal, or lines that are not cut."""
    out = console(soft_wrap=not sys.stdout.isatty())
    out.print(render(out.width if sys.stdout.isatty() else WIDE))
