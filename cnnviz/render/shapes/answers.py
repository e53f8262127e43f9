"""Answers to single questions about a network: which numbers fit, what a unit sees, where frameworks part."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnnviz.expressions import pair_text, shape_text
from cnnviz.files import printable
from cnnviz.network import known
from cnnviz.network.frameworks import Comparison
from cnnviz.network.kinds import Kind, kind_named, names
from cnnviz.network.parameters import REQUIRED
from cnnviz.network.receptive_field import Extent
from cnnviz.network.seen import Seen, Sides
from cnnviz.network.shapes import LayerShape, NetworkShapes
from cnnviz.network.spec import Layer, Shape
from cnnviz.network.unknown import Answer, Inputs
from cnnviz.render.schema import json_line
from cnnviz.render.shapes.text import pads_text


def solved(answer: Answer, wanted: Shape, *, as_json: bool = False) -> str:
    """Every integer that fits, or that none does and the nearest."""
    layer, key = answer.asked.layer.name, answer.asked.key
    if as_json:
        nearest = [{"value": value, "output": output} for value, output in answer.nearest]
        found = {"layer": layer, "key": key, "output": wanted, "fits": answer.fits, "nearest": nearest}
        return json_line(found)
    asked = f"{key} of {printable(layer)}"
    if answer.fits:
        gives = "give" if len(answer.fits) > 1 else "gives"
        return f"{asked}: {runs(answer.fits)} {gives} {shape_text(wanted)}"
    tried = ", ".join(f"{value} gives {shape_text(output)}" for value, output in answer.nearest)
    nearest_text = f"\nthe nearest: {tried}" if tried else ""
    return f"{asked}: no whole number gives {shape_text(wanted)}{nearest_text}"


def runs(numbers: Sequence[int]) -> str:
    """Ascending numbers, those in a row as first..last.

    >>> runs((1, 3, 4, 5, 9))
    '1, 3..5, 9'
    """
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(
        f"{part[0]}..{part[-1]}" if len(part) > 2 else ", ".join(map(str, part)) for part in parts
    )


def in_features(layer: Layer, shape: Shape, *, as_json: bool = False) -> str:
    """How many numbers come to a linear layer."""
    if as_json:
        return json_line({"layer": layer.name, "key": "in_features", "fits": [prod(shape)]})
    sizes = "" if len(shape) == 1 else f" ({'*'.join(map(str, shape))}; put flatten before it)"
    return f"in_features of {printable(layer.name)}: {prod(shape)}{sizes}"


def inputs(answer: Inputs, channels: int, *, as_json: bool = False) -> str:
    """The smallest square input, and the sizes at which no pixel is left over."""
    if as_json:
        return json_line(
            {
                "smallest": [channels, answer.smallest, answer.smallest],
                "output": answer.output,
                "lossless": {"modulus": answer.modulus or None, "residues": answer.residues},
            }
        )
    smallest = (
        f"smallest input: {channels}x{answer.smallest}x{answer.smallest}, gives {shape_text(answer.output)}"
    )
    if not answer.modulus:
        lossless = "not worked out: the strides multiply to too much"
    elif not answer.residues:
        lossless = "at no size"
    elif answer.modulus == 1:
        lossless = "at every n"
    else:
        lossless = f"n = {', '.join(map(str, answer.residues))} (mod {answer.modulus})"
    return f"{smallest}\nnothing is lost, for n x n: {lossless}"


def rectangle(
    shapes: NetworkShapes, layer: LayerShape, at: tuple[int, int], seen: Seen | None, *, as_json: bool = False
) -> str:
    """What one unit sees of the picture: the rectangle with the padding, and the pixels in it."""
    if as_json:
        return json_line(
            {
                "layer": layer.name,
                "output_at": at,
                "input": shapes.input,
                "rectangle": _sides(seen and seen.rectangle),
                "pixels": _sides(seen and seen.pixels),
            }
        )
    unit = f"{printable(layer.name)} ({shape_text(layer.output)}), unit {at[0]},{at[1]}"
    if seen is None:
        return f"{unit}: not known what it sees (an unknown operator, or paths of different jumps)"
    if isinstance(layer.view, Extent):
        return f"{unit} sees the whole input, {shape_text(shapes.input)}"
    if seen.rectangle is None:
        return f"{unit} sees nothing: no cell of the kernel reaches it"
    whole = f"{unit} sees {_size(seen.rectangle)} pixels\n{_place(seen.rectangle)}"
    if seen.pixels == seen.rectangle:
        return f"{whole}; all in the picture"
    if seen.pixels is None:
        return f"{whole}; all in the padding"
    return f"{whole}, padding included\n{_place(seen.pixels)} in the picture: {_size(seen.pixels)}"


def _size(sides: Sides) -> str:
    return "x".join(str(last - first + 1) for first, last in sides)


def _place(sides: Sides) -> str:
    (top, bottom), (left, right) = sides
    return f"rows {top}..{bottom}, columns {left}..{right}"


def _sides(span: Any) -> dict[str, Any] | None:
    return None if span is None else {"rows": span[0], "columns": span[1]}


def difference_rows(comparison: Comparison, one: str, other: str) -> list[list[str]]:
    """A heading, and a row for each layer that differs."""
    return [
        ["layer", "kind", "differs in", one, other],
        *(
            [
                printable(each.ours.name),
                each.ours.layer.kind,
                ", ".join(each.differs),
                _side(each.ours, each.differs),
                _side(each.theirs, each.differs),
            ]
            for each in comparison.parted
        ),
    ]


def _side(layer: LayerShape, differs: Sequence[str]) -> str:
    pads = "none" if layer.window is None else pads_text(layer.window.pads)
    values = {"output": shape_text(layer.output), "padding": pads, "parameters": str(layer.parameters)}
    return "; ".join(values[name] for name in differs)


def difference_summary(comparison: Comparison, one: str, other: str) -> str:
    """How many layers differ, and where the first unit of the last feature map begins in each framework."""
    layers = len(comparison.ours.layers)
    if not comparison.parted:
        return f"{one} and {other} agree in all {layers} layers."
    said = f"{len(comparison.parted)} of {layers} layers differ."
    starts = [_first_pixel(shapes) for shapes in (comparison.ours, comparison.theirs)]
    if None not in starts and starts[0] != starts[1]:
        ours, theirs = starts
        said += (
            f" The first unit of the last feature map sees from {ours} on in {one}, from {theirs} in {other}."
        )
    return said


def _first_pixel(shapes: NetworkShapes) -> str | None:
    last = shapes.last_map
    if last is None or isinstance(last.view, Extent):
        return None
    return ",".join(str(field.cells(0)[0]) for field in last.view)


def differences_document(comparison: Comparison, one: str, other: str) -> str:
    """The same as one JSON document."""
    layers = [
        {
            "name": each.ours.name,
            "differs": each.differs,
            one: _json_side(each.ours),
            other: _json_side(each.theirs),
        }
        for each in comparison.parted
    ]
    return json_line({"frameworks": [one, other], "layers": layers})


def _json_side(layer: LayerShape) -> dict[str, Any]:
    first = None if isinstance(layer.view, Extent) else [field.cells(0)[0] for field in layer.view]
    return {
        "output": layer.output,
        "padding": layer.window and layer.window.pads,
        "first_pixel": first,
        "parameters": layer.parameters,
    }


def list_rows() -> list[list[str]]:
    """The known networks and the kinds of layers, as cells."""
    rows = [["what", "name", "input or values", "about", "source"]]
    rows += [
        ["network", record.name, shape_text(record.input), record.title, record.source]
        for record in known.records()
    ]
    rows += [
        ["layer", kind.name, takes(kind).strip(" ()"), about(kind), "-"] for kind in map(kind_named, names())
    ]
    return rows


def about(kind: Kind) -> str:
    """What a kind does, and its other names.

    >>> about(kind_named("linear"))
    'fully connected; also dense, fc'
    """
    return kind.about + (f"; also {', '.join(kind.aliases)}" if kind.aliases else "")


def takes(kind: Kind) -> str:
    """The parameters of a kind in order, those that may be left out with their defaults.

    >>> takes(kind_named("upsample"))
    ' (scale, mode=nearest)'
    """
    written = [
        each.name if each.default is REQUIRED else f"{each.name}={_default(each.default)}"
        for each in kind.parameters
    ]
    return f" ({', '.join(written)})" if written else ""


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return pair_text(value)
    return "-" if value is None else str(value)


def list_document() -> str:
    """The same as one JSON document."""
    return json_line(
        {
            "networks": [
                {
                    "name": record.name,
                    "title": record.title,
                    "input": record.input,
                    "source": record.source,
                    "parameters": dict(record.parameters),
                }
                for record in known.records()
            ],
            "layers": [
                {
                    "kind": kind.name,
                    "aliases": kind.aliases,
                    "parameters": [each.name for each in kind.parameters],
                    "about": kind.about,
                }
                for kind in map(kind_named, names())
            ],
        }
    )
