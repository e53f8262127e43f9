"""``cnnviz shapes``: the arithmetic of a whole network."""

from __future__ import annotations

from typing import Any

import click

from cnnviz.cli.command import DEBUG, Command
from cnnviz.cli.questions import Options, answer, listing
from cnnviz.cli.sizes import FRAMEWORKS, NetworkType, PlaceType, ShapeType

# Written out here, so that a help text loads none of the arithmetic; a test holds them against the code.
COUNTS = ("macs", "flops", "distill")
DTYPES = ("float64", "float32", "float16", "bfloat16", "int8")


@click.command(cls=Command)
@click.argument("network", metavar="LAYER...|NETWORK|FILE", nargs=-1, type=NetworkType())
@click.option(
    "-i",
    "--input",
    "shape",
    type=ShapeType(unknown=True),
    help="Shape of the picture: CxHxW, as 3x224x224. _ or 3x_x_ asks for the square inputs that fit. Named "
    "networks and files have one; for them a single number changes the height and width.",
)
@click.option(
    "--output",
    type=ShapeType(),
    help="With a _ in place of one number of a layer: which integers give this output?",
)
@click.option("--why", is_flag=True, help="Each formula with its numbers, and what a stride leaves unseen.")
@click.option(
    "--dense",
    is_flag=True,
    help="What convolutions would cost without sharing weights, and without locality: fully connected.",
)
@click.option(
    "--count",
    "counting",
    type=click.Choice(COUNTS, case_sensitive=False),
    default="macs",
    show_default=True,
    help="macs: multiply-accumulates. flops: 2 a MAC. distill: as TensorFlow's profiler and Distill's table "
    "count, with biases and pools. The definition is printed.",
)
@click.option(
    "--framework",
    type=click.Choice(FRAMEWORKS, case_sensitive=False),
    help="Pad and round as this framework does. Without it: PyTorch's rules, and same at any stride.",
)
@click.option(
    "--diff",
    type=click.Choice(FRAMEWORKS, case_sensitive=False),
    help="Show the layers where PyTorch and Keras differ; this one stands on the right.",
)
@click.option(
    "--layer", "layer_name", metavar="NAME", help="Which rectangle of the picture a unit of this layer sees."
)
@click.option(
    "--at", type=PlaceType(), help="The unit's row and column, from 0. Default: the middle of the map."
)
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    default="float32",
    show_default=True,
    help="Type of the numbers, for the memory they take.",
)
@click.option("--list", "as_list", is_flag=True, help="List the known networks and the kinds of layers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print a Markdown table.")
@click.option("--plain", is_flag=True, help="Print tab-separated lines, as into a pipe.")
@DEBUG
def command(network: tuple[str, ...], **given: Any) -> None:
    """Work out a network: output sizes, parameters, MACs, receptive fields.

    LAYER... is a chain: KIND[:value,...,key=value], as conv:64,3,s=2,p=1 (64 kernels of 3x3, stride 2,
    padding 1), maxpool:2, flatten, linear:10; keys may be one letter: k kernel, s stride, p padding, d
    dilation, g groups. add:NAME, mul:NAME and concat:NAME join an earlier layer. NETWORK is a name (--list),
    FILE a .toml, .json or .onnx file.

    \b
    Examples:
      cnnviz shapes --input 1x28x28 conv:6,5,p=2 relu maxpool:2 flatten linear:10
      cnnviz shapes resnet50
      cnnviz shapes --input 3x224x224 conv:96,11,s=4 --why
      cnnviz shapes --input 3x32x32 conv:16,3,p=1 --dense
      cnnviz shapes --input 3x224x224 conv:64,7,s=2,p=_ --output 64x112x112
      cnnviz shapes mobilenet-v1:width=0.5 --diff keras
      cnnviz shapes vgg16 --layer features.30 --at 0,0
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    options = Options(**given)
    options.check()
    if options.as_list:
        listing(options)
    else:
        answer(network, options)
