"""``cnnviz shapes`` from outside: what it prints, in which form, and how it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from cnnviz.cli import shapes as command
from cnnviz.cli import sizes
from cnnviz.network.counting import COUNTS
from cnnviz.network.frameworks import FRAMEWORKS
from cnnviz.render.shapes.text import ITEM_BYTES
from tests.cli.running import OnTerminal, Ran, Run, unstyled
from tests.network.onnx import models

LENET = (
    *("--input", "1x28x28", "conv:6,5,p=2", "relu", "maxpool:2", "conv:16,5", "relu", "maxpool:2"),
    *("flatten", "linear:120", "relu", "linear:84", "relu", "linear:10"),
)
NET = """
name = "a block"
input = [3, 8, 8]
layers = ["conv:4,3,p=1", "relu", { kind = "conv", out = 4, kernel = 3, padding = 1 }, { kind = "add", inputs = ["conv2", "relu1"] }]
"""  # noqa: E501


@pytest.fixture
def net(tmp_path: Path) -> str:
    (tmp_path / "net.toml").write_text(NET)
    return "net.toml"


def refused(done: Ran, code: int, *lines: str) -> None:
    """It printed nothing but these lines on standard error."""
    assert (done.code, done.out) == (code, "")
    found = done.err.removesuffix("\n").split("\n")
    assert len(found) == len(lines)
    for line, expected in zip(found, lines, strict=True):
        assert line.startswith("cnnviz: ")
        assert expected in line


def test_the_choices_written_out_for_the_help_are_those_of_the_code() -> None:
    assert tuple(COUNTS) == command.COUNTS
    assert tuple(FRAMEWORKS) == sizes.FRAMEWORKS
    assert tuple(ITEM_BYTES) == command.DTYPES


def test_a_chain_into_a_pipe_is_a_complete_table_of_plain_numbers(run: Run) -> None:
    done = run("shapes", *LENET)
    assert (done.code, done.err) == (0, "")
    rows = done.table
    assert [row["layer"] for row in rows] == [
        *(
            "conv1",
            "relu1",
            "maxpool1",
            "conv2",
            "relu2",
            "maxpool2",
            "flatten1",
            "linear1",
            "relu3",
            "linear2",
        ),
        *("relu4", "linear3", "total"),
    ]
    assert rows[3] == {
        "layer": "conv2",
        "kind": "conv",
        "inputs": "maxpool1",
        "output": "16x10x10",
        "kernel": "5x5",
        "stride": "1",
        "padding": "0",
        "parameters": "2416",
        "MACs": "240000",
        "bytes": "6400",
        "field": "14x14",
        "jump": "2",
        "start": "4.5",
    }
    assert rows[7]["field"] == "all"
    assert (rows[-1]["parameters"], rows[-1]["MACs"]) == ("61706", "416520")


def test_columns_add_up_to_the_totals(run: Run) -> None:
    *rows, total = run("shapes", "resnet18", "--dense").table
    for column in ("parameters", "MACs", "bytes", "without sharing", "fully connected"):
        numbers = [int(row[column]) for row in rows if row[column] != "-"]
        assert sum(numbers) == int(total[column])


def test_every_form_holds_the_same_cells(run: Run) -> None:
    lines = [line.split("\t") for line in run("shapes", *LENET).out.splitlines()]
    assert list(csv.reader(io.StringIO(run("shapes", *LENET, "--csv").out))) == lines
    table = run("shapes", *LENET, "--markdown").out.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert cells[1][7] == "---:"
    assert [[cell.replace(",", "") for cell in row] for row in [cells[0], *cells[2:]]] == lines


def test_json_has_the_schema_that_is_promised(run: Run) -> None:
    document = run("shapes", "--json", *LENET).json
    assert document["schema"] == 1
    assert (document["network"], document["count"], document["input"]) == (None, "macs", [1, 28, 28])
    assert document["totals"] == {
        "parameters": 61_706,
        "macs": 416_520,
        "operations": 416_520,
        "activation_bytes": sum(layer["bytes"] for layer in document["layers"]),
        "weight_bytes": 246_824,
    }
    first, last = document["layers"][0], document["layers"][-1]
    assert first == {
        "name": "conv1",
        "kind": "conv",
        "inputs": ["input"],
        "output": [6, 28, 28],
        "kernel": [5, 5],
        "stride": [1, 1],
        "padding": [[2, 2], [2, 2]],
        "dilation": [1, 1],
        "parameters": 156,
        "macs": 117_600,
        "operations": 117_600,
        "bytes": 18_816,
        "receptive_field": {"size": [5, 5], "jump": [1, 1], "start": [0, 0], "exact": True},
    }
    assert last["receptive_field"] is None


def test_a_fraction_is_a_number_in_json_and_marked(run: Run) -> None:
    layers = run("shapes", "--json", "-i", "1x8x8", "convt:1,4,s=2,p=1").json["layers"]
    assert layers[0]["receptive_field"] == {
        "size": [2, 2],
        "jump": [0.5, 0.5],
        "start": [-0.5, -0.5],
        "exact": False,
    }
    assert run("shapes", "-i", "1x8x8", "convt:1,4,s=2,p=1").table[0]["field"] == "~2x2"


@pytest.mark.parametrize(
    ("count", "title", "number"),
    [("macs", "MACs", 54), ("flops", "FLOPs", 108), ("distill", "operations", 110)],
)
def test_each_count_comes_with_its_definition(run: Run, count: str, title: str, number: int) -> None:
    chain = ("-i", "3x3x3", "conv:2,3", "--count", count)
    assert run("shapes", *chain).table[0][title] == str(number)
    document = run("shapes", *chain, "--json").json
    assert document["layers"][0]["operations"] == number
    assert document["count_definition"] == COUNTS[count].definition
    shown = " ".join(unstyled(run("shapes", *chain, columns=100).out).split())
    assert f"{title}: {COUNTS[count].definition}." in shown


def test_memory_is_told_for_the_type_of_the_numbers(run: Run) -> None:
    half = run("shapes", "lenet5", "--dtype", "float16", "--json").json["totals"]
    full = run("shapes", "lenet5", "--json").json["totals"]
    assert (2 * half["weight_bytes"], 2 * half["activation_bytes"]) == (
        full["weight_bytes"],
        full["activation_bytes"],
    )


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
@pytest.mark.parametrize("network", ["lenet5", "vgg16", "googlenet", "mobilenet-v1"])
def test_the_table_fits_the_terminal_and_names_the_totals(run: Run, network: str, columns: int) -> None:
    done = run("shapes", network, columns=columns)
    lines = unstyled(done.out).splitlines()
    assert max(map(len, lines)) <= columns
    (total,) = [line for line in lines if line.startswith("total")]
    figure = f"{run('shapes', network, '--json').json['totals']['parameters']:,}"
    assert figure in total or f"{figure.split(',')[0]}.{figure.split(',')[1][0]} M" in total


def test_at_80_columns_numbers_stay_whole_where_they_fit(on_terminal: OnTerminal) -> None:
    code, shown = on_terminal("shapes", "alexnet-2012", env={"NO_COLOR": "1"})
    assert code == 0
    (row,) = [line.split() for line in shown.splitlines() if line.startswith("features.4 ")]
    assert row == ["features.4", "conv", "256x27x27", "5x5", "p2", "307,456", "223,948,800", "51x51"]
    assert "one unit sees 195x195 pixels; neighbours lie 32 pixels apart; padding" in " ".join(
        unstyled(shown).split()
    )


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        (("vgg16",), ["layer", "kind", "output", "window", "parameters", "MACs"]),
        (("resnet50",), ["layer", "output", "window", "parameters", "MACs", "field"]),
        (
            ("-i", "3x900x900", "conv:1024,3,p=1", "conv:1024,3,p=1", "globalavgpool"),
            ["layer", "output", "window", "parameters", "MACs", "field", "jump"],
        ),
    ],
)
def test_kinds_stay_where_the_names_do_not_tell_them(
    run: Run, args: tuple[str, ...], shown: list[str]
) -> None:
    assert unstyled(run("shapes", *args, columns=80).out).splitlines()[0].split() == shown


def test_a_file_may_hold_branches(run: Run, net: str) -> None:
    rows = run("shapes", net).table
    assert [row["inputs"] for row in rows[:-1]] == ["input", "conv1", "relu1", "conv2,relu1"]
    assert run("shapes", net, "--json").json["network"] == "a block"


def test_named_networks_and_files_take_another_size(run: Run, net: str) -> None:
    assert run("shapes", "vgg11", "--input", "64", "--json").json["input"] == [3, 64, 64]
    assert run("shapes", net, "--input", "3x20x10").table[-2]["output"] == "4x20x10"
    assert run("shapes", "mobilenet-v1:width=0.5", "--json").json["totals"]["parameters"] == 1_331_592


def test_a_chain_may_be_one_argument(run: Run) -> None:
    assert (
        run("shapes", "-i", "1x8x8", "conv:2,3 relu").out
        == run("shapes", "-i", "1x8x8", "conv:2,3", "relu").out
    )


def test_an_onnx_file_is_read_like_any_network(run: Run, tmp_path: Path) -> None:
    nodes = [
        models.node("Conv", "x", "a.weight", to="c", pads=[1, 1, 1, 1]),
        models.node("Foo", "c", domain="my"),
    ]
    models.saved(tmp_path, models.model(nodes, [models.weight("a.weight", 4, 3, 3, 3)]))
    done = run("shapes", "model.onnx", columns=80)
    assert (done.code, done.err) == (0, "")
    assert "note: unknown operators: my::Foo" in " ".join(unstyled(done.out).split())
    layers = run("shapes", "model.onnx", "--json").json
    assert [layer["kind"] for layer in layers["layers"]] == ["conv", "my::Foo"]
    assert layers["layers"][1]["receptive_field"]["size"] is None
    assert layers["notes"] == ["unknown operators: my::Foo; fields behind them are not known"]


WHY = (
    "(224 + 2*0 - 11)/4 + 1 = 54.25 -> 54: 1 row and 1 column are never seen; padding 2 or input 227 gives 55"
)


def test_why_shows_each_formula_with_its_numbers(run: Run) -> None:
    chain = ("-i", "3x224x224", "conv:96,11,s=4", "--why")
    sums = [
        WHY,
        "96*(3*11*11 + 1) = 34,944 parameters",
        "34,848 weights * 54*54 places = 101,616,768 MACs",
        "field 1 + (11 - 1)*1 = 11, jump 1*4 = 4",
    ]
    assert run("shapes", *chain).out.splitlines()[2:6] == [f"\t{line}" for line in sums]
    assert run("shapes", *chain, "--json").json["layers"][0]["why"] == sums
    shown = " ".join(unstyled(run("shapes", *chain, columns=80).out).split())
    assert all(line in shown for line in sums)


@pytest.mark.parametrize(
    ("args", "answer"),
    [
        ("-i 3x224x224 conv:64,7,s=2,p=_ --output 64x112x112", "padding of conv1: 3 gives 64x112x112"),
        ("-i 3x224x224 conv:64,_,s=2,p=3 --output 64x112x112", "kernel of conv1: 7, 8 give 64x112x112"),
        (
            "-i 3x8x8 conv:8,3,s=2,p=_ --output 9x5x5",
            "padding of conv1: no whole number gives 9x5x5\nthe nearest: 1 gives 8x4x4, 2 gives 8x5x5",
        ),
        ("-i 1x28x28 conv:6,5 maxpool:2 flatten linear:_", "in_features of linear1: 864"),
        (
            "-i 1x28x28 conv:6,5 maxpool:2 linear:_",
            "in_features of linear1: 864 (6*12*12; put flatten before it)",
        ),
        ("-i 1x28x28 flatten linear:10,in=_", "in_features of linear1: 784"),
        ("-i 9 linear:_ --output 4", "out of linear1: 4 gives 4"),
        (
            "-i _ conv:96,11,s=4 maxpool:3,s=2",
            "smallest input: 3x19x19, gives 96x1x1\nnothing is lost, for n x n: n = 3 (mod 8)",
        ),
        ("-i 1x_x_ conv:6,5", "smallest input: 1x5x5, gives 6x1x1\nnothing is lost, for n x n: at every n"),
        (
            "-i 1x_x_ conv:6,1,s=2",
            "smallest input: 1x1x1, gives 6x1x1\nnothing is lost, for n x n: at no size",
        ),
        ("lenet5 -i _", "smallest input: 1x12x12, gives 10\nnothing is lost, for n x n: n = 0 (mod 4)"),
    ],
)
def test_a_number_left_open_is_answered(run: Run, args: str, answer: str) -> None:
    done = run("shapes", *args.split())
    assert (done.code, done.err, done.out) == (0, "", f"{answer}\n")


def test_answers_have_json_too(run: Run) -> None:
    def asked(args: str) -> Any:
        return run("shapes", *args.split(), "--json").json

    found = asked("-i 3x224x224 conv:64,_,s=2,p=3 --output 64x112x112")
    assert found == {
        "schema": 1,
        "layer": "conv1",
        "key": "kernel",
        "output": [64, 112, 112],
        "fits": [7, 8],
        "nearest": [],
    }
    assert asked("-i 1x8x8 flatten linear:_")["fits"] == [64]
    assert asked("-i _ maxpool:2") == {
        "schema": 1,
        "smallest": [3, 2, 2],
        "output": [3, 1, 1],
        "lossless": {"modulus": 2, "residues": [0]},
    }
    assert asked("-i 3x9x9 conv:4,3,s=2,p=1 --layer conv1 --at 0,0") == {
        "schema": 1,
        "layer": "conv1",
        "output_at": [0, 0],
        "input": [3, 9, 9],
        "rectangle": {"rows": [-1, 1], "columns": [-1, 1]},
        "pixels": {"rows": [0, 1], "columns": [0, 1]},
    }
    difference = asked("-i 3x8x8 conv:4,3,s=2,p=1 --diff keras")
    assert difference["frameworks"] == ["torch", "keras"]
    assert difference["layers"][0]["keras"]["padding"] == [[0, 1], [0, 1]]
    networks = asked("--list")["networks"]
    assert networks[0]["name"] == "lenet5"
    assert all(network["source"] for network in networks)


@pytest.mark.parametrize(
    ("args", "answer"),
    [
        (
            "alexnet --layer features.12 --at 0,0",
            [
                "features.12 (256x6x6), unit 0,0 sees 195x195 pixels",
                "rows -66..128, columns -66..128, padding included",
                "rows 0..128, columns 0..128 in the picture: 129x129",
            ],
        ),
        (
            "-i 3x32x32 conv:4,3 --layer conv1 --at 2,5",
            [
                "conv1 (4x30x30), unit 2,5 sees 3x3 pixels",
                "rows 2..4, columns 5..7; all in the picture",
            ],
        ),
        (
            "-i 3x32x32 conv:4,3 --layer conv1",
            [
                "conv1 (4x30x30), unit 15,15 sees 3x3 pixels",
                "rows 15..17, columns 15..17; all in the picture",
            ],
        ),
        (
            "-i 3x4x4 conv:4,1,p=2 --layer conv1 --at 0,0",
            [
                "conv1 (4x8x8), unit 0,0 sees 1x1 pixels",
                "rows -2..-2, columns -2..-2; all in the padding",
            ],
        ),
        ("lenet5 --layer fc1", ["fc1 (120), unit 0,0 sees the whole input, 1x28x28"]),
        (
            "-i 3x4x4 convt:4,1,s=2 --layer convt1 --at 1,1",
            ["convt1 (4x7x7), unit 1,1 sees nothing: no cell of the kernel reaches it"],
        ),
    ],
)  # fmt: skip
def test_the_rectangle_of_one_unit_is_told(run: Run, args: str, answer: list[str]) -> None:
    done = run("shapes", *args.split())
    assert (done.code, done.err, done.out.splitlines()) == (0, "", answer)


def test_frameworks_pad_and_round_in_their_own_ways(run: Run) -> None:
    chain = ("-i", "3x224x224", "conv:64,7,s=2,p=3")
    assert run("shapes", *chain, "--framework", "torch").table[0]["padding"] == "3"
    assert run("shapes", *chain, "--framework", "keras").table[0]["padding"] == "2,3,2,3"
    done = run("shapes", *chain, "--diff", "keras")
    assert done.table == [
        {"layer": "conv1", "kind": "conv", "differs in": "padding", "torch": "3", "keras": "2,3,2,3"},
    ]
    shown = unstyled(run("shapes", *chain, "--diff", "keras", columns=80).out)
    assert "1 of 1 layers differ." in shown
    assert "from -3,-3 on in torch, from -2,-2 in keras" in " ".join(shown.split())
    agreed = run("shapes", "-i", "3x8x8", "conv:4,3", "--diff", "keras", columns=80)
    assert unstyled(agreed.out).strip() == "torch and keras agree in all 1 layers."


def test_the_list_names_networks_with_their_sources_and_kinds_with_their_values(run: Run) -> None:
    rows = run("shapes", "--list").table
    assert {row["name"] for row in rows} >= {"resnet50", "conv", "add"}
    assert all("(19" in row["source"] or "(20" in row["source"] for row in rows if row["what"] == "network")
    shown = unstyled(run("shapes", "--list", columns=80).out)
    assert "resnet50" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_list_names_the_other_names_of_kinds(run: Run) -> None:
    (row,) = [row for row in run("shapes", "--list").table if row["name"] == "linear"]
    assert row["about"] == "fully connected; also dense, fc"
    assert "fully connected; also dense, fc (out, " in unstyled(run("shapes", "--list", columns=80).out)
    (kind,) = [kind for kind in run("shapes", "--list", "--json").json["layers"] if kind["kind"] == "linear"]
    assert kind["aliases"] == ["dense", "fc"]


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        ("", ["a network is missing; try cnnviz shapes lenet5"]),
        ("conv:6,5", ["the input is missing; give its shape, as --input 3x224x224"]),
        ("resnet51", ["no network or layer called 'resnet51'; did you mean resnet50"]),
        ("qqqq", ["no network or layer called 'qqqq'; cnnviz shapes --list names them"]),
        ("-i 28x28 conv:6,5", ["'28x28' is not a shape", ]),
        ("-i 3x0x3 conv:6,5", ["'3x0x3' is not a shape"]),
        ("-i 3x_x5 conv:6,5", ["only the height and width can be asked for"]),
        ("-i 3x8x8 conv:6,9 relu conv:1", ["layer 3, conv:1: conv needs kernel"]),
        ("-i 3x8x8 conv", ["layer 1, conv: conv needs out and kernel, such as conv:8,3 (out=8, kernel=3)"]),
        ("-i 3x8x8 conv:6,9 relu", ["layer 1, conv:6,9: the kernel spans 9x9, which does not fit"]),
        ("-i 3x8x8 nope conv:6", ["layer 1, nope: no layer called", "layer 2, conv:6: conv needs"]),
        ("-i 3x8x8 linear:6", ["it takes a vector and gets 3x8x8; put flatten before it"]),
        ("-i 3x8x8 flatten conv:6,3", ["it slides over maps (C, H, W), and gets a vector of 192"]),
        ("-i 3x8x8 conv:6,3,g=2", ["groups is 2, which does not divide its 3 input channels evenly"]),
        ("-i 3x8x8 maxpool:2,p=2", ["padding is 2; pooling takes at most half of its 2x2 window"]),
        ("-i 3x8x8 maxpool:2 add:input", ["its inputs must have one shape, and are 3x4x4 and 3x8x8"]),
        ("-i 3x8x8 conv:6,3,p=_", ["conv1 asks for its padding; say which output is wanted"]),
        ("-i 3x8x8 conv:6,3,p=_ conv:_,3 --output 6x8x8", ["two numbers are asked for, in conv1 and conv2"]),
        ("-i _ conv:6,3,p=_ --output 6x8x8", ["two numbers are asked for, the input and one in conv1"]),
        ("-i 3x8x8 conv:6,3 --output 6x8x8", ["the output is 6x6x6, not 6x8x8; put _ in place of"]),
        ("-i _ linear:3", ["no square input up to 4096 fits"]),
        ("lenet5 --output 11", ["the output is 10, not 11; put _ in place of"]),
        ("lenet5 --output 11 --diff keras", ["--output does not go with --diff; drop one"]),
        ("--list --output 11", ["--output does not go with --list; drop one"]),
        ("lenet5 -i _ --output 11", ["--output looks for a number of a layer, --input _ for the input"]),
        ("vgg11 --layer conv1", ["no layer has the name 'conv1'; conv layers: features.0, features.3"]),
        ("lenet5 --layer fc9", ["no layer has the name 'fc9'; did you mean fc"]),
        ("lenet5 --layer conv1 --at 28,0", ["conv1 has 28 rows and 28 columns, counted from 0; there"]),
        ("lenet5 --at 1,1", ["--at needs the layer whose unit it means; add --layer NAME"]),
        ("lenet5 --layer conv1 --at 1", ["'1' is not a place; it takes row,column from 0 (120,60)"]),
        ("lenet5 --json --csv", ["--json and --csv are two forms of one answer; choose one"]),
        ("lenet5 --why --csv", ["--why writes lines between the rows; --csv has no place for them"]),
        ("lenet5 --diff keras --framework keras", ["--framework and --diff both say keras"]),
        ("lenet5 --diff keras --layer conv1", ["--layer and --diff ask two questions; give one"]),
        ("lenet5 --diff keras --csv", ["--csv is a form of the table of layers; use --json"]),
        ("lenet5 --count ops", ["'ops' is not one of 'macs', 'flops', 'distill'"]),
        ("mobilenet-v1:width=x", ["width is 'x'; it takes a number from 0.01 to 100"]),
        ("-i 3x8x8 add", ["add needs the name of a layer to join"]),
        ("-i 3x8x8 adaptiveavgpool:4 pad:2 add:input", ["different jumps meet here: 2 from pad1, 1 from"]),
    ],
)  # fmt: skip
def test_wrong_usage_gets_a_clear_line_and_exit_code_2(run: Run, args: str, lines: list[str]) -> None:
    refused(run("shapes", *args.split()), 2, *lines)


def test_a_file_that_is_wrong_gets_a_line_a_problem_and_exit_code_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("layers = ['conv:4', {kind = 'nope'}]\n")
    (tmp_path / "misfit.json").write_text('{"input": [3, 4, 4], "layers": ["conv:4,9", "relu"]}')
    (tmp_path / "net.txt").write_text("conv")
    (tmp_path / "text.onnx").write_text("conv")
    (tmp_path / "empty.onnx").write_text("")
    refused(
        run("shapes", "bad.toml"),
        1,
        "bad.toml: layers[0].kernel: conv needs",
        "bad.toml: layers[1].kind: no layer",
    )
    refused(run("shapes", "misfit.json"), 1, "misfit.json: layers[0].kernel: the kernel spans 9x9")
    refused(run("shapes", "text.onnx"), 1, "text.onnx: not an ONNX model")
    refused(run("shapes", "empty.onnx"), 1, "empty.onnx: file is empty")
    refused(run("shapes", "none.toml"), 1, "none.toml: No such file or directory")
    refused(
        run("shapes", "./net.txt"), 1, "./net.txt: not a network; its name must end in .toml, .json or .onnx"
    )
    refused(run("shapes", "./"), 1, "./: not a network")


def test_names_are_data_and_printed_escaped(run: Run, tmp_path: Path) -> None:
    document = {"input": [1, 8, 8], "layers": [{"kind": "relu", "name": "[red]\u001b[31m\n|"}]}
    (tmp_path / "odd.json").write_text(json.dumps(document))
    assert run("shapes", "odd.json").table[0]["layer"] == r"[red]\x1b[31m\n|"
    assert "[red]" in unstyled(run("shapes", "odd.json", columns=80).out)
    assert r"[red]\\x1b[31m\\n\|" in run("shapes", "odd.json", "--markdown").out


def test_numbers_as_large_as_they_may_be_are_worked_out(run: Run) -> None:
    done = run("shapes", "-i", "1000000000x1000000000x1000000000", "conv:1000000000,65536", "flatten")
    assert (done.code, done.err) == (0, "")
    assert len(done.table[-1]["MACs"]) > 30
