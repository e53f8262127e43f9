"""One weight out of an ONNX model, in it or beside it, and nothing from anywhere else."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from cnnviz.errors import FileError
from cnnviz.files import onnx_shapes, onnx_tensor

WEIGHT = np.random.default_rng(1).normal(size=(4, 3, 2, 2)).astype(np.float32)
BIAS = np.arange(4, dtype=np.float32)
LIMIT = 10_000


def model(**weights: Any) -> Any:
    held = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    nodes = [helper.make_node("Conv", ["x", "weight"], ["y"])]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "g", inputs, outputs, held)
    return helper.make_model(graph)


def saved(folder: Path, made: Any) -> str:
    path = folder / "model.onnx"
    path.write_bytes(made.SerializeToString())
    return str(path)


def varint(number: int) -> bytes:
    """As protocol buffers write a length: 7 bits a byte, the lowest first."""
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


@pytest.fixture
def outside(tmp_path: Path) -> Any:
    """A model whose weight lies in ``weights.bin`` beside it, behind eight other bytes."""
    made = model(weight=WEIGHT)
    external_data_helper.set_external_data(made.graph.initializer[0], "weights.bin", 8, WEIGHT.nbytes)
    made.graph.initializer[0].ClearField("raw_data")
    (tmp_path / "weights.bin").write_bytes(bytes(8) + WEIGHT.tobytes() + bytes(100))
    return made


def test_a_weight_comes_out_by_name(tmp_path: Path) -> None:
    path = saved(tmp_path, model(weight=WEIGHT, bias=BIAS))
    np.testing.assert_array_equal(onnx_tensor(path, "weight", limit=LIMIT), WEIGHT)
    np.testing.assert_array_equal(onnx_tensor(path, "bias", limit=LIMIT), BIAS)
    assert onnx_shapes(path) == {"weight": (4, 3, 2, 2), "bias": (4,)}
    with pytest.raises(FileError, match="it holds 2 tensors; name one of: bias, weight"):
        onnx_tensor(path, None, limit=LIMIT)
    with pytest.raises(FileError, match="it holds no tensor 'kernel'; known: bias, weight"):
        onnx_tensor(path, "kernel", limit=LIMIT)


def test_a_numbered_weight_goes_by_the_first_node_that_takes_it(tmp_path: Path) -> None:
    made = model(**{"onnx::Conv_7": WEIGHT, "onnx::Conv_8": BIAS, "onnx::Add_9": BIAS, "fc.weight": BIAS})
    del made.graph.node[:]
    for name, kind, *taken in (
        ("", "Conv", "onnx::Conv_7"),
        ("/a/Conv", "Conv", "onnx::Conv_7", "onnx::Conv_8"),
        ("/b/Conv", "Conv", "onnx::Conv_7", ""),
        ("/a/Add", "Add", "onnx::Add_9"),
        ("/fc/Gemm", "Gemm", "fc.weight"),
    ):
        made.graph.node.append(helper.make_node(kind, ["x", *taken], ["y"], name))
    path = saved(tmp_path, made)
    shapes = {"fc.weight": (4,), "onnx::Add_9": (4,), "/a/Conv.weight": (4, 3, 2, 2), "/a/Conv.bias": (4,)}
    assert onnx_shapes(path) == shapes
    for name in ("/a/Conv.weight", "onnx::Conv_7"):
        np.testing.assert_array_equal(onnx_tensor(path, name, limit=LIMIT), WEIGHT)
    with pytest.raises(FileError, match=r"did you mean /a/Conv\.bias"):
        onnx_tensor(path, "a.bias", limit=LIMIT)


def test_numbered_weights_of_nodes_of_one_name_are_all_there(tmp_path: Path) -> None:
    made = model(**{"onnx::Conv_7": WEIGHT, "onnx::Conv_8": 2 * WEIGHT})
    del made.graph.node[:]
    for number in (7, 8):
        made.graph.node.append(helper.make_node("Conv", ["x", f"onnx::Conv_{number}"], ["y"], "same"))
    path = saved(tmp_path, made)
    assert onnx_shapes(path).keys() == {"same.weight", "onnx::Conv_8"}
    np.testing.assert_array_equal(onnx_tensor(path, "same.weight", limit=LIMIT), WEIGHT)
    np.testing.assert_array_equal(onnx_tensor(path, "onnx::Conv_8", limit=LIMIT), 2 * WEIGHT)


def test_a_weight_beside_the_model_is_read_where_it_lies(tmp_path: Path, outside: Any) -> None:
    np.testing.assert_array_equal(onnx_tensor(saved(tmp_path, outside), None, limit=LIMIT), WEIGHT)


@pytest.mark.parametrize(
    "location", ["../secret.bin", "/etc/hostname", "link/secret.bin", "", "a/../../secret.bin"]
)
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, outside: Any, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(1000))
    (folder / "link").symlink_to(tmp_path)
    outside.graph.initializer[0].external_data[0].value = location
    with pytest.raises(FileError, match="outside of the model's folder; refused"):
        onnx_tensor(saved(folder, outside), None, limit=LIMIT)


def test_weights_that_are_missing_or_cut_short_are_named(tmp_path: Path, outside: Any) -> None:
    path = saved(tmp_path, outside)
    (tmp_path / "weights.bin").write_bytes(bytes(100))
    with pytest.raises(FileError, match=r"lie in weights\.bin, which is truncated: 92 of 192 bytes"):
        onnx_tensor(path, None, limit=LIMIT)
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(
        FileError, match=r"lie in weights\.bin, which is missing; put that file beside the model"
    ):
        onnx_tensor(path, None, limit=LIMIT)
    os.mkfifo(tmp_path / "weights.bin")
    with pytest.raises(FileError, match=r"lie in weights\.bin: not a regular file"):
        onnx_tensor(path, None, limit=LIMIT)


def test_a_claimed_size_is_checked_before_memory_is_taken(tmp_path: Path, outside: Any) -> None:
    outside.graph.initializer[0].dims[:] = [1 << 20, 1 << 20, 3, 3]
    with pytest.raises(FileError, match="too large: shape"):
        onnx_tensor(saved(tmp_path, outside), None, limit=LIMIT)
    short = model(weight=WEIGHT)
    short.graph.initializer[0].dims[0] = 5
    with pytest.raises(FileError, match="damaged ONNX model"):
        onnx_tensor(saved(tmp_path, short), None, limit=LIMIT)


def test_what_numpy_cannot_hold_is_named(tmp_path: Path) -> None:
    made = model(weight=WEIGHT)
    made.graph.initializer[0].data_type = TensorProto.BFLOAT16
    with pytest.raises(FileError, match="its values are bfloat16"):
        onnx_tensor(saved(tmp_path, made), None, limit=LIMIT)
    made.graph.initializer[0].data_type = 77
    with pytest.raises(FileError, match="damaged ONNX model: a tensor of unknown type"):
        onnx_tensor(saved(tmp_path, made), None, limit=LIMIT)


@pytest.mark.parametrize("data", [b"\xff" * 40, b"not a model"])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.onnx").write_bytes(data)
    with pytest.raises(FileError, match="not an ONNX model"):
        onnx_tensor(str(tmp_path / "x.onnx"), None, limit=LIMIT)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is bounded on Linux")
@pytest.mark.parametrize("part", [b"\x0a\0", b"\x2a\0"], ids=["nodes", "tensors"])
def test_millions_of_empty_parts_take_no_memory(tmp_path: Path, part: bytes) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    count = 6_000_000  # 12 MB of file, a gigabyte once parsed
    graph = part * count
    (tmp_path / "x.onnx").write_bytes(b"\x3a" + varint(len(graph)) + graph)
    with pytest.raises(FileError, match="parsing it takes more than 534 MiB of memory"):
        onnx_tensor(str(tmp_path / "x.onnx"), None, limit=LIMIT)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_place_outside_that_is_no_file_name_is_refused(tmp_path: Path, outside: Any) -> None:
    outside.graph.initializer[0].external_data[0].value = "weights.bin\0x"
    with pytest.raises(FileError, match=r"lie in 'weights\.bin\\\\x00x', which is no file name"):
        onnx_tensor(saved(tmp_path, outside), None, limit=LIMIT)


def test_onnx_itself_reads_the_same(tmp_path: Path, outside: Any) -> None:
    path = saved(tmp_path, outside)
    loaded = onnx.load(path)
    np.testing.assert_array_equal(numpy_helper.to_array(loaded.graph.initializer[0]), WEIGHT)
