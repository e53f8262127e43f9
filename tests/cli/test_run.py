"""``cnnviz run`` as one uses it: pictures through networks, what is printed, what is written."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnnviz import ops
from cnnviz.jobs.run import job as jobs
from cnnviz.network.trained import SHAPES_NET
from cnnviz.render.run.table import Report
from tests.cli.running import SAMPLES, Ran, Run, channels, files, npy, pixels, png, text_of, unstyled

Golden = Callable[..., None]
CHAIN = "conv:4,3,p=1 relu maxpool:2 conv:6,3 relu flatten linear:3"
RANDOM = "random weights (seed 0): the maps show the architecture, not what it learned"
COLUMNS = [
    *("layer", "kind", "output", "window", "parameters", "MACs"),
    *("min", "max", "mean", "zeros", "file"),
]


@pytest.fixture
def noise(tmp_path: Path) -> str:
    """A colour picture of 12x10 pixels."""
    drawn = np.random.default_rng(3).integers(0, 256, (12, 10, 3), dtype=np.uint8)
    (tmp_path / "noise.png").write_bytes(png(drawn))
    return "noise.png"


def rows(done: Ran) -> list[dict[str, str]]:
    """The table's rows, by the names of its columns; what stands below is left out."""
    lines = [line.split("\t") for line in done.out.splitlines() if "\t" in line]
    assert lines[0] == COLUMNS
    return [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]]


def below(done: Ran) -> list[str]:
    return [line for line in done.out.splitlines() if "\t" not in line]


def refused(done: Ran, code: int, *said: str) -> None:
    """Nothing but these lines on standard error."""
    assert (done.code, done.out) == (code, "")
    lines = done.err.splitlines()
    assert len(lines) == len(said), done.err
    for line, expected in zip(lines, said, strict=True):
        assert line.startswith("cnnviz: ")
        assert expected in line


HUGE = (
    *("run", "conv:2,3 conv:2,3 relu", "sample:cat", "--size", "8"),
    *("--scale", "1e36", "--std", "0.8"),
)


def saved(path: Path, **tensors: Any) -> None:
    """An NPZ file of weights."""
    np.savez(path, **tensors)


def numbers(run: Run, tmp_path: Path, *args: str) -> dict[str, Any]:
    """The exact values of every layer, by way of an NPZ file."""
    done = run("run", *args, "--layers", "all", "--format", "npz", "-o", "numbers", "-f", "--json")
    assert (done.code, done.err) == (0, "")
    (path, _) = done.json["runs"][0]["files"]
    with np.load(tmp_path / path) as held:
        return dict(held)


# What comes along


@pytest.mark.parametrize("label", SHAPES_NET.labels)
def test_the_network_that_comes_along_knows_its_sample(run: Run, label: str) -> None:
    done = run("run", "shapes-net", f"sample:{label}", "--layers", "convs")
    assert (done.code, done.err) == (0, "")
    first = below(done)[0]
    assert first.startswith(f"{label}: ")
    assert float(first.split()[1]) > 60
    assert below(done)[4:-1] == [
        "input 3x64x64: the middle of the picture, pixels / 255 minus 0.5,0.5,0.5, divided by 0.5,0.5,0.5",
        "engine: cnnviz",
        "weights: its own",
    ]
    assert below(done)[-1] == f"written: 4 files in {label}.shapes-net"


def test_into_a_pipe_go_a_line_a_layer_and_what_was_made_of_the_picture(run: Run, tmp_path: Path) -> None:
    done = run("run", "shapes-net", "sample:square")
    found = rows(done)
    assert [row["layer"] for row in found] == [
        *("conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "conv3", "relu3", "pool3"),
        *("flatten", "fc"),
    ]
    assert [row["output"] for row in found][-3:] == ["32x1x1", "32", "4"]
    written = {row["file"] for row in found} - {"-"}
    assert written | {"square.shapes-net/flow.png"} == files(tmp_path)
    assert "square.shapes-net/000.conv1.png" in written
    assert [row["file"] for row in found if row["kind"] in ("flatten", "linear")] == ["-", "-"]


def test_the_table_states_the_range_mean_and_zeros_of_every_layer(
    run: Run, tmp_path: Path, noise: str
) -> None:
    values = numbers(run, tmp_path, CHAIN, noise, "--size", "12x10")
    done = run("run", CHAIN, noise, "--size", "12x10", "--json")
    for row in done.json["runs"][0]["layers"]:
        held = values[row["name"]]
        assert row["output"] == list(held.shape)
        assert row["min"] == held.min()
        assert row["max"] == held.max()
        assert row["mean"] == pytest.approx(held.mean(dtype=np.float64), rel=1e-6)
        assert row["zeros"] == pytest.approx(np.mean(held == 0))


@pytest.mark.parametrize("columns", [80, 60])
def test_on_a_terminal_it_looks_as_kept(run: Run, golden_text: Golden, columns: int) -> None:
    done = run("run", "shapes-net", "sample:square", columns=columns)
    assert (done.code, done.err) == (0, "")
    text = "\n".join(line.rstrip() for line in unstyled(done.out).splitlines()) + "\n"
    golden_text(f"run-{columns}", text)
    assert max(map(len, text.splitlines())) <= columns
    for word in ("conv1", "globalmaxpool", "square: 100.0 %"):
        assert word in text


def test_a_narrow_terminal_and_long_names_lose_nothing_of_the_numbers(run: Run, tmp_path: Path) -> None:
    name = "features.denseblock4.denselayer16.conv2_of_the_bottleneck"
    (tmp_path / "net.toml").write_text(
        f'input = [3, 8, 8]\nlayers = [{{ kind = "conv", name = "{name}", out = 2, kernel = 3 }}]\n'
    )
    done = run("run", "net.toml", "sample:cat", columns=60)
    assert done.code == 0
    assert max(map(len, unstyled(done.out).splitlines())) <= 60
    lines = unstyled(done.out).splitlines()
    assert lines[lines.index(name) + 1].split()[:2] == ["conv", "2x6x6"]
    assert name in run("run", "net.toml", "sample:cat", "-f").out


def test_json_is_one_document_on_one_line(run: Run, tmp_path: Path) -> None:
    done = run("run", "shapes-net", "sample:circle", "sample:square", "--json", "--layers", "conv?")
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    document = done.json
    assert set(document) == {"schema", "runs", "failures"}
    assert (document["schema"], document["failures"]) == (1, [])
    first, second = document["runs"]
    assert set(first) == {
        *("image", "network", "engine", "random_weights", "layers", "top", "files", "notes", "probe"),
    }
    assert first["random_weights"] is False
    assert (first["image"], second["image"], first["network"]) == (
        *("sample:circle", "sample:square"),
        "shapes-net",
    )
    assert {key for row in first["layers"] for key in row} == {
        *("name", "kind", "output", "parameters", "macs", "min", "max", "mean", "zeros", "files"),
    }
    assert first["top"][0]["label"] == "circle"
    assert set(first["top"][0]) == {"label", "value", "probability", "number"}
    assert SHAPES_NET.labels[first["top"][0]["number"]] == "circle"
    assert sum(row["probability"] for row in first["top"]) == pytest.approx(1)
    assert {path for each in document["runs"] for path in each["files"]} == files(tmp_path)


# Which layers


@pytest.mark.parametrize(
    ("patterns", "drawn"),
    [
        ([], ["conv1", "relu1", "maxpool1", "conv2", "relu2"]),
        (["conv2"], ["conv2"]),
        (["relu"], ["relu1", "relu2"]),
        (["*1"], ["conv1", "relu1", "maxpool1", "flatten1", "linear1"]),
        (["pools", "linear1"], ["maxpool1", "linear1"]),
        (["all"], ["conv1", "relu1", "maxpool1", "conv2", "relu2", "flatten1", "linear1"]),
    ],
)
def test_layers_are_drawn_by_name_pattern_kind_or_group(
    run: Run, tmp_path: Path, patterns: list[str], drawn: list[str]
) -> None:
    asked = [part for pattern in patterns for part in ("--layers", pattern)]
    done = run("run", CHAIN, "sample:cat", "--size", "9", *asked)
    assert done.code == 0
    assert [row["layer"] for row in rows(done) if row["file"] != "-"] == drawn
    sheets = {path.name.split(".", 1)[1] for path in tmp_path.glob("cat.chain/0*.png")}
    assert sheets == {f"{name}.png" for name in drawn}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("conv3", "conv2 or conv1?"),
        ("rleu", "did you mean relu"),
        ("features.*", "no layer has the name or kind 'features.*'"),
    ],
)
def test_an_unknown_layer_is_refused_with_the_closest(
    run: Run, tmp_path: Path, pattern: str, said: str
) -> None:
    done = run("run", CHAIN, "sample:cat", "--size", "9", "--layers", pattern)
    refused(done, 2, said)
    assert files(tmp_path) == set()


def test_a_group_without_a_layer_is_refused(run: Run, tmp_path: Path) -> None:
    refused(run("run", "conv:4,3", "sample:cat", "--layers", "pools"), 2, "the network has none")
    assert run("run", "flatten linear:3", "sample:cat", "--size", "4").code == 0
    assert files(tmp_path) == {"cat.chain/flow.png"}


# What is written


def test_each_writes_every_map_in_the_colours_of_one_scale(run: Run, tmp_path: Path, noise: str) -> None:
    values = numbers(run, tmp_path, CHAIN, noise, "--size", "12x10")
    done = run("run", CHAIN, noise, "--size", "12x10", "--each", "--layers", "conv2", "--layers", "relu2")
    folder = tmp_path / "noise.chain"
    assert files(folder) == {
        *(f"{layer}.{number:04d}.png" for layer in ("003.conv2", "004.relu2") for number in range(6)),
        "flow.png",
    }
    assert rows(done)[4]["file"].split() == [f"noise.chain/004.relu2.{number:04d}.png" for number in range(6)]
    relu = np.stack([pixels(folder / f"004.relu2.{number:04d}.png") for number in range(6)])
    assert relu.shape == (6, 4, 3, 3)
    darkest = relu[values["relu2"] == 0]
    assert (darkest == darkest[0]).all()
    # Equal values of different maps have equal colours; brighter ones are larger.
    brightness = relu.astype(int).sum(axis=3)
    order = np.argsort(values["relu2"].ravel(), kind="stable")
    assert (np.diff(brightness.ravel()[order]) >= -6).all()


def test_a_single_map_says_which_it_is_and_how_its_codes_become_values(
    run: Run, tmp_path: Path, noise: str
) -> None:
    asked = (CHAIN, noise, "--size", "12x10")
    held = numbers(run, tmp_path, *asked)["conv2"]
    run("run", *asked, "--each", "--layers", "conv2")
    path = tmp_path / "noise.chain/003.conv2.0004.png"
    said = text_of(path)
    assert said["Description"].startswith("noise.png through chain: conv2; random weights")
    assert said["cnnviz:map"] == "4"
    scale = json.loads(said["cnnviz:tone"])
    (first, last), low, high = scale["codes"], scale["low"], scale["high"]
    with Image.open(path) as opened:
        codes = np.asarray(opened, float)
    step = (high - low) / (last - first)
    off = np.abs(low + (codes - first) * step - np.clip(held[4], low, high))
    assert off.max() <= 0.51 * step


def test_single_maps_that_exist_are_in_the_way(run: Run, tmp_path: Path, noise: str) -> None:
    asked = ("run", CHAIN, noise, "--size", "12x10", "--each", "--layers", "conv2")
    assert run(*asked).code == 0
    (tmp_path / "noise.chain/flow.png").unlink()
    before = (tmp_path / "noise.chain/003.conv2.0000.png").stat().st_mtime_ns
    refused(run(*asked), 1, "noise.chain/003.conv2.0000.png exists (and 5 more)")
    assert (tmp_path / "noise.chain/003.conv2.0000.png").stat().st_mtime_ns == before
    assert run(*asked, "-f").code == 0


def test_a_global_pooling_is_one_picture(run: Run, tmp_path: Path) -> None:
    assert run("run", "shapes-net", "sample:cat", "--each", "--layers", "pool3").code == 0
    assert pixels(tmp_path / "cat.shapes-net/008.pool3.0000.png").shape == (1, 32, 3)


def test_sorting_by_energy_goes_by_the_mean_square(run: Run, tmp_path: Path, noise: str) -> None:
    values = numbers(run, tmp_path, CHAIN, noise, "--size", "12x10")["conv2"]
    done = run(
        *("run", CHAIN, noise, "--size", "12x10"),
        *("--each", "--sort", "energy", "--layers", "conv2", "--json"),
    )
    order = [int(path.split(".")[-2]) for path in done.json["runs"][0]["files"][:-1]]
    energy = (values.astype(float) ** 2).mean(axis=(1, 2))
    assert order == np.argsort(-energy).tolist()
    sheet = run("run", CHAIN, noise, "--size", "12x10", "--sort", "energy", "--layers", "conv2", "-f")
    assert sheet.code == 0


def test_npz_holds_the_numbers_of_the_layers_by_name(run: Run, tmp_path: Path, noise: str) -> None:
    weights = {
        "conv1.weight": np.random.default_rng(1).normal(size=(4, 3, 3, 3)),
        "conv1.bias": np.array([1.0, -2, 0.5, 0]),
        "linear1.weight": np.random.default_rng(2).normal(size=(2, 4 * 5 * 4)),
        "linear1.bias": np.array([0.25, -3]),
    }
    saved(tmp_path / "weights.npz", **weights)
    chain = "conv:4,3 relu maxpool:2 flatten linear:2"
    found = numbers(run, tmp_path, chain, noise, "--size", "12x10", "--weights", "weights.npz")
    x = pixels(tmp_path / noise).transpose(2, 0, 1) / 255
    conv = ops.conv2d(x, weights["conv1.weight"], weights["conv1.bias"])
    relu = np.maximum(conv, 0)
    pooled = ops.max_pool2d(relu, 2)
    last = weights["linear1.weight"] @ pooled.ravel() + weights["linear1.bias"]
    expected = {
        "conv1": conv,
        "relu1": relu,
        "maxpool1": pooled,
        "flatten1": pooled.ravel(),
        "linear1": last,
    }
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-4)


def test_npz_writes_the_layers_asked_for_and_the_flow(run: Run, tmp_path: Path) -> None:
    done = run("run", "shapes-net", "sample:cat", "--format", "npz", "--layers", "pools")
    assert files(tmp_path) == {"cat.shapes-net/layers.npz", "cat.shapes-net/flow.png"}
    with np.load(tmp_path / "cat.shapes-net/layers.npz") as held:
        assert list(held) == ["pool1", "pool2", "pool3"]
    assert {row["file"] for row in rows(done)} == {"-", "cat.shapes-net/layers.npz"}


def test_a_folder_is_made_and_nothing_is_overwritten_without_force(run: Run, tmp_path: Path) -> None:
    asked = ("run", "shapes-net", "sample:cat", "--layers", "conv1", "-o", "new/deep")
    assert run(*asked).code == 0
    assert files(tmp_path) == {f"new/deep/cat.shapes-net/{name}.png" for name in ("000.conv1", "flow")}
    refused(run(*asked), 1, "exists (and 1 more)")
    refused(run(*asked, "sample:brick"), 1, "nothing was done")
    assert not (tmp_path / "new/deep/brick.shapes-net").exists()
    assert run(*asked, "-f").code == 0


def test_no_input_is_ever_overwritten(run: Run, tmp_path: Path, noise: str) -> None:
    folder = tmp_path / "noise.shapes-net"
    folder.mkdir()
    (tmp_path / noise).rename(folder / "flow.png")
    (folder / "noise.png").symlink_to("flow.png")
    before = (folder / "flow.png").read_bytes()
    done = run("run", "shapes-net", "noise.shapes-net/noise.png", "-f", "--layers", "conv1")
    refused(done, 2, "is an input and is never overwritten")
    assert (folder / "flow.png").read_bytes() == before


@pytest.mark.parametrize("option", ["--weights", "--labels"])
def test_weights_and_labels_are_inputs_too(run: Run, tmp_path: Path, noise: str, option: str) -> None:
    made = run(*("run", "conv:2,3 flatten linear:2", noise, "--size", "4", "--format", "npz", "-o", "."))
    assert made.code == 0
    file = tmp_path / "noise.chain" / "layers.npz"
    if option == "--labels":
        file.write_text("one\ntwo\n")
    else:
        saved(
            file,
            **{"conv1.weight": np.ones((2, 3, 3, 3)), "conv1.bias": np.ones(2)},
            **{"linear1.weight": np.ones((2, 8)), "linear1.bias": np.ones(2)},
        )
    before = file.read_bytes()
    done = run(
        *("run", "conv:2,3 flatten linear:2", noise, "--size", "4", "--format", "npz", "-f"),
        *(option, "noise.chain/layers.npz"),
    )
    refused(done, 2, "noise.chain/layers.npz is an input")
    assert file.read_bytes() == before


def test_several_pictures_are_done_though_one_is_broken(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    asked = ("run", "shapes-net", "sample:circle", "broken.png", "sample:square", "--layers", "conv1")
    done = run(*asked)
    assert done.code == 1
    assert done.err.startswith("cnnviz: broken.png: ")
    assert done.err.count("\n") == 1
    assert [line.split(":")[0] for line in below(done) if " 100.0 %" in line] == ["circle", "square"]
    assert not (tmp_path / "broken.shapes-net").exists()
    document = run(*asked, "--json", "-f").json
    assert [each["image"] for each in document["runs"]] == ["sample:circle", "sample:square"]
    assert [each["image"] for each in document["failures"]] == ["broken.png"]
    assert document["failures"][0]["error"].startswith("broken.png: ")


@pytest.mark.parametrize("wanted", [(), ("--debug",)])
def test_a_picture_there_is_no_memory_for_does_not_stop_the_others(
    run: Run, noise: str, monkeypatch: pytest.MonkeyPatch, wanted: tuple[str, ...]
) -> None:
    done_by = jobs.run

    def sometimes(job: jobs.RunJob, image: str, base: str) -> Report:
        if image == "sample:cat":
            raise MemoryError
        return done_by(job, image, base)

    monkeypatch.setattr(jobs, "run", sometimes)
    done = run("run", "conv:2,3", "sample:cat", noise, "--size", "8", *wanted)
    assert done.code == 1
    assert done.err.endswith(
        "cnnviz: sample:cat: not enough memory; ask for fewer --layers, or a smaller --size\n"
    )
    assert ("Traceback" in done.err) == bool(wanted)
    assert "in noise.conv_2_3\n" in done.out


def test_what_is_wrong_with_the_command_is_said_once_and_not_for_every_picture(run: Run, noise: str) -> None:
    done = run("run", "conv:2,3", noise, "sample:cat", "--size", "8", "--probe", "conv1,7,0,0")
    assert (done.code, done.out, done.err.count("conv1 has no map 7")) == (2, "", 1)


@pytest.mark.parametrize("scale", ["nan", "0", "-1"])
def test_a_scale_is_a_number_above_0(run: Run, noise: str, scale: str) -> None:
    done = run("run", "relu", noise, "--scale", scale)
    assert done.code == 2
    assert "--scale" in done.err


def test_the_same_picture_twice_is_refused(run: Run, tmp_path: Path) -> None:
    refused(run("run", "shapes-net", "sample:cat", "sample:cat"), 2, "sample:cat is given twice")
    assert files(tmp_path) == set()


def test_pictures_of_one_name_go_by_their_whole_paths(run: Run, tmp_path: Path) -> None:
    for name in ("a/cat.png", "b/cat.png", "b/cat.jpg", "b/dog.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(png(np.zeros((8, 8), np.uint8)))
    given = ("a/cat.png", "b/cat.png", "b/cat.jpg", "sample:cat", "b/dog.png")
    done = run("run", "conv:1,3 relu", *given, "--size", "8", "-o", "out")
    assert (done.code, done.err) == (0, "")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("a_cat.png.chain", "b_cat.png.chain", "b_cat.jpg.chain", "sample_cat.chain", "dog.chain"),
    }


def test_a_picture_may_come_from_standard_input(run: Run, tmp_path: Path) -> None:
    data = (SAMPLES / "circle.png").read_bytes()
    done = run("run", "shapes-net", "-", "--layers", "conv1", stdin=data)
    assert (done.code, below(done)[0].split(":")[0]) == (0, "circle")
    assert "stdin.shapes-net/flow.png" in files(tmp_path)
    shown = run("run", "shapes-net", "-", "--layers", "conv1", "-f", stdin=data, columns=80).out
    assert unstyled(shown).splitlines()[0] == "standard input through shapes-net"


def test_light_on_dark_is_another_picture_of_the_same_size(run: Run, tmp_path: Path) -> None:
    asked = ("run", "shapes-net", "sample:cat", "--layers", "conv1")
    assert run(*asked, "-o", "light").code == run(*asked, "-o", "dark", "--dark").code == 0
    for name in ("000.conv1.png", "flow.png"):
        light, dark = (pixels(tmp_path / f"{tone}/cat.shapes-net/{name}") for tone in ("light", "dark"))
        assert light.shape == dark.shape
        assert light[0, 0].sum() > 700 > 150 > dark[0, 0].sum()


# How the picture is read


@pytest.mark.parametrize("fit", ["crop", "stretch"])
def test_the_picture_is_brought_to_size(run: Run, tmp_path: Path, fit: str) -> None:
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 15:25] = 255  # the middle
    (tmp_path / "wide.png").write_bytes(png(wide))
    saved(tmp_path / "w.npz", **{"conv1.weight": np.ones((1, 3, 1, 1)) / 3, "conv1.bias": np.zeros(1)})
    found = numbers(
        run, tmp_path, "conv:1,1", "wide.png", *("--size", "10", "--weights", "w.npz", "--fit", fit)
    )
    assert found["conv1"].shape == (1, 10, 10)
    assert found["conv1"].min() == pytest.approx(1 if fit == "crop" else 0)
    assert (found["conv1"].mean() < 0.5) == (fit == "stretch")


def test_the_middle_is_as_pillow_crops_and_reduces_it(run: Run, tmp_path: Path) -> None:
    from PIL import ImageOps

    saved(
        tmp_path / "w.npz",
        **{"conv1.weight": np.eye(3)[..., np.newaxis, np.newaxis], "conv1.bias": np.zeros(3)},
    )
    found = numbers(run, tmp_path, "conv:3,1", "sample:cat", "--size", "30x50", "--weights", "w.npz")
    with Image.open(SAMPLES / "cat.png") as cat:
        fitted = ImageOps.fit(cat.convert("RGB"), (50, 30), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(
        found["conv1"], np.asarray(fitted).transpose(2, 0, 1) / 255, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], lambda x: x / 255),
        (["--scale", "1"], lambda x: x),
        (["--mean", "0.5", "--std", "0.25"], lambda x: (x / 255 - 0.5) / 0.25),
        (
            ["--scale", "2", "--mean=1,-2,3", "--std", "4,5,6"],
            lambda x: (2 * x - np.array([1, -2, 3])[:, None, None]) / np.array([4, 5, 6])[:, None, None],
        ),
    ],
)
def test_pixels_are_scaled_less_the_mean_by_the_deviation(
    run: Run, tmp_path: Path, noise: str, options: list[str], expected: Callable[[Any], Any]
) -> None:
    saved(
        tmp_path / "w.npz",
        **{"conv1.weight": np.eye(3)[..., np.newaxis, np.newaxis], "conv1.bias": np.zeros(3)},
    )
    found = numbers(run, tmp_path, "conv:3,1", noise, "--size", "12x10", "--weights", "w.npz", *options)
    x = pixels(tmp_path / noise).transpose(2, 0, 1).astype(float)
    np.testing.assert_allclose(found["conv1"], expected(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", ["8x7", "12x9"])
def test_a_picture_of_16_bits_is_worth_one_of_8(run: Run, tmp_path: Path, size: str) -> None:
    eight = np.random.default_rng(2).integers(0, 256, (8, 7), dtype=np.uint8)
    Image.fromarray(eight).save(tmp_path / "eight.png")
    Image.fromarray(eight.astype(np.uint16) * 257).save(tmp_path / "sixteen.png")
    found = [numbers(run, tmp_path, CHAIN, f"{name}.png", "--size", size) for name in ("eight", "sixteen")]
    for name, values in found[0].items():
        assert np.abs(values - found[1][name]).max() <= 0.02 * np.abs(values).max()


def test_a_picture_of_floats_from_0_to_1_is_worth_one_of_8_bits(run: Run, tmp_path: Path, noise: str) -> None:
    (tmp_path / "unit.npy").write_bytes(npy(pixels(tmp_path / noise).transpose(2, 0, 1) / 255))
    first, second = (numbers(run, tmp_path, CHAIN, name, "--size", "12x10") for name in (noise, "unit.npy"))
    for name, values in first.items():
        np.testing.assert_allclose(second[name], values, rtol=1e-4, atol=1e-4)
    assert "input 3x12x10: the middle of the picture, floats" in below(
        run("run", CHAIN, "unit.npy", "--size", "12x10")
    )
    asked = numbers(run, tmp_path, CHAIN, "unit.npy", "--size", "12x10", "--scale", "0.5")
    np.testing.assert_allclose(asked["conv1"], first["conv1"] / 2, rtol=1e-4, atol=1e-4)


def test_a_network_of_one_channel_gets_the_brightness(run: Run, tmp_path: Path) -> None:
    saved(tmp_path / "w.npz", **{"conv1.weight": np.ones((1, 1, 1, 1)), "conv1.bias": np.zeros(1)})
    (tmp_path / "net.json").write_text(json.dumps({"input": [1, 64, 64], "layers": ["conv:1,1"]}))
    found = numbers(run, tmp_path, "net.json", "sample:circle", "--weights", "w.npz", "--scale", "1")
    colors = channels("circle")
    # Pillow's integer L: ITU-R 601-2 luma.
    expected = (colors * np.array([19595, 38470, 7471])[:, None, None]).sum(axis=0) + 0x8000 >> 16
    np.testing.assert_array_equal(found["conv1"][0], expected)


@pytest.mark.parametrize(("depth", "code"), [(2, 0), (3, 1), (1, 1)])
def test_arrays_have_as_many_channels_as_the_network_takes(
    run: Run, tmp_path: Path, depth: int, code: int
) -> None:
    (tmp_path / "net.toml").write_text('input = [2, 8, 8]\nlayers = ["conv:2,3"]\n')
    (tmp_path / "maps.npy").write_bytes(npy(np.random.default_rng(0).normal(size=(depth, 9, 9))))
    done = run("run", "net.toml", "maps.npy")
    assert done.code == code
    if code:
        refused(done, 1, f"maps.npy: the network takes 2 channels, the picture has {depth}")
        assert files(tmp_path) == {"net.toml", "maps.npy"}


# Weights, labels, classes


def test_random_weights_are_said_on_every_output(run: Run, tmp_path: Path) -> None:
    asked = ("run", CHAIN, "sample:cat", "--size", "9", "--seed", "7")
    said = RANDOM.replace("seed 0", "seed 7")
    assert said in below(run(*asked))
    assert said in unstyled(run(*asked, "-f", columns=90).out)
    assert said in run(*asked, "-f", "--json").json["runs"][0]["notes"]
    for path in tmp_path.glob("cat.chain/*.png"):
        assert said in text_of(path)["Description"]
    run(*asked, "-f", "--format", "npz")
    with zipfile.ZipFile(tmp_path / "cat.chain/layers.npz") as archive:
        assert said in archive.comment.decode()
    run(*asked, "--each", "-o", "each")
    for path in tmp_path.glob("each/cat.chain/*.png"):
        assert said in text_of(path)["Description"]


def test_where_nothing_is_learned_nothing_is_random(run: Run) -> None:
    done = run("run", "relu maxpool:2", "sample:cat", "--size", "8")
    assert done.code == 0
    assert "random" not in done.out


def test_the_same_seed_makes_the_same_files(run: Run, tmp_path: Path) -> None:
    for folder, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert run("run", CHAIN, "sample:cat", "--size", "9", "--seed", seed, "-o", folder).code == 0
    a, b, c = ((tmp_path / folder / "cat.chain/flow.png").read_bytes() for folder in "abc")
    assert a == b != c


@pytest.mark.parametrize(("last", "is_there"), [("upsample:2", True), ("globalavgpool", False)])
def test_maps_that_a_network_answers_with_end_its_flow(
    run: Run, tmp_path: Path, last: str, is_there: bool
) -> None:
    """Whether they are among the layers asked for or not; a row of numbers is there if asked for."""
    flows = []
    for layers in ("conv1", f"conv1,{last.partition(':')[0]}1"):
        done = run("run", f"conv:4,3 {last}", "sample:cat", "--size", "9", "--layers", layers, "-o", layers)
        assert done.code == 0
        flows.append((tmp_path / layers / "cat.chain/flow.png").read_bytes())
    assert (flows[0] == flows[1]) is is_there


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_weights_are_taken_by_name_in_any_order(run: Run, tmp_path: Path, noise: str, kind: str) -> None:
    from safetensors.numpy import save_file

    weights = {
        "conv1.bias": np.array([1, 2], np.float32),
        "conv1.weight": np.random.default_rng(1).normal(size=(2, 3, 3, 3)).astype(np.float32),
    }
    if kind == "npz":
        saved(tmp_path / "w.npz", **weights)
    else:
        save_file(weights, tmp_path / "w.safetensors")
    found = numbers(run, tmp_path, "conv:2,3", noise, "--size", "12x10", "--weights", f"w.{kind}")
    x = pixels(tmp_path / noise).transpose(2, 0, 1) / 255
    expected = ops.conv2d(x, weights["conv1.weight"], weights["conv1.bias"])
    np.testing.assert_allclose(found["conv1"], expected, rtol=1e-4, atol=1e-5)


def test_weights_are_taken_by_order(run: Run, tmp_path: Path, noise: str) -> None:
    weight = np.random.default_rng(1).normal(size=(2, 3, 3, 3))
    saved(tmp_path / "w.npz", first=weight, second=np.array([1.0, 2]))
    asked = ("conv:2,3", noise, "--size", "12x10", "--weights", "w.npz", "--weights-by", "order")
    found = numbers(run, tmp_path, *asked)
    x = pixels(tmp_path / noise).transpose(2, 0, 1) / 255
    np.testing.assert_allclose(
        found["conv1"], ops.conv2d(x, weight, np.array([1.0, 2])), rtol=1e-4, atol=1e-5
    )
    assert "weights: w.npz" in below(run("run", *asked))
    saved(tmp_path / "w.npz", first=np.array([1.0, 2]), second=weight, third=np.ones(1))
    done = run("run", *asked, "-o", "other")
    refused(
        *(done, 1),
        "w.npz: 1: first has shape (2,), but conv1.weight takes (2, 3, 3, 3)",
        "w.npz: 2: second has shape (2, 3, 3, 3), but conv1.bias takes (2,)",
        "w.npz: 3: no layer is left for third of (1,)",
    )
    assert not (tmp_path / "other").exists()


def test_all_that_is_wrong_with_the_weights_is_listed_at_once(run: Run, tmp_path: Path) -> None:
    saved(tmp_path / "w.npz", **{"conv1.weight": np.ones((2, 3, 3, 3)), "conv9.bias": np.ones(3)})
    done = run("run", "conv:2,5", "sample:cat", "--weights", "w.npz")
    refused(
        *(done, 1),
        "w.npz: conv1.weight: has shape (2, 3, 3, 3), but the layer takes (2, 3, 5, 5)",
        "w.npz: conv1.bias: is missing; its shape is (2,)",
        "w.npz: conv9.bias: no layer takes it",
    )
    assert files(tmp_path) == {"w.npz"}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("w.safetensors", b"\x10\0\0\0\0\0\0\0{'a", "damaged safetensors file"),
        ("w.npz", b"PK\x03\x04 and no more", "damaged NPZ archive"),
        ("w.npz", b"", "empty"),
        ("w.txt", b"1 2 3", "its name must end in .npz or .safetensors"),
        ("w.npz", None, "No such file"),
    ],
)
def test_weights_that_cannot_be_read_are_refused_in_one_line(
    run: Run, tmp_path: Path, name: str, data: bytes | None, said: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    done = run("run", "conv:2,5", "sample:cat", "--weights", name)
    refused(done, 1, said)
    assert done.err.startswith(f"cnnviz: {name}: ")
    assert files(tmp_path) <= {name}


def test_a_pickle_is_refused_with_the_lines_that_convert_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"\x80\x02}q\x00.")
    done = run("run", "conv:2,5", "sample:cat", "--weights", "model.pt")
    assert (done.code, done.out) == (1, "")
    said, *program = done.err.splitlines()
    assert said.startswith("cnnviz: model.pt: a pickle")
    assert program[0] == "import numpy, torch"
    assert program[1].startswith("numpy.savez('model.npz'")
    compile("\n".join(program), "the lines as they stand", "exec")
    assert files(tmp_path) == {"model.pt"}


@pytest.mark.parametrize("name", ["resnet18.pt", "./old/net.PTH"])
def test_a_pickle_in_place_of_the_network_is_converted_and_its_network_asked_for(run: Run, name: str) -> None:
    done = run("run", name, "sample:cat")
    assert (done.code, done.out) == (1, "")
    said, *program = done.err.splitlines()
    assert said.startswith(f"cnnviz: {name}: a pickle")
    assert said.endswith(f", for: cnnviz run NETWORK IMAGE --weights {name.rpartition('.')[0]}.npz")
    compile("\n".join(program), "the lines as they stand", "exec")


@pytest.mark.parametrize("name", ["resnet18.npz", "./resnet18.safetensors"])
def test_weights_in_place_of_the_network_ask_for_it(run: Run, name: str) -> None:
    done = run("run", name, "sample:cat")
    refused(done, 2, f"{name} holds weights; name the network too: cnnviz run NETWORK IMAGE --weights {name}")


def test_labels_name_the_classes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("ant\n\nbee\ncat\n", encoding="utf-8")
    done = run("run", CHAIN, "sample:cat", "--size", "9", "--labels", "labels.txt", "--json")
    top = done.json["runs"][0]["top"]
    assert {row["label"] for row in top} == {"ant", "bee", "cat"}
    values = [row["value"] for row in top]
    assert values == sorted(values, reverse=True)
    powers = np.exp(np.array(values) - max(values))
    np.testing.assert_allclose([row["probability"] for row in top], powers / powers.sum())


def test_labels_that_do_not_fit_are_refused_before_anything_is_done(run: Run, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("ant\nbee\n")
    done = run("run", CHAIN, "sample:cat", "--size", "9", "--labels", "labels.txt")
    refused(done, 1, "labels.txt: names 2 classes, and linear1 puts out 3 numbers; it takes a name for each")
    done = run("run", "conv:2,3 relu", "sample:cat", "--size", "9", "--labels", "labels.txt")
    refused(done, 1, "labels.txt: names 2 classes, and relu1 puts out 2x7x7 numbers")
    assert files(tmp_path) == {"labels.txt"}


def test_random_weights_know_no_classes_unless_one_asks_for_them(run: Run, tmp_path: Path) -> None:
    asked = ("run", CHAIN, "sample:cat", "--size", "9")
    first = run(*asked, "--json").json["runs"][0]
    assert (first["random_weights"], first["top"]) == (True, [])
    assert "class 0" not in run(*asked, "-f").out
    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\n")
    assert "ant: " in run(*asked, "-f", "--labels", "labels.txt").out


@pytest.mark.parametrize(
    ("chain", "count"),
    [
        ("relu flatten", 0),
        ("relu globalavgpool flatten", 3),
        ("relu globalmaxpool", 3),
        ("relu maxpool:2", 0),
    ],
)
def test_maps_put_in_a_row_are_no_classes(run: Run, chain: str, count: int) -> None:
    done = run("run", chain, "sample:cat", "--size", "8", "--json")
    assert len(done.json["runs"][0]["top"]) == count


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"  \n\n", b""])
def test_labels_that_are_none_are_refused(run: Run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "labels.txt").write_bytes(data)
    refused(run("run", CHAIN, "sample:cat", "--labels", "labels.txt"), 1, "labels.txt: ")
    assert files(tmp_path) == {"labels.txt"}


@pytest.mark.parametrize(("top", "count"), [("0", 0), ("1", 1), ("100", 4)])
def test_as_many_classes_are_shown_as_asked_for(run: Run, top: str, count: int) -> None:
    done = run("run", "shapes-net", "sample:cat", "--top", top, "--layers", "conv1", "--json")
    assert len(done.json["runs"][0]["top"]) == count


# Networks


def test_a_file_with_its_own_input_is_run_at_that_size(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text('input = [3, 12, 16]\nlayers = ["conv:2,3", "relu"]\n')
    done = run("run", "net.toml", "sample:cat")
    assert [row["output"] for row in rows(done)] == ["2x10x14"] * 2
    assert rows(done)[0]["file"] == "cat.net/000.conv1.png"
    assert below(done)[0].startswith("input 3x12x16: ")
    other = run("run", "net.toml", "sample:cat", "--size", "5x6", "-o", "other")
    assert [row["output"] for row in rows(other)] == ["2x3x4"] * 2


def test_memory_that_runs_out_is_said_with_the_picture(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("cnnviz.network.own.run", run_out)
    done = run("run", "conv:2,3", "sample:cat", "--size", "8")
    refused(done, 1, "sample:cat: not enough memory; ask for fewer --layers, or a smaller --size")
    assert files(tmp_path) == set()


def test_transposed_and_depthwise_convolutions_are_run(run: Run, tmp_path: Path) -> None:
    done = run("run", "depthwise:3 convt:2,2,s=2", "sample:cat", "--size", "8")
    assert (done.code, done.err) == (0, "")
    assert [row["output"] for row in rows(done)] == ["3x6x6", "2x12x12"]


def test_values_beyond_float32_are_said_and_drawn(run: Run, tmp_path: Path) -> None:
    done = run(*HUGE)
    assert (done.code, done.err) == (0, "")
    assert any("values beyond float32" in line for line in below(done))
    document = run(*HUGE, "-f", "--json")
    json.loads(document.stdout, parse_constant=lambda name: pytest.fail(name))
    assert None in [row["max"] for row in document.json["runs"][0]["layers"]]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["lenet55", "sample:cat"], 2, "did you mean lenet5"),
        (["./none.toml", "sample:cat"], 1, "./none.toml: No such file"),
        (["./none", "sample:cat"], 1, "./none: not a network"),
        (["linear:3", "sample:cat"], 2, "it takes a vector"),
        (["conv:2,3", "sample:cat", "--size", "2"], 2, "does not fit"),
        (["conv:2,3", "sample:cat", "--size", "100000x100000"], 2, "more than 200000000 pixels"),
        (["flatten linear:9", "sample:cat", "--size", "100000x100000"], 2, "more than 200000000 pixels"),
        (["conv:2,3", "sample:cat", "--layout", "HWC"], 2, "the layout HWC is that of some ONNX models"),
        (["conv:2,3", "sample:cat", "--backend", "onnxruntime"], 2, "runs ONNX models"),
        (["conv:2,3", "sample:cat", "--mean", "1,2"], 2, "one, or one for each of the 3 channels"),
        (["lenet5", "sample:cat", "--std", "1,2"], 2, "std gives 2 numbers; it takes one"),
        (["conv:2,3", "sample:cat", "--std", "0"], 2, "std divides the pixels"),
        (["conv:2,3", "sample:cat", "--scale", "1e38"], 2, "beyond float32"),
        (["conv:2,3", "sample:cat", "--std=-1"], 2, "and is -1; give numbers above 0"),
        (["conv:2,3", "sample:catt"], 2, "did you mean cat"),
        (["sample:cat", "shapes-net"], 2, "sample:cat is a picture; the network comes first: cnnviz run"),
        (["cat.png", "shapes-net"], 2, "cat.png is a picture; the network comes first: cnnviz run"),
        (["conv:2,3", "sample:cat", "-o", "x.png"], 2, "-o x.png: names a folder; write x/"),
        (["conv:2,3"], 2, "a picture is missing; try sample:cat"),
        (["conv:2,3", "sample:cat", "-o", "-"], 2, "-o takes a folder"),
        (["conv:2,3", "sample:cat", "--scale", "0"], 2, "--scale"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    run: Run, tmp_path: Path, args: list[str], code: int, said: str
) -> None:
    refused(run("run", *args), code, said)
    assert files(tmp_path) == set()


@pytest.mark.parametrize("option", [("--each",), ("--sort", "energy")])
def test_what_is_for_pictures_does_not_go_with_numbers(
    run: Run, tmp_path: Path, option: tuple[str, ...]
) -> None:
    done = run("run", "shapes-net", "sample:cat", "--format", "npz", *option)
    refused(done, 2, f"{option[0]} is for pictures; --format npz writes the numbers of whole layers")
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["shapes-net", "--seed", "3"], "--seed does not go with shapes-net, which holds its own weights"),
        (["shapes-net", "--weights-by", "order"], "--weights-by needs --weights"),
        (["conv:2,3", "--weights-by", "order"], "--weights-by needs --weights"),
        (["conv:2,3", "--weights", "w.npz", "--seed", "3"], "--seed goes without --weights"),
    ],
)
def test_what_is_asked_of_weights_that_are_not_there_is_refused(
    run: Run, tmp_path: Path, options: list[str], said: str
) -> None:
    refused(run("run", *options, "sample:cat"), 2, said)
    assert files(tmp_path) == set()


def test_a_network_that_takes_a_vector_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text('input = [784]\nlayers = ["linear:10"]\n')
    refused(run("run", "net.toml", "sample:cat"), 1, "takes a vector of 784 numbers, not a picture")


def test_a_file_in_place_of_the_folder_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    done = run("run", "shapes-net", "sample:cat", "-o", "taken")
    refused(done, 1, "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_probed_unit_is_explained_and_drawn(run: Run, tmp_path: Path) -> None:
    done = run("run", "shapes-net", "sample:circle", "--layers", "pools", "--probe", "pool2,3,2,5")
    assert (done.code, done.err) == (0, "")
    assert "pool2 (maxpool), map 3, row 2, column 5: " in done.out
    assert "it sees 10x10 pixels: rows 5 to 14, columns 17 to 26" in done.out
    assert "conv2 (conv), map 3, row " in done.out
    assert "sum of 8 channels: " in done.out
    drawn = pixels(tmp_path / "circle.shapes-net" / "probe.png")
    assert drawn.shape[1:] == (1280, 3)
    assert (drawn == (230, 90, 0)).all(axis=2).any()


def test_the_largest_unit_of_a_map_is_found_and_its_arithmetic_is_in_the_json(run: Run) -> None:
    args = ("--layers", "conv1", "--probe", "relu1,0,max", "--json")
    (found,) = run("run", "shapes-net", "sample:square", *args).json["runs"]
    first, last = found["probe"]["units"]
    largest = next(row for row in found["layers"] if row["name"] == "relu1")["max"]
    assert (first["layer"], last["layer"]) == ("relu1", "conv1")
    assert first["value"] == pytest.approx(last["value"])
    assert first["value"] <= largest + 1e-5
    (unit,) = found["probe"]["explanation"]["units"]
    assert len(unit["terms"]) == 27
    assert sum(term["product"] for term in unit["terms"]) + unit["bias"] == pytest.approx(
        last["value"], abs=1e-4
    )


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("conv1", "'conv1' is not a unit; it takes a layer, a map, a row and a column"),
        ("conv4,0,max", "no layer has the name 'conv4'; did you mean conv"),
        ("conv1,8,max", "conv1 has no map 8; they are 0 to 7"),
        ("conv1,0,64,0", "conv1 has no unit 64,0; its maps have rows 0 to 63"),
        ("fc,0,max", "fc puts out a vector"),
    ],
)
def test_a_unit_that_is_not_there_is_named_before_anything_is_done(
    run: Run, tmp_path: Path, unit: str, message: str
) -> None:
    done = run("run", "shapes-net", "sample:circle", "--layers", "conv1", "--probe", unit)
    assert (done.code, message in done.err, files(tmp_path)) == (2, True, set())


def test_a_layers_costs_are_those_of_shapes(run: Run) -> None:
    costs = {
        row["layer"]: row for row in run("shapes", "shapes-net", "--plain").table if row["layer"] != "total"
    }
    for row in rows(run("run", "shapes-net", "sample:circle", "--layers", "conv1")):
        assert int(row["parameters"].replace(",", "")) == int(costs[row["layer"]]["parameters"])
        assert int(row["MACs"].replace(",", "")) == int(costs[row["layer"]]["MACs"])


def test_a_file_says_how_its_pictures_are_prepared_and_what_its_classes_mean(
    run: Run, tmp_path: Path
) -> None:
    layers = 'layers = ["conv:2,3", "globalavgpool", "flatten"]\n'
    (tmp_path / "net.toml").write_text(
        f'input = [3, 16, 16]\nscale = 1\nmean = [10, 20, 30]\nstd = 2\nlabels = ["a", "b"]\n{layers}'
    )
    said = run("run", "net.toml", "sample:circle", "-f").out
    assert "pixels minus 10,20,30, divided by 2" in said
    assert "a: " in said
    (tmp_path / "plain.toml").write_text(f"input = [3, 16, 16]\n{layers}")
    asked = ("--scale", "1", "--mean", "10,20,30", "--std", "2")
    assert (
        rows(run("run", "net.toml", "sample:circle", "-f", "-o", "one"))[0]["max"]
        == (rows(run("run", "plain.toml", "sample:circle", *asked, "-o", "two"))[0]["max"])
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('scale = "a"', "scale: is 'a'; it takes a finite number"),
        ("mean = [1, true]", "mean: is [1, True]; it takes a finite number, or an array of one a channel"),
        ('layout = "XYZ"', "layout: is 'XYZ'; it takes CHW or HWC"),
        ("labels = 3", "labels: needs an array of texts, a class each"),
        ("std = 0", "std: is 0; it takes a number above 0"),
        ("mean = [1, 2]", "mean gives 2 numbers; it takes one, or one for each of the 3 channels"),
    ],
)
def test_what_a_file_says_wrongly_of_pictures_is_named(
    run: Run, tmp_path: Path, line: str, message: str
) -> None:
    (tmp_path / "net.toml").write_text(f'input = [3, 8, 8]\n{line}\nlayers = ["relu"]\n')
    done = run("run", "net.toml", "sample:circle")
    assert (done.code != 0, message in done.err, files(tmp_path)) == (True, True, {"net.toml"})
