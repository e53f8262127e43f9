"""Pictures become arrays: every format of the allow-list, upright, without transparency, exact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnviz.errors import FileError, UsageError
from cnnviz.images import FORMATS, Header, locate, probe, read, samples
from tests.picture_files import COLOURS, DEEP, GREY, Array, by_pillow, chunk, pillow_gray, png


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("PPM", {}),
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
    colours = by_pillow(path)
    assert np.array_equal(read(path).pixels("color"), colours.transpose(2, 0, 1))
    assert np.array_equal(read(path).pixels("gray"), pillow_gray(colours)[np.newaxis])
    assert probe(path) == Header(3, 5, 7, is_color=True)


def test_a_gif_is_colours_even_where_all_of_them_are_grey(saved: Callable[..., str]) -> None:
    path = saved(GREY, "GIF")
    assert read(path).pixels("stored").tolist() == [GREY.tolist()] * 3
    assert read(path).pixels("gray").tolist() == [GREY.tolist()]
    assert probe(path) == Header(3, 5, 7, is_color=True)


def test_the_allow_list() -> None:
    assert FORMATS == ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM")


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
        assert pixels.dtype == np.uint16
        assert pixels.tolist() == [DEEP.tolist()]
        assert pixels.dtype.isnative
        assert probe(path) == Header(1, 2, 4, is_color=False)


def test_float_tiffs_keep_their_values(saved: Callable[..., str]) -> None:
    values = np.array([[-1.5, 0.0, 1e-30], [2.25, 3e38, -7.0]], np.float32)
    path = saved(values, "TIFF")
    pixels = read(path).pixels()
    assert pixels.dtype == np.float32
    assert pixels.tolist() == [values.tolist()]
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
    assert np.array_equal(read(path).pixels("color"), by_pillow(path).transpose(2, 0, 1))
    assert probe(path) == Header(3, 16, 24, is_color=True)


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.PNG", "a.npy", "a.txt", "a.png.eps"])
def test_content_decides_and_not_the_name(tmp_path: Path, name: str) -> None:
    Image.fromarray(GREY).save(tmp_path / name, "PNG")
    assert read(str(tmp_path / name)).pixels().tolist() == [GREY.tolist()]


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (5000, 1)])
def test_thin_pictures_are_pictures(saved: Callable[..., str], shape: tuple[int, int]) -> None:
    assert read(saved(np.zeros(shape, np.uint8))).pixels().shape == (1, *shape)


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
    shapes = {"circle", "square", "triangle", "stripes"}
    assert {"cat", "brick", "step", "checkerboard", "impulse"} | shapes == set(samples())
    for name in samples():
        header = probe(f"sample:{name}")
        assert read(f"sample:{name}").pixels("stored").shape == (header.channels, header.height, header.width)


def test_an_unknown_sample_lists_the_names() -> None:
    with pytest.raises(
        UsageError, match="no sample named 'zzz'; known: brick, cat, checkerboard, circle, impulse"
    ):
        read("sample:zzz")
    with pytest.raises(UsageError, match="did you mean checkerboard"):
        locate("sample:chekerboard")
    with pytest.raises(UsageError, match="no sample"):
        locate("sample:../cat")


def test_a_missing_file_that_is_called_as_a_sample_is_answered_with_it(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"^No such file or directory; did you mean sample:cat\?$"):
        read(str(tmp_path / "cat.jpg"))
    (tmp_path / "cat.jpg").write_bytes(Path(locate("sample:cat")).read_bytes())
    assert probe(str(tmp_path / "cat.jpg")) == probe("sample:cat")


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
