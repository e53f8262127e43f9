"""Pictures come upright, over white, and of several frames the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnnviz.images import Header, probe, read
from tests.picture_files import ALPHA, COLOURS, DEEP, GREY, HELD, Array, chunk, png

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
        header = probe(path)
        assert (header.channels, header.height, header.width) == upright.shape, orientation


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
