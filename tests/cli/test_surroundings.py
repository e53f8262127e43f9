"""Little room: few descriptors, a full disk, no home, a folder that is gone; and two runs at once."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import COLORS, Run, Shell, Start, files, pixels, png


def test_many_pictures_need_few_descriptors(shell: Shell, tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}.png").write_bytes(png(COLORS))
    done = shell("ulimit -n 24; cnnviz convolve *.png -k box -o out/")
    assert (done.code, done.err.count("\n")) == (0, 1)
    assert done.err.startswith("cnnviz: 100 of 100 pictures done; ")
    assert len(list((tmp_path / "out").iterdir())) == 100


def test_a_disk_that_is_full_fails_that_file_and_keeps_the_older_one(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "cat.box.png").write_text("older")
    done = shell("ulimit -f 16; cnnviz convolve sample:cat sample:step -k box -f")
    assert done.code == 1
    assert done.err == "cnnviz: sample:cat: cannot write cat.box.png: File too large\n"
    assert files(tmp_path) == {"cat.box.png", "step.box.png"}
    assert (tmp_path / "cat.box.png").read_text() == "older"


def test_a_home_a_temporary_folder_and_a_locale_are_not_needed(shell: Shell, tmp_path: Path) -> None:
    done = shell("unset HOME LANG TERM; cnnviz convolve sample:step -k box", TMPDIR="/nowhere", LANG="xx_YY")
    assert (done.code, done.err) == (0, "")
    assert files(tmp_path) == {"step.box.png"}


def test_in_a_folder_that_is_gone_whole_paths_still_work(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in.png").write_bytes(png(COLORS))
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    done = run("convolve", str(tmp_path / "in.png"), "-k", "box", "-o", str(tmp_path / "out.png"))
    assert (done.code, done.err) == (0, "")
    assert files(tmp_path) == {"in.png", "out.png"}
    for picture in ("in.png", "sample:step"):
        done = run("convolve", picture, "-k", "box")
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
        assert "standard output" not in done.err
        assert done.err.endswith(": No such file or directory\n")


def test_hash_seed_time_zone_and_locale_change_no_byte(shell: Shell, tmp_path: Path) -> None:
    args = "convolve sample:cat -k edges -k gaussian --colormap auto --json"
    said = [
        shell(f"cnnviz {args} -o same/ -f", PYTHONHASHSEED=seed, TZ=zone, LC_ALL=locale).stdout
        + b"".join(path.read_bytes() for path in sorted((tmp_path / "same").iterdir()))
        for seed, zone, locale in (("1", "UTC", "C"), ("2", "Asia/Tokyo", "C.UTF-8"))
    ]
    assert said[0] == said[1]


def test_two_runs_into_one_folder_leave_whole_files(start: Start, tmp_path: Path) -> None:
    args = ("convolve", "sample:cat", "-k", "edges", "-f", "-q", "-o", "out/")
    null = subprocess.DEVNULL
    both = [start(*args, stdin=null, stdout=null, stderr=null) for _ in range(2)]
    assert [running.wait(30) for running in both] == [0, 0]
    assert len(files(tmp_path)) == 12
    for path in (tmp_path / "out").iterdir():
        assert pixels(path).size > 0


@pytest.mark.skipif(os.geteuid() == 0, reason="the root user may write everywhere")
def test_a_folder_that_may_not_be_written_fails(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = shell("cnnviz convolve sample:step -k box -o locked/")
    assert done.code == 1
    assert done.err.endswith("Permission denied\n")
