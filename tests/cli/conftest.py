"""Ways to run the command: inside this process, fast; as a process of its own; on a terminal; by a shell."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnviz
from cnnviz.cli.main import main
from cnnviz.files import regular
from tests.cli.running import COLORS, INLINE, Array, OnTerminal, Ran, Run, Shell, Start, Values, png

STEERS_A_TERMINAL = (
    *("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM"),
    *("TTY_COMPATIBLE", "TTY_INTERACTIVE"),
)


class _Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run ``cnnviz`` in this process, in the test's own folder; no bar is shown, however slow the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cnnviz.cli.progress._AFTER", float("inf"))
    for name in STEERS_A_TERMINAL:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")

    def call(*args: str, stdin: bytes | None = b"", columns: int = 0) -> Ran:
        out, err = (_Terminal(), _Terminal()) if columns else (io.BytesIO(), io.BytesIO())
        source = _Terminal() if stdin is None else io.BytesIO(stdin)
        with monkeypatch.context() as patch:
            if columns:
                patch.setenv("COLUMNS", str(columns))
            for name, stream in (("stdin", source), ("stdout", out), ("stderr", err)):
                patch.setattr(sys, name, io.TextIOWrapper(stream, encoding="utf-8", write_through=True))
            regular._read_stdin.cache_clear()  # kept for the life of a process
            code = main(args)
            return Ran(code, out.getvalue(), err.getvalue())

    yield call
    regular._read_stdin.cache_clear()


@pytest.fixture
def picture(tmp_path: Path) -> str:
    """A small colour picture of noise."""
    (tmp_path / "noise.png").write_bytes(png(COLORS))
    return "noise.png"


@pytest.fixture
def values(run: Run, picture: str, tmp_path: Path) -> Values:
    """The exact maps of a run, by way of an NPY file."""

    def call(*args: str, image: str = picture, kernel: str = INLINE) -> Array:
        done = run("convolve", image, "-k", kernel, *args, "-o", "values.npy", "-f", "-q")
        assert (done.code, done.err) == (0, "")
        maps: Array = np.load(tmp_path / "values.npy")
        return maps

    return call


@pytest.fixture(scope="session")
def surroundings() -> dict[str, str]:
    """What a process of its own gets: this package, UTF-8, and nothing else that steers it."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(Path(cnnviz.__file__).parents[1]),
    }


@pytest.fixture
def environment(tmp_path: Path, surroundings: dict[str, str]) -> dict[str, str]:
    """The same, at home in the test's own folder."""
    return {**surroundings, "HOME": str(tmp_path)}


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Start:
    """Start ``cnnviz`` as a process of its own, in the test's own folder."""

    def call(*args: str, env: Mapping[str, str] | None = None, **given: Any) -> subprocess.Popen[bytes]:
        streams = {name: given.pop(name, subprocess.PIPE) for name in ("stdin", "stdout", "stderr")}
        command = [sys.executable, "-m", "cnnviz", *args]
        return subprocess.Popen(command, cwd=tmp_path, env={**environment, **(env or {})}, **streams, **given)

    return call


@pytest.fixture
def shell(tmp_path: Path, environment: dict[str, str]) -> Shell:
    """Run a line of shell in the test's own folder."""
    folder = tmp_path / ".bin"
    folder.mkdir()
    (folder / "cnnviz").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnnviz "$@"\n')
    (folder / "cnnviz").chmod(0o755)
    path = f"{folder}{os.pathsep}{environment['PATH']}"

    def call(line: str, **env: str) -> Ran:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            env={**environment, "PATH": path, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def on_terminal(start: Start) -> OnTerminal:
    """Run ``cnnviz`` as a process on a terminal of its own: input, output and errors."""

    def call(*args: str, columns: int = 80, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, columns))
        running = start(*args, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        shown = bytearray()
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # how Linux says that nobody has the terminal open any more
            pass
        finally:
            os.close(ours)
        return running.wait(30), shown.decode("utf-8").replace("\r\n", "\n")

    return call
