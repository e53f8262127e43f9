"""Files that are no picture, or no whole one: one clear sentence, at once and in little memory."""

from __future__ import annotations

import io
import json
import os
import random
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnnviz import images
from cnnviz.errors import FileError
from cnnviz.images import FORMATS, probe, read
from tests.picture_files import GREY, chunk, png

PICTURE = Image.fromarray(np.random.default_rng(7).integers(0, 256, (24, 40, 3), np.uint8))


def encoded(kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    PICTURE.save(buffer, kind, **options)
    return buffer.getvalue()


def refusal(path: Path | str) -> str:
    """Why both looks at the file are refused: one line."""
    with pytest.raises(FileError) as caught:
        read(str(path))
    with pytest.raises(FileError):
        probe(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert refusal(tmp_path / "pipe.png").startswith("not a regular file")


def test_what_is_no_regular_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may only be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.png")
        assert refusal("s.png").startswith("not a regular file")
    assert refusal(tmp_path) == "is a directory"
    for device in ("/dev/zero", "/dev/null"):
        assert refusal(device).startswith("not a regular file")


def test_links_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "dangling.png").symlink_to("nowhere.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert refusal(tmp_path / "dangling.png") == "No such file or directory"
    assert refusal(tmp_path / "loop.png") == "Too many levels of symbolic links"
    assert refusal(tmp_path / "missing.png") == "No such file or directory"
    assert refusal(tmp_path / ("a" * 300)) == "File name too long"


def test_an_empty_file_is_called_empty(stored: Callable[..., str]) -> None:
    assert refusal(stored(b"")) == "file is empty"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89",
        b"a",
        b"some text\n",
        b"<!DOCTYPE html><title>404</title>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='/etc/passwd'/></svg>",
        b"%PDF-1.7\n",
        b"push graphic-context\nimage over 0,0 0,0 'label:@/etc/passwd'\n",
        b"\x00\x00\x01\x00\x01\x00",  # an icon: Pillow reads it, the allow-list does not
        b"8BPS\x00\x01",
        bytes(1000),
    ],
)
def test_what_is_no_picture_is_told_the_formats(stored: Callable[..., str], data: bytes) -> None:
    reason = refusal(stored(data, "picture.png"))
    assert reason == f"not a supported image; the formats are {', '.join(FORMATS)} and NPY"


def test_postscript_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = tmp_path / "canary"
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\ntouch {canary}\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    picture = tmp_path / "picture.png"
    picture.write_text(
        f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n({canary}) (w) file closefile\n"
    )
    assert refusal(picture).startswith("not a supported image")
    assert not canary.exists()


def test_what_pillow_logs_is_not_printed() -> None:
    script = "import cnnviz.images, logging; logging.getLogger('PIL.TiffImagePlugin').error('samples')"
    command = [sys.executable, "-c", script]
    importable = Path(images.__file__).parents[1]
    done = subprocess.run(command, cwd=importable, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_cut_anywhere_is_refused(stored: Callable[..., str], kind: str) -> None:
    data = encoded(kind)
    for tenth in range(10):
        path = stored(data[: len(data) * tenth // 10])
        with pytest.raises(FileError) as caught:
            read(path)
        assert "\n" not in str(caught.value)
    assert read(stored(data)).is_color


def test_a_cut_png_is_called_truncated(stored: Callable[..., str]) -> None:
    data = encoded("PNG")
    assert "truncated" in refusal(stored(data[: len(data) * 6 // 10])).lower()


def test_a_cut_array_is_refused(stored: Callable[..., str]) -> None:
    file = io.BytesIO()
    np.save(file, np.zeros((9, 9)))
    assert "the values are truncated: " in refusal(stored(file.getvalue()[:-1]))


@pytest.mark.parametrize(("kind", "reason"), [(b"IHDR", "not a supported image"), (b"IDAT", "broken PNG")])
def test_a_wrong_checksum_is_refused(stored: Callable[..., str], kind: bytes, reason: str) -> None:
    data = bytearray(png(GREY, depth=8))
    start = data.index(kind)
    (length,) = struct.unpack_from(">I", data, start - 4)
    data[start + 4 + length] ^= 1
    assert reason in refusal(stored(bytes(data)))


def test_corrupt_compression_is_refused(stored: Callable[..., str]) -> None:
    header = struct.pack(">2I5B", 7, 5, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", b"\x78\x01 not deflate at all") + chunk(b"IEND", b"")
    assert refusal(stored(b"\x89PNG\r\n\x1a\n" + parts)).startswith("damaged image")


@pytest.mark.parametrize(
    ("width", "height", "depth"), [(0, 5, 8), (5, 0, 8), (2**31, 1, 8), (2**32 - 1, 2**32 - 1, 8), (5, 5, 7)]
)
def test_a_header_that_no_png_has_is_refused(
    stored: Callable[..., str], width: int, height: int, depth: int
) -> None:
    header = struct.pack(">2I5B", width, height, depth, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    refusal(stored(b"\x89PNG\r\n\x1a\n" + parts))


def test_a_gif_that_claims_to_be_huge_is_refused(stored: Callable[..., str]) -> None:
    data = b"GIF89a" + struct.pack("<2H3B", 65535, 65535, 0, 0, 0) + b"," + struct.pack("<4HB", 0, 0, 1, 1, 0)
    reason = refusal(stored(data + b"\x02\x02D\x01\x00;"))
    assert reason.startswith("65535x65535 is 4294836225 pixels, the limit is 200000000")


def test_a_tiff_whose_directories_loop_ends(stored: Callable[..., str]) -> None:
    data = bytearray(encoded("TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * entries, first)
    started = time.monotonic()
    assert read(stored(bytes(data))).pixels().shape == (1, 24, 40)
    assert time.monotonic() - started < 2


def test_ten_thousand_frames_are_counted_in_no_time(stored: Callable[..., str]) -> None:
    frame = b"," + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02D\x01\x00"
    data = b"GIF89a" + struct.pack("<2H3B", 1, 1, 0x80, 0, 0) + bytes([0, 0, 0, 255, 255, 255])
    started = time.monotonic()
    assert read(stored(data + 10_000 * frame + b";")).notes == ("10000 frames, using the first",)
    assert time.monotonic() - started < 2


def test_a_png_of_a_hundred_thousand_chunks_is_refused_in_no_time(stored: Callable[..., str]) -> None:
    whole = png(GREY, depth=8)
    many = stored(whole[:33] + chunk(b"tEXt", b"a\0b") * 100_000 + whole[33:])
    started = time.monotonic()
    assert refusal(many) == "it has more than 100,000 chunks; save it anew, with larger ones"
    assert time.monotonic() - started < 2
    few = stored(whole[:33] + chunk(b"tEXt", b"a\0b") * 1000 + whole[33:])
    np.testing.assert_array_equal(read(few).pixels("gray"), read(stored(whole)).pixels("gray"))


@pytest.mark.parametrize("kind", FORMATS)
def test_sixty_random_mutations_give_a_result_or_a_refusal(stored: Callable[..., str], kind: str) -> None:
    generator = random.Random(kind)
    data, refused = encoded(kind), 0
    for _ in range(60):
        mutated = bytearray(data)
        for _ in range(generator.randint(1, 8)):
            reach = generator.choice([len(data), min(len(data), 200)])  # headers are where it hurts
            mutated[generator.randrange(reach)] = generator.randrange(256)
        for look in (read, probe):
            try:
                look(stored(bytes(mutated)))
            except FileError as error:
                assert "\n" not in str(error)
                refused += 1
    assert refused > 0


_BOMBS = """
import json, resource, sys, time
from cnnviz.errors import FileError
from cnnviz.images import read
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
told = {}
for path in sys.argv[1:]:
    started = time.monotonic()
    try:
        said = "x".join(map(str, read(path).pixels().shape))
    except FileError as error:
        said = str(error)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
    told[path.rsplit("/", 1)[-1]] = (said, time.monotonic() - started, peak // 1024)
print(json.dumps(told))
"""


def test_bombs_are_refused_fast_and_in_little_memory_and_large_pictures_are_not(tmp_path: Path) -> None:
    def bomb(name: str, side: int, *, rows: int = 0, extra: bytes = b"") -> str:
        deflate = zlib.compressobj(9)
        row = bytes(1 + side // 8)
        data = b"".join([deflate.compress(row) for _ in range(rows)]) + deflate.flush()
        header = struct.pack(">2I5B", side, side, 1, 0, 0, 0, 0)
        parts = chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
        return str(tmp_path / name)

    text = zlib.compressobj(1)
    note = b"note\0\0" + b"".join([text.compress(bytes(2**20)) for _ in range(100)]) + text.flush()
    array = tmp_path / "array.npy"
    with array.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f8", "fortran_order": False, "shape": (100000, 100000)}
        )
    paths = [
        bomb("claims.png", 60000),
        bomb("real.png", 20000, rows=20000),
        bomb("text.png", 8, rows=8, extra=chunk(b"zTXt", note)),
        str(array),
        bomb("large.png", 10000, rows=10000),
    ]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _BOMBS, *paths],
        cwd=Path(images.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["claims.png"][0].startswith("60000x60000 is 3600000000 pixels, the limit is 200000000")
    assert told["real.png"][0].startswith("20000x20000 is 400000000 pixels")
    assert told["text.png"][0].startswith("damaged image")
    assert "too large: shape (100000, 100000)" in told["array.npy"][0]
    assert told["large.png"][0] == "1x10000x10000"
    for name in ("claims.png", "real.png", "text.png", "array.npy"):
        assert told[name][1] < 0.5
        assert told[name][2] < 100
