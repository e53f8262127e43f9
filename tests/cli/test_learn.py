"""``cnnviz learn`` as one uses it: on a terminal, in a pipe, as JSON, animated, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont

from cnnviz.cli import learn as cli
from cnnviz.render.animation import SUFFIXES
from tests.cli.running import SOBEL_X, Run, files, unstyled

Golden = Callable[..., None]
CAT = ("learn", "sample:cat")
SHOWN = {
    "sobel": (*CAT, "--target", "sobel-x"),
    "large": (*CAT, "--target", "gaussian:size=9", "--steps", "20"),
    "kept": (*CAT, "--target", "laplacian", "--keep-mean", "--steps", "3", "--learning-rate", "1e-6"),
    "patches": (*CAT, "--patches", "5"),
}


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("name", SHOWN)
def test_on_a_terminal_it_looks_as_kept(run: Run, golden_text: Golden, columns: int, name: str) -> None:
    done = run(*SHOWN[name], columns=columns)
    assert (done.code, done.err) == (0, "")
    text = "\n".join(line.rstrip() for line in unstyled(done.out).splitlines()) + "\n"
    golden_text(f"learn-{name}-{columns}", text)
    assert max(map(len, text.splitlines())) <= columns


def test_without_colour_a_terminal_gets_the_same_letters(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    colored = run(*SHOWN["sobel"], "--steps", "2", columns=80).out
    monkeypatch.setenv("NO_COLOR", "1")
    plain = run(*SHOWN["sobel"], "--steps", "2", columns=80).out
    assert "\x1b[3" in colored
    assert "\x1b[3" not in plain
    assert unstyled(plain) == unstyled(colored)


def test_in_a_pipe_kernels_are_written_as_k_takes_them(run: Run) -> None:
    lines = run(*SHOWN["sobel"]).out.splitlines()
    assert lines[0] == "step\tloss\tcosine\tkernel"
    rows = [line.split("\t") for line in lines[1:] if "\t" in line]
    assert [row[0] for row in rows] == ["0", "2", "5", "15", "39", "100"]
    numbers = np.array([[float(each) for each in row.split()] for row in rows[-1][3].split(";")])
    assert np.abs(numbers - SOBEL_X).max() < 0.02
    assert lines[-1].startswith("The cosine to the target's kernel is 0.9999")
    assert run("kernels", "show", rows[-1][3]).code == 0


def test_json_is_one_line_with_every_loss(run: Run) -> None:
    done = run(*SHOWN["sobel"], "--json")
    assert done.out.count("\n") == 1
    document = done.json
    assert (document["schema"], document["size"], document["target"]) == (1, [3, 3], "sobel-x")
    assert len(document["losses"]) == 101
    assert document["losses"][-1] < 1e-4 * document["losses"][0]
    assert document["steps"][-1]["kernel"] == document["kernel"]
    assert document["cosine"] > 0.9999
    assert document["condition"]["centred"] < document["condition"]["with_mean"]
    assert document["learning_rate"] == pytest.approx(1.9 / document["curvature"])


def test_what_is_saved_is_a_kernel_that_makes_the_targets_map(run: Run, tmp_path: Path) -> None:
    assert run(*CAT, "--target", "sobel-x", "--steps", "200", "--save", "k.npy").code == 0
    saved = np.load(tmp_path / "k.npy")
    assert (saved.shape, saved.dtype) == ((3, 3), np.float64)
    assert np.abs(saved - SOBEL_X).max() < 2e-3
    for name, kernel in (("ours", "k.npy"), ("theirs", "sobel-x")):
        assert run("convolve", "sample:cat", "-k", kernel, "-o", f"{name}.npy").code == 0
    ours, theirs = (np.load(tmp_path / f"{name}.npy") for name in ("ours", "theirs"))
    assert np.abs(ours - theirs).max() < 0.5


def test_a_map_that_convolve_drew_gives_the_kernel_of_the_map_it_stored(run: Run) -> None:
    for suffix in ("png", "npy"):
        assert run("convolve", "sample:cat", "-k", "sobel-x", "-o", f"map.{suffix}").code == 0
    args = (*CAT, "--steps", "300", "--json", "--target-map")
    drawn, exact = (run(*args, f"map.{suffix}").json for suffix in ("png", "npy"))
    assert np.abs(np.array(drawn["kernel"]) - exact["kernel"]).max() < 0.003
    assert drawn["cosine"] > 0.9999  # the PNG names the kernel, the NPY does not
    assert exact["cosine"] is None
    assert exact["explained"] > 0.9999


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_animation_has_a_frame_for_each_step_it_shows(run: Run, tmp_path: Path, suffix: str) -> None:
    args = (*CAT, "--target", "sobel-x", "--steps", "5", "-o", f"learn{suffix}", "--fps", "4")
    assert run(*args).code == 0
    with Image.open(tmp_path / f"learn{suffix}") as image:
        assert (image.n_frames, image.width) == (6, 900)  # type: ignore[attr-defined]  # of an animation
        image.load()
        assert image.info["duration"] == 250
    again = run(*args)
    assert (again.code, "exists; nothing was done" in again.err) == (1, True)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_slowest_animation_is_as_slow_as_a_gif_can_be(run: Run, tmp_path: Path, suffix: str) -> None:
    args = (*CAT, "--target", "sobel-x", "--steps", "1", "-o", f"learn{suffix}", "--fps", "1e-9")
    assert run(*args).code == 0
    with Image.open(tmp_path / f"learn{suffix}") as image:
        image.load()
        assert image.info["duration"] == 655350


def test_the_animation_of_the_sample_stays_under_a_megabyte(run: Run, tmp_path: Path) -> None:
    assert run(*SHOWN["sobel"], "-o", "learn.gif").code == 0
    assert (tmp_path / "learn.gif").stat().st_size < 1 << 20


def test_the_components_of_patches_are_a_bank_and_a_sheet(run: Run, tmp_path: Path) -> None:
    done = run(*CAT, "--patches", "8", "--size", "5", "-o", "p.png", "--save", "p.npy")
    assert (done.code, done.err) == (0, "")
    assert [row["component"] for row in done.table] == [str(number) for number in range(8)]
    shares = [float(row["share"]) for row in done.table]
    assert float(done.table[-1]["running"]) == pytest.approx(sum(shares), abs=1e-5)
    assert np.load(tmp_path / "p.npy").shape == (8, 1, 5, 5)
    assert run("convolve", "sample:cat", "-k", "p.npy", "-o", "maps.npy").code == 0
    assert np.load(tmp_path / "maps.npy").shape == (8, 296, 447)
    with Image.open(tmp_path / "p.png") as sheet:
        assert min(sheet.size) > 300
    document = run(*CAT, "--patches", "2", "--json").json
    assert np.linalg.norm(document["components"][1]["kernel"]) == pytest.approx(1)


def test_the_sheet_is_wide_enough_for_what_is_said_and_light_on_dark_where_asked(
    run: Run, tmp_path: Path
) -> None:
    args = (*CAT, "--patches", "3", "--size", "2x9", "-o", "p.png")
    assert run(*args).code == 0
    with Image.open(tmp_path / "p.png") as sheet:
        light = np.asarray(sheet.convert("RGB"))
    assert run(*args, "--dark", "-f").code == 0
    with Image.open(tmp_path / "p.png") as sheet:
        dark = np.asarray(sheet.convert("RGB"))
    assert (tuple(light[0, 0]), tuple(dark[0, 0])) == ((255, 255, 255), (24, 26, 30))
    said = "3 principal components of 2x9 patches, 99.9 % of the variance together"
    assert light.shape == dark.shape
    assert light.shape[1] >= ImageFont.load_default(13).getlength(said)
    assert (light[38:52, -18:] == 255).all()


def test_the_sheet_of_components_looks_as_kept(run: Run, golden: Golden, tmp_path: Path) -> None:
    assert run(*CAT, "--patches", "4", "--size", "5", "-o", "p.png").code == 0
    with Image.open(tmp_path / "p.png") as sheet:
        golden("learn-patches", np.asarray(sheet.convert("RGB")), share=0.02)


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ((), 2, "nothing says what to learn; give one of --target KERNEL"),
        (("--target", "box", "--patches", "3"), 2, "two things to learn"),
        (("--patches", "3", "--steps", "5", "--seed", "1"), 2, "--steps and --seed would do nothing"),
        (("--patches", "3", "--fps", "5", "-o", "x.png"), 2, "--patches takes no steps, so --fps would do"),
        (("--target", "box", "--fps", "3", "--dark"), 2, "without -o, so --fps and --dark would do nothing"),
        (("--patches", "50"), 2, "patches of 7x7 have 49"),
        (("--patches", "3", "--size", "20"), 2, "16x16 is the most"),
        (("--patches", "3", "-o", "x.gif"), 2, "ends in .png"),
        (("--target", "kirsch"), 2, "8 kernels"),
        (("--target", "sobel"), 2, "joins the maps"),
        (("--target", "sobbel-x"), 2, "did you mean sobel-x"),
        (("--target", "box", "-o", "x.jpg"), 2, "ends in .gif, .webp or .png"),
        (("--target", "box", "--save", "x.txt"), 2, "ends in .npy"),
        (("--target", "box", "-o", "nowhere/x.gif"), 1, "nowhere is not a folder; make it first\n"),
        (("--target", "box", "--save", "nowhere/k.npy"), 1, "nowhere is not a folder; make it first\n"),
        (("--target", "box", "--learning-rate", "9"), 2, "learning rate 9 is too large"),
        (("--target", "box", "--momentum", "1"), 2, "--momentum"),
        (("--target", "box", "--learning-rate", "nan"), 2, "'--learning-rate': nan is not in the range x>0."),
        (("--target", "box", "--momentum", "nan"), 2, "'--momentum': nan is not in the range 0<=x<1."),
        (("--target", "box", "-o", "x.gif", "--fps", "nan"), 2, "nan is not in the range 0<x<=50"),
        (("--target-map", "none.npy"), 1, "none.npy"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    run: Run, tmp_path: Path, args: tuple[str, ...], code: int, message: str
) -> None:
    done = run(*CAT, *args)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not files(tmp_path)


def test_words_fit_what_is_learned(run: Run, tmp_path: Path) -> None:
    lines = run(*CAT, "--target", "1 0 -1", "--steps", "1", columns=100).out
    assert "sample:cat: learning the kernel behind a 1x3 kernel" in unstyled(lines)
    assert "condition number" not in run(*CAT, "--target", "0", "--steps", "1").out
    np.save(tmp_path / "deep.npy", np.zeros((5, 9, 9)))
    done = run("learn", "deep.npy", "--target", "sobel-x")
    assert (done.code, "has 5 channels, and brightness is one; save the channel" in done.err) == (1, True)
    np.save(tmp_path / "tiny.npy", np.arange(9).reshape(3, 3))
    assert "1 map value cannot tell the 9 cells" in run("learn", "tiny.npy", "--target", "sobel-x").err


def test_a_map_that_several_kernels_made_is_refused(run: Run) -> None:
    assert run("convolve", "sample:cat", "-k", "sobel", "--tone", "symmetric", "-o", "map.png").code == 0
    done = run(*CAT, "--target-map", "map.png")
    assert (done.code, "magnitude of several maps (sobel), which no single kernel makes" in done.err) == (
        1,
        True,
    )


def test_inputs_are_never_overwritten(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", SOBEL_X)
    done = run(*CAT, "--target", "k.npy", "--save", "k.npy", "-f")
    assert (done.code, "is an input" in done.err) == (2, True)
    done = run(*CAT, "--target", "box", "--save", "k.npy")
    assert (done.code, "choose another --save" in done.err) == (1, True)


def test_a_large_picture_is_cut_and_that_is_said(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "large.npy", np.random.default_rng(0).integers(0, 255, (600, 700)))
    done = run("learn", "large.npy", "--target", "sobel-x", "--steps", "30", "--json")
    assert json.loads(done.out)["notes"] == ["large.npy: the middle 512x512 of 600x700"]
    assert done.json["cosine"] > 0.999


def test_what_is_written_out_for_the_help_is_what_the_code_has() -> None:
    assert cli.ANIMATIONS == SUFFIXES


@pytest.mark.parametrize("what", [("--target", "box", "--steps", "2"), ("--patches", "2", "--size", "3")])
def test_on_a_terminal_the_files_are_named(run: Run, what: tuple[str, ...]) -> None:
    args = ("learn", "sample:cat", *what, "-f", "-o", "learned.png", "--save", "kernel.npy")
    assert run(*args, columns=80).out.endswith("\nwritten: learned.png, kernel.npy\n")
    assert "written" not in run(*args).out + run(*args, "--json", columns=80).out
