"""The layers of a network as cells, lines, CSV, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypeAlias

from cnnviz.expressions import pair_text, shape_text
from cnnviz.files import printable
from cnnviz.geometry import Pads, TransposedWindow, Window
from cnnviz.network.counting import COUNTS, Count, fully_connected, unshared
from cnnviz.network.receptive_field import Extent, View
from cnnviz.network.shapes import LayerShape, NetworkShapes

ITEM_BYTES: Final = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""How many bytes a number takes."""


Why: TypeAlias = Callable[[LayerShape], Sequence[str]]
"""The sums behind one layer, as lines."""


class Report(NamedTuple):
    """What is printed of a network on an input: which count, and the type of its numbers."""

    shapes: NetworkShapes
    counting: Count = COUNTS["macs"]
    dtype: str = "float32"
    dense: bool = False
    notes: tuple[str, ...] = ()

    @property
    def item(self) -> int:
        """Bytes a number."""
        return ITEM_BYTES[self.dtype]

    def counted(self) -> int:
        """The count of the whole network."""
        return sum(map(self.counting.of, self.shapes.layers))


class Column(NamedTuple):
    """A column: its heading, its cell of a layer, and its sum, if it has one; numbers are aligned right."""

    title: str
    cell: Callable[[LayerShape], str]
    total: Callable[[NetworkShapes], str] | None = None
    number: bool = False


def pads_text(pads: Pads) -> str:
    """Padding as one writes it: one amount, vertical x horizontal, or top,bottom,left,right.

    >>> pads_text(((1, 1), (1, 1))), pads_text(((1, 1), (2, 2))), pads_text(((0, 1), (0, 1)))
    ('1', '1x2', '0,1,0,1')
    """
    (top, bottom), (left, right) = pads
    return pair_text((top, left)) if top == bottom and left == right else f"{top},{bottom},{left},{right}"


def window_text(layer: LayerShape) -> str:
    """Kernel, stride and padding in one, as ``7x7 s2 p3``; nothing for a layer without a window."""
    window = layer.window
    if window is None:
        return ""
    said = shape_text(window.kernel)
    if window.stride != (1, 1):
        said += f" s{pair_text(window.stride)}"
    if any(map(any, window.pads)):
        said += f" p{pads_text(window.pads)}"
    return said + (f" d{pair_text(window.dilation)}" if window.dilation != (1, 1) else "")


def fraction_text(value: Fraction) -> str:
    """A fraction, halves as decimals.

    >>> fraction_text(Fraction(7, 2)), fraction_text(Fraction(1, 3)), fraction_text(Fraction(4))
    ('3.5', '1/3', '4')
    """
    return f"{float(value):g}" if value.denominator == 2 else str(value)


def field_text(view: View) -> str:
    """The size of a receptive field; ~ where units differ in it."""
    if isinstance(view, Extent):
        return view.value
    mark = "" if all(field.exact for field in view) else "~"
    return f"{mark}{view[0].size}x{view[1].size}"


def jump_text(view: View) -> str:
    """How far apart the fields of neighbours lie."""
    return "-" if isinstance(view, Extent) else pair_text(fraction_text(field.jump) for field in view)


def start_text(view: View) -> str:
    """The centre of the first unit's field."""
    return "-" if isinstance(view, Extent) else pair_text(fraction_text(field.start) for field in view)


def columns(report: Report, *, grouped: bool = False) -> list[Column]:
    """Every column there is; ``grouped``: numbers with commas, for the eye."""
    write: Callable[[int], str] = (lambda number: f"{number:,}") if grouped else str

    def window(cell: Callable[[Window | TransposedWindow], str]) -> Callable[[LayerShape], str]:
        return lambda layer: "-" if layer.window is None else cell(layer.window)

    made = [
        Column("layer", lambda layer: printable(layer.name), lambda _: "total"),
        Column("kind", lambda layer: printable(layer.layer.kind)),
        Column("inputs", lambda layer: ",".join(map(printable, layer.layer.inputs))),
        Column("output", lambda layer: shape_text(layer.output) or "?"),
        Column("kernel", window(lambda each: shape_text(each.kernel))),
        Column("stride", window(lambda each: pair_text(each.stride))),
        Column("padding", window(lambda each: pads_text(each.pads))),
        _numbers("parameters", lambda layer: layer.parameters, write),
        _numbers(report.counting.title, report.counting.of, write),
        _numbers("bytes", lambda layer: layer.elements * report.item, write),
        Column("field", lambda layer: field_text(layer.view)),
        Column("jump", lambda layer: jump_text(layer.view)),
        Column("start", lambda layer: start_text(layer.view)),
    ]
    if report.dense:
        made += [
            _numbers("without sharing", unshared, write),
            _numbers("fully connected", fully_connected, write),
        ]
    if any(layer.note for layer in report.shapes.layers):
        made.append(Column("note", lambda layer: printable(layer.note) or "-"))
    return made


def _numbers(title: str, of: Callable[[LayerShape], int | None], write: Callable[[int], str]) -> Column:
    """A column of numbers and their sum; a layer may have none."""

    def cell(layer: LayerShape) -> str:
        number = of(layer)
        return "-" if number is None else write(number)

    def total(shapes: NetworkShapes) -> str:
        return write(sum(of(layer) or 0 for layer in shapes.layers))

    return Column(title, cell, total, number=True)


def rows(report: Report, *, grouped: bool = False) -> list[list[str]]:
    """The heading, a row a layer, and the totals; every cell whole."""
    chosen = columns(report, grouped=grouped)
    return [
        [column.title for column in chosen],
        *([column.cell(layer) for column in chosen] for layer in report.shapes.layers),
        [column.total(report.shapes) if column.total else "-" for column in chosen],
    ]


def plain(report: Report, why: Why | None = None) -> list[str]:
    """One line a layer, its cells separated by tabs, its sums indented below; the totals last."""
    head, *body, total = ("\t".join(row) for row in rows(report))
    lines = [head]
    for line, layer in zip(body, report.shapes.layers, strict=True):
        lines += [line, *(f"\t{sum_}" for sum_ in (why(layer) if why else ()))]
    return [*lines, total]


def csv_text(report: Report) -> str:
    """The same as comma-separated values, as RFC 4180 quotes them."""
    import csv
    import io

    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows(report))
    return written.getvalue().removesuffix("\n")


def markdown(report: Report) -> str:
    """The same as a Markdown table."""
    head, *body = rows(report, grouped=True)
    marks = ["---:" if column.number else "---" for column in columns(report)]
    return "\n".join(f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in [head, marks, *body])


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("|", "\\|")


def document(report: Report, why: Why | None = None) -> str:
    """One JSON document; ``why`` adds the sums under each layer."""
    from cnnviz.render.schema import json_line  # only this answer needs json

    shapes = report.shapes
    layers = []
    for layer in shapes.layers:
        entry = _entry(report, layer)
        if why is not None:
            entry["why"] = list(why(layer))
        layers.append(entry)
    return json_line(
        {
            "network": shapes.network.name or None,
            "count": report.counting.name,
            "count_definition": report.counting.definition,
            "dtype": report.dtype,
            "input": shapes.input,
            "layers": layers,
            "totals": {
                "parameters": shapes.parameters,
                "macs": shapes.macs,
                "operations": report.counted(),
                "activation_bytes": shapes.elements * report.item,
                "weight_bytes": shapes.parameters * report.item,
            },
            "notes": list(report.notes),
        }
    )


def _entry(report: Report, layer: LayerShape) -> dict[str, Any]:
    window = layer.window
    entry: dict[str, Any] = {
        "name": layer.name,
        "kind": layer.layer.kind,
        "inputs": layer.layer.inputs,
        "output": layer.output,
        "kernel": window and window.kernel,
        "stride": window and window.stride,
        "padding": window and window.pads,
        "dilation": window and window.dilation,
        "parameters": layer.parameters,
        "macs": layer.macs,
        "operations": report.counting.of(layer),
        "bytes": layer.elements * report.item,
        "receptive_field": _field_entry(layer.view),
    }
    if layer.view is Extent.UNKNOWN:
        entry["receptive_field"] = {"size": None, "jump": None, "start": None, "exact": False}
    if report.dense:
        entry |= {"unshared": unshared(layer), "fully_connected": fully_connected(layer)}
    return entry | ({"note": layer.note} if layer.note else {})


def _field_entry(view: View) -> dict[str, Any] | None:
    if isinstance(view, Extent):
        return None
    return {
        "size": [field.size for field in view],
        "jump": [_number(field.jump) for field in view],
        "start": [_number(field.start) for field in view],
        "exact": all(field.exact for field in view),
    }


def _number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)
