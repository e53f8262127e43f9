"""Nothing that exists is lost: not without ``--force``, and an input never."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.running import COLORS, Run, npy, png


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """When every file was last changed, and what it holds."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_one_existing_result_stops_everything_before_any_work(run: Run, tmp_path: Path, picture: str) -> None:
    (tmp_path / "noise.prewitt-y.png").write_text("mine")
    before = state(tmp_path)
    done = run("convolve", "sample:cat", picture, "-k", "edges")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert "noise.prewitt-y.png exists" in done.err
    assert "--force" in done.err
    assert state(tmp_path) == before


def test_force_overwrites_what_is_in_the_way_and_only_that(run: Run, tmp_path: Path, picture: str) -> None:
    for name in ("noise.box.png", "bystander.png"):
        (tmp_path / name).write_text("mine")
    before = state(tmp_path)
    assert run("convolve", picture, "-k", "box", "--force").code == 0
    after = state(tmp_path)
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {"noise.box.png"}


@pytest.mark.parametrize("args", [("--sheet",), ("--format", "npz"), ("-o", "there"), ("-o", "{stem}.png")])
def test_every_kind_of_result_is_found_in_the_way(run: Run, tmp_path: Path, args: tuple[str, ...]) -> None:
    (tmp_path / "there").mkdir()
    assert run("convolve", "sample:step", "-k", "box", *args).code == 0
    before = state(tmp_path)
    assert run("convolve", "sample:step", "-k", "box", *args).code == 1
    assert state(tmp_path) == before
    assert run("convolve", "sample:step", "-k", "box", *args, "-f").code == 0


def test_a_link_to_nowhere_is_in_the_way_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "step.box.png").symlink_to("nowhere.png")
    assert run("convolve", "sample:step", "-k", "box").code == 1
    assert not (tmp_path / "nowhere.png").exists()


def test_a_result_replaces_a_link_and_not_what_it_points_to(run: Run, tmp_path: Path) -> None:
    (tmp_path / "precious.png").write_text("mine")
    (tmp_path / "step.box.png").symlink_to("precious.png")
    assert run("convolve", "sample:step", "-k", "box", "-f").code == 0
    assert (tmp_path / "precious.png").read_text() == "mine"


def by_name(path: Path) -> str:
    return path.name


def by_dot(path: Path) -> str:
    return f"./{path.name}"


def by_symlink(path: Path) -> str:
    (path.parent / "symlink.png").symlink_to(path.name)
    return "symlink.png"


def by_hardlink(path: Path) -> str:
    os.link(path, path.parent / "hardlink.png")
    return "hardlink.png"


def by_folder_link(path: Path) -> str:
    (path.parent / "here").symlink_to(".")
    return f"here/{path.name}"


@pytest.mark.parametrize("other_name", [by_name, by_dot, by_symlink, by_hardlink, by_folder_link])
def test_a_picture_is_never_overwritten_by_whatever_name(
    run: Run, tmp_path: Path, picture: str, other_name: Callable[[Path], str]
) -> None:
    output = other_name(tmp_path / picture)
    before = state(tmp_path)
    for args in (("convolve", picture, "-k", "box"), ("pool", picture, "sample:cat", "--size", "2")):
        for force in ((), ("--force",)):
            template = output.replace("noise", "{stem}") if args[0] == "pool" else output
            done = run(*args, "-o", template, *force)
            assert done.code == 2
            assert state(tmp_path) == before
    assert "is an input and is never overwritten" in done.err or "two results" in done.err


def test_the_input_of_one_job_is_not_the_output_of_another(run: Run, tmp_path: Path) -> None:
    for name in ("a.png", "a.box.png"):
        (tmp_path / name).write_bytes(png(COLORS))
    before = state(tmp_path)
    done = run("convolve", "a.png", "a.box.png", "-k", "box", "-f")
    assert done.code == 2
    assert "a.box.png is an input" in done.err
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("kernel", "output"),
    [
        ("k.npy", "k.npy"),
        ("./k.npy", "k.npy"),
        ("k.npy", "{kernel}.npy"),
        ("archive.npz", "archive.npz"),
        ("archive.npz:k", "archive.npz"),
    ],
)
def test_a_kernel_file_is_never_overwritten(run: Run, tmp_path: Path, kernel: str, output: str) -> None:
    (tmp_path / "k.npy").write_bytes(npy(np.ones((2, 2))))
    np.savez(tmp_path / "archive.npz", k=np.ones((2, 2)))
    before = state(tmp_path)
    done = run("convolve", "sample:step", "-k", kernel, "-o", output, "-f")
    assert done.code == 2
    assert "is an input" in done.err
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    "args",
    [
        ("convolve", "sample:cat", "-k", "edges", "-o", "one.png"),
        ("convolve", "sample:cat", "sample:step", "-k", "box", "-o", "{kernel}.png"),
        ("convolve", "sample:cat", "sample:step", "-k", "box", "--sheet", "-o", "sheet.png"),
        ("convolve", "sample:cat", "sample:step", "-k", "box", "-o", "all.npz"),
        ("convolve", "sample:cat", "-k", "box", "-k", "box"),
        ("convolve", "sample:cat", "-k", "box", "--channels", "each", "-o", "{stem}.png"),
        ("pool", "sample:cat", "sample:cat", "--size", "2"),
        ("pool", "sample:cat", "./cat.png", "--size", "2"),
    ],
)
def test_two_results_of_one_name_are_refused_before_any_work(
    run: Run, tmp_path: Path, args: tuple[str, ...]
) -> None:
    (tmp_path / "cat.png").write_bytes(png(COLORS))
    before = state(tmp_path)
    done = run(*args, "-f")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "two" in done.err
    assert state(tmp_path) == before


def test_one_file_in_two_spellings_is_one_file(run: Run, tmp_path: Path) -> None:
    for folder in ("a", "b", "out/a"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "out" / "b").symlink_to("a")
    for folder in ("a", "b"):
        (tmp_path / folder / "x.png").write_bytes(png(COLORS))
    before = state(tmp_path)
    done = run("pool", "a/x.png", "b/x.png", "--size", "2", "-o", "out/{parent}/{stem}.png", "-f")
    assert done.code == 2
    assert "two results" in done.err
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("output", "code", "words"),
    [
        ("missing/x.png", 1, "missing is not a folder"),
        ("noise.png/", 2, "is a file, not a folder"),
        ("noise.png/{stem}.png", 1, "noise.png/step.png"),
    ],
)
def test_an_output_whose_folder_is_none_fails_and_makes_nothing(
    run: Run, tmp_path: Path, picture: str, output: str, code: int, words: str
) -> None:
    before = state(tmp_path)
    done = run("convolve", "sample:step", "-k", "box", "-o", output)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert words in done.err
    assert state(tmp_path) == before


@pytest.mark.parametrize("kind", ["file", "link to nowhere", "link to itself"])
def test_what_stands_in_the_place_of_a_runs_folder_is_named_before_any_work(
    run: Run, tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "step.shapes-net"
    if kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to("nowhere" if kind == "link to nowhere" else place.name)
    for force in ((), ("-f",)):
        done = run("run", "shapes-net", "sample:cat", "sample:step", *force)
        assert (done.code, done.out) == (1, "")
        assert done.err == (
            "cnnviz: cannot write step.shapes-net/000.conv1.png: step.shapes-net is not a folder; "
            "choose another -o\n"
        )
        assert os.listdir(tmp_path) == ["step.shapes-net"]


def test_a_device_or_pipe_is_not_replaced(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    done = run("convolve", "sample:step", "-k", "box", "-o", "pipe.png", "-f")
    assert done.code == 1
    assert "not a regular file" in done.err
    assert (tmp_path / "pipe.png").is_fifo()


def test_inputs_are_left_as_they_were(run: Run, tmp_path: Path, picture: str) -> None:
    (tmp_path / "k.csv").write_text("1,2\n3,4\n")
    before = state(tmp_path)
    assert run("convolve", picture, "-k", "k.csv", "-k", "sobel", "--sheet", "-o", "out/").code == 0
    after = state(tmp_path)
    assert {name: after[name] for name in before} == before


def test_new_files_have_the_permissions_of_any_new_file(run: Run, tmp_path: Path) -> None:
    for mask, mode in ((0o022, 0o644), (0o077, 0o600)):
        before = os.umask(mask)
        try:
            assert run("convolve", "sample:step", "-k", "box", "-f").code == 0
        finally:
            os.umask(before)
        assert (tmp_path / "step.box.png").stat().st_mode & 0o777 == mode
