"""``cnnviz run``: a picture through a whole network, layer by layer."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from cnnviz.cli.command import Command, drawing_option, headed, output_option, picture_option
from cnnviz.cli.lesson import reading_options, show
from cnnviz.cli.process import Stopped
from cnnviz.cli.progress import Progress
from cnnviz.cli.sizes import PICTURES, NetworkType, UnitType
from cnnviz.cli.types import NumbersType, PairType, RealRange
from cnnviz.errors import NETWORK_OUT_OF_MEMORY, CnnvizError, UsageError
from cnnviz.network.preprocess import LAYOUTS

if TYPE_CHECKING:
    from cnnviz.jobs.run.job import RunJob
    from cnnviz.render.run.table import Report

BACKENDS: Final = ("auto", "own", "onnxruntime")

network_option = headed("Network")


@click.command(cls=Command)
@click.argument("network", metavar="NETWORK", type=NetworkType())
@click.argument(
    "pictures", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(readable=False, allow_dash=True)
)
@network_option(
    "--weights",
    metavar="FILE",
    help="The trained parameters, .npz or .safetensors, named after the layers: conv1.weight, conv1.bias. "
    "Named networks have torchvision's names. Without it they are random, and every output says so.",
)
@network_option(
    "--weights-by",
    type=click.Choice(["name", "order"]),
    default="name",
    show_default=True,
    help="order: take the parameters one after the other, where every shape agrees.",
)
@network_option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of the random parameters.",
)
@picture_option(
    "--size",
    type=PairType("size"),
    help="Height and width that the picture is brought to. Default: the network's own.",
)
@picture_option(
    "--fit",
    type=click.Choice(["crop", "stretch"]),
    default="crop",
    show_default=True,
    help="crop: the middle of the picture, in its proportions. stretch: all of it.",
)
@picture_option(
    "--scale", type=RealRange(0, min_open=True), help="Pixels are multiplied by it. Default: 1/255."
)
@picture_option("--mean", type=NumbersType(), help="Then subtracted: one number, or one a channel.")
@picture_option("--std", type=NumbersType(), help="Then divided by: one number, or one a channel.")
@picture_option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="Order of channels, height and width in the input. Default: what its sizes say.",
)
@drawing_option(
    "--layers",
    "patterns",
    metavar="NAME",
    multiple=True,
    help="Which layers are drawn: names, patterns (features.*), kinds (relu), convs, activations, pools, or "
    "all. May be repeated. Default: convs, activations and pools.",
)
@drawing_option(
    "--each", is_flag=True, help="Every map as a picture of its own, in place of a sheet a layer."
)
@drawing_option(
    "--sort",
    type=click.Choice(["channel", "energy"]),
    default="channel",
    show_default=True,
    help="energy: the maps with the largest mean square first.",
)
@output_option(
    "--format",
    "file_format",
    type=click.Choice(["png", "npz"]),
    default="png",
    show_default=True,
    help="npz: the numbers themselves in one file, a key a layer.",
)
@drawing_option(
    "--probe",
    "unit",
    type=UnitType(),
    help="Look at one unit: what it sees of the picture, and the multiplication that its value comes from; "
    "max is the largest of its map. Also drawn, as probe.png.",
)
@drawing_option("--labels", metavar="FILE", help="The names of the classes, a line each.")
@drawing_option(
    "--top", type=click.IntRange(0, 100), default=5, show_default=True, help="How many classes are shown."
)
@network_option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="auto",
    show_default=True,
    help="What runs it: own (chains, files, names, and ONNX models of known operators) or onnxruntime.",
)
@output_option(
    "-o",
    "--output",
    metavar="FOLDER",
    default=".",
    help="Results go into FOLDER/{stem}.{network}/. Default: the current folder.",
)
@output_option("-f", "--force", is_flag=True, help="Overwrite existing files (never an input).")
@drawing_option("--dark", is_flag=True, help="Sheets and flow in light on dark.")
@output_option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@reading_options
def command(network: str, pictures: tuple[str, ...], **given: Any) -> int:
    """Send IMAGE through a whole NETWORK, and draw what every layer makes of it.

    NETWORK is a name (shapes-net comes along trained; `cnnviz shapes --list`), a .toml or .json file, a
    chain of layers in quotes, or a trained .onnx model. Written are a sheet of maps for each layer, under
    one scale, and flow.png: the picture, the strongest maps of each layer, and the top classes.

    \b
    Examples:
      cnnviz run shapes-net sample:circle
      cnnviz run "conv:8,5 relu maxpool:2 conv:16,3 relu" sample:cat --size 64
      cnnviz run lenet5 sample:checkerboard --layers convs --sort energy -o out/
      cnnviz run shapes-net sample:circle --probe conv2,3,max
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    from cnnviz import images, outputs
    from cnnviz.jobs.run import job as jobs
    from cnnviz.jobs.run.setup import Asked, prepare

    json_wanted, force, base = given.pop("as_json"), given.pop("force"), given.pop("output")
    debug = given.pop("debug")
    _check_folder(base)
    read = [*map(images.locate, pictures), *filter(None, (network, given["weights"], given["labels"]))]
    job = prepare(Asked(network, **given))
    folders = jobs.folders(job, pictures, base)
    into = [path for folder in folders for path in jobs.files(job, folder)]
    outputs.check(into, inputs=read, force=force, make_folders=True)
    reports, failures = [], []
    with Progress(len(pictures)) as progress:
        for image, folder in zip(pictures, folders, strict=True):
            done = _attempt(job, image, folder, debug=debug)
            if isinstance(done, CnnvizError):
                failures.append((image, str(done)))
            else:
                reports.append(done)
                if not json_wanted:
                    _print(done)
            progress.advance(failed=len(failures))
    if json_wanted:
        from cnnviz.render.run.table import documents

        click.echo(documents(reports, failures))
    return 1 if failures else 0


def _check_folder(output: str) -> None:
    if output == "-":
        raise UsageError("-o takes a folder; a run writes several files")
    stem, suffix = os.path.splitext(output)
    if suffix.lower() in PICTURES and not os.path.isdir(output):
        raise UsageError(f"-o {output}: names a folder; write {stem}/")


def _attempt(job: RunJob, image: str, folder: str, *, debug: bool) -> Report | CnnvizError:
    """What came of one picture; what is wrong with the command and not with the picture is raised.

    What an error or a signal leaves half done is said.
    """
    from cnnviz.cli.report import tell
    from cnnviz.jobs.attempt import caught
    from cnnviz.jobs.run import job as jobs

    before = _held(folder)
    part = f"{folder} holds a part of what {image} makes; -f writes it all"
    memory = f"{image}: {NETWORK_OUT_OF_MEMORY}"
    try:
        done = caught(lambda: jobs.run(job, image, folder), memory=memory, debug=debug)
    except Stopped:
        if _held(folder) != before:
            tell(f"stopped: {part}")
        raise
    if isinstance(done, CnnvizError):
        for line in done.lines:
            tell(line)
        if _held(folder) != before:
            tell(part)
    return done


def _held(folder: str) -> set[tuple[str, int]]:
    """The files in ``folder``: their names, and what tells one from another of the same name."""
    try:
        with os.scandir(folder) as entries:
            return {(entry.name, entry.inode()) for entry in entries}
    except OSError:
        return set()


def _print(report: Report) -> None:
    from cnnviz.render.run.table import plain, table

    if sys.stdout.isatty():
        show(lambda width: table(report, width))
    else:
        click.echo("\n".join(plain(report)))
