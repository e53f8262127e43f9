"""``cnnviz pool``: shrink pictures or maps."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from cnnviz.cli import types
from cnnviz.cli.command import Command, layer_option
from cnnviz.cli.layer import asked
from cnnviz.cli.options import OutputOptions, output_options
from cnnviz.errors import UsageError


@click.command(cls=Command)
@layer_option("--size", type=types.PairType("size"), help="Height and width of the window: N or NxN.")
@layer_option(
    "--mode",
    type=click.Choice(["max", "avg"], case_sensitive=False),
    default="max",
    show_default=True,
    help="Keep the largest or the mean.",
)
@layer_option("--stride", type=types.PairType("stride"), help="Step of the window; its size unless given.")
@layer_option(
    "--padding",
    type=types.PaddingType(words=False),
    default="0",
    help="Cells added around: 1, 1x2 (vertical x horizontal) or top,bottom,left,right; at most half the "
    "window. They never win a max, and count as zeros in a mean.",
)
@layer_option(
    "--ceil", "ceil_mode", is_flag=True, help="Round sizes up: a last window may hang over the edge."
)
@layer_option("--global", "whole", is_flag=True, help="One value for the whole map, in place of --size.")
@partial(output_options, auto="leaves pixels as they are, and decides by the values of other maps.")
def command(pictures: tuple[str, ...], options: OutputOptions, **given: Any) -> int:
    """Shrink pictures or maps: keep the largest or the mean value of each window.

    IMAGE is a picture, an NPY array (H, W) or (C, H, W), or sample:cat; without one, standard input is read.
    Colour stays colour, and pixels stay as they are.

    \b
    Examples:
      cnnviz pool sample:cat --size 2
      cnnviz pool sample:cat --size 3 --stride 2 --mode avg
      cnnviz convolve sample:cat -k sobel-x -o - | cnnviz pool --size 2
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    from cnnviz.cli.batch import run_jobs
    from cnnviz.jobs.records import PictureJob
    from cnnviz.jobs.settings import Pooling

    whole = given.pop("whole")
    if whole == (given["size"] is not None):
        raise UsageError("give either --size (try --size 2) or --global")
    return run_jobs(pictures, PictureJob(pooling=asked(Pooling, given)), options)
