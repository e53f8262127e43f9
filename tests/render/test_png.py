from __future__ import annotations

import io
import struct
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, PngImagePlugin

from cnnviz.render import png
from cnnviz.render.png import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDES = st.integers(1, 40)
GREY = arrays(np.uint8, st.tuples(SIDES, SIDES))
COLOUR = arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3)))
PALETTE = np.random.default_rng(0).integers(0, 256, 768, np.uint8).tobytes()
KEYWORDS = st.text(st.characters(min_codepoint=32, max_codepoint=255), min_size=1, max_size=79).filter(
    lambda word: word.isprintable() and word == word.strip()
)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


def opened(data: bytes) -> PngImagePlugin.PngImageFile:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
        picture.verify()  # checks every chunk's CRC
    picture = Image.open(io.BytesIO(data), formats=["PNG"])
    picture.load()
    assert isinstance(picture, PngImagePlugin.PngImageFile)
    return picture


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    assert at == len(data)
    return found


@given(GREY)
@example(np.zeros((1, 1), np.uint8))
@example(np.arange(256, dtype=np.uint8)[None])
@example(np.arange(256, dtype=np.uint8)[:, None])
def test_grey_codes_come_back_as_they_were(codes: NDArray[np.uint8]) -> None:
    picture = opened(encode(codes))
    assert picture.mode == "L"
    assert np.array_equal(np.asarray(picture), codes)


@given(GREY)
@example(np.array([[7]], np.uint8))
def test_a_palette_colours_the_codes_and_leaves_them_alone(codes: NDArray[np.uint8]) -> None:
    picture = opened(encode(codes, palette=PALETTE))
    assert picture.mode == "P"
    assert np.array_equal(np.asarray(picture), codes)
    colours = np.frombuffer(PALETTE, np.uint8).reshape(256, 3)
    assert np.array_equal(np.asarray(picture.convert("RGB")), colours[codes])


@given(COLOUR)
@example(np.array([[[1, 2, 3]]], np.uint8))
def test_rgb_comes_back_as_it_was(codes: NDArray[np.uint8]) -> None:
    picture = opened(encode(codes))
    assert picture.mode == "RGB"
    assert np.array_equal(np.asarray(picture), codes)


@pytest.mark.parametrize("shape", [(37, 19), (37, 19, 3)])
@pytest.mark.parametrize("band_bytes", [1, 100, 350])
def test_band_borders_leave_no_trace(
    shape: tuple[int, ...], band_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    monkeypatch.setattr(png, "BAND_BYTES", band_bytes)
    assert np.array_equal(np.asarray(opened(encode(codes))), codes)


def test_a_picture_of_several_bands_and_data_chunks_comes_back_as_it_was() -> None:
    codes = np.random.default_rng(2).integers(0, 256, (700, 901), np.uint8)
    assert codes.nbytes > 2 * png.BAND_BYTES
    data = encode(codes)
    assert sum(kind == b"IDAT" for kind, _ in chunks(data)) > 1
    assert np.array_equal(np.asarray(opened(data)), codes)


def test_the_bytes_do_not_depend_on_how_many_cores_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.random.default_rng(4).integers(0, 9, (900, 1500), np.uint8)
    assert codes.nbytes > 2 * png.PIECE_BYTES
    found = []
    for number in (1, 2, 5):
        monkeypatch.setattr(png, "cores", lambda number=number: number)
        found.append(encode(codes))
    assert found[0] == found[1] == found[2]
    assert np.array_equal(np.asarray(opened(found[0])), codes)


@pytest.mark.parametrize(
    "view",
    [
        np.s_[::2, ::3],
        np.s_[::-1, ::-1],
        np.s_[5:6, 3:],
    ],
)
def test_codes_of_any_strides_come_back_as_they_were(view: tuple[slice, ...]) -> None:
    codes = np.random.default_rng(3).integers(0, 256, (33, 47), np.uint8)
    for strided in (codes[view], codes.T[view], np.broadcast_to(codes[0], (9, 47))[view]):
        assert encode(strided) == encode(np.ascontiguousarray(strided))
        assert np.array_equal(np.asarray(opened(encode(strided))), strided)


def test_colour_planes_are_taken_without_being_put_in_order_first() -> None:
    planes = np.random.default_rng(4).integers(0, 256, (3, 21, 34), np.uint8)
    codes = np.moveaxis(planes, 0, -1)
    assert np.array_equal(np.asarray(opened(encode(codes))), codes)


def test_the_input_is_left_alone() -> None:
    codes = np.arange(60, dtype=np.uint8).reshape(6, 10)
    codes.flags.writeable = False
    encode(codes, palette=PALETTE)
    assert codes.tolist() == np.arange(60).reshape(6, 10).tolist()


def test_the_same_input_gives_the_same_bytes() -> None:
    codes = np.random.default_rng(5).normal(128, 20, (600, 800)).astype(np.uint8)
    notes = {"kernel": "sobel-x", "stride": "1"}
    assert encode(codes, text=notes) == encode(codes.copy(), text=dict(notes))


@given(st.dictionaries(KEYWORDS, VALUES, max_size=5))
@example({"kernel": "gauß", "scale": "±212 → mid-grey", "file": "猫\n.png", "empty": ""})
def test_notes_come_back_in_order_from_pillow(notes: dict[str, str]) -> None:
    picture = opened(encode(np.zeros((2, 2), np.uint8), text=notes))
    assert list(picture.text.items()) == list(notes.items())


@pytest.mark.parametrize(("value", "kind"), [("naïve", b"tEXt"), ("−1", b"iTXt"), ("", b"tEXt")])
def test_a_note_is_plain_text_while_latin_1_holds_it(value: str, kind: bytes) -> None:
    assert chunks(encode(np.zeros((1, 1), np.uint8), text={"kernel": value}))[1][0] == kind


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    picture = opened(encode(np.zeros((1, 1), np.uint8), text={"file": "bad\udcff.png"}))
    assert picture.text == {"file": "bad?.png"}


def test_the_chunks_stand_in_the_order_the_format_asks_for() -> None:
    data = encode(np.zeros((3, 5), np.uint8), palette=PALETTE, text={"kernel": "box"})
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert [kind for kind, _ in chunks(data)] == [b"IHDR", b"PLTE", b"tEXt", b"IDAT", b"IEND"]
    assert chunks(data)[0][1] == bytes([0, 0, 0, 5, 0, 0, 0, 3, 8, 3, 0, 0, 0])


@pytest.mark.parametrize(
    "keyword", ["", "k" * 80, "a\0b", "ключ", " kernel", "kernel ", "two\nlines", "\udcff"]
)
def test_a_keyword_that_png_does_not_allow_is_refused(keyword: str) -> None:
    with pytest.raises(ValueError, match="keyword"):
        encode(np.zeros((1, 1), np.uint8), text={keyword: "value"})


def test_a_keyword_of_79_characters_is_allowed() -> None:
    assert opened(encode(np.zeros((1, 1), np.uint8), text={"k" * 79: "v"})).text == {"k" * 79: "v"}


@pytest.mark.parametrize("value", ["a\0b", "→\0"])
def test_a_nul_in_a_note_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="NUL"):
        encode(np.zeros((1, 1), np.uint8), text={"kernel": value})


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (0, 4, 3)])
def test_an_empty_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least one row and one column"):
        encode(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(), (4,), (4, 4, 1), (4, 4, 4), (1, 4, 4, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"takes \(H, W\) or \(H, W, 3\)"):
        encode(np.zeros(shape, np.uint8))


def test_other_types_are_refused() -> None:
    codes: Any = np.zeros((4, 4), np.int32)
    with pytest.raises(ValueError, match="int32"):
        encode(codes)


@pytest.mark.parametrize(("shape", "length"), [((4, 4), 767), ((4, 4), 0), ((4, 4, 3), 768)])
def test_a_palette_that_does_not_fit_is_refused(shape: tuple[int, ...], length: int) -> None:
    with pytest.raises(ValueError, match="palette"):
        encode(np.zeros(shape, np.uint8), palette=bytes(length))


def test_even_noise_takes_little_more_memory_than_the_file() -> None:
    codes = np.random.default_rng(6).integers(0, 256, (3000, 3000), np.uint8)
    tracemalloc.start()
    try:
        data = encode(codes)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(data) > codes.nbytes  # noise does not deflate
    assert peak < 1.5 * codes.nbytes
