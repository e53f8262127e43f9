"""PNGs handed to Pillow with their pixels inflated give what Pillow gives, and fail where it fails."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any, BinaryIO, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isal.igzip_lib import IsalError
from PIL import Image

from cnnviz.images import inflating
from cnnviz.images.inflating import Inflated

VALUES = np.random.default_rng(8)


def png(array: np.ndarray, **options: Any) -> bytes:
    buffer = BytesIO()
    Image.fromarray(array).save(buffer, "PNG", **options)
    return buffer.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(cast("BinaryIO", Inflated(BytesIO(data))), formats=("PNG",)))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What stands before the pixels, the deflated pixels, and what stands behind them."""
    front, deflated, back, place = data[:8], b"", b"", 8
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        whole = data[place : place + length + 12]
        if kind == b"IDAT":
            deflated += whole[8:-4]
        elif deflated:
            back += whole
        else:
            front += whole
        place += length + 12
    return front, deflated, back


@settings(max_examples=60)
@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    mode=st.sampled_from(["L", "RGB", "RGBA", "P", "1", "I;16", "LA"]),
    level=st.integers(0, 9),
    seed=st.integers(0, 99),
)
def test_every_mode_is_decoded_as_pillow_decodes_it(
    size: tuple[int, int], mode: str, level: int, seed: int
) -> None:
    values = np.random.default_rng(seed)
    if mode == "I;16":
        image = Image.fromarray(values.integers(0, 65536, size, np.uint16))
    else:
        image = Image.fromarray(values.integers(0, 4, (*size, 3), np.uint8) * 60).convert(mode)
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=level)
    assert np.array_equal(decoded(buffer.getvalue()), np.asarray(Image.open(buffer)))


def test_a_large_picture_in_chunks_of_any_length_comes_back() -> None:
    array = VALUES.integers(0, 30, (900, 1100), np.uint8)
    front, deflated, back = split(png(array))
    for length in (997, 65536, len(deflated)):
        chunks = [
            chunk(b"IDAT", deflated[place : place + length]) for place in range(0, len(deflated), length)
        ]
        assert np.array_equal(decoded(front + b"".join(chunks) + chunk(b"IDAT", b"") + back), array)


@pytest.mark.parametrize("piece", [64, 1000, 1 << 14, 1 << 18])
def test_a_few_bytes_that_stand_for_many_pieces_are_inflated_to_the_end(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inflater may have taken in all of a chunk and still hold back what it stands for."""
    monkeypatch.setattr(inflating, "_PIECE", piece)
    values = np.random.default_rng(piece)
    for noise in (0, 60, 500):
        array = np.zeros((600, 700 if piece > 64 else 100), np.uint8)
        array[:noise] = values.integers(0, 256, (noise, array.shape[1]))
        front, deflated, back = split(png(array))
        for length in (1 if len(deflated) < 5000 else 37, 5003):
            chunks = [chunk(b"IDAT", deflated[i : i + length]) for i in range(0, len(deflated), length)]
            assert np.array_equal(decoded(front + b"".join(chunks) + back), array)


def test_notes_before_and_behind_the_pixels_are_kept() -> None:
    front, deflated, back = split(png(VALUES.integers(0, 9, (40, 40), np.uint8)))
    data = (
        front + chunk(b"tEXt", b"a\0before") + chunk(b"IDAT", deflated) + chunk(b"tEXt", b"b\0behind") + back
    )
    image = Image.open(cast("BinaryIO", Inflated(BytesIO(data))))
    image.load()
    assert image.info == {"a": "before", "b": "behind"}


def test_what_stands_behind_the_pixels_in_their_chunk_is_ignored() -> None:
    array = VALUES.integers(0, 9, (40, 40), np.uint8)
    front, deflated, back = split(png(array))
    assert np.array_equal(decoded(front + chunk(b"IDAT", deflated + b"junk") + back), array)


@pytest.mark.parametrize("place", [0, 2, 60, -6])
def test_damaged_pixels_fail(place: int) -> None:
    front, deflated, back = split(png(VALUES.integers(0, 200, (60, 60), np.uint8)))
    bad = bytearray(deflated)
    bad[place] ^= 0xFF
    with pytest.raises((OSError, SyntaxError, cast("type[Exception]", IsalError))):
        decoded(front + chunk(b"IDAT", bytes(bad)) + back)


def test_missing_pixels_fail() -> None:
    front, deflated, back = split(png(VALUES.integers(0, 200, (60, 60), np.uint8)))
    with pytest.raises(OSError, match=r"truncated|broken"):
        decoded(front + chunk(b"IDAT", deflated[: len(deflated) // 2]) + back)


def test_a_file_that_blows_up_is_inflated_no_further_than_its_picture() -> None:
    front, _, back = split(png(np.zeros((4, 4), np.uint8)))
    bomb = zlib.compress(bytes(300_000_000), 9)
    source = Inflated(BytesIO(front + chunk(b"IDAT", bomb) + back))
    Image.open(cast("BinaryIO", source)).load()
    assert source.tell() < 300_000


def test_an_interlaced_picture_comes_back() -> None:
    passes = [
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ]
    array = VALUES.integers(0, 256, (37, 5), np.uint8)
    rows = [
        b"\0" + row.tobytes()
        for top, left, down, across in passes
        for row in array[top::down, left::across]
        if row.size
    ]
    header = chunk(b"IHDR", struct.pack(">2I5B", 5, 37, 8, 0, 0, 0, 1))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    assert np.array_equal(np.asarray(Image.open(BytesIO(data))), array)
    assert np.array_equal(decoded(data), array)


def test_it_is_read_forwards() -> None:
    source = Inflated(BytesIO(png(VALUES.integers(0, 9, (40, 40), np.uint8))))
    whole = source.read()
    source.seek(0)
    assert (source.read(8), source.tell()) == (whole[:8], 8)
    for place, whence in ((len(whole) + 1, 0), (0, 2), (-1, 0)):
        with pytest.raises(OSError, match=r"from its start to its end"):
            source.seek(place, whence)
