"""Pictures become arrays: every format of the allow-list, upright, without transparency, exact."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cnnviz.errors import FileError, UsageError
from cnnviz.images import FORMATS, Header, locate, probe, read, samples

Array = NDArray[Any]
Turn = Image.Transpose

GREY = np.random.default_rng(1).integers(0, 256, (5, 7), np.uint8)
COLOURS = np.random.default_rng(2).integers(0, 256, (5, 7, 3), np.uint8)
ALPHA = np.array([[0, 1, 127, 128, 254, 255, 77]] * 5, np.uint8)
DEEP = np.array([[0, 255, 256, 257], [4095, 4096, 65534, 65535]], np.uint16)

# What a camera that was held like this would have stored of an upright picture.
HELD: dict[int, Turn | None] = {
    1: None,
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_90,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_270,
}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(values: Array, *, depth: int, colour_type: int = 0, extra: bytes = b"") -> bytes:
    """A PNG of ``depth`` bits a value, by the book and not by Pillow, which writes only some of them."""
    height, width = values.shape
    bits = np.unpackbits(values.astype(">u2").view(np.uint8).reshape(height, width, 2), axis=2)[:, :, -depth:]
    rows = np.packbits(bits.reshape(height, -1), axis=1)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">2I5B", width, height, depth, colour_type, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            extra,
            chunk(b"IDAT", zlib.compress(lines)),
            chunk(b"IEND", b""),
        ]
    )


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., str]:
    """Save a picture as Pillow does, and return its path."""

    def save(image: Image.Image | Array, kind: str = "PNG", **options: Any) -> str:
        path = tmp_path / f"picture.{kind.lower()}"
        (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, kind, **options)
        return str(path)

    return save


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., str]:
    """Write bytes, or an array as NPY, and return the path."""

    def store(data: bytes | Array, name: str = "stored") -> str:
        path = tmp_path / name
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            with path.open("wb") as file:
                np.save(file, data)
        return str(path)

    return store


def pillow_gray(colours: Array) -> Array:
    """ITU-R 601 luma in 16-bit fixed point: what Pillow documents for RGB -> L."""
    red, green, blue = np.moveaxis(colours.astype(np.int64), -1, 0)
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("PPM", {}),
        ("GIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_deflate"}),
        ("TIFF", {"compression": "packbits"}),
        ("TIFF", {"big_tiff": True}),
    ],
)
def test_grey_pixels_come_back_as_they_were_stored(
    saved: Callable[..., str], kind: str, options: dict[str, Any]
) -> None:
    path = saved(GREY, kind, **options)
    pixels = read(path).pixels("stored")
    assert pixels.dtype == np.uint8
    assert pixels.tolist() == [GREY.tolist()]
    assert probe(path) == Header(1, 5, 7, is_color=False)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("PPM", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_colours_come_back_as_they_were_stored(
    saved: Callable[..., str], kind: str, options: dict[str, Any]
) -> None:
    path = saved(COLOURS, kind, **options)
    picture = read(path)
    assert picture.is_color
    assert picture.notes == ()
    assert np.array_equal(picture.pixels("stored"), COLOURS.transpose(2, 0, 1))
    assert np.array_equal(picture.pixels("color"), COLOURS.transpose(2, 0, 1))
    assert np.array_equal(picture.pixels(), pillow_gray(COLOURS)[np.newaxis])
    assert probe(path) == Header(3, 5, 7, is_color=True)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_decoded_as_pillow_decodes_it(saved: Callable[..., str], kind: str) -> None:
    path = saved(COLOURS, kind)
    colours = np.asarray(Image.open(path).convert("RGB"))
    assert np.array_equal(read(path).pixels("color"), colours.transpose(2, 0, 1))
    assert np.array_equal(read(path).pixels("gray"), pillow_gray(colours)[np.newaxis])
    assert probe(path) == Header(3, 5, 7, is_color=True)


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=20))
def test_gray_is_pillows_integer_luma(
    tmp_path_factory: pytest.TempPathFactory, colours: list[tuple[int, int, int]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "luma.ppm"
    row = np.array([colours], np.uint8)
    Image.fromarray(row).save(path)
    assert np.array_equal(read(str(path)).pixels("gray")[0], pillow_gray(row))


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_shallow_grey_fills_0_to_255(stored: Callable[..., str], depth: int) -> None:
    levels = np.arange(2**depth).reshape(2, -1)
    pixels = read(stored(png(levels, depth=depth))).pixels()
    assert pixels.tolist() == [(levels * 255 // (2**depth - 1)).tolist()]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_one_bit_pixels_are_0_and_255(saved: Callable[..., str], kind: str) -> None:
    bits = GREY > 127
    path = saved(Image.fromarray(bits), kind)
    assert np.array_equal(read(path).pixels("stored"), bits[np.newaxis] * np.uint8(255))
    assert probe(path).channels == 1


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_picture_is_its_colours(stored: Callable[..., str], depth: int) -> None:
    palette = np.random.default_rng(3).integers(0, 256, (2**depth, 3), np.uint8)
    codes = np.arange(2**depth).reshape(2, -1)
    path = stored(png(codes, depth=depth, colour_type=3, extra=chunk(b"PLTE", palette.tobytes())))
    assert np.array_equal(read(path).pixels("color"), palette[codes].transpose(2, 0, 1))
    assert np.array_equal(read(path).pixels(), pillow_gray(palette[codes])[np.newaxis])
    assert probe(path) == Header(3, *codes.shape, is_color=True)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_with_transparency_equals_the_rgba_picture(
    stored: Callable[..., str], saved: Callable[..., str], depth: int
) -> None:
    generator = np.random.default_rng(4)
    palette = generator.integers(0, 256, (2**depth, 3), np.uint8)
    alphas = generator.integers(0, 256, 2**depth, np.uint8)
    codes = np.arange(2**depth).reshape(2, -1)
    extra = chunk(b"PLTE", palette.tobytes()) + chunk(b"tRNS", alphas.tobytes())
    of_palette = read(stored(png(codes, depth=depth, colour_type=3, extra=extra)))
    of_rgba = read(saved(np.dstack([palette[codes], alphas[codes]])))
    assert np.array_equal(of_palette.pixels("color"), of_rgba.pixels("color"))
    assert of_palette.notes == of_rgba.notes == ("transparent: laid over white",)


def test_sixteen_bits_are_exact(stored: Callable[..., str], saved: Callable[..., str]) -> None:
    by_hand = stored(png(DEEP, depth=16))
    files = [by_hand, *(saved(DEEP, kind) for kind in ("PNG", "TIFF", "PPM"))]
    files.append(saved(DEEP, "TIFF", compression="tiff_lzw"))
    files.append(stored(b"P5 4 2 65535\n" + DEEP.astype(">u2").tobytes(), "big.pgm"))
    for path in files:
        pixels = read(path).pixels()
        assert (pixels.dtype, pixels.tolist()) == (np.uint16, [DEEP.tolist()])
        assert pixels.dtype.isnative
        assert probe(path) == Header(1, 2, 4, is_color=False)


def test_float_tiffs_keep_their_values(saved: Callable[..., str]) -> None:
    values = np.array([[-1.5, 0.0, 1e-30], [2.25, 3e38, -7.0]], np.float32)
    path = saved(values, "TIFF")
    pixels = read(path).pixels()
    assert (pixels.dtype, pixels.tolist()) == (np.float32, [values.tolist()])
    assert probe(path) == Header(1, 2, 3, is_color=False)


def test_integer_tiffs_keep_their_values(saved: Callable[..., str]) -> None:
    values = np.array([[-(2**31), 0, 2**31 - 1]], np.int32)
    assert read(saved(values, "TIFF")).pixels().tolist() == [values.tolist()]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_with_their_place(
    saved: Callable[..., str], stored: Callable[..., str], bad: float
) -> None:
    values = np.zeros((4, 6), np.float32)
    values[2, 5] = values[3, 0] = bad
    with pytest.raises(FileError, match=f"channel 0 holds {bad} at row 2, column 5"):
        read(saved(values, "TIFF"))
    channels = np.zeros((3, 4, 6))
    channels[1, 3, 2] = bad
    with pytest.raises(FileError, match=f"channel 1 holds {bad} at row 3, column 2"):
        read(stored(channels))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted_as_pillow_does(saved: Callable[..., str], kind: str) -> None:
    inks = np.random.default_rng(5).integers(0, 256, (16, 24, 4), np.uint8)
    path = saved(Image.frombytes("CMYK", (24, 16), inks.tobytes()), kind)
    expected = np.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1)
    assert Image.open(path).mode == "CMYK"
    assert np.array_equal(read(path).pixels("color"), expected)
    assert probe(path) == Header(3, 16, 24, is_color=True)


BLOCKS = np.random.default_rng(6).integers(0, 256, (4, 6, 3), np.uint8).repeat(8, 0).repeat(8, 1)


@pytest.mark.parametrize(
    ("kind", "pixels", "options"),
    [
        ("PNG", COLOURS, {}),
        ("PNG", GREY, {}),
        ("PNG", DEEP, {}),
        ("TIFF", COLOURS, {}),
        ("TIFF", COLOURS, {"compression": "tiff_lzw"}),
        ("TIFF", DEEP.astype(np.float32), {}),
        ("WEBP", COLOURS, {"lossless": True}),
        ("JPEG", BLOCKS, {"quality": 100, "subsampling": 0}),
        ("AVIF", BLOCKS, {"quality": 100, "subsampling": "4:4:4"}),
    ],
)
def test_a_picture_comes_upright_however_the_camera_was_held(
    saved: Callable[..., str], kind: str, pixels: Array, options: dict[str, Any]
) -> None:
    lossy = kind in ("JPEG", "AVIF")
    upright = np.atleast_3d(pixels).transpose(2, 0, 1)
    for orientation, turn in HELD.items():
        image = Image.fromarray(pixels)
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = saved(image if turn is None else image.transpose(turn), kind, exif=exif, **options)
        found = read(path).pixels("stored")
        assert found.shape == upright.shape, orientation
        off = np.abs(found.astype(np.float64) - upright)
        assert off.max() <= (3 if lossy else 0), orientation
        assert probe(path) == Header(*upright.shape, is_color=len(upright) == 3), orientation


@pytest.mark.parametrize("orientation", [0, 9, 60000])
def test_an_orientation_that_means_nothing_is_left_alone(saved: Callable[..., str], orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(COLOURS, exif=exif)
    assert np.array_equal(read(path).pixels("stored"), COLOURS.transpose(2, 0, 1))
    assert probe(path) == Header(3, 5, 7, is_color=True)


def test_transparency_is_laid_over_white(saved: Callable[..., str]) -> None:
    over_white = (GREY * (ALPHA / 255) + 255 * (1 - ALPHA / 255))[np.newaxis]
    for planes in ([GREY, ALPHA], [GREY, GREY, GREY, ALPHA]):
        path = saved(np.dstack(planes))
        picture = read(path)
        assert picture.notes == ("transparent: laid over white",)
        assert np.abs(picture.pixels() - over_white).max() <= 1
        assert picture.pixels()[0, :, 0].tolist() == [255] * 5  # nothing hidden under alpha 0 shows
        assert np.array_equal(picture.pixels()[0, :, 5], GREY[:, 5])  # what is opaque stays
        assert probe(path).channels == len(picture.pixels("stored"))


def test_grey_and_colour_are_laid_over_white_alike(saved: Callable[..., str]) -> None:
    grey = read(saved(np.dstack([GREY, ALPHA])))
    colour = read(saved(np.dstack([GREY, GREY, GREY, ALPHA])))
    assert (grey.is_color, colour.is_color) == (False, True)
    assert np.array_equal(grey.pixels("gray"), colour.pixels("gray"))


@pytest.mark.parametrize("bands", [1, 3])
def test_an_opaque_alpha_channel_is_not_worth_a_note(saved: Callable[..., str], bands: int) -> None:
    opaque = np.full_like(GREY, 255)
    picture = read(saved(np.dstack([*[GREY] * bands, opaque])))
    assert picture.notes == ()
    assert np.array_equal(picture.pixels(), GREY[np.newaxis])


def test_one_transparent_value_becomes_white(saved: Callable[..., str], stored: Callable[..., str]) -> None:
    grey = np.array([[0, 7, 200]], np.uint8)
    colours = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    assert read(saved(grey, transparency=7)).pixels().tolist() == [[[0, 255, 200]]]
    assert read(saved(colours, transparency=(4, 5, 6))).pixels("color")[:, 0].T.tolist() == [
        [1, 2, 3],
        [255, 255, 255],
    ]
    one_bit = png(np.array([[0, 1, 0]]), depth=1, extra=chunk(b"tRNS", b"\0\0"))
    picture = read(stored(one_bit))
    assert picture.pixels().tolist() == [[[255, 255, 255]]]
    assert picture.notes == ("transparent: laid over white",)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_of_several_frames_the_first_is_read_and_that_is_said(saved: Callable[..., str], kind: str) -> None:
    frames = [Image.fromarray(np.full((16, 16, 3), value, np.uint8)) for value in (10, 120, 240)]
    path = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    picture = read(path)
    assert picture.notes == ("3 frames, using the first",)
    assert np.abs(picture.pixels().astype(int) - 10).max() <= 2


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.PNG", "a.npy", "a.txt", "a.png.eps"])
def test_content_decides_and_not_the_name(tmp_path: Path, name: str) -> None:
    Image.fromarray(GREY).save(tmp_path / name, "PNG")
    assert read(str(tmp_path / name)).pixels().tolist() == [GREY.tolist()]


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (5000, 1)])
def test_thin_pictures_are_pictures(saved: Callable[..., str], shape: tuple[int, int]) -> None:
    assert read(saved(np.zeros(shape, np.uint8))).pixels().shape == (1, *shape)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG", "TIFF"])
def test_broken_notes_about_a_picture_do_not_spoil_it(saved: Callable[..., str], kind: str) -> None:
    notes = {"icc_profile": b"not a profile"}
    if kind != "TIFF":
        notes["exif"] = b"Exif\0\0not a TIFF"
    path = saved(BLOCKS, kind, **notes)
    assert read(path).pixels().shape == (1, 32, 48)
    assert probe(path) == Header(3, 32, 48, is_color=True)


def test_unknown_chunks_and_trailing_bytes_are_passed_over(stored: Callable[..., str]) -> None:
    data = png(GREY, depth=8, extra=chunk(b"abCd", b"?")) + b"trailing"
    assert read(stored(data)).pixels().tolist() == [GREY.tolist()]


def test_an_array_is_read_as_channels_first(stored: Callable[..., str]) -> None:
    for dtype in (np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64, np.float16, np.float64):
        one = np.arange(12).reshape(3, 4).astype(dtype)
        several = np.arange(24).reshape(2, 3, 4).astype(dtype)
        assert read(stored(one)).pixels("stored").dtype == dtype
        assert read(stored(one)).pixels("gray").tolist() == [one.tolist()]
        path = stored(several)
        assert read(path).pixels("stored").tolist() == several.tolist()
        assert not read(path).is_color
        assert probe(path) == Header(2, 3, 4, is_color=False)
    swapped = np.arange(6, dtype=">i4").reshape(2, 3)
    assert read(stored(np.asfortranarray(swapped))).pixels().tolist() == [swapped.tolist()]


@pytest.mark.parametrize("depth", [3, 4])
def test_an_array_with_channels_last_is_refused_with_a_hint(stored: Callable[..., str], depth: int) -> None:
    with pytest.raises(FileError, match=rf"\(5, 7, {depth}\).*save array\.transpose\(2, 0, 1\)"):
        read(stored(np.zeros((5, 7, depth), np.uint8)))


def test_three_channels_of_three_by_three_are_channels_first(stored: Callable[..., str]) -> None:
    assert read(stored(np.zeros((3, 3, 3)))).pixels("color").shape == (3, 3, 3)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((2, 2), bool), "holds bool values"),
        (np.zeros((2, 2), complex), "holds complex128 values"),
        (np.array([["a"]]), "holds <U1 values"),
        (np.zeros((2, 2), "datetime64[s]"), "holds datetime64"),
        (np.zeros((2, 2), np.longdouble), "a picture holds integers or floats"),
        (np.float64(3), r"shape \(\)"),
        (np.zeros(4), r"shape \(4,\); a picture is \(H, W\) or \(C, H, W\)"),
        (np.zeros((1, 1, 2, 2)), r"shape \(1, 1, 2, 2\)"),
        (np.zeros((0, 4)), "no values"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(
    stored: Callable[..., str], array: Array, reason: str
) -> None:
    with pytest.raises(FileError, match=reason):
        read(stored(np.asarray(array)))


def test_grey_stands_for_three_equal_channels(saved: Callable[..., str], stored: Callable[..., str]) -> None:
    for path in (saved(GREY), stored(GREY)):
        assert read(path).pixels("color").tolist() == [GREY.tolist()] * 3


def test_an_rgb_array_has_a_gray_and_other_channels_have_none(stored: Callable[..., str]) -> None:
    colours = COLOURS.transpose(2, 0, 1)
    assert np.array_equal(read(stored(colours)).pixels("gray")[0], pillow_gray(COLOURS))
    for array in (colours.astype(np.uint16), np.zeros((2, 5, 7), np.uint8)):
        with pytest.raises(FileError, match=r"channels where 1 is needed; use --channels each or sum"):
            read(stored(array)).pixels("gray")
    with pytest.raises(FileError, match="2 channels where 3 are needed"):
        read(stored(np.zeros((2, 5, 7), np.uint8))).pixels("color")


def test_every_sample_can_be_read_by_its_name() -> None:
    assert {"cat", "brick", "step", "checkerboard", "impulse"} == set(samples())
    for name in samples():
        header = probe(f"sample:{name}")
        assert read(f"sample:{name}").pixels("stored").shape == (header.channels, header.height, header.width)


def test_an_unknown_sample_lists_the_names() -> None:
    with pytest.raises(
        UsageError, match="no sample named 'zzz'; known: brick, cat, checkerboard, impulse, step"
    ):
        read("sample:zzz")
    with pytest.raises(UsageError, match="did you mean checkerboard"):
        locate("sample:chekerboard")
    with pytest.raises(UsageError, match="no sample"):
        locate("sample:../cat")


def test_other_names_are_left_alone() -> None:
    assert locate("cat.png") == "cat.png"
    assert Path(locate("sample:cat")).is_file()


@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 90))
def test_a_picture_of_the_limit_is_read_and_a_larger_one_is_not(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, limit: int
) -> None:
    path = str(tmp_path_factory.getbasetemp() / "limit.png")
    Image.fromarray(np.zeros((height, width), np.uint8)).save(path)
    for look in (read, probe):
        if height * width <= limit:
            look(path, max_pixels=limit)
        else:
            message = (
                f"{width}x{height} is {width * height} pixels, the limit is {limit}; raise it with --max"
            )
            with pytest.raises(FileError, match=message):
                look(path, max_pixels=limit)
    with pytest.raises(FileError, match="the limit is 11"):
        np.save(path + ".npy", np.zeros((2, 3, 4)))
        read(path + ".npy", max_pixels=11)
