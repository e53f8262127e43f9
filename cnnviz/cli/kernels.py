"""``cnnviz kernels``: the catalogue, and one kernel looked at closely."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from cnnviz import kernels
from cnnviz.cli import types
from cnnviz.cli.command import DEBUG, Command
from cnnviz.cli.lesson import tell_written
from cnnviz.cli.process import console
from cnnviz.errors import UsageError

if TYPE_CHECKING:
    from cnnviz.kernels import Kernel


class _Kernels(click.Group):
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            name = error.command_name
            known = name.partition(":")[0] in kernels.names()
            hint = f"did you mean cnnviz kernels show {name}?" if known else "show NAME looks at a kernel"
            raise click.UsageError(f"no command named {name!r}; {hint}", ctx) from None


@click.group(cls=_Kernels, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--plain", is_flag=True, help="Print tab-separated lines, as into a pipe.")
@DEBUG
@click.pass_context
def command(ctx: click.Context, as_json: bool, plain: bool, debug: bool) -> None:  # noqa: ARG001  # debug is read by main
    """List the kernels by family; `cnnviz kernels show NAME` looks at one.

    A kernel (also called a filter) is a small grid of numbers. Where the picture looks like it, the result
    is large.

    \b
    Examples:
      cnnviz kernels
      cnnviz kernels show sobel-x
      cnnviz kernels show "1 0 -1; 2 0 -2; 1 0 -1" -o kernel.png
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    if ctx.invoked_subcommand is not None:
        if as_json or plain:
            raise UsageError(
                "before show, --json and --plain do nothing; write cnnviz kernels show NAME --json"
            )
        return
    from cnnviz.render.kernels import text as rendering

    if as_json:
        from cnnviz.render.kernels.documents import list_document

        click.echo(list_document())
    elif plain or not sys.stdout.isatty():
        click.echo("\n".join(["\t".join(rendering.LIST_COLUMNS), *rendering.plain_list()]))
    else:
        console().print(rendering.listing())


# An inline kernel may start with a minus sign.
@command.command(
    cls=Command,
    context_settings={"ignore_unknown_options": True},
    short_help="Look at one kernel: numbers, facts, source.",
)
@click.argument("name", metavar="NAME|FILE", type=types.KernelType())
@click.option(
    "-o", "--output", metavar="FILE", help="Draw it as a picture: .png or .webp, or - for standard output."
)
@click.option("-f", "--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@DEBUG
def show(name: str, output: str | None, force: bool, as_json: bool, debug: bool) -> None:  # noqa: ARG001  # debug is read by main
    """Look at one kernel: coefficients, sum, separability, symmetry, what it responds to, and its source.

    NAME|FILE is what convolve's -k takes: a name, an inline kernel, or a file; of a file with many arrays,
    such as a trained model, it lists them, and FILE:NAME looks at one. For your own kernels it also
    says when they are a known one turned, negated or scaled, and when a gradient does not sum to 0.

    \b
    Examples:
      cnnviz kernels show gabor:theta=45
      cnnviz kernels show "1 0 -1; 2 0 -2; 1 0 -1"
      cnnviz kernels show log:sigma=2 -o log.png
      cnnviz kernels show shapes-net
      cnnviz kernels show shapes-net:conv1.weight -o conv1.png
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    from cnnviz.render.kernels import text as rendering

    if as_json and output == "-":
        raise UsageError("--json and -o - both want standard output; give -o a file")
    held = kernels.contents(name)
    if held is not None and len(held) != 1:
        _list(name, held, as_json=as_json, drawn=output is not None)
        return
    operators = kernels.read([name])
    shown = [kernel for operator in operators for kernel in operator.kernels]
    drawn = None if output is None else _draw(shown, name, output, force)
    looked_at = [(kernel, None if kernel.is_bank else kernels.properties(kernel)) for kernel in shown]
    if as_json:
        from cnnviz.render.kernels.documents import document

        click.echo(document(looked_at))
        return
    to_stderr = output == "-"
    if operators[0].combine is not None:
        joined = " and ".join(kernel.name for kernel in shown)
        click.echo(f"{name}: the {operators[0].combine} of the maps of {joined}\n", err=to_stderr)
    for kernel, found in looked_at:
        if (sys.stderr if to_stderr else sys.stdout).isatty():
            out = console(to_stderr=to_stderr)
            out.print(rendering.card(kernel, found, out.width))
        else:
            click.echo("\n".join(rendering.plain_card(kernel, found)), err=to_stderr)
    if sys.stdout.isatty():
        tell_written(drawn)


def _list(name: str, held: Mapping[str, tuple[int, ...]], *, as_json: bool, drawn: bool) -> None:
    """What is in a file of several arrays, where none was named."""
    from cnnviz.render.kernels.files import document, listing

    if drawn:
        raise UsageError(f"-o draws one of the {len(held)} arrays of {name}; name it, as {name}:NAME")
    if as_json:
        click.echo(document(held))
    elif sys.stdout.isatty():
        console().print("\n".join(listing(name, held)))
    else:
        click.echo("\n".join(listing(name, held)))


def _draw(shown: list[Kernel], name: str, output: str, force: bool) -> str:
    from cnnviz import outputs
    from cnnviz.render import formats
    from cnnviz.render.kernels import picture as kernel_picture

    if len(shown) > 1:
        names = ", ".join(kernel.name for kernel in shown[:4])
        raise UsageError(
            f"-o draws one kernel, {name!r} stands for {len(shown)}: {names}, ...; name one of them"
        )
    target = outputs.Target.parse(output, None, ("png", "webp"))
    if target.stdout and sys.stdout.isatty():
        raise UsageError("-o - writes a picture's bytes, which a terminal cannot show; pipe it on")
    path = target.path(stem="kernel", kernel=shown[0].slug, parent=".", map_number=None)
    if path != "-":
        outputs.check(
            [path], inputs=[kernels.split_key(name)[0]], force=force, make_folders=target.makes_folders
        )
    outputs.write(
        path, formats.page(kernel_picture.draw(shown[0]), target.format), make_folders=target.makes_folders
    )
    return path
