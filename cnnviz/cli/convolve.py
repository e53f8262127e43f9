"""``cnnviz convolve``: slide kernels over pictures and draw the feature maps."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from cnnviz import kernels
from cnnviz.cli import types
from cnnviz.cli.command import Command, kernel_option, layer_option
from cnnviz.cli.layer import KERNEL, asked, layer_options
from cnnviz.cli.options import OutputOptions, output_options
from cnnviz.errors import UsageError


@click.command(cls=Command)
@kernel_option(
    "-k",
    "--kernel",
    "texts",
    metavar="KERNEL",
    multiple=True,
    required=True,
    type=types.KernelType(),
    help=KERNEL.format(
        ", a group of them (edges, blur, all), an edge magnitude (sobel, prewitt, scharr)",
        ". May be repeated",
    ),
)
@kernel_option(
    "--combine",
    type=click.Choice(kernels.COMBINES, case_sensitive=False),
    help="Join the maps of all kernels into one: the root of the sum of squares, the largest, or the sum.",
)
@partial(layer_options, channels=("gray", "each", "sum", "color"), softmax=True)
@layer_option("--verify", is_flag=True, help="Compute it with SciPy too, and report the largest difference.")
@output_options
def command(pictures: tuple[str, ...], options: OutputOptions, texts: tuple[str, ...], **given: Any) -> int:
    """Slide kernels over pictures and draw the feature maps.

    IMAGE is a PNG, JPEG, GIF, BMP, TIFF, WebP, AVIF or PPM file, an NPY array (H, W) or (C, H, W),
    sample:cat, or - for standard input, which is also read without any IMAGE. The kernel is laid on every
    place of the picture, multiplied cell by cell, and the products are added up: one number of the feature
    map. It is not flipped.

    \b
    Examples:
      cnnviz convolve sample:cat --kernel sobel-x
      cnnviz convolve sample:cat -k edges --sheet -o edges.png
      cnnviz convolve sample:cat -k "1 0; 0 -1" --activation relu --pool max:2
      cnnviz convolve sample:cat -k laplacian --tone=-200,200 --colormap vik
      cnnviz convolve photos/ -r -k edges -o maps/
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    from cnnviz.cli.batch import run_jobs
    from cnnviz.jobs.records import PictureJob
    from cnnviz.jobs.settings import Activation, Convolution, Pooling

    pool, activation, combine = given.pop("pool"), given.pop("activation"), given.pop("combine")
    operators = kernels.read(texts, combine)
    convolution = Convolution(**given)
    if activation == "softmax" and not any(each.kernels[0].is_bank for each in operators):
        raise UsageError("softmax compares the maps of one kernel; it needs a bank (a 4-D kernel file)")
    if convolution.channels == "color" and options.colormap != "gray":
        raise UsageError("--channels color has colours of its own; use --channels each with --colormap")
    template = PictureJob(
        operators=operators,
        convolution=convolution,
        activation=Activation(activation) if activation else None,
        pooling=asked(Pooling, pool) if pool else None,
    )
    return run_jobs(pictures, template, options, inputs=[kernels.split_key(text)[0] for text in texts])
