"""Networks in TOML and JSON files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnnviz.errors import FileError, NetworkError
from cnnviz.network.document import MAX_DOCUMENT_BYTES, network_of, read_document
from cnnviz.network.shapes import shapes
from cnnviz.network.spec import Network

BLOCK = """
name = "a residual block"
input = [16, 32, 32]

[[layers]]
name = "first"
kind = "conv"
out = 16
kernel = 3
padding = 1
bias = false

[[layers]]
kind = "relu"

[[layers]]
kind = "conv"
out = 16
kernel = [3, 3]
padding = [[1, 1], [1, 1]]

[[layers]]
name = "sum"
kind = "add"
inputs = ["conv1", "input"]
"""


def read(tmp_path: Path, text: str | bytes, name: str = "net.toml") -> Network:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(str(path))


def lines(content: object) -> tuple[str, ...]:
    with pytest.raises(NetworkError) as caught:
        network_of(content)
    return caught.value.lines


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    import tomllib

    toml = read(tmp_path, BLOCK)
    again = read(tmp_path, json.dumps(tomllib.loads(BLOCK)), "net.json")
    assert toml == again
    found = shapes(toml, toml.input or ())
    assert [layer.name for layer in found.layers] == ["first", "relu1", "conv1", "sum"]
    assert (found.output, found.parameters) == ((16, 32, 32), 16 * 16 * 9 + 16 * 16 * 9 + 16)


def test_a_layer_may_be_written_as_in_a_chain() -> None:
    network = network_of({"input": "3x8x8", "layers": ["conv:4,3,p=1", "relu", "concat:conv1,input"]})
    assert [layer.inputs for layer in network.layers] == [("input",), ("conv1",), ("relu1", "conv1", "input")]
    assert shapes(network, (3, 8, 8)).output == (11, 8, 8)


def test_layers_may_stand_in_any_order() -> None:
    network = network_of(
        {
            "layers": [
                {"name": "out", "kind": "add", "inputs": ["a", "b"]},
                {"name": "a", "kind": "relu", "inputs": "input"},
                {"name": "b", "kind": "tanh", "inputs": ["a"]},
            ]
        }
    )
    assert [layer.name for layer in network.layers] == ["a", "b", "out"]


def test_given_names_are_not_given_again() -> None:
    network = network_of({"layers": ["relu", {"kind": "tanh", "name": "relu1"}]})
    assert [layer.name for layer in network.layers] == ["relu2", "relu1"]


def test_an_output_that_nothing_takes_is_noted() -> None:
    network = network_of({"layers": ["relu", {"kind": "tanh", "inputs": "input"}]})
    assert network.notes == ("nothing takes the output of relu1",)


def test_all_errors_are_listed_at_once_in_the_order_of_the_layers() -> None:
    found = lines(
        {
            "inputs": 3,
            "input": [3, 0, 8],
            "layers": [
                {"name": "a", "kind": "conv", "out": 16, "kernal": 3, "inputs": ["c"]},
                {"name": "b", "kind": "add", "inputs": ["a", "inptu"]},
                {"name": "c", "kind": "relu", "inputs": ["b", "a"]},
                {"name": "c", "kind": "conv", "out": 0, "kernel": [1, 2, 3], "stride": True},
                {"kind": "nope"},
                {"out": 3},
                "conv:1,2,3,4,5,6,7,8,9",
                {"kind": "add"},
                3,
            ],
        }
    )
    assert [line.split(": ")[0] for line in found] == [
        "inputs", "input",
        "layers[0].kernal", "layers[0].kernel",
        "layers[1].inputs",
        "layers[2].inputs",
        "layers[3].name", "layers[3].out", "layers[3].kernel", "layers[3].stride",
        "layers[4].kind", "layers[5].kind", "layers[6]", "layers[7].inputs", "layers[8]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([{"kind": "relu", "name": "a", "inputs": "a"}], "layers[0].inputs: a cycle: a -> a"),
        (
            [{"kind": "relu", "name": "a", "inputs": "b"}, {"kind": "relu", "name": "b", "inputs": "a"}],
            "layers[0].inputs: a cycle: a -> b -> a",
        ),
        (
            [{"kind": "relu", "name": "input"}],
            "layers[0].name: is 'input'; it takes a short text, other than 'input'",
        ),
        (
            ["conv:4,3", "relu", {"kind": "add", "inputs": ["relu1", "qqq"]}, "relu"],
            "layers[2].inputs: no layer 'qqq'; known: input, conv1, relu1, relu2",
        ),
        ([{"kind": "relu", "inputs": [3]}], "layers[0].inputs: is [3]; it takes the names of layers"),
        ([{"kind": "relu", "inputs": []}], "layers[0].inputs: is []"),
        ([{"kind": "conv", "out": 2.5, "kernel": 3}], "layers[0].out: out is 2.5; it takes whole numbers"),
        ([{"kind": "dropout", "p": "x"}], "layers[0].p: p is 'x'; it takes a number"),
        ([{"kind": "conv", "out": 2, "kernel": 3, "padding": [[1, 2], [3]]}], "layers[0].padding"),
        ([{"kind": "conv", "out": 2, "kernel": 3, "bias": "perhaps"}], "layers[0].bias: bias is 'perhaps'"),
    ],
)
def test_a_wrong_layer_is_named_with_its_place(layers: list[object], said: str) -> None:
    assert any(line.startswith(said) for line in lines({"layers": layers}))


def test_the_cycle_is_shown_in_the_direction_of_the_data() -> None:
    layers = [
        {"kind": "relu", "name": "a", "inputs": "c"},
        {"kind": "relu", "name": "b", "inputs": "a"},
        {"kind": "relu", "name": "c", "inputs": "b"},
    ]
    assert lines({"layers": layers}) == ("layers[0].inputs: a cycle: a -> b -> c -> a",)


def test_shapes_that_do_not_fit_are_all_named_with_their_places() -> None:
    network = network_of(
        {
            "layers": [
                {"kind": "conv", "out": 4, "kernel": 9},
                {"kind": "conv", "out": 4, "kernel": 3, "groups": 2, "inputs": "input"},
                {"name": "half", "kind": "maxpool", "kernel": 2, "inputs": "input"},
                {"kind": "add", "inputs": ["half", "input"]},
                {"kind": "linear", "out": 3, "inputs": "half"},
                {"kind": "relu", "inputs": "conv1"},
            ]
        }
    )
    with pytest.raises(NetworkError) as caught:
        shapes(network, (3, 8, 8))
    assert [line.split(": ")[0] for line in caught.value.lines] == [
        "layers[0].kernel", "layers[1].groups", "layers[3].inputs", "layers[4].inputs"
    ]  # fmt: skip
    assert "its inputs must have one shape, and are 3x4x4 and 3x8x8" in caught.value.lines[2]


@pytest.mark.parametrize("content", [{}, {"layers": []}, {"layers": "conv"}, [1], None, {"layers": {"a": 1}}])
def test_a_file_without_layers_is_refused(content: object) -> None:
    assert any("layers" in line for line in lines(content))


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("layers = [", "net.toml", "not TOML"),
        (f"input = [3, 0x{'F' * 5000}, 4]", "net.toml", "not TOML: Exceeds the limit"),
        ("{", "net.json", "not JSON"),
        ("[" * 100_000, "net.json", "nested too deep"),
        ("a = " + "[" * 100_000, "net.toml", "nested too deep"),
        ('{"layers": [], "layers": []}', "net.json", "the key 'layers' is given twice"),
        ("a = 1\na = 2", "net.toml", "not TOML"),
        (b"\xff\xfe", "net.toml", "not text in UTF-8"),
        ("", "net.toml", "file is empty"),
        ('{"layers": [' + "9" * 5000 + "]}", "net.json", "not JSON"),
    ],
)
def test_a_damaged_file_gets_one_clear_line(tmp_path: Path, text: str | bytes, name: str, said: str) -> None:
    with pytest.raises(FileError) as caught:
        read(tmp_path, text, name)
    assert said in str(caught.value)
    assert len(caught.value.lines) == 1
    assert len(str(caught.value)) < 300


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="too large"):
        read(tmp_path, b" " * (MAX_DOCUMENT_BYTES + 1))


def test_a_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + BLOCK.replace("\n", "\r\n").encode()).name == "a residual block"
