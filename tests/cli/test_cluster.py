"""The same jobs on a real Dask cluster of this machine."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnviz.errors import UsageError
from cnnviz.jobs.cluster import connected
from tests.cli.running import SAMPLES, Run, Start

pytest.importorskip("distributed")

COUNT = 24  # several times what the workers may have waiting

CLUSTER = """
import logging
from distributed import LocalCluster
if __name__ == "__main__":
    quiet = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
    with LocalCluster(2, threads_per_worker=1, **quiet) as cluster:
        print(cluster.scheduler_address, *(nanny.pid for nanny in cluster.workers.values()), flush=True)
        input()
"""


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    (tmp_path / "photos").mkdir()
    for number in range(COUNT):
        shutil.copy(SAMPLES / "brick.png", tmp_path / "photos" / f"{number:02d}.png")
    return sorted(f"photos/{number:02d}.png" for number in range(COUNT))


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, surroundings: dict[str, str]
) -> Iterator[tuple[str, list[int]]]:
    """The address of a cluster that somebody else started, in another folder, and its workers' processes."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "cluster.py").write_text(CLUSTER)
    running = subprocess.Popen(
        [sys.executable, "cluster.py"],
        cwd=folder,
        env={**surroundings, "HOME": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    address, *workers = running.stdout.readline().split()
    yield address, [int(pid) for pid in workers]
    running.communicate("\n", timeout=30)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_cluster_does_what_one_machine_does(
    start: Start, cluster: tuple[str, list[int]], photos: list[str], tmp_path: Path
) -> None:
    (tmp_path / "photos" / "05.png").write_bytes(b"no picture")
    said = []
    for where in (["--scheduler", cluster[0]], ["-j", "1"]):
        running = start("convolve", *photos, "-k", "frei-chen", "-o", "out/", "--ndjson", "-q", *where)
        out, err = running.communicate(timeout=60)
        assert running.returncode == 1
        assert err.decode().startswith("cnnviz: photos/05.png: not a supported image")
        assert err.count(b"\n") == 1
        said.append((out, {name: (tmp_path / "out" / name).read_bytes() for name in names(tmp_path / "out")}))
        shutil.rmtree(tmp_path / "out")
    assert said[0] == said[1]


def test_the_jobs_of_a_worker_that_is_lost_are_done_by_others(
    start: Start, cluster: tuple[str, list[int]], photos: list[str], tmp_path: Path
) -> None:
    address, workers = cluster
    running = start("convolve", *photos, "-k", "edges", "-o", "out/", "-q", "--scheduler", address)
    until = time.monotonic() + 30
    while len(list((tmp_path / "out").glob("*.png")) if (tmp_path / "out").is_dir() else []) < 20:
        assert time.monotonic() < until
        assert running.poll() is None
    os.kill(workers[0], signal.SIGKILL)
    _, err = running.communicate(timeout=120)
    assert (running.returncode, err) == (0, b"")
    # What the lost worker was writing may lie about, under a name that begins with a dot.
    assert len([name for name in names(tmp_path / "out") if name[0] != "."]) == 12 * COUNT
    assert not [name for name in names(tmp_path / "out") if not name.endswith(".png") and name[0] != "."]


@pytest.mark.usefixtures("cluster")  # which has the usual port
def test_a_cluster_of_this_machine_is_started_beside_another_and_ended(
    start: Start, photos: list[str], tmp_path: Path
) -> None:
    running = start("pool", *photos[:9], "--size", "2", "-o", "out/", "-q", "--scheduler", "local", "-j", "2")
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, b"", b"")
    assert len(names(tmp_path / "out")) == 9


def test_where_nobody_answers_that_is_said(
    run: Run, photos: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnviz.jobs.cluster._PATIENCE", "1s")
    done = run("pool", photos[0], "--size", "2", "--scheduler", "nonsense://x")
    assert (done.code, done.out) == (2, "")
    assert "--scheduler nonsense://x: nobody answers there" in done.err
    done = run("pool", photos[0], "--size", "2", "--scheduler", "tcp://127.0.0.1:1")
    assert (done.code, done.out) == (2, "")
    assert "--scheduler tcp://127.0.0.1:1: nobody answers there" in done.err


def test_dask_has_no_line_of_its_own() -> None:
    with pytest.raises(UsageError, match="nobody answers there"), connected("nonsense://", 1):
        pass
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    talking = [each.name for each in loggers if each.isEnabledFor(logging.ERROR)]
    assert not [name for name in talking if name.partition(".")[0] == "distributed"]
