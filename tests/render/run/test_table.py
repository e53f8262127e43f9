"""A run as lines and as JSON."""

from __future__ import annotations

import io
import json
import math

import pytest
from rich.console import Console

from cnnviz.render.run.flow import TopClass
from cnnviz.render.run.table import COLUMNS, Report, Row, documents, plain, table

ROWS = (
    Row("conv1", "conv", (2, 3, 4), "3x3 p1", 1234, 56789, -1.5, 2.25, 0.125, 0.0, ("out/000.conv1.png",)),
    Row("odd\tname\n", "relu", (7,), "", 0, 0, 0.0, math.inf, math.nan, 0.504),
)
REPORT = Report(
    "cat.png through net",
    "cat.png",
    "net",
    ROWS,
    (TopClass("a\x1b[1m", 1.0, 0.5, 3),),
    ("out/000.conv1.png", "out/flow.png"),
    ("note",),
    "own",
)


def test_a_line_is_a_layer_and_its_cells_are_apart_by_tabs() -> None:
    assert plain(REPORT) == [
        "\t".join((*COLUMNS, "file")),
        "conv1\tconv\t2x3x4\t3x3 p1\t1,234\t56,789\t-1.5\t2.25\t0.125\t0 %\tout/000.conv1.png",
        "odd\\tname\\n\trelu\t7\t-\t0\t0\t0\tinf\tnan\t50 %\t-",
        "a\\x1b[1m: 50.0 % (1)",
        "note",
        "written: 2 files in out",
    ]


def shown(report: Report, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(table(report, width))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("top", "named"), [(TopClass("a", 1.5, 0.5), "logit"), (TopClass("a", 0.5, 0.5), "output")]
)
def test_on_a_terminal_the_numbers_of_classes_and_the_zeros_are_explained(top: TopClass, named: str) -> None:
    lines = shown(REPORT._replace(classes=(top,)), 80)
    place = lines.index(f"class: probability ({named})")
    assert lines[place + 1] == f"a: 50.0 % ({top.value})"
    assert "zeros: the share of values that are exactly 0." in lines


@pytest.mark.parametrize("width", [24, 40, 60, 80, 100, 120])
def test_a_terminal_of_any_width_has_whole_names_and_numbers(width: int) -> None:
    names = [f"/features/features.{number}/block/avgpool/GlobalAveragePool" for number in range(3)]
    rows = [ROWS[0]._replace(name=name, least=-1234.5 - number) for number, name in enumerate(names)]
    lines = shown(REPORT._replace(rows=rows), width)
    assert max(map(len, lines)) <= width
    words = "".join(lines)
    for number, name in enumerate(names):
        assert name in words
        assert f"{-1234.5 - number:.4g}" in words.replace(name, " ").split() or width < 30
    assert ("zeros" in words) == (width > 24)


def test_what_fits_beside_short_names_stays_there() -> None:
    (line,) = (line for line in shown(REPORT, 60) if line.startswith("conv1"))
    assert line.split() == ["conv1", "conv", "2x3x4", "-1.5", "2.25", "0.125", "0", "%"]


def test_layers_that_have_no_line_are_counted() -> None:
    assert plain(REPORT._replace(layers=2))[-2] == "note"
    assert plain(REPORT._replace(layers=9))[-2] == "2 of 9 layers are listed: those drawn, and the last"


def test_json_holds_the_numbers_whole_and_null_where_there_is_none() -> None:
    document = json.loads(documents([REPORT], [("x.png", "x.png: broken")]))
    assert document["failures"] == [{"image": "x.png", "error": "x.png: broken"}]
    (made,) = document["runs"]
    first, second = made["layers"]
    assert (first["min"], first["max"], first["mean"], first["output"]) == (-1.5, 2.25, 0.125, [2, 3, 4])
    assert (second["name"], second["max"], second["mean"]) == ("odd\tname\n", None, None)
    assert made["top"] == [{"label": "a\x1b[1m", "value": 1.0, "probability": 0.5, "number": 3}]
    assert made["files"] == ["out/000.conv1.png", "out/flow.png"]
