"""A file is written whole or not at all."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cnnviz import outputs
from cnnviz.errors import OutputError
from cnnviz.outputs import write


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_writing_makes_the_file_and_nothing_else() -> None:
    write("a.png", b"12")
    assert Path("a.png").read_bytes() == b"12"
    write("a.png", b"3")
    assert Path("a.png").read_bytes() == b"3"
    assert os.listdir() == ["a.png"]


def test_folders_are_made_when_asked_for() -> None:
    write("a/b/c.png", b"1", make_folders=True)
    assert Path("a/b/c.png").read_bytes() == b"1"
    with pytest.raises(OutputError, match=r"cannot write x/y\.png: No such file"):
        write("x/y.png", b"1")


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o000])
def test_the_umask_is_respected(mask: int) -> None:
    before = os.umask(mask)
    try:
        write("a.png", b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat("a.png").st_mode) == 0o666 & ~mask


def test_a_link_is_replaced_and_what_it_led_to_is_left_alone() -> None:
    Path("other").write_bytes(b"other")
    Path("a.png").symlink_to("other")
    write("a.png", b"1")
    assert (Path("a.png").read_bytes(), Path("other").read_bytes()) == (b"1", b"other")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_half_done(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write("a.png", b"old")

    def fail(source: str, target: str) -> None:
        raise error

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises((OutputError, KeyboardInterrupt)) as caught:
        write("a.png", b"new")
    if isinstance(error, OSError):
        assert str(caught.value) == "cannot write a.png: No space left on device"
    assert os.listdir() == ["a.png"]
    assert Path("a.png").read_bytes() == b"old"


def test_what_the_system_refuses_is_said_in_its_words() -> None:
    Path("folder").mkdir()
    for path, words in (
        (f"{'a' * 252}.png", "File name too long"),
        ("folder/../missing/a.png", "No such file or directory"),
        ("folder", "Is a directory"),
    ):
        with pytest.raises(OutputError, match=f"cannot write .*: {words}"):
            write(path, b"1")
    assert os.listdir() == ["folder"]


_FULL_DISK = """
import resource, signal, sys
from cnnviz import outputs
from cnnviz.errors import OutputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    outputs.write(sys.argv[1], bytes(10_000))
except OutputError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_file_and_nothing_half_done() -> None:
    Path("a.png").write_bytes(b"old")
    path, importable = os.path.abspath("a.png"), Path(outputs.__file__).parents[1]
    command = [sys.executable, "-c", _FULL_DISK, path]
    done = subprocess.run(command, cwd=importable, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"cannot write {path}: File too large\n", "")
    assert os.listdir() == ["a.png"]
    assert Path("a.png").read_bytes() == b"old"


@contextmanager
def standard_output_to(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with os.fdopen(descriptor, "w") as stream, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stream)
        yield
        # What could not be written is still in the buffer, and closing would try again.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, descriptor)
        os.close(null)


def test_a_dash_writes_to_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stdout)
    stdout.write("before ")
    write("-", b"\x89PNG")
    stdout.buffer.seek(0)
    assert stdout.buffer.read() == b"before \x89PNG"
    assert os.listdir() == []


def test_closed_standard_output_is_refused_and_a_closed_pipe_is_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="cannot write standard output: it is closed"):
        write("-", b"1")
    reader, writer = os.pipe()
    os.close(reader)
    with standard_output_to(writer, monkeypatch), pytest.raises(BrokenPipeError):
        write("-", b"1")


def test_a_full_device_is_an_output_error(monkeypatch: pytest.MonkeyPatch) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no such device here")
    full = os.open("/dev/full", os.O_WRONLY)
    with (
        standard_output_to(full, monkeypatch),
        pytest.raises(OutputError, match="cannot write standard output: No space left on device"),
    ):
        write("-", b"1")
