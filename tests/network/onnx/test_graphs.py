"""Whole graphs: what is listed, what is passed over and said, what is refused."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cnnviz.errors import FileError
from cnnviz.network.onnx import apart, read_onnx
from cnnviz.network.onnx.graph import read_graph
from cnnviz.network.onnx.own_weights import own_weights
from cnnviz.network.receptive_field import Extent
from tests.network.onnx.models import evaluated, loaded, model, node, saved, sent, weight, whole

BLOCK = (
    [
        node("Conv", "x", "stem.weight", "stem.bias", to="a", name="/stem/Conv", pads=[1, 1, 1, 1]),
        node("Relu", "a", to="b", name="/relu/Relu"),
        node("Conv", "b", "w2", to="c", name="/conv2/Conv", pads=[1, 1, 1, 1]),
        node("Add", "c", "b", to="d"),
        node("MaxPool", "d", to="e", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "e", to="f"),
        node("Gemm", "f", "fc.weight", "fc.bias", transB=1),
    ],
    [
        *(weight("stem.weight", 4, 3, 3, 3), weight("stem.bias", 4), weight("w2", 4, 4, 3, 3)),
        *(weight("fc.weight", 5, 64), weight("fc.bias", 5)),
    ],
)


@pytest.mark.usefixtures("inferred_apart")
def test_a_graph_has_the_layers_costs_and_fields_of_the_same_chain(tmp_path: Path) -> None:
    from cnnviz.network.chain import read_chain
    from cnnviz.network.shapes import shapes

    chain = "conv:4,3,p=1 relu conv:4,3,p=1,b=no add:relu1 maxpool:2 flatten linear:5"
    expected = shapes(read_chain(chain.split()), (3, 8, 8))
    found = sent(tmp_path, model(*BLOCK))
    for ours, theirs in zip(found.layers, expected.layers, strict=True):
        assert (ours.layer.kind, ours.output, ours.parameters, ours.macs, ours.view) == (
            *(theirs.layer.kind, theirs.output, theirs.parameters, theirs.macs, theirs.view),
        )
    assert found.network.notes == ()


def test_layers_are_called_as_their_weights_then_as_their_nodes_then_by_kind(tmp_path: Path) -> None:
    names = [layer.name for layer in sent(tmp_path, model(*BLOCK)).layers]
    assert names == ["stem", "/relu/Relu", "/conv2/Conv", "add1", "maxpool1", "flatten1", "fc"]


def test_unknown_operators_are_listed_and_so_are_the_layers_behind_them(tmp_path: Path) -> None:
    nodes = [
        node("Relu", "x", to="a"),
        node("Foo", "a", "w", to="b", domain="my"),
        node("Foo", "b", to="c", domain="my"),
        node("Einsum", "a", to="e", equation="nchw->nhwc"),
        node("Conv", "c", "w"),
    ]
    found = sent(tmp_path, model(nodes, [weight("w", 4, 3, 3, 3)], outputs="y e"))
    assert found.network.notes == (
        "unknown operators: my::Foo (2 times), Einsum; fields behind them are not known",
    )
    assert [layer.layer.kind for layer in found.layers] == ["relu", "my::Foo", "my::Foo", "Einsum", "conv"]
    assert [layer.output for layer in found.layers] == [(3, 8, 8), (), (), (8, 8, 3), ()]
    assert [layer.view is Extent.UNKNOWN for layer in found.layers] == [False, True, True, True, True]
    assert found.parameters == 108  # of the unknown operator that takes it


def test_arithmetic_with_shapes_is_worked_out_counted_and_not_listed(tmp_path: Path) -> None:
    nodes = [
        node("Shape", "x", to="s"),
        node("Gather", "s", "one", to="c"),
        node("Div", "c", "three", to="d"),
        node("Unsqueeze", "d", "zero", to="u"),
        node("Concat", "batch", "u", "rest", to="shape", axis=0),
        node("Reshape", "x", "shape", to="r"),
        node("Relu", "r"),
    ]
    integers = [whole("zero", 0), whole("batch", 1), whole("rest", 3, 8, 8)]
    scalars = [
        numpy_helper.from_array(np.array(value, np.int64), name) for name, value in (("one", 1), ("three", 3))
    ]
    made = model(nodes, [*integers, *scalars], dims=("N", 3, 8, 8))
    found = sent(tmp_path, made)
    assert [layer.layer.kind for layer in found.layers] == ["reshape", "relu"]
    assert found.output == evaluated(made, (1, 3, 8, 8))[1:]
    assert found.network.notes == ("5 nodes of constants and of arithmetic with shapes are not listed",)
    assert found.layers[-1].view is not Extent.WHOLE


def test_paths_of_different_jumps_are_marked_and_not_refused(tmp_path: Path) -> None:
    nodes = [
        node("MaxPool", "x", to="a", kernel_shape=[2, 2], strides=[2, 2]),
        node("Pad", "a", "p", to="b"),
        node("Add", "b", "x"),
    ]
    found = sent(tmp_path, model(nodes, [whole("p", 0, 0, 2, 2, 0, 0, 2, 2)]))
    assert found.layers[-1].view is Extent.UNKNOWN
    assert "different jumps meet here: 2 from pad1, 1 from input" in found.layers[-1].note


@pytest.mark.parametrize("inputs", ["a s", "s a"])
def test_x_times_its_sigmoid_is_a_silu(tmp_path: Path, inputs: str) -> None:
    nodes = [
        node("Relu", "x", to="a"),
        node("Sigmoid", "a", to="s"),
        node("Mul", *inputs.split(), to="m"),
        node("Mul", "m", "s"),  # the sigmoid of something else
    ]
    layers = sent(tmp_path, model(nodes)).layers
    assert [layer.layer.kind for layer in layers] == ["relu", "sigmoid", "silu", "mul"]
    assert layers[2].layer.inputs == ("relu1",)


@pytest.mark.parametrize(
    ("kind", "axes", "keep", "made"),
    [
        ("ReduceMean", (2, 3), 1, ("globalavgpool", (3, 1, 1))),
        ("ReduceMean", (-1, -2), 0, ("globalavgpool", (3,))),
        ("ReduceMax", (2, 3), 1, ("globalmaxpool", (3, 1, 1))),
        ("ReduceMean", (1,), 1, ("reducemean", (1, 8, 8))),
        ("ReduceMean", (1, 2, 3), 0, ("reducemean", (1,))),
        ("ReduceSum", (2, 3), 1, ("reducesum", (3, 1, 1))),
    ],
)
def test_a_reduction_of_rows_and_columns_is_a_global_pool(
    tmp_path: Path, kind: str, axes: tuple[int, ...], keep: int, made: tuple[str, tuple[int, ...]]
) -> None:
    nodes = [node(kind, "x", "axes", keepdims=keep)]
    (layer,) = sent(tmp_path, model(nodes, [whole("axes", *axes)])).layers
    assert (layer.layer.kind, layer.output[-3:]) == made


def test_open_sizes_are_asked_for_and_taken(tmp_path: Path) -> None:
    path = saved(tmp_path, model(*BLOCK, dims=("N", 3, "height", "width")))
    with pytest.raises(
        FileError, match="its input is N x 3 x height x width; give its shape, as --input 3x224x224"
    ):
        read_onnx(path)
    with pytest.raises(FileError, match="--input 1x8x8 does not fit"):
        read_onnx(path, (1, 8, 8))
    with pytest.raises(FileError, match="--input 3x8 does not fit"):
        read_onnx(path, (3, 8))
    assert read_onnx(path, (8,)).input == (3, 8, 8)
    assert read_onnx(path, (3, 8, 8)).input == (3, 8, 8)


def test_another_size_than_the_files_may_be_asked_for(tmp_path: Path) -> None:
    nodes, initializers = BLOCK[0][:5], BLOCK[1][:3]
    nodes[-1].output[0] = "y"
    found = sent(tmp_path, model(nodes, initializers, dims=(7, 3, 8, 8)), (3, 20, 30))
    nodes[-1].output[0] = "e"
    assert found.output == (4, 10, 15)


def test_weights_in_other_files_are_never_looked_for(tmp_path: Path) -> None:
    made = model(*BLOCK)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for tensor, location in zip(
        made.graph.initializer, ["pipe", "../x", "/dev/zero", "nowhere", "pipe"], strict=True
    ):
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)
    found = sent(tmp_path, made)
    assert found.parameters == 108 + 4 + 144 + 325
    assert found.network.notes == ("5 tensors lie in other files, which were not opened",)


def test_a_tensor_that_claims_to_be_huge_takes_no_memory(tmp_path: Path) -> None:
    huge = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[100_000, 100_000])
    made = model([node("Flatten", "x", to="f"), node("MatMul", "f", "w")], [huge], dims=(1, 100_000, 1, 1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sent(tmp_path, made).parameters == 10**10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_further_inputs_are_said_not_to_be_followed(tmp_path: Path) -> None:
    made = model([node("Add", "x", "mask")])
    made.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 3, 8, 8]))
    found = sent(tmp_path, made)
    assert found.network.notes == ("further inputs are not followed: mask",)
    assert found.output == (3, 8, 8)


def test_an_initializer_among_the_inputs_is_none(tmp_path: Path) -> None:
    made = model([node("Add", "x", "b")], [weight("b", 3, 1, 1)])
    made.graph.input.append(helper.make_tensor_value_info("b", TensorProto.FLOAT, [3, 1, 1]))
    assert sent(tmp_path, made).network.notes == ()


def test_convolutions_of_other_dimensions_are_listed_and_not_worked_out(tmp_path: Path) -> None:
    made = model([node("Conv", "x", "w")], [weight("w", 4, 3, 3)], dims=(1, 3, 8))
    found = sent(tmp_path, made)
    assert (found.output, found.layers[-1].view) == ((4, 6), Extent.WHOLE)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "file is empty"),
        (b"just a text", "not an ONNX model"),
        (b"<html>", "not an ONNX model"),
        (b"\x80\x04pickled", "not an ONNX model"),
        (bytes(range(256)) * 40, "not an ONNX model"),
        (onnx.ModelProto(ir_version=8).SerializeToString(), "its graph has no nodes"),
    ],
)
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(FileError, match=said):
        read_onnx(str(path))


@pytest.mark.usefixtures("inferred_apart")
def test_a_truncated_model_is_refused_or_read_but_never_a_surprise(tmp_path: Path) -> None:
    data = model(*BLOCK).SerializeToString()
    path = tmp_path / "model.onnx"
    for length in range(1, len(data), 97):
        path.write_bytes(data[:length])
        with pytest.raises(FileError):
            read_onnx(str(path))


def test_a_pipe_and_a_folder_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    for name, said in (
        ("pipe.onnx", "not a regular file"),
        (".", "is a directory"),
        ("none.onnx", "No such file"),
    ):
        with pytest.raises(FileError, match=said):
            read_onnx(str(tmp_path / name))


@pytest.mark.usefixtures("inferred_apart")
@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([node("Relu", "nowhere")], "it takes 'nowhere', which no node before it makes"),
        (
            [node("Relu", "b", to="a"), node("Relu", "a", to="b"), node("Relu", "b")],
            "'b', which no node before",
        ),
        ([node("Conv", "x", "w")], "its weight takes 5 channels and gets 3"),
        ([node("Conv", "x", "w3", pads=[1, 1])], "pads of 2 numbers"),
        ([node("Conv", "x", "w3", strides=[0, 1])], "stride"),
        ([node("Conv", "x", "w9")], "does not fit into the padded input of 8x8"),
        ([node("Constant", value_int=3)], "none of its nodes depends on its input"),
    ],
)
def test_graphs_that_do_not_hold_together_are_refused(tmp_path: Path, nodes: list[object], said: str) -> None:
    weights = [weight("w", 4, 5, 3, 3), weight("w3", 4, 3, 3, 3), weight("w9", 4, 3, 9, 9)]
    with pytest.raises(FileError, match=said) as caught:
        read_onnx(saved(tmp_path, model(nodes, weights)))
    assert len(caught.value.lines) == 1


@pytest.mark.parametrize(
    "kind", ["Flatten", "Gather", "GlobalAveragePool", "Reshape", "Softmax", "Transpose"]
)
def test_what_an_operator_takes_too_much_of_is_not_worked_out(tmp_path: Path, kind: str) -> None:
    (layer,) = sent(tmp_path, model([node(kind, "x", "x", "x")])).layers
    assert layer.inputs == ((3, 8, 8),) * 3
    assert layer.view is Extent.UNKNOWN


@pytest.mark.parametrize("kind", ["Shape", "ConstantOfShape", "Identity", "Constant"])
@pytest.mark.parametrize("ends", [("", "y"), ("", ""), ("x", "")], ids=["out", "none", "in"])
def test_a_node_without_its_ends_is_no_surprise(tmp_path: Path, kind: str, ends: tuple[str, str]) -> None:
    bare = node(kind, *ends[0].split(), to=ends[1])
    path = saved(tmp_path, model([bare, node("Relu", "x", to="z")], outputs="z"))
    assert [layer.kind for layer in read_onnx(path).layers if layer.kind == "relu"] == ["relu"]
    assert own_weights(read_graph(path), loaded(path)) == {}


def test_a_graph_without_an_input_is_refused(tmp_path: Path) -> None:
    made = model([node("Relu", "x")])
    del made.graph.input[:]
    with pytest.raises(FileError, match="its graph has no input"):
        read_onnx(saved(tmp_path, made))


def test_a_name_that_is_not_text_is_refused(tmp_path: Path) -> None:
    data = model([node("Relu", "x", name="abcdefgh")]).SerializeToString()
    path = tmp_path / "model.onnx"
    path.write_bytes(data.replace(b"abcdefgh", b"\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc"))
    with pytest.raises(FileError, match="damaged ONNX model"):
        read_onnx(str(path))


def test_without_the_package_the_way_to_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, model(*BLOCK))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(FileError, match=r"^reading \.onnx needs the package onnx: pip install onnx$"):
        read_onnx(path)


def test_a_reshape_to_the_sizes_of_another_input_is_noted(tmp_path: Path) -> None:
    made = model([node("Reshape", "x", "n", name="flat")], [whole("n", 1, 192)])
    assert sent(tmp_path, made).network.notes == ()
    (note,) = sent(tmp_path, made, (3, 9, 9)).network.notes
    assert note == "node 0 (flat) makes (192,) of (3, 9, 9): its sizes are those of another input"


@pytest.mark.usefixtures("inferred_apart")
@pytest.mark.parametrize(
    "code", ["import os; os.abort()", "import time; time.sleep(60)", "print('nonsense')"]
)
def test_shape_inference_that_dies_hangs_or_lies_costs_sizes_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(apart, "_PROGRAM", code)
    monkeypatch.setattr(apart, "SECONDS", 1)
    started = time.monotonic()
    found = sent(tmp_path, model(*BLOCK))
    assert time.monotonic() - started < 10
    assert found.output == (5,)  # every size here follows from the weights
    assert found.network.notes == ("ONNX's shape inference failed on this graph; some sizes may be missing",)


def test_a_constant_of_a_huge_shape_is_not_made(tmp_path: Path) -> None:
    nodes = [node("ConstantOfShape", "s", to="c"), node("Relu", "x")]
    started = time.monotonic()
    assert sent(tmp_path, model(nodes, [whole("s", 2**31, 2**31)])).output == (3, 8, 8)
    assert time.monotonic() - started < 10


@pytest.mark.usefixtures("inferred_apart")
def test_a_long_graph_is_read_in_time(tmp_path: Path) -> None:
    count = 5000
    nodes = [node("Relu", "x" if each == 0 else f"t{each - 1}", to=f"t{each}") for each in range(count)]
    started = time.monotonic()
    found = sent(tmp_path, model(nodes, outputs=f"t{count - 1}"))
    assert time.monotonic() - started < 10
    assert len(found.layers) == count


@pytest.mark.usefixtures("inferred_apart")
@pytest.mark.parametrize(
    "nodes",
    [[node("Relu", "x")] * 66_667, [node("Concat", *["x"] * 199_999, axis=1)]],
    ids=["nodes", "inputs"],
)
def test_a_graph_of_more_parts_than_anybody_has_is_refused(tmp_path: Path, nodes: list[object]) -> None:
    with pytest.raises(FileError, match="200,001 tensors, nodes, inputs and outputs, more than the 200,000"):
        read_onnx(saved(tmp_path, model(nodes)))


def test_reading_a_model_opens_nothing_but_the_file(tmp_path: Path) -> None:
    path = saved(tmp_path, model(*BLOCK))
    code = f"import sys; from cnnviz.network.onnx import read_onnx; print(len(read_onnx({path!r}).layers))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "7"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.onnx"]
