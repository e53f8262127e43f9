"""Little room: few descriptors, a full disk, no home, a folder that is gone; and two runs at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from tests.cli.running import COLORS, Ran, Run, Shell, Start, files, pixels, png, running_in


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


def test_of_a_run_that_finds_the_disk_full_what_is_left_is_said(shell: Shell, tmp_path: Path) -> None:
    full = "cnnviz: cannot write circle.shapes-net/flow.png: File too large\n"
    part = "cnnviz: circle.shapes-net/ holds a part of what sample:circle makes; -f writes it all\n"
    done = shell("ulimit -f 300; cnnviz run shapes-net sample:circle")
    assert (done.code, done.out, done.err) == (1, "", full + part)
    left = files(tmp_path)
    assert len(left) == 9
    done = shell("ulimit -f 16; cnnviz run shapes-net sample:circle -f")
    assert (done.code, done.out) == (1, "")
    assert done.err == "cnnviz: cannot write circle.shapes-net/000.conv1.png: File too large\n"
    assert files(tmp_path) == left


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


@pytest.fixture
def unprivileged(shell: Shell, tmp_path: Path) -> Callable[[str], Ran]:
    """A shell line whose commands may not do everything, even where the tests are run by root."""
    if os.geteuid() != 0:
        return shell
    if shutil.which("setpriv") is None:
        pytest.skip("root may do everything, and there is no setpriv to prevent it")
    return lambda line: shell(f"setpriv --bounding-set=-dac_override,-dac_read_search {line}")


def close_to_us(path: Path, mode: int) -> None:
    """Leave ``path`` with ``mode``, which is then not ours to pass over."""
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)


def test_without_permission_a_picture_fails_and_a_folder_too(
    unprivileged: Callable[[str], Ran], tmp_path: Path
) -> None:
    (tmp_path / "shut.png").write_bytes(png(COLORS))
    close_to_us(tmp_path / "shut.png", 0o000)
    (tmp_path / "fine.png").write_bytes(png(COLORS))
    done = unprivileged("cnnviz convolve shut.png fine.png -k box -o out/")
    assert (done.code, done.err) == (1, "cnnviz: shut.png: Permission denied\n")
    assert files(tmp_path / "out") == {"fine.box.png"}
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked" / "fine.box.png").write_bytes(b"older")
    close_to_us(tmp_path / "locked", 0o555)
    done = unprivileged("cnnviz convolve fine.png -k box -o locked/ --force")
    assert (done.code, done.err) == (
        1,
        "cnnviz: fine.png: cannot write locked/fine.box.png: Permission denied\n",
    )
    assert (tmp_path / "locked" / "fine.box.png").read_bytes() == b"older"
    close_to_us(tmp_path / "locked", 0o755)


def test_a_folder_that_cannot_be_read_fails_and_the_rest_is_done(
    unprivileged: Callable[[str], Ran], tmp_path: Path
) -> None:
    for name in ("a/one.png", "b/two.png"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True)
        (tmp_path / "photos" / name).write_bytes(png(COLORS))
    close_to_us(tmp_path / "photos" / "b", 0o000)
    done = unprivileged("cnnviz convolve photos -r -k box -o out/")
    assert (done.code, done.err) == (1, "cnnviz: photos/b: Permission denied\n")
    assert files(tmp_path / "out") == {"a/one.box.png"}
    close_to_us(tmp_path / "photos" / "b", 0o755)


def test_a_folder_that_is_removed_meanwhile_fails_what_is_left(start: Start, tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.png").write_bytes(png(COLORS))
    (tmp_path / "out").mkdir()
    names = [f"{number}.png" for number in range(300)]
    running = start("convolve", *names, "-k", "edges", "-o", "out/{stem}.{kernel}.png", "-j", "1", "--ndjson")
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(signal.SIGSTOP)
    (tmp_path / "out").rename(tmp_path / "moved")
    (tmp_path / "out").write_text("in the way")
    running.send_signal(signal.SIGCONT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "cannot write out/" in err.decode()
    assert "Traceback" not in err.decode()


def test_killed_outright_nothing_runs_on_and_every_result_is_whole(start: Start, tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.png").write_bytes(png(COLORS))
    names = [f"{number}.png" for number in range(300)]
    running = start("convolve", *names, "-k", "edges", "-o", "out/", "-j", "3", stdout=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while len(list((tmp_path / "out").glob("*.png")) if (tmp_path / "out").is_dir() else []) < 20:
        assert time.monotonic() < until
    running.kill()
    running.communicate(timeout=20)
    until = time.monotonic() + 5
    while running_in(tmp_path):
        assert time.monotonic() < until, "a worker lives on"
        time.sleep(0.05)
    for path in (tmp_path / "out").iterdir():
        assert path.suffix in (".png", ".tmp")
        if path.suffix == ".png":
            pixels(path)
    again = start("convolve", *names, "-k", "box", "-o", "out/", "-q")
    assert again.communicate(timeout=60) == (b"", b"")


def test_nothing_of_a_picture_but_its_pixels_reaches_a_result(run: Run, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret"
    exif.get_ifd(0x8825)[1] = "N"
    kept = PngImagePlugin.PngInfo()
    kept.add_text("Comment", "a secret")
    picture = Image.fromarray(COLORS)
    picture.save(tmp_path / "a.jpg", exif=exif, icc_profile=b"no profile at all", comment=b"a secret")
    picture.save(tmp_path / "b.png", exif=exif, icc_profile=b"no profile at all", pnginfo=kept)
    for name in ("a.jpg", "b.png"):
        for suffix in ("png", "webp", "tiff", "npy"):
            args = ("--channels", "gray", "-o", f"out.{suffix}", "-f", "-q")
            assert run("convolve", name, "-k", "identity", *args).code == 0
            written = (tmp_path / f"out.{suffix}").read_bytes()
            assert b"secret" not in written
            assert b"profile" not in written
            if suffix != "npy":
                with Image.open(tmp_path / f"out.{suffix}") as result:
                    assert not result.getexif().get_ifd(0x8825)
                    assert "icc_profile" not in result.info


@pytest.mark.parametrize("args", [[], ["--stride", "2"], ["--padding", "same"], ["--pool", "max:2"]])
def test_every_result_opens_as_png_and_is_as_large_as_shapes_says(
    run: Run, tmp_path: Path, args: list[str]
) -> None:
    layer = {
        "": "conv:1,3",
        "--stride": "conv:1,3,s=2",
        "--padding": "conv:1,3,p=1",
        "--pool": "conv:1,3 maxpool:2",
    }
    chain = layer[args[0] if args else ""].split()
    shape = run("shapes", "--input", "1x300x451", *chain, "--json").json["layers"][-1]["output"]
    kernels = ("-k", "sobel-x", "-k", "laplacian-8", "-k", "box")
    done = run("convolve", "sample:cat", *kernels, *args, "-o", "out/", "--json")
    assert len(done.json["results"]) == len(files(tmp_path / "out"))
    for entry in done.json["results"]:
        assert entry["output"] == shape
        with Image.open(tmp_path / entry["files"][0], formats=["PNG"]) as result:
            result.load()
            assert [1, result.height, result.width] == shape
