"""ONNX models with random weights: onnxruntime and the project's own engine say the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from onnx.external_data_helper import convert_model_to_external_data
from onnx.reference import ReferenceEvaluator

from cnnviz.errors import FileError
from cnnviz.jobs.run.onnx import onnx_model
from tests.network.onnx.models import Array, everything, given, model, node, numbers, saved, whole


def evaluated(made: Any, x: Array) -> Array:
    """Its first output by ONNX's reference evaluator."""
    outputs: Any = ReferenceEvaluator(made).run(None, {"x": x[np.newaxis]})
    return np.asarray(outputs[0])


def agree(folder: Path, made: Any, shape: tuple[int, ...] = (3, 8, 8)) -> dict[str, Array]:
    """Every layer of both engines, and the last by ONNX's reference evaluator; returned is the first."""
    path = saved(folder, made)
    size = None if len(shape) < 3 else (shape[1], shape[2])
    x = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    theirs, own = (onnx_model(path, size, backend) for backend in ("onnxruntime", "own"))
    assert theirs.text.startswith("onnxruntime ")
    assert own.text == "cnnviz"
    expected, found = everything(theirs, x), everything(own, x)
    assert list(expected) == list(found) == [layer.name for layer in own.network.layers]
    for name, values in expected.items():
        assert found[name].size == values.size
        largest = np.abs(values).max()
        assert np.abs(found[name].reshape(values.shape) - values).max() <= 1e-4 * largest, name
    if made.graph.node[-1].op_type == "LRN":  # whose reference leaves out a channel
        return expected
    last = evaluated(made, x)
    np.testing.assert_allclose(list(expected.values())[-1].ravel(), np.ravel(last), rtol=1e-3, atol=1e-4)
    return expected


W = given("w", 4, 3, 3, 3)
STATISTICS = (given("s", 3), given("b", 3), given("m", 3), given("v", 3, low=0.1))
CASES: dict[str, tuple[Sequence[Any], Sequence[Any]]] = {
    "conv": ([node("Conv", "x", "w", "b")], [W, given("b", 4)]),
    "conv-without-bias": ([node("Conv", "x", "w", strides=[2, 1])], [W]),
    "conv-groups": ([node("Conv", "x", "w", "b", group=3)], [given("w", 6, 1, 3, 2), given("b", 6)]),
    "conv-asymmetric": (
        [node("Conv", "x", "w", pads=[0, 1, 2, 3], dilations=[2, 1], strides=[1, 2])],
        [W],
    ),
    "conv-same-upper": (
        [node("Conv", "x", "w", auto_pad="SAME_UPPER", strides=[2, 2])],
        [given("w", 4, 3, 4, 4)],
    ),
    "conv-same-lower": (
        [node("Conv", "x", "w", auto_pad="SAME_LOWER", strides=[2, 2])],
        [given("w", 4, 3, 4, 4)],
    ),
    "conv-transposed": (
        [node("ConvTranspose", "x", "w", "b", strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 2])],
        [given("w", 3, 2, 3, 3), given("b", 2)],
    ),
    "maxpool": ([node("MaxPool", "x", kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1])], []),
    "maxpool-ceil": ([node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], []),
    "maxpool-dilated": ([node("MaxPool", "x", kernel_shape=[2, 2], dilations=[3, 2])], []),
    "avgpool": (
        [node("AveragePool", "x", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])],
        [],
    ),
    "avgpool-with-padding": (
        [node("AveragePool", "x", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)],
        [],
    ),
    "global-average": ([node("GlobalAveragePool", "x")], []),
    "global-maximum": ([node("GlobalMaxPool", "x")], []),
    "batchnorm": (
        [node("BatchNormalization", "x", "s", "b", "m", "v", epsilon=0.01)],
        STATISTICS,
    ),
    "lrn": ([node("LRN", "x", size=3, alpha=0.3, beta=0.6, bias=2.0)], []),
    "relu": ([node("Relu", "x")], []),
    "leakyrelu": ([node("LeakyRelu", "x", alpha=0.2)], []),
    "leakyrelu-default": ([node("LeakyRelu", "x")], []),
    "elu": ([node("Elu", "x", alpha=0.7)], []),
    "elu-default": ([node("Elu", "x")], []),
    "selu": ([node("Selu", "x")], []),
    "sigmoid": ([node("Sigmoid", "x")], []),
    "tanh": ([node("Tanh", "x")], []),
    "hardswish": ([node("HardSwish", "x")], []),
    "softplus": ([node("Softplus", "x")], []),
    "softsign": ([node("Softsign", "x")], []),
    "hardsigmoid": ([node("HardSigmoid", "x", alpha=1 / 6)], []),
    "mish": ([node("Mish", "x")], []),
    "clip-6": (
        [node("Clip", "x", "low", "high")],
        [
            numbers("low", 0),
            numbers("high", 6),
        ],
    ),
    "prelu": ([node("PRelu", "x", "a")], [given("a", 3, 1, 1)]),
    "prelu-one-slope": ([node("PRelu", "x", "a")], [given("a", 1)]),
    "softmax-of-channels": ([node("Softmax", "x", axis=1)], []),
    "dropout-and-identity": ([node("Dropout", "x", to="d"), node("Identity", "d")], []),
    "add-and-concat": (
        [
            node("Conv", "x", "w", to="c", pads=[1, 1, 1, 1]),
            node("Relu", "c", to="r"),
            node("Add", "c", "r", to="a"),
            node("Concat", "a", "r", "x", axis=1),
        ],
        [W],
    ),
    "silu": ([node("Sigmoid", "x", to="s"), node("Mul", "s", "x")], []),
    "product": ([node("Tanh", "x", to="t"), node("Sigmoid", "t", to="s"), node("Mul", "x", "s")], []),
    "product-with-a-number-a-channel": (
        [node("GlobalAveragePool", "x", to="g"), node("Sigmoid", "g", to="s"), node("Mul", "s", "x")],
        [],
    ),
    "mean-of-maps": ([node("ReduceMean", "x", "axes", keepdims=1)], [whole("axes", -1, 2)]),
    "largest-of-maps": ([node("ReduceMax", "x", "axes")], [whole("axes", 2, 3)]),
    "mean-of-maps-as-a-vector": (
        [node("ReduceMean", "x", "axes", to="m", keepdims=0), node("Gemm", "m", "w")],
        [whole("axes", 2, 3), given("w", 3, 5)],
    ),
    "pad": ([node("Pad", "x", "p")], [whole("p", 0, 0, 1, 2, 0, 0, 3, 0)]),
    "gemm": (
        [node("Flatten", "x", to="f"), node("Gemm", "f", "w", "b")],
        [given("w", 192, 5), given("b", 5)],
    ),
    "gemm-scaled": (
        [node("Flatten", "x", to="f"), node("Gemm", "f", "w", "b", transB=1, alpha=0.5, beta=3.0)],
        [given("w", 5, 192), given("b", 5)],
    ),
    "gemm-without-bias": (
        [node("Flatten", "x", to="f"), node("Gemm", "f", "w", transB=1)],
        [given("w", 5, 192)],
    ),
    "gemm-one-bias": (
        [node("Flatten", "x", to="f"), node("Gemm", "f", "w", "b", transB=1)],
        [given("w", 5, 192), given("b", 1)],
    ),
    "matmul": ([node("Flatten", "x", to="f"), node("MatMul", "f", "w")], [given("w", 192, 5)]),
    "softmax-of-a-vector": (
        [
            node("GlobalAveragePool", "x", to="g"),
            node("Flatten", "g", to="f"),
            node("Softmax", "f"),
        ],
        [],
    ),
    "reshaped-to-a-vector": (
        [
            node("Reshape", "x", "n", to="f"),
            node("Gemm", "f", "w", transB=1),
        ],
        [whole("n", 1, -1), given("w", 5, 192)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_both_engines_agree_on_every_layer(tmp_path: Path, name: str) -> None:
    nodes, held = CASES[name]
    agree(tmp_path, model(nodes, held))


def test_a_small_network_agrees_from_end_to_end(tmp_path: Path) -> None:
    nodes = [
        node("Conv", "x", "w1", "b1", to="c1", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "c1", "s", "b", "m", "v", to="n1"),
        node("Relu", "n1", to="r1"),
        node("MaxPool", "r1", to="p1", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "p1", "w2", to="c2", pads=[1, 1, 1, 1], group=2),
        node("Add", "c2", "p1", to="a2"),
        node("Clip", "a2", "low", "high", to="r2"),
        node("GlobalAveragePool", "r2", to="g"),
        node("Flatten", "g", to="f"),
        node("Gemm", "f", "w3", "b3", to="logits", transB=1),
        node("Softmax", "logits"),
    ]
    held = [
        *(given("w1", 8, 3, 3, 3), given("b1", 8), given("w2", 8, 4, 3, 3)),
        *(given("s", 8), given("b", 8), given("m", 8), given("v", 8, low=0.1)),
        *(given("w3", 4, 8), given("b3", 4)),
        numbers("low", 0),
        numbers("high", 6),
    ]
    made = agree(tmp_path, model(nodes, held, dims=(1, 3, 16, 12)), (3, 16, 12))
    last = list(made.values())[-1]
    assert last.shape == (4,)
    assert last.sum() == pytest.approx(1, abs=1e-6)
    assert [values.shape for values in made.values()][:4] == [(8, 16, 12)] * 3 + [(8, 8, 6)]


def test_onnxruntime_gives_only_the_layers_asked_for_and_the_last(tmp_path: Path) -> None:
    nodes = [node("Relu", "x", to="r"), node("Sigmoid", "r", to="s"), node("Tanh", "s")]
    made = onnx_model(saved(tmp_path, model(nodes)), None, "auto")
    x = np.zeros((3, 8, 8), np.float32)
    assert [layer.name for layer in made.network.layers] == ["relu1", "sigmoid1", "tanh1"]
    assert [output.layer.name for output in made.outputs(x, ["relu1"])] == ["relu1", "tanh1"]
    assert [output.layer.name for output in made.outputs(x, [])] == ["tanh1"]
    assert [output.layer.name for output in made.outputs(x, ["sigmoid1"])] == ["sigmoid1", "tanh1"]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (model([node("Sin", "x", to="s"), node("Relu", "s")]), "the own engine cannot run sin;"),
        (model([node("Sin", "x", to="s"), node("Cos", "s")]), "the own engine cannot run sin, cos;"),
        (model([node("Clip", "x", "", "h")], [numbers("h", 5)]), "run clip;"),
        (model([node("Softmax", "x")]), "cannot run softmax over another axis than the channels;"),
        (model([node("HardSigmoid", "x")]), "HardSigmoid with alpha 0.2"),
        (model([node("Pad", "x", "p", mode="reflect")], [whole("p", 0, 0, 1, 1, 0, 0, 1, 1)]), "reflect"),
        (
            model([node("Add", "x", "b")], [given("b", 3, 1, 1)]),
            "cannot run add with a constant or of other shapes;",
        ),
    ],
)
def test_what_the_own_engine_lacks_is_said_in_one_line_and_left_to_onnxruntime(
    tmp_path: Path, made: Any, said: str
) -> None:
    path = saved(tmp_path, made)
    with pytest.raises(FileError) as caught:
        onnx_model(path, None, "own")
    (line,) = caught.value.lines
    assert line.startswith(path)
    assert said in line
    assert line.endswith("--backend onnxruntime runs it")
    x = np.random.default_rng(1).normal(size=(3, 8, 8)).astype(np.float32)
    auto = onnx_model(path, None, "auto")
    assert auto.text.startswith("onnxruntime")
    expected = evaluated(made, x)
    np.testing.assert_allclose(list(everything(auto, x).values())[-1], expected[0], rtol=1e-4, atol=1e-5)


def test_softmax_of_old_models_is_not_mistaken_for_todays(tmp_path: Path) -> None:
    """It was one of all the axes that follow."""
    made = model([node("Softmax", "x", axis=1)])
    made.opset_import[0].version = 11
    with pytest.raises(FileError, match="before version 13"):
        onnx_model(saved(tmp_path, made), None, "own")


def test_an_operator_nobody_knows_is_refused_in_one_line(tmp_path: Path) -> None:
    path = saved(tmp_path, model([node("Relu", "x", to="r"), node("Frob", "r", domain="my")]))
    with pytest.raises(FileError, match=r"the own engine cannot run my::Frob;"):
        onnx_model(path, None, "own")
    unknown = onnx_model(path, None, "auto")
    with pytest.raises(FileError) as caught:
        list(unknown.outputs(np.zeros((3, 8, 8), np.float32), []))
    (line,) = caught.value.lines
    assert "onnxruntime cannot run it" in line
    assert "Frob" in line


@pytest.mark.parametrize("batch", [2, 7])
def test_a_fixed_batch_is_set_to_one(tmp_path: Path, batch: int) -> None:
    nodes = [node("Conv", "x", "w", to="c"), node("Flatten", "c", to="f"), node("Gemm", "f", "g")]
    held = [W, given("g", 144, 5)]
    made = agree(tmp_path, model(nodes, held, dims=(batch, 3, 8, 8)))
    assert [values.shape for values in made.values()] == [(4, 6, 6), (144,), (5,)]


def test_a_batch_that_is_written_into_the_graph_is_refused_clearly(tmp_path: Path) -> None:
    nodes = [node("Reshape", "x", "n", to="f"), node("Gemm", "f", "w")]
    held = [whole("n", 4, 192), given("w", 192, 5)]
    with pytest.raises(FileError) as caught:
        fixed = onnx_model(saved(tmp_path, model(nodes, held, dims=(4, 3, 8, 8))), None, "onnxruntime")
        list(fixed.outputs(np.zeros((3, 8, 8), np.float32), []))
    (line,) = caught.value.lines
    assert line.endswith("; its input was fixed to 4x3x8x8, and is 1x3x8x8 here")


def test_a_size_that_the_graph_does_not_take_is_refused_clearly(tmp_path: Path) -> None:
    """PyTorch's exporter writes the sizes it was shown into its reshapes."""
    nodes = [node("Reshape", "x", "n", to="f", name="flat"), node("MatMul", "f", "w", name="fc")]
    path = saved(tmp_path, model(nodes, [whole("n", 1, 192), given("w", 192, 5)]))
    with pytest.raises(FileError) as caught:
        list(onnx_model(path, (9, 9), "onnxruntime").outputs(np.zeros((3, 9, 9), np.float32), []))
    (line,) = caught.value.lines
    assert line.startswith(f"{path}: onnxruntime cannot run it: node 'flat': ")
    assert line.endswith("; its input was fixed to 1x3x8x8, and is 1x3x9x9 here")
    with pytest.raises(FileError, match=rf"^{re.escape(path)}: "):
        onnx_model(path, (9, 9), "own")


@pytest.mark.parametrize("kind", [TensorProto.UINT8, TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_the_input_gets_the_type_that_the_model_takes(tmp_path: Path, kind: int) -> None:
    made = model([node("Cast", "x", to="f", to_=1), node("Relu", "f")])
    made.graph.node[0].attribute[0].name = "to"
    made.graph.input[0].type.tensor_type.elem_type = kind
    x = np.arange(192, dtype=np.float32).reshape(3, 8, 8)
    found = everything(onnx_model(saved(tmp_path, made), None, "auto"), x)
    np.testing.assert_array_equal(found["relu1"], x)


def test_outputs_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    nodes = [node("Relu", "x", to="r"), node("SequenceConstruct", "r", "r", to="s")]
    made = model(nodes, outputs="r")
    found = everything(onnx_model(saved(tmp_path, made), None, "auto"), np.ones((3, 8, 8), np.float32))
    assert list(found) == ["relu1"]


def test_truths_become_numbers(tmp_path: Path) -> None:
    made = model([node("IsNaN", "x")])
    made.graph.output[0].type.tensor_type.elem_type = TensorProto.BOOL
    found = everything(onnx_model(saved(tmp_path, made), None, "auto"), np.ones((3, 8, 8), np.float32))
    assert found["isnan1"].dtype == np.uint8
    assert not found["isnan1"].any()


def test_weights_beside_the_model_are_read(tmp_path: Path) -> None:
    made = model([node("Conv", "x", "w")], [W])
    expected = everything(onnx_model(saved(tmp_path, made), None, "auto"), np.ones((3, 8, 8), np.float32))
    convert_model_to_external_data(made, location="weights.bin", size_threshold=0)
    import onnx

    onnx.save(made, tmp_path / "apart.onnx")
    assert (tmp_path / "weights.bin").stat().st_size == 4 * 108
    for backend in ("onnxruntime", "own"):
        apart = onnx_model(str(tmp_path / "apart.onnx"), None, backend)
        found = everything(apart, np.ones((3, 8, 8), np.float32))
        np.testing.assert_allclose(found["conv1"], expected["conv1"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("location", ["../weights.bin", "/etc/hostname", ""])
def test_weights_outside_of_the_folder_are_refused(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "weights.bin").write_bytes(bytes(432))
    made = model([node("Conv", "x", "w")], [W])
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    with pytest.raises(FileError, match=r"outside of the model's folder"):
        onnx_model(saved(folder, made), None, "auto")


def test_weights_beside_the_model_that_are_missing_or_too_short_are_refused(tmp_path: Path) -> None:
    made = model([node("Conv", "x", "w")], [W])
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    tensor.external_data.add(key="length", value="432")
    with pytest.raises(FileError, match=r"model\.onnx: its weights lie in weights\.bin, which is missing"):
        onnx_model(saved(tmp_path, made), None, "auto")
    (tmp_path / "weights.bin").write_bytes(bytes(40))
    with pytest.raises(FileError) as caught:
        for each in ("auto", "own"):
            list(onnx_model(saved(tmp_path, made), None, each).outputs(np.zeros((3, 8, 8), np.float32), []))
    assert len(caught.value.lines) == 1


def test_weights_beside_the_model_that_take_all_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = model([node("Conv", "x", "w")], [given("w", 4, 3, 3, 3)])
    convert_model_to_external_data(made, size_threshold=0, location="weights.bin", convert_attribute=True)
    path = saved(tmp_path, made)
    for entry in made.graph.initializer[0].external_data:
        if entry.key == "length":
            entry.value = str(2**28)
    (tmp_path / "model.onnx").write_bytes(made.SerializeToString())
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(2**28)
    monkeypatch.setattr("cnnviz.network.weights.MAX_WEIGHT_BYTES", 2**26)
    with pytest.raises(FileError, match="its weights take more than 64 MiB of memory"):
        onnx_model(path, None, "own")


@pytest.mark.parametrize("backend", ["own", "onnxruntime"])
def test_weights_of_a_type_that_onnx_has_not_are_refused(tmp_path: Path, backend: str) -> None:
    made = model([node("Conv", "x", "w")], [given("w", 4, 3, 3, 3)])
    made.graph.initializer[0].data_type = 99
    with pytest.raises(FileError, match=r"damaged|cannot run it"):
        everything(onnx_model(saved(tmp_path, made), None, backend), np.zeros((3, 8, 8), np.float32))


def test_open_sizes_are_taken_from_the_size_asked_for(tmp_path: Path) -> None:
    made = model([node("Conv", "x", "w")], [W], dims=("n", 3, "h", "w"))
    path = saved(tmp_path, made)
    with pytest.raises(FileError, match=r"--size"):
        onnx_model(path, None, "auto")
    for backend in ("own", "onnxruntime"):
        found = onnx_model(path, (9, 12), backend)
        assert found.shape == (3, 9, 12)
        assert everything(found, np.ones((3, 9, 12), np.float32))["conv1"].shape == (4, 7, 10)
