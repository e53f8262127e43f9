"""Many pictures in one command."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnviz.jobs import pool
from tests.cli.running import COLORS, SAMPLES, Run, Shell, Start, files, png

COUNT = 12


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twelve different pictures in a tree, and a file that is none."""
    folder = tmp_path / "photos"
    for number in range(COUNT):
        path = folder / ("a" if number % 2 else "") / ("b" if number % 3 == 0 else "") / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(np.roll(COLORS, number, axis=0)))
    (folder / "notes.txt").write_text("no picture")
    return folder


def results(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_tree_is_kept_and_other_files_are_counted(run: Run, photos: Path, tmp_path: Path) -> None:
    done = run("convolve", "photos", "-r", "-k", "sobel-x", "-o", "out/")
    assert done.code == 0
    assert done.err.startswith("cnnviz: 12 of 12 pictures done, 1 other file left out; ")
    expected = {str(path.relative_to(photos).with_suffix(".sobel-x.png")) for path in photos.rglob("*.png")}
    assert set(results(tmp_path / "out")) == expected
    assert [row["picture"] for row in done.table] == [
        *(f"photos/{name}" for name in ("02.png", "04.png", "08.png", "10.png")),
        *(f"photos/a/{name}" for name in ("01.png", "05.png", "07.png", "11.png")),
        *(f"photos/a/b/{name}" for name in ("03.png", "09.png")),
        *(f"photos/b/{name}" for name in ("00.png", "06.png")),
    ]


def test_a_second_run_does_not_take_the_results_of_the_first(run: Run, photos: Path) -> None:
    for folder in ("photos/", "photos/out/"):
        args = ("convolve", "photos", "-r", "-k", "box", "-o", folder)
        assert run(*args, "-q").code == 0
        before = results(photos)
        again = run(*args, "--force", "--json")
        assert len(again.json["results"]) == COUNT
        assert results(photos) == before
        for path in photos.rglob("*.box.png"):
            path.unlink()


def test_a_folder_without_recursion_fails_with_the_way_out(run: Run, photos: Path) -> None:
    done = run("convolve", "photos", "-k", "box", "-o", "out/")
    assert (done.code, done.out) == (1, "")
    assert done.err == "cnnviz: photos: is a directory; --recursive takes the pictures in it\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["photos", "-r"], "--recursive keeps the tree of folders; give -o a folder"),
        (["photos", "-r", "-o", "x.png"], "give -o a folder"),
        (["empty", "-r", "-o", "out/"], "there is no picture in empty"),
        (["photos/02.png", "-0"], "give --files-from too"),
        (["--files-from", "empty/none"], "--files-from empty/none: No such file"),
        (["photos/02.png", "--shard", "0/2"], "'0/2' is not a share; it takes I/N with I from 1 to N"),
        (["photos/02.png", "--shard", "3/2"], "'3/2' is not a share"),
        (["photos/02.png", "--force", "--skip-existing"], "drop one"),
        (["photos/02.png", "--json", "--ndjson"], "drop one"),
        (["photos/02.png", "--ndjson", "-o", "-"], "both want standard output"),
        (["photos/02.png", "--ndjson", "--show"], "drop --show"),
        (["photos/02.png", "--jobs", "0"], "0 is not in the range"),
        (["photos/02.png", "--frame", "-1"], "-1 is not in the range"),
        (["photos/02.png", "--skip-existing", "-o", "-"], "--skip-existing looks for files"),
    ],
)
def test_wrong_usage_does_nothing(
    run: Run, photos: Path, tmp_path: Path, args: list[str], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    before = files(tmp_path)
    done = run("convolve", *args, "-k", "box")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert files(tmp_path) == before


def test_names_may_come_from_a_list_or_from_standard_input(run: Run, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("photos/02.png\nphotos/04.png\n")
    done = run("convolve", "photos/08.png", "--files-from", "list", "-k", "box", "--json")
    assert [entry["image"] for entry in done.json["results"]] == [
        f"photos/{number}.png" for number in ("08", "02", "04")
    ]
    done = run("pool", "--files-from", "-", "-0", "--size", "2", "--json", stdin=b"photos/10.png\0")
    assert [entry["image"] for entry in done.json["results"]] == ["photos/10.png"]


def test_skipping_goes_on_where_a_run_ended(run: Run, photos: Path, tmp_path: Path) -> None:
    args = ("convolve", "photos", "-r", "-k", "box", "-k", "sobel", "-o", "out/")
    assert run(*args, "-q").code == 0
    before = results(tmp_path / "out")
    (tmp_path / "out" / "02.box.png").unlink()
    (tmp_path / "out" / "04.box.png").write_bytes(b"somebody's own")
    (tmp_path / "out" / "04.sobel.png").unlink()
    done = run(*args, "--skip-existing")
    assert done.code == 0
    assert "2 of 2 pictures done, 10 skipped (their results exist)" in done.err
    assert [row["kernel"] for row in done.table] == ["box", "sobel"]  # of each only what was missing
    after = results(tmp_path / "out")
    assert after.pop("04.box.png") == b"somebody's own"
    before.pop("04.box.png")
    assert after == before
    done = run(*args, "--skip-existing")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("cnnviz: nothing left to do, 12 skipped (their results exist)")


def test_of_numbered_maps_only_the_missing_are_written(run: Run, photos: Path, tmp_path: Path) -> None:
    args = ("convolve", "photos/02.png", "-k", "box", "--channels", "each", "-o", "out/")
    assert run(*args, "-q").code == 0
    before = results(tmp_path / "out")
    assert len(before) == 3
    (tmp_path / "out" / "02.box.001.png").unlink()
    (tmp_path / "out" / "02.box.002.png").write_bytes(b"somebody's own")
    assert run(*args, "--skip-existing", "-q").code == 0
    after = results(tmp_path / "out")
    assert after.pop("02.box.002.png") == b"somebody's own"
    assert all(before[name] == data for name, data in after.items())
    assert len(after) == 2


def test_a_run_that_was_stopped_goes_on_and_makes_every_map_once(start: Start, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(300):
        (tmp_path / "in" / f"{number}.png").write_bytes(png(np.roll(COLORS, number, axis=1)))
    kernels = [word for name in ("box", "sobel-x", "sobel-y", "laplacian-8") for word in ("-k", name)]
    args = ("convolve", "in", "-r", *kernels, "-o", "out/", "-q")
    running = start(*args)
    while len(list((tmp_path / "out").glob("*.png")) if (tmp_path / "out").is_dir() else []) < 200:
        assert running.poll() is None
    running.terminate()
    running.communicate(timeout=20)
    assert running.returncode == -15
    stopped = len(results(tmp_path / "out"))
    assert 200 <= stopped < 1200
    again = start(*args, "--skip-existing")
    assert again.communicate(timeout=60) == (b"", b"")
    found = results(tmp_path / "out")
    whole = start(*args[:-3], "-o", "whole/", "-q")
    assert whole.communicate(timeout=60) == (b"", b"")
    assert found == results(tmp_path / "whole")
    assert len(found) == 1200


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_one_bad_picture_fails_alone(start: Start, photos: Path, tmp_path: Path, jobs: str) -> None:
    (photos / "05x.png").write_bytes(b"no picture")
    running = start("convolve", "photos", "-r", "-k", "box", "-o", "out/", "--jobs", jobs)
    out, err = running.communicate(timeout=60)
    lines = err.decode().splitlines()
    assert running.returncode == 1
    assert lines[0].startswith("cnnviz: photos/05x.png: not a supported image")
    assert lines[1].startswith("cnnviz: 12 of 13 pictures done, 1 failed, 1 other file left out; ")
    assert len(out.splitlines()) == 13
    assert len(results(tmp_path / "out")) == COUNT


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_failing_fast_ends_at_the_first(start: Start, photos: Path, tmp_path: Path, jobs: str) -> None:
    (photos / "03.png").write_bytes(b"no picture")
    running = start("convolve", "photos", "-r", "-k", "box", "-o", "out/", "--fail-fast", "-j", jobs)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert len(out.splitlines()) == 2  # the head, and 02.png
    assert "1 of 13 pictures done, 1 failed, 11 not tried after the first failure" in err.decode()
    assert not list((tmp_path / "out").rglob("*.tmp"))


def test_lines_of_json_come_in_order_one_for_each_result_or_failure(start: Start, photos: Path) -> None:
    (photos / "05x.png").write_bytes(b"no picture")
    said = []
    for jobs in ("1", "4"):
        args = ("-k", "box", "-k", "sobel-x", "-o", "out/", "-f", "--ndjson", "-q", "-j", jobs)
        out, _ = start("convolve", "photos", "-r", *args).communicate(timeout=60)
        said.append(out)
    assert said[0] == said[1]
    entries = [json.loads(line) for line in said[0].splitlines()]
    assert len(entries) == 2 * COUNT + 1
    assert all(entry["schema"] == 1 for entry in entries)
    (failed,) = (entry for entry in entries if "error" in entry)
    assert failed["image"] == "photos/05x.png"
    assert [entry["kernel"] for entry in entries if "error" not in entry] == ["box", "sobel-x"] * COUNT


def test_lines_are_flushed_while_the_rest_is_still_being_done(start: Start, tmp_path: Path) -> None:
    for number in range(300):
        shutil.copy(SAMPLES / "brick.png", tmp_path / f"{number}.png")
    names = [f"{number}.png" for number in range(300)]
    running = start("convolve", *names, "-k", "edges", "-o", "out/", "--ndjson")
    assert running.stdout is not None
    assert json.loads(running.stdout.readline())["image"] == "0.png"
    assert len(list((tmp_path / "out").glob("299.*"))) == 0
    running.kill()
    running.communicate()


@pytest.mark.parametrize(
    "args",
    [
        ["-k", "edges", "--colormap", "auto"],
        ["-k", "gabor-bank", "--padding", "same", "--sheet"],
    ],
)
def test_the_number_of_workers_changes_no_byte_and_no_line(
    start: Start, photos: Path, tmp_path: Path, args: list[str]
) -> None:
    shutil.copy(SAMPLES / "cat.png", photos / "cat.png")
    said = []
    for jobs in ("1", "4"):
        running = start("convolve", "photos", "-r", *args, "-o", "out/", "-j", jobs, "--json")
        out, _ = running.communicate(timeout=120)
        assert running.returncode == 0
        said.append((out, results(tmp_path / "out")))
        shutil.rmtree(tmp_path / "out")
    assert said[0] == said[1]


def test_shares_are_the_whole_each_once(run: Run, photos: Path, tmp_path: Path) -> None:
    args = ("convolve", "photos", "-r", "-k", "box")
    assert run(*args, "-o", "whole/", "-q").code == 0
    for index in range(1, 6):
        done = run(*args, "-o", "shared/", "--shard", f"{index}/5", "--json")
        assert len(done.json["results"]) in (2, 3)
    assert results(tmp_path / "shared") == results(tmp_path / "whole")


def test_machines_share_one_list_also_while_another_writes_results_into_the_folder(
    run: Run, photos: Path
) -> None:
    before = {path.name for path in photos.rglob("*.png")}
    done = []
    for index in (1, 2, 3):
        args = ("convolve", "photos", "-r", "-k", "box", "-o", "photos/", "--shard", f"{index}/3")
        done += [Path(entry["image"]).name for entry in run(*args, "--json").json["results"]]
    assert sorted(done) == sorted(before)


def test_the_end_of_a_batch_is_a_clean_one(run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_executor: object) -> None:
        raise AssertionError("there was nobody to stop")

    monkeypatch.setattr(pool, "PROCESSES", pool.PROCESSES._replace(stop=stop))
    assert run("convolve", "photos", "-r", "-k", "box", "-o", "out/", "-j", "2", "-q").code == 0


def test_a_share_of_nothing_is_no_failure(run: Run, photos: Path) -> None:
    done = run("convolve", "photos/02.png", "-k", "box", "--shard", "2/2")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_worker_that_is_killed_costs_no_picture(start: Start, tmp_path: Path) -> None:
    for number in range(120):
        shutil.copy(SAMPLES / "brick.png", tmp_path / f"{number}.png")
    names = [f"{number}.png" for number in range(120)]
    running = start("convolve", *names, "-k", "sobel", "-o", "out/", "-j", "2", "-q")
    until = tmp_path / "out"
    while len(list(until.glob("*.png")) if until.is_dir() else []) < 5:
        assert running.poll() is None
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    if not children.exists():
        running.kill()
        pytest.skip("this system does not tell of a process's children")
    os.kill(int(children.read_text().split()[0]), 9)
    _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, b"")
    assert len(list(until.glob("*.sobel.png"))) == 120


def test_memory_does_not_grow_with_the_number_of_pictures(shell: Shell, tmp_path: Path) -> None:
    """Of the command and its workers: a hundred times the pictures within 1.2 of the peak."""
    (tmp_path / "picture.png").write_bytes(png(COLORS))
    (tmp_path / "peak.py").write_text(
        "import resource, subprocess, sys\n"
        "code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    for number in range(3_000):
        (tmp_path / f"{number}.png").hardlink_to(tmp_path / "picture.png")
    peaks = []
    for count in (30, 3_000):
        (tmp_path / "list").write_text("\n".join(f"{number}.png" for number in range(count)))
        done = shell(f"'{sys.executable}' peak.py cnnviz convolve --files-from list -k box -o out{count}/")
        code, peak = map(int, done.out.split())
        assert code == 0
        assert len(list((tmp_path / f"out{count}").iterdir())) == count
        peaks.append(peak)
    assert peaks[1] < 1.2 * peaks[0], peaks


def test_a_small_memory_limit_fails_the_large_picture_and_not_the_rest(shell: Shell, tmp_path: Path) -> None:
    Image.new("RGB", (12_000, 12_000)).save(tmp_path / "large.png", compress_level=1)
    (tmp_path / "small.png").write_bytes(png(COLORS))
    done = shell(
        "ulimit -v 1048576; cnnviz convolve large.png sample:brick -k gabor-bank --channels each -o out/"
    )
    assert done.code == 1
    assert done.err.startswith("cnnviz: large.png: not enough memory")
    assert done.err.count("\n") == 1
    assert list((tmp_path / "out").glob("brick.*"))


def test_one_frame_of_several_is_chosen(run: Run, tmp_path: Path) -> None:
    frames = [Image.new("L", (9, 7), shade) for shade in (0, 100, 200)]
    for name in ("pages.tiff", "moving.webp", "moving.gif", "moving.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        for number, shade in ((1, 100), (2, 200)):
            done = run("convolve", name, "-k", "identity", "--frame", str(number), "--json", "-f")
            assert done.code == 0, done.err
            assert done.err == ""
            low, high = done.json["results"][0]["range"]
            assert abs(low - shade) < 2 > abs(high - shade)
        done = run("convolve", name, "-k", "identity", "--frame", "99", "-f")
        assert (done.code, done.out) == (1, "")
        assert done.err == f"cnnviz: {name}: there is no frame 99; it has 3, counted from 0\n"
    (tmp_path / "one.png").write_bytes(png(COLORS))
    assert "it has only one, frame 0" in run("pool", "one.png", "--size", "2", "--frame", "1").err
