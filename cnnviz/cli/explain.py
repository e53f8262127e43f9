"""``cnnviz explain``: the whole arithmetic of one value of a feature map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cnnviz.cli.command import Command, drawing_option, layer_option, output_option
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
from cnnviz.cli.sizes import PlaceType

if TYPE_CHECKING:
    from cnnviz.geometry import Pair


@click.command(cls=Command)
@one_map_options()
@layer_option(
    "--at",
    type=PlaceType("max", "min"),
    default="max",
    show_default=True,
    help="Which value of the map (after pooling, if asked for), counted from 0; or the largest, or the "
    "smallest.",
)
@picture_options("Draw a card for a slide into FILE, a .png.")
@drawing_option("--dark", is_flag=True, help="The card in light on dark.")
@output_option("--json", "as_json", is_flag=True, help="Print every term as one JSON document.")
@reading_options
def command(asked: Asked, at: Pair | str, output: str | None, dark: bool, force: bool, as_json: bool) -> int:
    """Take one value of a feature map apart: pixels x kernel = products, and their sum.

    The kernel lies on one place of IMAGE (a picture, an NPY array, sample:cat or -); the pixel under each of
    its cells is multiplied by the cell, and the products are added up. Shown are the numbers themselves,
    padding in brackets; of a pooled map also the values that its window chose from.

    \b
    Examples:
      cnnviz explain sample:cat -k sobel-x --at 120,60
      cnnviz explain sample:cat -k laplacian --activation relu --pool max:2
      cnnviz explain sample:cat -k sobel-x --at max -o card.png
    """  # noqa: D301  # \b is Click's mark for lines to be left alone
    from cnnviz import outputs

    if output is None:
        refuse_idle("nothing is drawn without -o", "dark")
    else:
        check_picture(output, (".png",))
        outputs.check([output], inputs=asked.inputs, force=force, takes_folders=False)
    from cnnviz.jobs import explain as jobs
    from cnnviz.render.explain import text as render

    found = jobs.run(asked.map, at)
    if output is not None:
        outputs.write(output, jobs.card(asked.map, found, dark=dark))
    if as_json:
        click.echo(render.document(found.explanation))
    else:
        names, done = asked.map.names, asked.map.done
        show(lambda width: render.text(found.explanation, names, done, width, white=found.white))
        tell_written(output)
    return 0
