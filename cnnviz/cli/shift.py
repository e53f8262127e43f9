"""``cnnviz shift``: what becomes of pixels, map and pooled map when the picture moves."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from cnnviz.cli.command import Command, drawing_option, output_option, picture_option
from cnnviz.cli.lesson import (
    Asked,
    check_picture,
    one_map_options,
    picture_options,
    reading_options,
    refuse_idle,
    show,
    tell_written,
)
from cnnviz.cli.progress import Progress

if TYPE_CHECKING:
    from cnnviz.jobs.shift import Axis
    from cnnviz.lessons.shift import Fill

# Written out here, so that a help text does not load NumPy; a test holds them against the code.
AXES: Final = ("horizontal", "vertical", "diagonal")
FILLS: Final = ("replicate", "zeros", "circular")

_MOST: Final = 1000
"""Shifts of one run; each takes a convolution."""


class ShiftsType(click.ParamType[tuple[int, ...]]):
    """``8`` (0 to 8), ``4:16`` or ``0,1,2,4``: pixels, from the smallest to the largest."""

    name = "shifts"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """As it is written."""
        return "N|FIRST:LAST|N,N,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Parse, or fail with what was received and what is needed."""
        if isinstance(value, tuple):
            return value
        pixels = _row(value)
        # As they rise, the last is the largest; of a range nothing is counted out.
        if not pixels or pixels[-1] == 0:
            self.fail(
                f"{value!r} is not a list of shifts: write 8 (0 to 8), 4:16 or 0,1,2,4",
                param,
                ctx,
            )
        if len(pixels) > _MOST:
            self.fail(f"{value!r} are {len(pixels)} shifts; at most {_MOST} are worked out", param, ctx)
        return tuple(pixels)


def _row(text: str) -> Sequence[int]:
    """The numbers that ``text`` stands for, rising; none where it cannot be read."""
    if re.fullmatch(r"[0-9]{1,9}(:[0-9]{1,9})?", text):
        first, _, last = text.rpartition(":")
        return range(int(first or 0), int(last) + 1)
    if re.fullmatch(r"[0-9]{1,9}(,[0-9]{1,9})+", text):
        return sorted(set(map(int, text.split(","))))
    return ()


@click.command(cls=Command)
@one_map_options()
@picture_option(
    "--by",
    "pixels",
    type=ShiftsType(),
    default="0:8",
    show_default=True,
    help="The shifts in pixels: from 0 to N, from FIRST to LAST, or these.",
)
@picture_option(
    "--axis",
    type=click.Choice(AXES, case_sensitive=False),
    default="horizontal",
    show_default=True,
    help="horizontal: to the right. vertical: down. diagonal: as far down as to the right.",
)
@picture_option(
    "--fill",
    type=click.Choice(FILLS, case_sensitive=False),
    default="replicate",
    show_default=True,
    help="What the uncovered pixels become. replicate: the nearest ones of the picture, which makes no edge "
    "that was not there. zeros: black, a hard edge. circular: those that left on the other side; with "
    "--padding same --padding-mode circular nothing is lost, and the border moves along too.",
)
@picture_options("Draw the distances as a line chart, and the maps of three shifts, into FILE, a .png.")
@drawing_option("--dark", is_flag=True, help="The chart in light on dark.")
@output_option("--json", "as_json", is_flag=True, help="Print everything as one JSON document.")
@reading_options
def command(
    asked: Asked,
    pixels: tuple[int, ...],
    axis: Axis,
    fill: Fill,
    output: str | None,
    dark: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Move IMAGE pixel by pixel, and measure what moves along with it and what stays.

    Shown for each shift, as distances |a - b| / |b|: how far the pixels are from what they were (what a dense
    layer sees), how far the feature map and the pooled map are, and how far these are from the maps of the
    unmoved picture, moved along. Convolution is equivariant, not invariant; pooling gives tolerance of about
    its size; stride and pooling have a phase. Without --pool, max:2 is taken.

    IMAGE is a picture, an NPY array, sample:cat or -. On a terminal sentences say what is seen; into a pipe
    goes a line a shift, its cells separated by tabs.

    \b
    Examples:
      cnnviz shift sample:cat -k sobel-x
      cnnviz shift sample:cat -k sobel-x --by 0:16 --activation relu --pool max:4 -o shift.png
      cnnviz shift sample:brick -k gaussian --by 0,1,2,4,8 --axis diagonal --stride 2
      cnnviz shift sample:cat -k laplacian --padding same --padding-mode circular --fill circular
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    from cnnviz import outputs

    if output is None:
        refuse_idle("nothing is drawn without -o", "dark")
    else:
        check_picture(output, (".png",))
        outputs.check([output], inputs=asked.inputs, force=force, takes_folders=False)
    from cnnviz.jobs import shift as jobs
    from cnnviz.render.shift import text as render
    from cnnviz.render.shift.sentences import sentences

    with Progress(len(pixels), "shifts") as progress:
        found = jobs.run(asked.map, pixels, axis, fill, done=progress.advance)
    if output is not None:
        outputs.write(output, jobs.picture(found, dark=dark))
    seen = sentences(found.shifts)
    if as_json:
        click.echo(render.document(found.shifts, seen))
    elif sys.stdout.isatty():
        show(lambda width: render.text(found.shifts, seen, width))
        tell_written(output)
    else:
        click.echo("\n".join(render.plain(found.shifts)))
    return 0
