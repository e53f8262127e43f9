"""Stopped half way: the process dies of the signal itself, and what it leaves is whole."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from cnnviz import outputs
from tests.cli.running import SAMPLES, Shell, Start, files, running_in

MANY = 400


def wait_for(folder: Path, count: int) -> None:
    """Wait until ``count`` results are there."""
    until = time.monotonic() + 20
    while len(list(folder.glob("*.png"))) < count:
        assert time.monotonic() < until, "no results"
        time.sleep(0.005)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_a_batch_ends_it_at_once_and_cleanly(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    for index in range(MANY):
        shutil.copy(SAMPLES / "brick.png", tmp_path / f"{index}.jpg")
    (tmp_path / "out").mkdir()
    running = start("convolve", *(f"{index}.jpg" for index in range(MANY)), "-k", "sobel", "-o", "out/")
    wait_for(tmp_path / "out", 3)
    running.send_signal(number)
    sent = time.monotonic()
    out, err = running.communicate(timeout=20)
    assert time.monotonic() - sent < 2
    assert running.returncode == -number
    assert err == b""
    # What was said to be done is there; pictures done ahead of their turn may not have been told of yet.
    told = {line.rsplit("\t", 1)[1] for line in out.decode().splitlines()[1:]}
    left = list((tmp_path / "out").iterdir())
    assert told <= {f"out/{path.name}" for path in left}
    assert 3 <= len(left) < MANY
    for path in left:
        assert path.suffix == ".png"
        with Image.open(path) as picture:
            picture.load()
    assert not running_in(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_a_file_is_being_written_leaves_no_part_of_it(
    shell: Shell, tmp_path: Path, number: signal.Signals
) -> None:
    code = f"""
import os, sys
from cnnviz.cli.main import main
def stopped(temporary, path):
    assert os.path.exists(temporary)
    os.kill(os.getpid(), {number:d})
os.replace = stopped
sys.exit(main(["convolve", "sample:step", "sample:cat", "-k", "box", "-o", "out/"]))
"""
    done = shell(f"exec '{sys.executable}' - <<'END'\n{code}\nEND")
    assert (done.code, done.out, done.err) == (-number, "", "")
    assert files(tmp_path) == set()


def test_a_signal_where_python_passes_over_exceptions_ends_it_all_the_same(
    shell: Shell, tmp_path: Path
) -> None:
    code = f"""
import os, sys, time
from cnnviz.cli.main import main
class Finalized:
    def __del__(self):
        os.kill(os.getpid(), {signal.SIGINT:d})
def stopped(temporary, path):
    Finalized()
    time.sleep(5)
os.replace = stopped
sys.exit(main(["convolve", "sample:step", "-k", "box"]))
"""
    done = shell(f"exec '{sys.executable}' - <<'END'\n{code}\nEND")
    assert (done.code, done.out, done.err) == (-signal.SIGINT, "", "")
    assert files(tmp_path) == set()


def test_of_a_run_that_is_stopped_what_is_left_is_said(shell: Shell, tmp_path: Path) -> None:
    code = f"""
import os, sys
from cnnviz.cli.main import main
replace = os.replace
def second(temporary, path):
    if os.path.exists("out/cat.shapes-net/000.conv1.png"):
        os.kill(os.getpid(), {signal.SIGINT:d})
    replace(temporary, path)
os.replace = second
sys.exit(main(["run", "shapes-net", "sample:cat", "-o", "out"]))
"""
    done = shell(f"exec '{sys.executable}' - <<'END'\n{code}\nEND")
    assert (done.code, done.out) == (-signal.SIGINT, "")
    assert done.err == (
        "cnnviz: stopped: out/cat.shapes-net/ holds a part of what sample:cat makes; -f writes it all\n"
    )
    assert files(tmp_path) == {"out/cat.shapes-net/000.conv1.png"}


def test_a_signal_ends_a_model_that_never_does(start: Start, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    text = """
        <ir_version: 8, opset_import: ["" : 17]>
        endless (float[1,1,8,8] x) => (float[1,1,8,8] y)
        <int64 times = {4611686018427387904}, bool on = {1}> {
            y = Loop (times, on, x) <body = again (int64 i, bool before, float[1,1,8,8] v)
                => (bool after, float[1,1,8,8] w) { after = Identity (before) w = Identity (v) }>
        }"""
    (tmp_path / "endless.onnx").write_bytes(onnx.parser.parse_model(text).SerializeToString())
    running = start("run", "endless.onnx", "sample:step")
    time.sleep(3)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=5)
    assert running.returncode == -signal.SIGINT
    assert files(tmp_path) == {"endless.onnx"}


def test_a_signal_that_is_ignored_stays_ignored(start: Start, tmp_path: Path) -> None:
    args = ("convolve", "sample:brick", "-k", "edges", "-o", "out/")
    (tmp_path / "out").mkdir()
    running = start(*args, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for(tmp_path / "out", 1)
    running.send_signal(signal.SIGHUP)
    running.communicate(timeout=20)
    assert running.returncode == 0
    assert len(files(tmp_path)) == 12


def test_waiting_for_a_picture_ends_by_the_signal_itself_so_that_a_shell_loop_ends(
    start: Start, tmp_path: Path
) -> None:
    with start("pool", "--size", "2", "-o", "out.png") as running:
        assert running.stdin is not None
        running.stdin.write(bytes(2**18))  # more than a pipe holds: it is being read
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=20)
    assert running.returncode == -signal.SIGINT
    assert err == b""
    assert files(tmp_path) == set()


class _Stop(BaseException):
    """Stands for a signal, which may come between any two steps."""


@pytest.mark.parametrize("step", ["before", "after"])
@pytest.mark.parametrize("call", ["open", "replace"])
def test_a_signal_between_any_two_steps_of_writing_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, step: str
) -> None:
    real = getattr(os, call)

    def interrupted(*args: object, **given: object) -> object:
        monkeypatch.undo()
        assert os.path.dirname(str(args[0])) == str(tmp_path)  # a rename is atomic on one disk only
        if step == "after":
            real(*args, **given)
        raise _Stop

    monkeypatch.setattr(f"cnnviz.outputs.os.{call}", interrupted)
    with pytest.raises(_Stop):
        outputs.write(str(tmp_path / "result.png"), b"whole")
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert left == ({"result.png": b"whole"} if (call, step) == ("replace", "after") else {})
