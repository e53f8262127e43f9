"""What cannot be done is refused in one line: what was received, what was needed; and the exit codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.running import COLORS, SAMPLES, Run, files, png

BAD_VALUES = [
    ("convolve", "--stride", "0", ["stride is 0", "must be 1 or more"]),
    ("convolve", "--stride", "-1", ["stride is -1", "must be 1 or more"]),
    ("convolve", "--stride", "1.5", ["'1.5'", "whole number"]),
    ("convolve", "--stride", "abc", ["'abc'", "whole number"]),
    ("convolve", "--stride", "1x2x3", ["'1x2x3'", "VERTICALxHORIZONTAL"]),
    ("convolve", "--stride", "", ["''", "whole number"]),
    ("convolve", "--stride", "2x", ["'2x'", "whole number"]),
    ("convolve", "--stride", "\u0662", ["whole number"]),
    ("convolve", "--dilation", "0", ["dilation is 0", "must be 1 or more"]),
    ("convolve", "--dilation", "2x0", ["dilation", "must be 1 or more"]),
    ("convolve", "--padding", "-1", ["'-1'", "top,bottom,left,right", "same"]),
    ("convolve", "--padding", "1,2,3", ["'1,2,3'", "top,bottom,left,right"]),
    ("convolve", "--padding", "1,2,3,-4", ["'1,2,3,-4'", "top,bottom,left,right"]),
    ("convolve", "--padding", "1" + "0" * 30, ["0000", "top,bottom,left,right"]),
    ("convolve", "--padding", "sme", ["'sme'", "same"]),
    ("convolve", "--padding-mode", "wrap", ["'wrap'", "circular"]),
    ("convolve", "--channels", "rgb", ["'rgb'", "color"]),
    ("convolve", "--combine", "mean", ["'mean'", "magnitude"]),
    ("convolve", "--combine", "max", ["--combine max joins the maps of several kernels"]),
    ("convolve", "--bias", "x", ["'x'", "number"]),
    ("convolve", "--bias", "1,,2", ["''", "number"]),
    ("convolve", "--bias", "nan", ["'nan'", "number"]),
    ("convolve", "--activation", "gelu", ["'gelu'", "relu"]),
    ("convolve", "--activation", "softmax", ["softmax", "bank"]),
    ("convolve", "--pool", "max:0", ["size is 0", "must be 1 or more"]),
    ("convolve", "--pool", "foo:2", ["'foo'", "max:2"]),
    ("convolve", "--pool", "max:2,zz=1", ["'zz'", "stride"]),
    ("convolve", "--pool", "max:2,strid=1", ["'strid'", "did you mean stride?"]),
    ("convolve", "--pool", "max:2,ceil=maybe", ["'maybe'", "yes or no"]),
    ("convolve", "--pool", "", ["''", "NAME"]),
    ("convolve", "--engine", "cuda", ["'cuda'", "matmul"]),
    ("convolve", "--tone", "5,1", ["'5,1'", "LO < HI"]),
    ("convolve", "--tone", "nan,1", ["'nan,1'", "LO < HI"]),
    ("convolve", "--tone", "0,inf", ["'0,inf'", "LO < HI"]),
    ("convolve", "--tone", "atuo", ["'atuo'", "auto"]),
    ("convolve", "--colormap", "nope", ["'nope'", "viridis"]),
    ("convolve", "--colormap", "virids", ["'virids'", "did you mean viridis"]),
    ("convolve", "--format", "jpg", ["'jpg'", "png"]),
    ("convolve", "--max-pixels", "0", ["0", "x>=1"]),
    ("convolve", "--max-pixels", "many", ["'many'", "integer"]),
    ("convolve", "-o", "", ["empty"]),
    ("convolve", "-o", "x.jpg", [".jpg", ".png"]),
    ("convolve", "-o", "{foo}.png", ["{foo}", "{stem}"]),
    ("convolve", "-o", "{stem.__class__}.png", ["{stem.__class__}", "{stem}"]),
    ("convolve", "-o", "{0}.png", ["{0}", "{stem}"]),
    ("convolve", "-o", "{map!r}.png", ["{map", "{stem}"]),
    ("convolve", "-o", "{map:999999999d}.png", ["999999999", "width"]),
    ("convolve", "-o", "{stem", ["{stem"]),
    ("convolve", "--kernel", "sobelx", ["'sobelx'", "did you mean sobel-x", "cnnviz kernels"]),
    ("convolve", "--kernel", "gaussian:sgma=2", ["'sgma'", "did you mean sigma?"]),
    ("convolve", "--kernel", "gaussian:sigma=-1", ["sigma", "'-1'", "0.1 to 1000"]),
    ("convolve", "--kernel", "box:4,5", ["'5'", "size"]),
    ("convolve", "--kernel", "edges:size=3", ["edges", "several"]),
    ("convolve", "--kernel", "sobel-x:rotate=30", ["sobel-x:rotate=30", "45"]),
    ("convolve", "--kernel", "[[1,0],[0,-1]]", ["write rows as '1 0; 0 -1'"]),
    ("convolve", "--kernel", "1 2 / 3 4", ["write rows as '1 0; 0 -1'"]),
    ("convolve", "--kernel", "canny", ["canny is not a convolution; try sobel"]),
    ("convolve", "--kernel", "1 2; 3", ["row 2 has 1 value, row 1 has 2"]),
    ("convolve", "--kernel", "1/0", ["divides by zero"]),
    ("convolve", "--kernel", "1e3 1", ["'1e3 1'"]),
    ("convolve", "--kernel", "", ["''"]),
    ("convolve", "--kernel", "-", ["'-'"]),
    ("convolve", "--kernel", "k.npz:", ["'k.npz:'", "colon"]),
    ("convolve", "--bogus", "1", ["--bogus"]),
    ("convolve", "--kern", "box", ["--kern", "--kernel"]),
    ("pool", "--size", "0", ["size is 0", "must be 1 or more"]),
    ("pool", "--size", "2.5", ["'2.5'", "whole number"]),
    ("pool", "--stride", "0", ["stride is 0", "must be 1 or more"]),
    ("pool", "--mode", "min", ["'min'", "max"]),
    ("pool", "--padding", "same", ["'same'", "top,bottom,left,right"]),
    ("pool", "--padding", "-1", ["'-1'", "top,bottom,left,right"]),
    ("pool", "--kernel", "box", ["--kernel"]),
]


def one_line(text: str) -> bool:
    return text.startswith("cnnviz: ") and text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize(("command", "option", "value", "words"), BAD_VALUES)
def test_a_bad_value_is_told_apart_from_a_good_one_before_anything_is_done(
    run: Run, tmp_path: Path, command: str, option: str, value: str, words: list[str]
) -> None:
    needed = {"convolve": ("--kernel", "box"), "pool": ("--size", "2")}[command]
    args = () if option == needed[0] else needed
    done = run(command, "sample:step", *args, option, value)
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err), done.err
    assert all(word in done.err for word in words), done.err
    assert "?." not in done.err
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("-o", "x.png", "--format", "npy"), ["x.png", "npy"]),
        (("-o", "{stem}.tiff", "--format", "png"), [".tiff", "png"]),
        (("--json", "--show"), ["--json", "--show"]),
        (("--json", "--plain"), ["--json", "--plain"]),
        (("--json", "-o", "-"), ["--json", "-o -"]),
        (("-q", "-v"), ["-q", "-v"]),
        (("--sheet", "--format", "npy"), ["sheet", "npy"]),
        (("--sheet", "-o", "page.tiff"), ["sheet", "tiff"]),
    ],
)
@pytest.mark.parametrize("command", [("convolve", "-k", "box"), ("pool", "--size", "2")])
def test_options_that_contradict_each_other_are_refused(
    run: Run, tmp_path: Path, command: tuple[str, ...], args: tuple[str, ...], words: list[str]
) -> None:
    done = run(*command, "sample:step", *args)
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err)
    assert all(word in done.err for word in words)
    assert files(tmp_path) == set()


def test_colours_of_its_own_take_no_colormap(run: Run) -> None:
    done = run("convolve", "sample:cat", "-k", "box", "--channels", "color", "--colormap", "vik")
    assert done.code == 2
    assert "--channels each" in done.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--padding", "1000000"), ["1x2000008x2000008", "1073741824"]),
        (("--padding", "999999999999999999"), ["1073741824"]),
        (("--dilation", "1000000000"), ["2000000001x2000000001", "8x8"]),
        (("--dilation", "5"), ["11x11", "8x8"]),
        (("-k", "box:9"), ["9x9", "8x8"]),
        (("--padding", "8", "--padding-mode", "reflect"), ["reflect", "8", "9"]),
        (("--padding", "9", "--padding-mode", "circular"), ["circular", "9", "8"]),
        (("--pool", "max:9"), ["9x9", "6x6"]),
        (("--bias", "1,2"), ["2 values", "1 map"]),
        (("-k", "box:5", "--combine", "max"), ["4x4", "6x6", "--padding same"]),
    ],
)
def test_what_does_not_fit_this_picture_is_a_failure_with_both_sizes_and_takes_no_memory(
    run: Run, tmp_path: Path, args: tuple[str, ...], words: list[str]
) -> None:
    done = run("convolve", "sample:step", "-k", "sobel-x", *args, "-o", "out/")
    assert done.code == 1
    assert one_line(done.err), done.err
    assert done.err.startswith("cnnviz: sample:step: ")
    assert all(word in done.err for word in words), done.err
    assert not {name for name in files(tmp_path) if "sobel" not in name}


# A failing picture among good ones


def test_one_failing_picture_does_not_stop_the_others(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes((SAMPLES / "cat.png").read_bytes()[:9000])
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "good.png").write_bytes(png(COLORS))
    pictures = ("sample:step", "cut.png", "text.png", "missing.png", "folder.png", "good.png")
    done = run("convolve", *pictures, "-k", "box")
    assert done.code == 1
    assert [row["picture"] for row in done.table] == ["sample:step", "good.png"]
    assert [line.split(": ")[1] for line in done.err.splitlines()] == list(pictures[1:5])
    assert all(line.startswith("cnnviz: ") for line in done.err.splitlines())
    assert {"step.box.png", "good.box.png"} == files(tmp_path) - {"cut.png", "text.png", "good.png"}


def test_json_lists_what_failed_and_keeps_stdout_one_document(run: Run) -> None:
    done = run("pool", "missing.png", "sample:step", "--size", "2", "--json")
    assert done.code == 1
    assert done.json["failed"] == [{"image": "missing.png", "error": "No such file or directory"}]
    assert [result["image"] for result in done.json["results"]] == ["sample:step"]
    assert done.err == "cnnviz: missing.png: No such file or directory\n"


def test_when_everything_failed_there_is_no_table(run: Run) -> None:
    done = run("convolve", "a.png", "b.png", "-k", "box")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 2)
    assert run("convolve", "a.png", "-k", "box", "--json").json["results"] == []


def test_a_dry_run_fails_where_the_real_one_would(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not a picture")
    args = (
        "convolve",
        "text.png",
        "missing.png",
        "sample:step",
        "-k",
        "sobel-x",
        "-k",
        "box:7",
        "--padding",
        "1",
    )
    said, done = run(*args, "-n"), run(*args)
    assert (said.code, said.err) == (done.code, done.err)
    assert said.code == 1


def test_an_unknown_sample_is_wrong_usage_and_the_others_are_named(run: Run, tmp_path: Path) -> None:
    done = run("pool", "sample:step", "sample:ct", "--size", "2")
    assert (done.code, done.out, done.err) == (2, "", "cnnviz: no sample named 'ct'; did you mean cat?\n")
    assert files(tmp_path) == set()
    assert "brick, cat, checkerboard" in run("pool", "sample:qqq", "--size", "2").err


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "pipe", "."])
def test_what_is_not_a_regular_file_is_refused_at_once(run: Run, tmp_path: Path, path: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = run("convolve", path, "-k", "box")
    assert done.code == 1
    assert one_line(done.err)
    assert ("is a directory" if path == "." else "not a regular file") in done.err
