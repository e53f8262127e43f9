"""``cnnviz learn``: find the kernel behind a feature map by gradient descent, from noise."""

from __future__ import annotations

import sys
from typing import Any, Final

import click

from cnnviz import kernels
from cnnviz.cli import types
from cnnviz.cli.command import Command, drawing_option, headed, output_option
from cnnviz.cli.lesson import (
    check_picture,
    one_operator,
    picture_options,
    reading_options,
    refuse_idle,
    show,
    tell_written,
)
from cnnviz.cli.progress import Progress
from cnnviz.errors import UsageError

# Written out here, so that a help text loads neither NumPy nor Pillow; a test holds them against the code.
ANIMATIONS: Final = (".gif", ".webp", ".png")
PATCH: Final = (7, 7)

learning_option = headed("Learning")

_OF_DESCENT: Final = ("steps", "learning_rate", "momentum", "seed", "keep_mean", "fps")


@click.command(cls=Command)
@click.argument(
    "pictures",
    metavar="IMAGE...",
    nargs=-1,
    required=True,
    type=click.Path(readable=False, allow_dash=True),
)
@learning_option(
    "--target",
    type=types.KernelType(),
    help="Learn the kernel that makes the map of this one: a name, an inline kernel or a file, as convolve's "
    "-k takes it.",
)
@learning_option(
    "--target-map",
    metavar="FILE",
    help="Learn the kernel behind this map of the one IMAGE: an .npy (H, W), or a PNG of `cnnviz convolve`, "
    "whose scale is read from its notes (stride 1, no padding; not the tone abs).",
)
@learning_option(
    "--patches",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Learn from the pictures alone: the N patterns (principal components) that their own patches are "
    "made of.",
)
@learning_option(
    "--size",
    type=types.PairType("size"),
    help="Kernel size, N or NxN. Default: the target's; what the map's size says; patches 7.",
)
@learning_option(
    "--steps", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Steps of the descent."
)
@learning_option(
    "--learning-rate",
    type=types.RealRange(0, min_open=True),
    help="How far a step goes. Default: half of the rate that diverges, worked out from the largest "
    "curvature of the loss.",
)
@learning_option(
    "--momentum",
    type=types.RealRange(0, 1, max_open=True),
    default=0.9,
    show_default=True,
    help="How much of the last step goes on in the next; 0 is plain gradient descent.",
)
@learning_option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of the random start; the same seed gives the same steps.",
)
@learning_option(
    "--keep-mean",
    is_flag=True,
    help="Leave the mean of the pictures in: the same descent, far slower. It shows why it is subtracted.",
)
@picture_options(
    "Draw kernel, map and loss over the steps into FILE, a .gif, .webp or .png (animated); of --patches "
    "the sheet of kernels, a .png."
)
@output_option("--save", metavar="FILE", help="Write the kernel into FILE, an .npy that -k takes.")
@drawing_option(
    "--fps",
    type=types.RealRange(0, 50, min_open=True),
    default=8,
    show_default=True,
    help="Frames a second of the animation.",
)
@drawing_option("--dark", is_flag=True, help="Draw it in light on dark.")
@output_option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@reading_options
def command(pictures: tuple[str, ...], **given: Any) -> int:
    """Find the kernel behind a feature map, as a network learns its own: from noise, by gradient descent.

    The loss is the mean squared error between two maps of IMAGE (pictures, NPY arrays, sample:cat or -);
    its gradient is itself a convolution, of the picture with the error as the kernel. The mean of the
    pictures is subtracted first, and of large ones the middle 512x512 is used.

    \b
    Examples:
      cnnviz learn sample:cat --target sobel-x -o learn.gif
      cnnviz learn sample:cat --target sharpen --keep-mean --save learned.npy
      cnnviz learn sample:cat sample:brick --target laplacian --steps 60
      cnnviz learn sample:cat --patches 8 -o patches.png
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    _check(pictures, given)
    if given["output"] is None:
        refuse_idle("nothing is drawn without -o", "fps", "dark")
    if given["patches"] is not None:
        refuse_idle("--patches takes no steps", *_OF_DESCENT)
        _patches(pictures, given)
    else:
        _learn(pictures, given)
    return 0


def _check(pictures: tuple[str, ...], given: dict[str, Any]) -> None:
    """Refuse what contradicts itself, and files that may not be written."""
    from cnnviz import outputs

    wanted = [name for name in ("target", "target_map", "patches") if given[name] is not None]
    if len(wanted) != 1:
        names = ("--target KERNEL", "--target-map FILE", "--patches N")
        what = "nothing says what to learn" if not wanted else "two things to learn are given"
        raise UsageError(f"{what}; give one of {', '.join(names[:2])} or {names[2]}")
    source = kernels.split_key(given["target"])[0] if given["target"] else given["target_map"] or ""
    inputs = [*pictures, source]
    output, save = given["output"], given["save"]
    if output is not None:
        check_picture(output, (".png",) if given["patches"] is not None else ANIMATIONS)
    if save is not None and not save.lower().endswith(".npy"):
        raise UsageError(f"--save {save}: it takes the name of a file that ends in .npy")
    for option, path in (("-o", output), ("--save", save)):
        if path is not None:
            outputs.check([path], inputs=inputs, force=given["force"], option=option, takes_folders=False)


def _learn(pictures: tuple[str, ...], given: dict[str, Any]) -> None:
    from cnnviz import outputs
    from cnnviz.jobs import learn as jobs
    from cnnviz.lessons.learn import Settings
    from cnnviz.render import formats
    from cnnviz.render.learn import text as render

    settings = Settings(*(given[name] for name in ("steps", "learning_rate", "momentum", "seed")))
    target = given["target_map"] if given["target"] is None else one_operator(given["target"])
    places = given["size"], settings, given["keep_mean"], given["max_pixels"], given["frame"]
    asked = jobs.Asked(pictures, target, *places)
    with Progress(settings.steps + 1, "steps") as progress:  # from the noise on
        found = jobs.run(asked, progress.advance)
    if given["output"] is not None:
        outputs.write(
            given["output"],
            jobs.animate(asked, found, given["output"], fps=given["fps"], dark=given["dark"]),
        )
    if given["save"] is not None:
        outputs.write(given["save"], formats.npy(found.learned.last.kernel))
    names = asked.pictures_text, asked.target_text
    if given["as_json"]:
        click.echo(render.document(found.learned, names, found.notes))
    elif sys.stdout.isatty():
        show(lambda width: render.text(found.learned, names, found.notes, width))
        tell_written(given["output"], given["save"])
    else:
        click.echo("\n".join(render.plain(found.learned, found.notes)))


def _patches(pictures: tuple[str, ...], given: dict[str, Any]) -> None:
    from cnnviz import outputs
    from cnnviz.jobs import patches as jobs
    from cnnviz.render import formats
    from cnnviz.render import patches as render

    found = jobs.run(
        pictures,
        given["size"] or PATCH,
        given["patches"],
        max_pixels=given["max_pixels"],
        frame=given["frame"],
    )
    if given["output"] is not None:
        outputs.write(given["output"], jobs.sheet(found, dark=given["dark"]))
    if given["save"] is not None:
        outputs.write(given["save"], formats.npy(found.components.kernels[:, None]))
    if given["as_json"]:
        click.echo(render.document(found.components, found.pictures, found.notes))
    elif sys.stdout.isatty():
        show(lambda width: render.text(found.components, found.pictures, found.notes, width))
        tell_written(given["output"], given["save"])
    else:
        click.echo("\n".join(render.plain(found.components)))
