"""Which question about a network the options of ``shapes`` ask, and printing the answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cnnviz.cli.process import console
from cnnviz.cli.sizes import ASKED, FRAMEWORKS
from cnnviz.errors import NetworkError, UsageError

if TYPE_CHECKING:
    from cnnviz.network.reading import Source
    from cnnviz.network.shapes import LayerShape, NetworkShapes
    from cnnviz.network.spec import Asked, Network, Shape
    from cnnviz.render.shapes.text import Report

DEFAULT_CHANNELS = 3


class Options(NamedTuple):
    """What is asked of a network, and in which form the answer is wanted."""

    shape: Shape | None
    output: Shape | None
    why: bool
    dense: bool
    counting: str
    framework: str | None
    diff: str | None
    layer_name: str | None
    at: tuple[int, int] | None
    dtype: str
    as_list: bool
    as_json: bool
    as_csv: bool
    as_markdown: bool
    plain: bool
    debug: bool

    def check(self) -> None:
        """Refuse options that contradict each other."""
        forms = {
            "--json": self.as_json,
            "--csv": self.as_csv,
            "--markdown": self.as_markdown,
            "--plain": self.plain,
        }
        chosen = [name for name, given in forms.items() if given]
        if len(chosen) > 1:
            raise UsageError(f"{' and '.join(chosen)} are two forms of one answer; choose one")
        if self.why and (self.as_csv or self.as_markdown):
            raise UsageError(
                f"--why writes lines between the rows; {chosen[0]} has no place for them, --json has"
            )
        if self.at is not None and self.layer_name is None:
            raise UsageError("--at needs the layer whose unit it means; add --layer NAME")
        if self.layer_name is not None and self.diff is not None:
            raise UsageError("--layer and --diff ask two questions; give one")
        if self.output is not None and (self.diff is not None or self.as_list):
            raise UsageError(f"--output does not go with {'--list' if self.as_list else '--diff'}; drop one")
        if (self.as_csv or self.as_markdown) and (self.layer_name or self.diff or self.as_list):
            raise UsageError(f"{chosen[0]} is a form of the table of layers; use --json")


def answer(words: Sequence[str], options: Options) -> None:
    """Read the network that ``words`` name, and answer what the options ask of it."""
    from cnnviz.network.reading import Source

    source = Source.named(words)
    try:
        _answer(source, options)
    except NetworkError as error:
        raise source.blamed(error) from None


def _answer(source: Source, options: Options) -> None:
    from cnnviz.network.shapes import shapes

    wanted = options.shape if options.shape and ASKED not in options.shape else None
    network = source.read(wanted)
    shape = _input_shape(network, options.shape)
    if not source.strict and (ASKED in shape or options.framework or options.diff):
        raise UsageError(
            "an ONNX graph holds its sizes and padding itself; _, --framework and --diff are for chains, "
            "files and names"
        )
    if options.diff is not None:
        _diff(network, shape, options)
        return
    notes = [*network.notes]
    if options.framework is not None:
        from cnnviz.network.frameworks import FRAMEWORKS as RULES
        from cnnviz.network.frameworks import translated

        network = translated(network, options.framework)
        notes.append(RULES[options.framework].rules)
    asked = network.asked
    if asked is not None or ASKED in shape:
        _work_backwards(network, shape, asked, options)
        return
    found = shapes(network, shape, strict=source.strict)
    if options.output is not None and found.output != options.output:
        from cnnviz.expressions import shape_text

        raise UsageError(
            f"the output is {shape_text(found.output)}, not {shape_text(options.output)}; put _ in place of "
            "one number of a layer to ask which one gives it"
        )
    if options.layer_name is not None:
        _rectangle(found, options)
        return
    from cnnviz.network.counting import COUNTS as BY_NAME
    from cnnviz.render.shapes.text import Report

    _print(Report(found, BY_NAME[options.counting], options.dtype, options.dense, tuple(notes)), options)


def _input_shape(network: Network, given: Shape | None) -> Shape:
    """The shape asked for on the command line, else the network's own."""
    own = network.input
    if given is None:
        if own is None:
            raise UsageError("the input is missing; give its shape, as --input 3x224x224")
        return own
    if given == (ASKED,):
        return (own[0] if own and len(own) == 3 else DEFAULT_CHANNELS, ASKED, ASKED)
    if len(given) == 1 and own is not None and len(own) == 3:
        return (own[0], given[0], given[0])
    return given


def _work_backwards(network: Network, shape: Shape, asked: Asked | None, options: Options) -> None:
    from cnnviz.network import unknown
    from cnnviz.render.shapes import answers

    as_json = options.as_json
    if asked is None:
        if options.output is not None:
            raise UsageError("--output looks for a number of a layer, --input _ for the input; drop one")
        _say(answers.inputs(unknown.inputs(network, shape[0]), shape[0], as_json=as_json))
        return
    name = asked.layer.name
    if ASKED in shape:
        raise UsageError(f"two numbers are asked for, the input and one in {name}; ask for one at a time")
    if asked.layer.kind == "linear" and (options.output is None or asked.key == "in_features"):
        arriving = unknown.arriving(network, asked, shape)
        _say(answers.in_features(asked.layer, arriving, as_json=as_json))
    elif options.output is None:
        raise UsageError(
            f"{name} asks for its {asked.key}; say which output is wanted, as --output 64x112x112"
        )
    else:
        found = unknown.solved(network, asked, shape, options.output)
        _say(answers.solved(found, options.output, as_json=as_json))


def _diff(network: Network, shape: Shape, options: Options) -> None:
    from cnnviz.network.frameworks import compared
    from cnnviz.render.shapes import answers

    other = str(options.diff)
    one = options.framework or next(name for name in FRAMEWORKS if name != other)
    if one == other:
        raise UsageError(f"--framework and --diff both say {one}; give two different ones")
    comparison = compared(network, shape, one, other)
    if options.as_json:
        _say(answers.differences_document(comparison, one, other))
    elif options.plain or not sys.stdout.isatty():
        _say("\n".join("\t".join(row) for row in answers.difference_rows(comparison, one, other)))
    else:
        from cnnviz.render.shapes.table import differences_table

        _show(differences_table(comparison, one, other))


def _rectangle(found: NetworkShapes, options: Options) -> None:
    from cnnviz.network.chosen import one
    from cnnviz.network.seen import seen_by
    from cnnviz.render.shapes import answers

    name = one([each.layer for each in found.layers], str(options.layer_name))
    layer = found[name]
    size = layer.output[1:] if len(layer.output) == 3 else None
    at = options.at or ((size[0] // 2, size[1] // 2) if size else (0, 0))
    if size and not (at[0] < size[0] and at[1] < size[1]):
        raise UsageError(
            f"{name} has {size[0]} rows and {size[1]} columns, counted from 0; there is no {at[0]},{at[1]}"
        )
    _say(answers.rectangle(found, layer, at, seen_by(found, name, at), as_json=options.as_json))


def _print(report: Report, options: Options) -> None:
    from cnnviz.render.shapes import text as rendering

    sums = None
    if options.why:
        from cnnviz.render.shapes.why import why

        def sums(layer: LayerShape) -> list[str]:
            return why(report.shapes, layer)

    if options.as_json:
        _say(rendering.document(report, sums))
    elif options.as_csv:
        _say(rendering.csv_text(report))
    elif options.as_markdown:
        _say(rendering.markdown(report))
    elif options.plain or not sys.stdout.isatty():
        _say("\n".join(rendering.plain(report, sums)))
    else:
        from cnnviz.render.shapes.table import table

        out = console()
        out.print(table(report, out.width, sums))


def listing(options: Options) -> None:
    """Print the known networks and the kinds of layers."""
    from cnnviz.render.shapes import answers

    if options.as_json:
        _say(answers.list_document())
    elif options.plain or not sys.stdout.isatty():
        _say("\n".join("\t".join(row) for row in answers.list_rows()))
    else:
        from cnnviz.render.shapes import table as shapes_table

        _show(shapes_table.listing())


def _say(text: str) -> None:
    click.echo(text)


def _show(renderable: Any) -> None:
    console().print(renderable)
