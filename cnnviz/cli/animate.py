"""``cnnviz animate``: the kernel slides over a picture, place by place."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click

from cnnviz.cli import types
from cnnviz.cli.command import Command, drawing_option, kernel_option, output_option, picture_option
from cnnviz.cli.lesson import (
    Asked,
    check_picture,
    one_map_options,
    picture_options,
    reading_options,
    refuse_idle,
    show,
)
from cnnviz.cli.progress import Progress
from cnnviz.errors import UsageError

if TYPE_CHECKING:
    from cnnviz.geometry import Pair

_LARGEST_KERNEL: Final = 32
_MANY: Final = 200
"""Frames that take more than a second, most of it at the end."""
SUFFIXES: Final = (".gif", ".webp", ".png")


def _without_picture(command: Callable[..., Any]) -> Callable[..., Any]:
    """Put in what --input and --kernel-size stand for."""

    @wraps(command)
    def completed(**given: Any) -> Any:
        size, kernel_size = given["size"], given.pop("kernel_size")
        if (given["image"] is None) == (size is None):
            raise UsageError("give either a picture (try sample:cat) or --input, such as --input 5x5")
        if (given["kernel"] is None) == (kernel_size is None):
            raise UsageError(
                "give either a kernel (try -k sobel-x) or --kernel-size, such as --kernel-size 3"
            )
        if size is not None:
            refuse_idle("--input has no picture", "region", "cells", "frame", "max_pixels")
            given["image"] = f"{size[0]}x{size[1]} cells"
        if kernel_size is not None:
            _check_kernel_size(kernel_size)
            given["kernel"] = "; ".join([" ".join(["1"] * kernel_size[1])] * kernel_size[0])
        return command(**given)

    return completed


def _check_kernel_size(size: Pair) -> None:
    if max(size) > _LARGEST_KERNEL:
        raise UsageError(f"--kernel-size goes up to {_LARGEST_KERNEL}; {max(size)} could not be watched")


@click.command(cls=Command)
@_without_picture
@one_map_options(required=False)
@picture_option(
    "--input",
    "size",
    type=types.PairType("input"),
    help="Slide over an input of this many cells, 5 or 5x7, in place of a picture.",
)
@kernel_option(
    "--kernel-size",
    type=types.PairType("kernel-size"),
    help="Slide a kernel of ones of this size, in place of -k.",
)
@picture_option(
    "--cells",
    metavar="N",
    type=click.IntRange(1, 64),
    help="Reduce the picture, so that its longer side has N cells. Default: 12, if it is larger than 24 "
    "and there is no --region.",
)
@picture_option(
    "--region",
    type=types.IntegersType(
        "ROW,COL,H,W", "its upper left cell, its height and width, such as 60,120,8,8", count=4
    ),
    help="Take only this piece of the picture.",
)
@picture_options(
    "The file: .gif, .webp (lossless, the smallest) or .png (APNG); with --still .png.", required=True
)
@drawing_option(
    "--fps",
    type=types.RealRange(0.1, 50),
    help="Frames a second. Default: 20 seconds for all, but 4 to 25 a second.",
)
@drawing_option(
    "--frames",
    "most",
    metavar="N",
    type=click.IntRange(min=1),
    help="Show at most N frames, evenly chosen, with the first and the last.",
)
@drawing_option(
    "--still",
    "stills",
    type=types.IntegersType("N[,N...]", "numbers of frames, such as 0,7,-1", signed=True),
    default=(),
    help="Write these frames as single PNGs instead, from 0, or from -1 backwards: 0,7,-1.",
)
@drawing_option("--dark", is_flag=True, help="Light on dark.")
@output_option(
    "--json", "as_json", is_flag=True, help="Print sizes, and every frame's place, sum and value, as JSON."
)
@reading_options
def command(
    asked: Asked,
    size: Pair | None,
    output: str,
    force: bool,
    most: int | None,
    stills: tuple[int, ...],
    dark: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Watch the kernel slide over IMAGE: its window on the left, the feature map filling in on the right.

    Every frame is one place: the pixels under the kernel are multiplied by it and added up, and the sum is
    written out. Padding is shown as cells around the input, --stride and --dilation in how the window lies,
    and --pool as a third grid, filled as soon as its window is complete.

    \b
    Examples:
      cnnviz animate sample:cat -k sobel-x -o sweep.gif
      cnnviz animate sample:cat -k sobel-x --region 60,120,8,8 --pool max:2 -o eye.webp
      cnnviz animate --input 5 --kernel-size 3 --padding full -o full.gif
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    suffix = check_picture(output, (".png",) if stills else SUFFIXES)
    if stills:
        refuse_idle("--still writes single frames", "fps", "most")
    from cnnviz import outputs
    from cnnviz.jobs import animate as jobs
    from cnnviz.render.animate.text import document, summary

    source = jobs.Part(given["region"], given["cells"]) if size is None else size
    found, page = jobs.prepare(asked.map, source)
    numbers = jobs.drawn_numbers(found, stills, most)
    paths = jobs.still_paths(output, numbers) if stills else [output]
    outputs.check(paths, inputs=asked.inputs, force=force, takes_folders=False)
    if stills:
        written = [jobs.still(found, page, number, dark=dark) for number in numbers]
    else:
        fps = given["fps"] or jobs.natural_fps(len(numbers))
        long = len(numbers) >= _MANY
        with Progress(len(numbers), "frames", then="writing the file", at_once=long) as progress:
            written = [jobs.encode(found, page, numbers, suffix, fps=fps, dark=dark, drawn=progress.advance)]
    for path, data in zip(paths, written, strict=True):
        outputs.write(path, data)
    if as_json:
        click.echo(document(found, page, paths, numbers))
    else:
        show(lambda _width: summary(found, page, paths, numbers, written))
    return 0
