"""``cnnviz kernels``: the list, and one kernel looked at closely."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnviz import kernels
from cnnviz.network.trained import SHAPES_NET
from tests.cli.running import Run, files, npy, pixels

EVERY_NAME = {*kernels.NAMED, *kernels.FAMILIES}
GROUPED = {*kernels.GROUPS, *kernels.MAGNITUDES}


def card(text: str) -> dict[str, str]:
    """The facts of a plain card."""
    return dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)


def test_the_list_has_a_line_for_every_kernel_with_a_source_and_what_it_shows(run: Run) -> None:
    done = run("kernels")
    assert (done.code, done.err) == (0, "")
    rows = done.table
    assert {row["name"] for row in rows} == EVERY_NAME
    assert len(rows) == len(EVERY_NAME)
    assert all(row["family"] and row["shows"] and row["source"] for row in rows)


def test_a_family_is_listed_in_one_piece(run: Run) -> None:
    families = [row["family"] for row in run("kernels").table]
    changes = [now for before, now in zip([None, *families], families, strict=False) if now != before]
    assert len(changes) == len(set(changes))


def test_on_a_terminal_the_list_has_groups_and_magnitudes_too(run: Run) -> None:
    shown = run("kernels", columns=100).out
    for name in EVERY_NAME | GROUPED:
        assert f"{name} " in shown or f"{name}\x1b" in shown, name


def test_plain_on_a_terminal_is_what_a_pipe_gets(run: Run) -> None:
    assert run("kernels", "--plain", columns=60).out == run("kernels").out


def test_as_json_the_list_is_one_line(run: Run) -> None:
    done = run("kernels", "--json")
    assert done.out.count("\n") == 1
    document = done.json
    assert document["schema"] == 1
    assert {entry["name"] for entry in document["kernels"]} == EVERY_NAME
    assert set(document["kernels"][0]) == {"name", "family", "parameters", "shows", "derivation", "source"}
    compass = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
    assert sorted(document["groups"]["kirsch"]) == sorted(f"kirsch-{direction}" for direction in compass)


def test_a_card_has_the_coefficients_and_what_they_mean(run: Run) -> None:
    done = run("kernels", "show", "sobel-x")
    lines = done.out.splitlines()
    assert lines[:4] == ["sobel-x\t3x3", "-1\t0\t1", "-2\t0\t2", "-1\t0\t1"]
    facts = card("\n".join(lines[4:]))
    assert facts["sum"] == "0: flat regions give 0"
    assert "column (1 2 1) times row (-1 0 1)" in facts["separable"]
    assert "odd left to right" in facts["symmetry"]
    assert "positive where brightness grows to the right" in facts["shows"]
    assert facts["source"]


@pytest.mark.parametrize("name", sorted(EVERY_NAME | GROUPED | {*kernels.ALIASES}))
def test_every_name_can_be_shown_in_text_and_in_colour(run: Run, name: str) -> None:
    for columns in (0, 60):
        done = run("kernels", "show", name, columns=columns)
        assert (done.code, done.err) == (0, "")
        assert "sum" in done.out


def test_a_kernel_that_is_a_known_one_turned_is_recognised(run: Run) -> None:
    done = run("kernels", "show", "1 0 -1; 2 0 -2; 1 0 -1")
    assert "sobel-x turned by 180 degrees" in card(done.out)["relation"]


def test_a_gradient_that_does_not_sum_to_0_is_pointed_out(run: Run) -> None:
    facts = card(run("kernels", "show", "1 0 -1; 2 0 -2; 1 0 -1.5").out)
    assert "sum to -0.5, not 0" in facts["note"]
    assert "note" not in card(run("kernels", "show", "1 0 -1; 2 0 -2; 1 0 -1").out)
    assert "note" not in card(run("kernels", "show", "box").out)


def test_an_inline_kernel_may_start_with_a_minus_sign(run: Run) -> None:
    done = run("kernels", "show", "-1 0 1; -2 0 2; -1 0 1")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1] == "-1\t0\t1"


def test_a_group_is_shown_kernel_by_kernel(run: Run) -> None:
    lines = run("kernels", "show", "edges").out.splitlines()
    heads = [line.split("\t")[0] for line in lines if line.endswith(("\t3x3", "\t2x2", "\t5x5"))]
    assert heads == list(kernels.GROUPS["edges"])


def test_as_json_a_kernel_has_its_numbers(run: Run, tmp_path: Path) -> None:
    done = run("kernels", "show", "1/9 0; 0 -2", "--json")
    assert done.out.count("\n") == 1
    assert done.json["schema"] == 1
    (entry,) = done.json["kernels"]
    assert (entry["name"], entry["shape"]) == ("inline1", [2, 2])
    assert entry["weight"] == [[pytest.approx(1 / 9), 0], [0, -2]]
    assert entry["rank"] == 2


def test_a_bank_has_a_range_and_a_shape(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(np.arange(-8, 64).reshape(4, 2, 3, 3)))
    done = run("kernels", "show", "bank.npy")
    assert done.out.splitlines()[0] == "bank.npy\t4x2x3x3"
    assert "-8..63" in done.out
    assert run("kernels", "show", "bank.npy", columns=60).code == 0
    (entry,) = run("kernels", "show", "bank.npy", "--json").json["kernels"]
    assert entry["shape"] == [4, 2, 3, 3]


@pytest.mark.parametrize(("name", "format_"), [("k.png", "PNG"), ("k.webp", "WEBP")])
def test_a_kernel_is_drawn_as_a_picture(run: Run, tmp_path: Path, name: str, format_: str) -> None:
    done = run("kernels", "show", "gabor:theta=45", "-o", name)
    assert (done.code, files(tmp_path)) == (0, {name})
    assert done.out == run("kernels", "show", "gabor:theta=45").out
    with Image.open(tmp_path / name) as picture:
        assert picture.format == format_
        assert min(picture.size) > 200


def test_on_a_terminal_the_file_is_named(run: Run) -> None:
    args = ("kernels", "show", "box", "-f", "-o", "k.png")
    assert run(*args, columns=80).out.endswith("\nwritten: k.png\n")
    assert "written" not in run(*args).out + run(*args, "--json", columns=80).out


def test_a_picture_names_the_file_of_a_kernel_without_its_folders(run: Run, tmp_path: Path) -> None:
    drawn = []
    for folder in ("a", "a/very/private/folder"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "k.txt").write_text("1 2\n3 4\n")
        assert run("kernels", "show", f"{folder}/k.txt", "-f", "-o", "k.png").code == 0
        drawn.append((tmp_path / "k.png").read_bytes())
    assert drawn[0] == drawn[1]


def test_the_network_that_comes_along_lists_its_kernels_by_its_name(run: Run, tmp_path: Path) -> None:
    done = run("kernels", "show", "shapes-net")
    assert done.out.splitlines()[0] == "conv1.weight  8x3x3x3    8 kernels of 3x3 over 3 channels"
    assert done.out.endswith("cnnviz kernels show shapes-net:conv1.weight looks at one\n")
    (entry,) = run("kernels", "show", "shapes-net:conv1.weight", "--json").json["kernels"]
    with np.load(SHAPES_NET.file) as held:
        assert np.array_equal(np.array(entry["weight"], np.float32), held["conv1.weight"])
    assert run("convolve", "sample:circle", "-k", "shapes-net:conv1.weight", "-o", "maps.npy").code == 0
    assert np.load(tmp_path / "maps.npy").shape == (8, 62, 62)
    refused = run("kernels", "show", "shapes-net:conv9.weight")
    assert (refused.code, "shapes-net: it holds no array 'conv9.weight'; did you mean" in refused.err) == (
        1,
        True,
    )


def test_different_kernels_are_drawn_differently(run: Run, tmp_path: Path) -> None:
    for name in ("sobel-x", "sobel-y", "box"):
        assert run("kernels", "show", name, "-o", f"{name}.png").code == 0
    pictures = [pixels(tmp_path / f"{name}.png").tobytes() for name in ("sobel-x", "sobel-y", "box")]
    assert len(set(pictures)) == 3


def test_a_picture_on_standard_output_leaves_the_card_to_stderr(run: Run) -> None:
    done = run("kernels", "show", "sobel-x", "-o", "-")
    assert done.code == 0
    assert pixels(done.stdout).ndim == 3
    assert done.err == run("kernels", "show", "sobel-x").out


def test_a_picture_is_not_put_on_a_terminal(run: Run) -> None:
    done = run("kernels", "show", "sobel-x", "-o", "-", columns=80)
    assert (done.code, done.out) == (2, "")
    assert "terminal" in done.err


def test_an_existing_picture_is_overwritten_by_force_only(run: Run, tmp_path: Path) -> None:
    (tmp_path / "k.png").write_text("mine")
    done = run("kernels", "show", "box", "-o", "k.png")
    assert (done.code, done.out) == (1, "")
    assert "--force" in done.err
    assert (tmp_path / "k.png").read_text() == "mine"
    assert run("kernels", "show", "box", "-o", "k.png", "-f").code == 0
    assert pixels(tmp_path / "k.png").ndim == 3


def test_a_kernel_file_is_never_drawn_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "k.png").write_text("1 2\n3 4\n")
    for args in (("-o", "k.png"), ("-o", "k.png", "-f")):
        done = run("kernels", "show", "./k.png", *args)
        assert done.code != 0
        assert (tmp_path / "k.png").read_text() == "1 2\n3 4\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("show",), ["a kernel is missing; try sobel-x"]),
        (("show", "sobelx"), ["sobelx", "sobel-x"]),
        (("show", "edges", "-o", "e.png"), ["edges", "12", "sobel-x"]),
        (("show", "box", "-o", "b.npy"), ["no format is called .npy; known: .png, .webp\n"]),
        (("show", "box", "-o", "b.jpg"), ["no format is called .jpg; known: .png, .webp\n"]),
        (("show", "box", "--json", "-o", "-"), ["--json", "-o -"]),
        (("--json", "show", "box"), ["--json", "show"]),
        (("--plain", "show", "box"), ["--plain", "show"]),
        (("show", "box", "box"), ["show takes one kernel, not 2"]),
        (("shw",), ["shw", "show"]),
        (("show", "1 2; 3"), ["row 2", "row 1"]),
        (("show", "box:size=0"), ["size", "0", "1 to 1001"]),
        (("show", "1 x"), ["'x'", "not a number"]),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(
    run: Run, tmp_path: Path, args: tuple[str, ...], words: list[str]
) -> None:
    done = run("kernels", *args)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("cnnviz: ")
    assert all(word in done.err for word in words), done.err
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("ragged.csv", b"1,2,3\n4,5\n", ["row 2", "row 1"]),
        ("empty.csv", b"", ["empty"]),
        ("blank.txt", b"# nothing\n\n", ["no values"]),
        ("nan.json", b"[[NaN, 1]]", ["nan.json"]),
        ("null.json", b"[[null, 1]]", ["null.json"]),
        ("bool.json", b"[[true, 1]]", ["bool.json"]),
        ("code.txt", b"__import__('os').system('touch canary')", ["not a number"]),
        ("text.csv", b"a,b\n1,2\n", ["line 1"]),
        ("pickle.npy", b"\x80\x04]\x94.", ["pickle"]),
        ("5d.npy", npy(np.ones((1, 1, 1, 2, 2))), ["5d.npy"]),
        ("1d.npy", npy(np.ones(9)), ["1d.npy"]),
        ("nan.npy", npy(np.array([[1, np.nan]])), ["row", "column"]),
    ],
)
def test_a_kernel_file_that_is_none_fails_with_its_name_and_the_place(
    run: Run, tmp_path: Path, name: str, data: bytes, words: list[str]
) -> None:
    (tmp_path / name).write_bytes(data)
    for command in (("kernels", "show", name), ("convolve", "sample:cat", "-k", name)):
        done = run(*command)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
        assert done.err.startswith(f"cnnviz: {name}: ")
        assert all(word in done.err for word in words), done.err
    assert files(tmp_path) == {name}


def test_one_of_several_arrays_has_to_be_named(run: Run, tmp_path: Path) -> None:
    np.savez(tmp_path / "two.npz", first=np.ones((2, 2)), second=np.zeros((3, 3)))
    done = run("convolve", "sample:step", "-k", "two.npz")
    assert done.code == 1
    assert "first" in done.err
    assert "second" in done.err
    assert run("kernels", "show", "two.npz:second").out.startswith("two.npz:second\t3x3\n")


def test_a_name_with_a_line_break_is_escaped_in_text_and_kept_in_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a\nb.csv").write_text("1,2\n")
    (entry,) = run("kernels", "show", "a\nb.csv", "--json").json["kernels"]
    assert entry["name"] == "a\nb.csv"
    assert run("kernels", "show", "a\nb.csv").out.startswith("a\\nb.csv\t1x2\n")


@pytest.mark.parametrize("suffix", ["npz", "safetensors", "onnx"])
def test_a_file_of_many_arrays_is_listed_and_one_of_them_shown(run: Run, tmp_path: Path, suffix: str) -> None:
    weights = {
        "conv1.weight": np.random.default_rng(1).normal(size=(8, 3, 5, 5)).astype(np.float32),
        "conv1.bias": np.zeros(8, np.float32),
    }
    path = f"net.{suffix}"
    save(tmp_path / path, weights)
    listed = run("kernels", "show", path)
    assert (listed.code, listed.out.splitlines()) == (
        0,
        [
            "conv1.weight  8x3x5x5  8 kernels of 5x5 over 3 channels",
            "1 other (biases and the like)",
            f"cnnviz kernels show {path}:conv1.weight looks at one",
        ],
    )
    narrow = run("kernels", "show", path, columns=40)
    assert narrow.out.split() == listed.out.split()  # broken between words
    assert max(map(len, narrow.out.splitlines())) <= 40
    arrays = run("kernels", "show", path, "--json").json["arrays"]
    assert {each["name"]: tuple(each["shape"]) for each in arrays} == {
        name: array.shape for name, array in weights.items()
    }
    assert run("kernels", "show", f"{path}:conv1.weight", "-o", "bank.png").code == 0
    assert pixels(tmp_path / "bank.png").shape[2] == 3
    refused = run("kernels", "show", path, "-o", "other.png")
    assert (refused.code, "-o draws one of the 2 arrays" in refused.err) == (2, True)


def save(path: Path, weights: dict[str, np.ndarray]) -> None:
    from onnx import TensorProto, helper, numpy_helper
    from safetensors.numpy import save_file

    if path.suffix == ".npz":
        np.savez(path, **weights)  # type: ignore[arg-type]
    elif path.suffix == ".safetensors":
        save_file(weights, path)
    else:
        held = [numpy_helper.from_array(array, name) for name, array in weights.items()]
        output = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
        node = helper.make_node("Conv", ["x", "conv1.weight", "conv1.bias"], ["y"])
        model = helper.make_model(helper.make_graph([node], "g", [], [output], held))
        path.write_bytes(model.SerializeToString())


def test_a_models_weights_convolve(run: Run, tmp_path: Path) -> None:
    weight = np.random.default_rng(1).normal(size=(2, 3, 3, 3)).astype(np.float32)
    save(tmp_path / "net.onnx", {"conv1.weight": weight, "conv1.bias": np.zeros(2, np.float32)})
    done = run("convolve", "sample:cat", "-k", "net.onnx:conv1.weight", "-o", "maps.npy")
    assert (done.code, done.err) == (0, "")
    assert np.load(tmp_path / "maps.npy").shape == (2, 298, 449)
