"""The table of commands, and the one place where an error becomes a line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Final, NamedTuple

import click

from cnnviz import __version__
from cnnviz.cli import process
from cnnviz.errors import OUT_OF_MEMORY, CnnvizError
from cnnviz.expressions import did_you_mean
from cnnviz.files import printable


class Entry(NamedTuple):
    """A command: its name, the module that holds it as ``command``, and its line in the help."""

    name: str
    module: str
    help: str


# One thread for OpenBLAS, unless the user says otherwise: we give it a small product a band, and two threads
# that wait for each other at every band lose to one as soon as the machine has anything else to do (measured,
# five 9x9 float kernels on 12 megapixels beside one busy process: 24 s with two threads, 0.9 s with one).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

MOST_LINES: Final = 40
"""How many problems of one file are printed."""

# Read without importing any command, so that --help answers at once.
COMMANDS: Final = (
    Entry("convolve", "cnnviz.cli.convolve", "Slide kernels over pictures and draw the feature maps."),
    Entry("pool", "cnnviz.cli.pool", "Shrink pictures or maps: the largest or mean value of each window."),
    Entry("explain", "cnnviz.cli.explain", "Take one value apart: pixels x kernel = products, their sum."),
    Entry("animate", "cnnviz.cli.animate", "Watch the kernel slide: window, sum, the map filling in."),
    Entry("shift", "cnnviz.cli.shift", "Move the picture and measure what its maps do: tolerance, phase."),
    Entry("learn", "cnnviz.cli.learn", "Find the kernel behind a feature map by gradient descent."),
    Entry("run", "cnnviz.cli.run", "Send a picture through a whole network, layer by layer."),
    Entry("shapes", "cnnviz.cli.shapes", "Work out a network: sizes, parameters, MACs, receptive fields."),
    Entry("kernels", "cnnviz.cli.kernels", "List the kernels, or look closely at one."),
)


class _CommandTable(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = next((entry.module for entry in COMMANDS if entry.name == cmd_name), None)
        if module is None:
            return None
        command: click.Command = import_module(module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            # Click looks for close names among commands it has imported, and we import none of them.
            close = did_you_mean(error.command_name, self.list_commands(ctx))
            raise click.UsageError(f"no command named {error.command_name!r}; {close}", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in COMMANDS])


@click.group(
    cls=_CommandTable,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all done, 1 something failed (the rest was done) or a file is in the way "
    "(nothing was), 2 wrong usage (nothing was done).",
)
@click.version_option(__version__, "-V", "--version", message="cnnviz %(version)s")
def cli() -> None:
    """See what a convolutional network does to your picture.

    \b
      cnnviz convolve sample:cat -k edges --sheet -o edges.png
      cnnviz convolve sample:cat -k sobel-x -o - | cnnviz pool --size 2
      cnnviz explain sample:cat -k sobel-x --at 120,60
      cnnviz animate sample:cat -k sobel-x -o sweep.gif
      cnnviz run shapes-net sample:circle
      cnnviz shapes resnet50
      cnnviz kernels show gaussian:sigma=2

    sample:cat comes along, and so do sample:brick, checkerboard, circle, impulse, square, step, stripes and
    triangle.
    """  # noqa: D301  # \b is Click's mark for lines to be left alone


def main(args: Sequence[str] | None = None) -> int:
    """Run ``cnnviz`` with ``args`` (the process's own unless given) and return its exit code.

    A signal is passed on: after cleaning up, the process dies of it, so that a surrounding shell loop ends.
    """
    given = sys.argv[1:] if args is None else list(args)
    if given[:1] == ["help"]:
        given = [*given[1:], "--help"]
    process.prepare_streams()
    code = 0
    try:
        with process.signals():
            code = _run(given)
            sys.stdout.flush()
    except process.Stopped as stopped:
        return process.die_of(stopped.number)
    except BrokenPipeError:  # a reader that left early, as `head` does
        process.silence_stdout()
        return 1
    except OSError as error:
        process.silence_stdout()
        if code == 0:  # otherwise this is the rest of what could not be written, and was said
            _say(f"cannot write standard output: {error.strerror or error}")
        return 1
    return code


def _run(args: list[str]) -> int:
    try:
        code = cli.main(args, prog_name="cnnviz", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "cnnviz"
        message = error.format_message()
        _say(f"{message}{'' if message.endswith(('.', '?', '?)')) else '.'} See {path} --help.")
        return error.exit_code
    except CnnvizError as error:
        _trace(args)
        for line in error.lines[:MOST_LINES]:
            _say(line)
        if len(error.lines) > MOST_LINES:
            _say(f"and {len(error.lines) - MOST_LINES} more problems")
        for line in error.program:
            click.echo(printable(line), err=True)
        return error.exit_code
    except MemoryError:
        _trace(args)
        _say(OUT_OF_MEMORY)
        return 1
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  # the boundary: a user never sees a traceback unasked
        _trace(args)
        _say(f"internal error: {type(error).__name__}: {error}. This is a bug; --debug shows where")
        return 1
    return code if isinstance(code, int) else 0


def _say(message: str) -> None:
    click.echo(process.line_of(message), err=True)


def _trace(args: list[str]) -> None:
    if "--debug" in args:
        traceback.print_exc()
