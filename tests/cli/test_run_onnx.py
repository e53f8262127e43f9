"""``cnnviz run`` with trained models in ONNX files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper

from cnnviz.network.onnx.folding import fold
from tests.cli.running import COLORS, Ran, Run, Shell, files, pixels
from tests.network.onnx.models import Dims, model, node, weight, whole
from tests.oracles import scipy_conv2d

KERNELS = np.random.default_rng(4).normal(size=(4, 3, 3, 3)).astype(np.float32)
HELD = [numpy_helper.from_array(KERNELS, "w"), weight("fc", 4, 2)]
NODES = (
    node("Conv", "x", "w", to="c", name="conv"),
    node("Relu", "c", to="r", name="relu"),
    node("GlobalAveragePool", "r", to="g", name="pool"),
    node("Flatten", "g", to="f", name="flat"),
    node("Gemm", "f", "fc", name="fc"),
)


@pytest.fixture(autouse=True)
def _shapes_are_inferred_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in a process of its own, which takes half a second."""
    monkeypatch.setattr("cnnviz.network.onnx.graph.folded", fold)


def put(folder: Path, dims: Dims = (1, 3, 13, 17), nodes: Any = NODES, held: Any = HELD) -> str:
    (folder / "net.onnx").write_bytes(model(nodes, held, dims=dims).SerializeToString())
    return "net.onnx"


def refused(done: Ran, code: int, said: str) -> None:
    """One line on standard error, and nothing else."""
    assert (done.code, done.out) == (code, "")
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith("cnnviz: ")
    assert said in done.err


def expected() -> Any:
    """The convolution of the small picture by SciPy."""
    x = COLORS.transpose(2, 0, 1)[np.newaxis] / 255
    return scipy_conv2d(x, KERNELS.astype(np.float64))[0]


@pytest.mark.parametrize("backend", ["auto", "own", "onnxruntime"])
def test_a_trained_model_is_run_with_its_layers_laid_open(
    run: Run, tmp_path: Path, picture: str, backend: str
) -> None:
    asked = ("run", put(tmp_path), picture, "--backend", backend)
    document = run(*asked, "--format", "npz", "--json").json["runs"][0]
    with np.load(tmp_path / "noise.net/layers.npz") as held:
        found = dict(held)
    assert list(found) == ["conv", "relu", "pool"]
    np.testing.assert_allclose(found["conv"], expected(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found["relu"], np.maximum(expected(), 0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found["pool"].ravel(), np.maximum(expected(), 0).mean(axis=(1, 2)), rtol=1e-4)
    assert document["engine"].split()[0] == ("cnnviz" if backend == "own" else "onnxruntime")
    assert len(document["top"]) == 2
    done = run(*asked, "-f")
    assert done.code == 0
    assert files(tmp_path) >= {f"noise.net/{name}.png" for name in ("000.conv", "001.relu", "002.pool")}
    assert "input 3x13x17: the middle of the picture, pixels / 255" in done.out
    assert "random" not in done.out


def test_channels_last_are_told_by_the_sizes(run: Run, tmp_path: Path, picture: str) -> None:
    nodes = (node("Transpose", "x", to="t", perm=[0, 3, 1, 2]), node("Conv", "t", "w", name="conv"))
    asked = ("run", put(tmp_path, (1, 13, 17, 3), nodes), picture, "--format", "npz")
    done = run(*asked)
    assert (done.code, done.err) == (0, "")
    assert "pixels / 255, channels last" in done.out
    with np.load(tmp_path / "noise.net/layers.npz") as held:
        np.testing.assert_allclose(held["conv"], expected(), rtol=1e-4, atol=1e-4)
    assert run(*asked, "--layout", "HWC", "-f").code == 0
    refused(run(*asked, "--layout", "CHW", "-f"), 1, "the network takes 13 channels, the picture has 3")
    own = run(*asked, "--backend", "own", "-o", "own")
    refused(own, 1, "the own engine cannot run transpose; --backend onnxruntime runs it")
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize("last", [False, True])
def test_open_sizes_are_those_asked_for(run: Run, tmp_path: Path, picture: str, last: bool) -> None:
    nodes: tuple[Any, ...] = (node("Conv", "x", "w", name="conv"),)
    if last:
        nodes = (node("Transpose", "x", to="t", perm=[0, 3, 1, 2]), node("Conv", "t", "w", name="conv"))
    dims = ("batch", "h", "w", 3) if last else ("batch", 3, "h", "w")
    put(tmp_path, dims, nodes)
    before = files(tmp_path)
    refused(run("run", "net.onnx", picture), 1, "give its height and width, as --size 224x224")
    assert files(tmp_path) == before
    done = run("run", "net.onnx", picture, "--size", "9x8", "--json")
    assert done.json["runs"][0]["layers"][-1]["output"] == [4, 7, 6]


def test_channels_last_of_a_fixed_size_give_way_too(run: Run, tmp_path: Path, picture: str) -> None:
    nodes = (node("Transpose", "x", to="t", perm=[0, 3, 1, 2]), node("Conv", "t", "w", name="conv"))
    put(tmp_path, (1, 13, 17, 3), nodes)
    done = run("run", "net.onnx", picture, "--size", "20x30", "--json")
    assert done.json["runs"][0]["layers"][-1]["output"] == [4, 18, 28]
    put(tmp_path, (1, 3, 13), (node("Relu", "x"),))
    refused(
        run("run", "net.onnx", picture, "--size", "20x30"),
        1,
        "is 1 x 3 x 13, which --size 20x30 does not fit",
    )


@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (4, 2)])
def test_open_channels_are_those_of_the_first_convolution(
    run: Run, tmp_path: Path, channels: int, groups: int
) -> None:
    kernels = weight("w", 4, channels // groups, 3, 3)
    put(tmp_path, ("n", "c", "h", "w"), (node("Conv", "x", "w", name="conv", group=groups),), [kernels])
    np.save(tmp_path / "maps.npy", np.ones((channels, 9, 9), np.uint8))
    done = run("run", "net.onnx", "maps.npy", "--size", "9", "--json")
    assert done.json["runs"][0]["layers"][0]["output"] == [4, 7, 7]


@pytest.mark.parametrize("backend", ["own", "onnxruntime"])
def test_the_classes_are_the_first_output_that_is_a_vector_and_not_the_last_node(
    run: Run, tmp_path: Path, picture: str, backend: str
) -> None:
    """Outputs are declared as: maps, classes, boxes; the nodes come in another order."""
    nodes = (
        *(
            *NODES[:4],
            node("Gemm", "f", "fc", to="n", name="fc"),
            node("Softmax", "n", to="classes", name="soft"),
        ),
        node("Gemm", "f", "four", to="boxes", name="four"),
    )
    made = model(nodes, [*HELD, weight("four", 4, 4)], (1, 3, 13, 17), "r classes boxes")
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    asked = ("run", "net.onnx", picture, "--labels", "labels.txt", "--backend", backend, "--layers", "conv")
    (document,) = run(*asked, "--json").json["runs"]
    assert sorted(row["label"] for row in document["top"]) == ["cat", "dog"]
    assert sum(row["probability"] for row in document["top"]) == pytest.approx(1)
    assert document["notes"][-1] == "classes: those of classes; the model also puts out r, boxes"


def test_whole_numbers_get_the_pixels_as_they_are(run: Run, tmp_path: Path, picture: str) -> None:
    made = model(
        (node("Cast", "x", to="f", name="cast"), node("Conv", "f", "w", name="conv")), HELD, (1, 3, 13, 17)
    )
    made.graph.node[0].attribute.add(name="to", type=2, i=TensorProto.FLOAT)
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    done = run("run", "net.onnx", picture, "--format", "npz")
    assert "input 3x13x17: the middle of the picture, pixels, rounded and clipped to uint8" in done.out
    with np.load(tmp_path / "noise.net/layers.npz") as held:
        np.testing.assert_allclose(held["conv"], 255 * expected(), rtol=1e-4, atol=0.02)
    before = files(tmp_path)
    for option in (("--scale", "0.5"), ("--mean", "0.5"), ("--std", "1.5")):
        done = run("run", "net.onnx", picture, *option, "-f")
        refused(done, 2, f"{option[0][2:]} is {option[1]}, but the input holds whole numbers (uint8)")
    assert files(tmp_path) == before


def test_a_second_input_is_named_before_anything_is_read(run: Run, tmp_path: Path) -> None:
    made = model((node("Add", "x", "other"),))
    made.graph.input.add().CopyFrom(made.graph.input[0])
    made.graph.input[1].name = "other"
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    done = run("run", "net.onnx", "sample:cat", "sample:brick")
    refused(done, 1, "net.onnx: it takes other beside the picture; models of one input are run")
    assert files(tmp_path) == {"net.onnx"}


def test_a_fixed_batch_is_run_with_one_picture(run: Run, tmp_path: Path, picture: str) -> None:
    done = run("run", put(tmp_path, (8, 3, 13, 17)), picture, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["runs"][0]["layers"][0]["output"] == [4, 11, 15]


def test_a_fixed_size_gives_way_to_the_one_asked_for(run: Run, tmp_path: Path, picture: str) -> None:
    put(tmp_path)
    done = run("run", "net.onnx", picture, "--size", "9", "--json")
    assert done.json["runs"][0]["layers"][0]["output"] == [4, 7, 7]
    put(
        tmp_path,
        (1, 3, 8, 8),
        (node("Flatten", "x", to="f"), node("Gemm", "f", "fc", name="fc")),
        [weight("fc", 192, 2)],
    )
    refused(run("run", "net.onnx", picture, "--size", "9", "-f"), 1, "243")


def test_onnxruntime_keeps_no_record_of_its_use_at_home(shell: Shell, tmp_path: Path) -> None:
    # 1.32 makes a device ID and a database of telemetry there as soon as it is loaded, unless told not to.
    done = shell(f"cnnviz run {put(tmp_path)} sample:step --backend onnxruntime -o out/")
    assert done.code == 0, done.err
    assert {Path(name).parts[0] for name in files(tmp_path)} == {"net.onnx", "out"}


def test_several_pictures_go_through_one_session(
    run: Run, tmp_path: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    made: list[int] = []
    session = onnxruntime.InferenceSession

    def counted(*args: Any, **given: Any) -> Any:
        made.append(1)
        return session(*args, **given)

    monkeypatch.setattr(onnxruntime, "InferenceSession", counted)
    assert run("run", put(tmp_path), picture, "sample:cat", "sample:brick").code == 0
    assert len(made) == 1


def test_more_than_memory_holds_is_refused_before_it_is_taken(
    run: Run, tmp_path: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("run", put(tmp_path), picture, "--layers", "conv", "--layers", "relu")
    monkeypatch.setattr("cnnviz.jobs.run.bounds.MOST_HELD", 2 * 4 * 11 * 15 - 1)
    refused(run(*asked), 2, "put out 1,320 numbers, more than the 1,319 that are held at once; ask for fewer")
    assert run(*asked, "--backend", "own").code == 0  # one layer after the other
    refused(run(*asked, "--backend", "own", "--format", "npz", "-f"), 2, "put out 1,320 numbers")


@pytest.mark.parametrize("error", ["bad_alloc", "X::BFCArena::AllocateRawInternal Failed to allocate 9"])
def test_memory_that_runs_out_is_said_in_words_of_ours(
    run: Run, tmp_path: Path, picture: str, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    import onnxruntime

    def run_out(*_: Any) -> None:
        raise RuntimeError(error)

    monkeypatch.setattr(onnxruntime.InferenceSession, "run", run_out)
    refused(run("run", put(tmp_path), picture), 1, "net.onnx: not enough memory; ask for fewer --layers")


def test_values_that_are_no_numbers_are_said_and_drawn(run: Run, tmp_path: Path, picture: str) -> None:
    nodes = (node("Log", "x", to="l", name="log"), node("Relu", "l", name="relu"))
    done = run("run", put(tmp_path, nodes=nodes), picture, "--mean", "0.5", "--layers", "all", "--json")
    assert (done.code, done.err) == (0, "")
    (document,) = done.json["runs"]
    assert document["layers"][0]["min"] is None
    assert any("that are not numbers" in note for note in document["notes"])
    assert pixels(tmp_path / "noise.net/000.log.png").ndim == 3


def test_layers_of_two_axes_are_one_map(run: Run, tmp_path: Path, picture: str) -> None:
    nodes = (node("Reshape", "x", "n", name="tokens"),)
    put(tmp_path, nodes=nodes, held=[whole("n", 1, 13, 51)])
    done = run("run", "net.onnx", picture, "--layers", "all", "--each", "--json")
    assert done.json["runs"][0]["layers"][0]["output"] == [13, 51]
    assert done.json["runs"][0]["top"] == []
    assert pixels(tmp_path / "noise.net/000.tokens.0000.png").shape == (13, 51, 3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"just a text\n", "net.onnx: not an ONNX model"),
        (b"", "net.onnx: file is empty"),
        (None, "net.onnx: No such file"),
        (model([]).SerializeToString(), "net.onnx: not an ONNX model: its graph has no nodes"),
        (model(NODES, HELD).SerializeToString()[:300], "net.onnx: "),
    ],
)
def test_a_file_that_is_no_model_is_refused_in_one_line(
    run: Run, tmp_path: Path, data: bytes | None, said: str
) -> None:
    if data is not None:
        (tmp_path / "net.onnx").write_bytes(data)
    refused(run("run", "net.onnx", "sample:cat"), 1, said)
    assert files(tmp_path) <= {"net.onnx"}


def test_an_operator_that_nobody_has_is_refused_in_one_line(run: Run, tmp_path: Path, picture: str) -> None:
    put(tmp_path, nodes=(node("Relu", "x", to="r"), node("Frob", "r", domain="my")))
    done = run("run", "net.onnx", picture, "sample:cat")
    refused(
        done, 1, "cnnviz: net.onnx: onnxruntime cannot run it: my:Frob(-1) is not a registered function/op"
    )
    refused(run("run", "net.onnx", picture, "--backend", "own"), 1, "the own engine cannot run my::Frob")
    assert files(tmp_path) == {"net.onnx", picture}


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname"])
def test_weights_outside_of_the_folder_are_refused(run: Run, tmp_path: Path, location: str) -> None:
    made = model(NODES, HELD)
    made.graph.initializer[0].ClearField("raw_data")
    made.graph.initializer[0].data_location = TensorProto.EXTERNAL
    made.graph.initializer[0].external_data.add(key="location", value=location)
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    refused(run("run", "net.onnx", "sample:cat"), 1, "outside of the model's folder; refused")
    assert files(tmp_path) == {"net.onnx"}


def test_weights_beside_the_model_are_read(run: Run, tmp_path: Path, picture: str) -> None:
    made = model(NODES, HELD)
    made.graph.initializer[0].ClearField("raw_data")
    made.graph.initializer[0].data_location = TensorProto.EXTERNAL
    made.graph.initializer[0].external_data.add(key="location", value="net.bin")
    (tmp_path / "net.bin").write_bytes(KERNELS.tobytes())
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    done = run("run", "net.onnx", picture)
    assert (done.code, done.err) == (0, "")
    assert "not opened" not in done.out


def test_a_model_of_something_else_is_refused(run: Run, tmp_path: Path, picture: str) -> None:
    put(tmp_path, (1, 12), (node("Relu", "x"),))
    refused(run("run", "net.onnx", picture), 1, "its input is 12, not a picture")
    refused(run("run", "net.onnx", picture, "--size", "4"), 1, "net.onnx: its input is 1 x 12")


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("backend", ["own", "onnxruntime"])
def test_weights_that_are_not_finite_are_refused_by_name(
    run: Run, tmp_path: Path, picture: str, value: float, backend: str
) -> None:
    kernels = KERNELS.copy()
    kernels[1, 2, 0, 1] = value
    put(tmp_path, held=[numpy_helper.from_array(kernels, "w"), HELD[1]])
    done = run("run", "net.onnx", picture, "--backend", backend)
    refused(done, 1, f"net.onnx: w: holds {value} at (1, 2, 0, 1); every weight must be finite")
    assert files(tmp_path) == {"net.onnx", picture}


def test_a_mask_may_hold_infinity(run: Run, tmp_path: Path, picture: str) -> None:
    mask = numpy_helper.from_array(np.full((1, 3, 13, 17), -np.inf, np.float32), "mask")
    put(tmp_path, nodes=[node("Max", "x", "mask")], held=[mask])
    assert run("run", "net.onnx", picture).code == 0


def test_what_is_asked_of_weights_is_refused(run: Run, tmp_path: Path, picture: str) -> None:
    put(tmp_path)
    for option in (("--weights", "w.npz"), ("--weights-by", "order"), ("--seed", "3")):
        said = f"{option[0]} does not go with net.onnx, which holds its own weights"
        refused(run("run", "net.onnx", picture, *option), 2, said)


def test_without_onnxruntime_the_own_engine_is_taken(
    run: Run, tmp_path: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnviz.jobs.run.onnx.find_spec", lambda _name: None)
    monkeypatch.setattr("cnnviz.network.onnx.own_weights.find_spec", lambda _name: None)
    put(tmp_path, nodes=[node("Sin", "x", name="sin")])
    said = "net.onnx: the own engine cannot run sin; onnxruntime would run it: pip install 'cnnviz[models]'"
    refused(run("run", "net.onnx", picture), 1, said)
    assert run("run", put(tmp_path), picture, "--json").json["runs"][0]["engine"] == "cnnviz"
    refused(
        run("run", "net.onnx", picture, "--backend", "onnxruntime", "-f"),
        *(1, "running it needs the package onnxruntime: pip install onnxruntime"),
    )
