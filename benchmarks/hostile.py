"""Files and places that go wrong, given to every program that does the same job: what each makes of them."""

from __future__ import annotations

import os
import resource
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from PIL import Image

from benchmarks.processes import Peer, ours, peers
from cnnviz import images

_SECONDS: Final = 5
FINE: Final = "refused"


class Case(NamedTuple):
    """What is made in a folder (the picture's name comes back), and what may not happen."""

    name: str
    make: Callable[[Path], str]
    limit: int | None = None  # bytes a file may have
    in_place: bool = False  # the result is to go where the picture is
    works: bool = False  # refusing is wrong


def run() -> tuple[Sequence[str], list[tuple[str, ...]]]:
    """The names of the programs, and a row for each case."""
    with TemporaryDirectory() as folder:
        programs = [Peer("cnnviz", ours, lambda sums: sums), _pillow(), *peers(Path(folder))]
        names = [
            each.name.removesuffix(" script").removesuffix(" conv").removesuffix(" convert")
            for each in programs
        ]
        rows = [(case.name, *(_outcome(case, each) for each in programs)) for case in CASES]
    return names, rows


def _pillow() -> Peer:
    script = (
        "import sys; from PIL import Image, ImageFilter; "
        "kernel = ImageFilter.Kernel((3, 3), [-1, 0, 1, -2, 0, 2, -1, 0, 1], 8, 128); "
        "Image.open(sys.argv[1]).convert('L').filter(kernel).save(sys.argv[2])"
    )
    return Peer("Pillow", lambda i, o: [sys.executable, "-c", script, i, o], lambda sums: sums / 8 + 128)


def _outcome(case: Case, program: Peer) -> str:
    """One program on one case, in a folder of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        picture = folder / case.make(folder)
        target = picture if case.in_place else folder / "out.png"
        before = picture.read_bytes() if picture.is_file() else None
        if case.limit is not None:
            target.write_bytes(b"an older result")
        code = _run(program.command(str(picture), str(target)), folder, case.limit)
        if code is None:
            return "**hangs**"
        if (folder / "canary").exists():
            return "**runs it**"
        if case.in_place:
            return "input kept" if picture.read_bytes() == before else "**overwritten**"
        if case.limit is not None:
            if not target.exists():
                return "**older file lost**"
            return "older file kept" if target.read_bytes() == b"an older result" else "**half a file**"
        if code == 0:
            return "**no error**"
        return "**half a file**" if target.exists() else FINE


def _run(command: list[str], folder: Path, limit: int | None) -> int | None:
    def restrict() -> None:
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": path},
        preexec_fn=restrict,
        start_new_session=True,
    )
    try:
        return process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def _stored(name: str, change: Callable[[bytes], bytes], kind: str = "PNG") -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        with Image.open(images.locate("sample:cat")) as cat:
            buffer = BytesIO()
            cat.convert("RGB").save(buffer, kind)
        (folder / name).write_bytes(change(buffer.getvalue()))
        return name

    return make


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe.png")
    return "pipe.png"


def _bad_checksum(data: bytes) -> bytes:
    changed = bytearray(data)
    place = data.index(b"IDAT")
    (length,) = struct.unpack_from(">I", data, place - 4)
    changed[place + 4 + length] ^= 1
    return bytes(changed)


def _claim(folder: Path) -> str:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">2I5B", 60_000, 60_000, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    (folder / "claim.png").write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return "claim.png"


def _postscript(folder: Path) -> str:
    """Whether Ghostscript is started for it: a program of that name stands first on the path."""
    ghostscript = folder / "gs"
    ghostscript.write_text(f"#!/bin/sh\n: > '{folder}/canary'\nexit 1\n")
    ghostscript.chmod(0o755)
    (folder / "x.png").write_text(
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
    )
    return "x.png"


CASES: Final = (
    Case("a named pipe", _pipe),
    Case("a PNG cut at 60 %", _stored("cut.png", lambda data: data[: len(data) * 6 // 10])),
    Case("a JPEG cut in half", _stored("cut.jpg", lambda data: data[: len(data) // 2], "JPEG")),
    Case("a wrong checksum over the pixels", _stored("sum.png", _bad_checksum)),
    Case("a few bytes that claim 60000x60000", _claim),
    Case("PostScript named x.png", _postscript),
    Case("a disk that is full over an older result", _stored("cat.png", lambda data: data), limit=4096),
    Case("the picture as its own output", _stored("cat.png", lambda data: data), in_place=True),
)
