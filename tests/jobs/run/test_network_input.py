"""A picture as a network takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from cnnviz.errors import FileError, ShapeError
from cnnviz.jobs.run.network_input import Reading, read
from cnnviz.network.preprocess import Preprocess

AS_IT_IS = Preprocess(scale=1)
COLORS = np.random.default_rng(1).integers(0, 256, (9, 12, 3), dtype=np.uint8)


def test_of_its_own_size_nothing_is_changed(saved: Callable[..., str]) -> None:
    found = read(saved(COLORS), Reading((3, 9, 12), AS_IT_IS))
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, COLORS.transpose(2, 0, 1))
    np.testing.assert_array_equal(found.seen, COLORS)


def test_channels_may_come_last(saved: Callable[..., str]) -> None:
    found = read(saved(COLORS), Reading((3, 9, 12), AS_IT_IS._replace(layout="HWC")))
    np.testing.assert_array_equal(found.values, COLORS)


@pytest.mark.parametrize("crop", [True, False])
@pytest.mark.parametrize("size", [(4, 4), (20, 7), (9, 30), (1, 1)])
def test_it_is_fitted_as_pillow_does(saved: Callable[..., str], size: tuple[int, int], crop: bool) -> None:
    image = Image.fromarray(COLORS)
    target, kind = size[::-1], Image.Resampling.BILINEAR
    expected = ImageOps.fit(image, target, kind) if crop else image.resize(target, kind)
    found = read(saved(COLORS), Reading((3, *size), AS_IT_IS, crop))
    np.testing.assert_array_equal(found.values, np.asarray(expected).transpose(2, 0, 1))
    np.testing.assert_array_equal(found.seen, np.asarray(expected))


def test_one_channel_is_the_brightness_and_is_seen_so(saved: Callable[..., str]) -> None:
    found = read(saved(COLORS), Reading((1, 9, 12), AS_IT_IS))
    gray = np.asarray(Image.fromarray(COLORS).convert("L"))
    np.testing.assert_array_equal(found.values[0], gray)
    np.testing.assert_array_equal(found.seen, gray)


@pytest.mark.parametrize("size", [(9, 12), (5, 6), (18, 24)])
def test_16_bits_are_brought_to_the_range_of_8(stored: Callable[..., str], size: tuple[int, int]) -> None:
    deep = COLORS[..., 0].astype(np.uint16) * 257
    found = read(stored(deep, "deep.npy"), Reading((1, *size), AS_IT_IS))
    image = Image.fromarray(COLORS[..., 0]).convert("F")
    expected = ImageOps.fit(image, size[::-1], Image.Resampling.BILINEAR)
    np.testing.assert_allclose(found.values[0], np.asarray(expected), atol=0.01)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int16, np.int64])
def test_arrays_of_other_kinds_keep_their_values(stored: Callable[..., str], kind: type) -> None:
    values: Any = (np.random.default_rng(0).normal(size=(2, 6, 6)) * 100).astype(kind)
    found = read(stored(values, "maps.npy"), Reading((2, 6, 6), AS_IT_IS))
    np.testing.assert_allclose(found.values, values, rtol=1e-6)
    assert found.seen.shape == (6, 6)
    assert read(stored(values, "maps.npy"), Reading((2, 3, 4), AS_IT_IS)).values.shape == (2, 3, 4)


def test_a_grey_array_fills_all_three_colours(stored: Callable[..., str]) -> None:
    values = np.arange(36.0).reshape(6, 6)
    found = read(stored(values, "grey.npy"), Reading((3, 6, 6), AS_IT_IS))
    np.testing.assert_array_equal(found.values, np.stack([values] * 3))


@pytest.mark.parametrize(("depth", "wanted"), [(2, 3), (2, 1), (4, 3), (3, 1), (1, 2), (5, 4)])
def test_other_numbers_of_channels_are_refused_by_name(
    stored: Callable[..., str], depth: int, wanted: int
) -> None:
    path = stored(np.zeros((depth, 6, 6)), "maps.npy")
    with pytest.raises(ShapeError) as caught:
        read(path, Reading((wanted, 6, 6), AS_IT_IS))
    assert str(caught.value) == f"{path}: the network takes {wanted} channels, the picture has {depth}"


def test_a_picture_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"no picture")
    with pytest.raises(FileError, match=r"x\.png: not a supported image"):
        read(str(tmp_path / "x.png"), Reading((3, 6, 6), AS_IT_IS))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "input 3x6x5: the middle of the picture, pixels / 255"),
        ({"crop": False}, "input 3x6x5: the picture stretched, pixels / 255"),
    ],
)
def test_it_is_said_in_words(given: dict[str, Any], text: str) -> None:
    assert Reading((3, 6, 5), Preprocess(), **given).text() == text


TRAINED = Preprocess(1 / 255, (0.5, 0.4, 0.3), (0.25, 0.5, 0.2))


def test_floats_have_their_white_at_1_unless_a_scale_is_asked_for(stored: Callable[..., str]) -> None:
    path = stored(np.random.default_rng(0).random((3, 6, 6), np.float32), "unit.npy")
    found = read(path, Reading((3, 6, 6), TRAINED, scaled=False))
    mean, std = (np.reshape(each, (3, 1, 1)) for each in (TRAINED.mean, TRAINED.std))
    np.testing.assert_allclose(found.values, (np.load(path) - mean) / std, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.seen, np.load(path).transpose(1, 2, 0) * 255, atol=0.51)
    assert found.text == (
        "input 3x6x6: the middle of the picture, floats minus 0.5,0.4,0.3, divided by 0.25,0.5,0.2"
    )
    asked = read(path, Reading((3, 6, 6), TRAINED))
    np.testing.assert_allclose(asked.values, (np.load(path) / 255 - mean) / std, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(asked.seen, found.seen)
    assert ", floats / 255 minus" in asked.text


def test_what_fits_no_picture_is_drawn_between_its_ends_which_are_said(stored: Callable[..., str]) -> None:
    path = stored(np.linspace(-2, 6, 36).reshape(1, 6, 6), "deep.npy")
    found = read(path, Reading((1, 6, 6), Preprocess(), scaled=False))
    assert found.text == "input 1x6x6: the middle of the picture, floats; drawn from -2 to 6"
    np.testing.assert_allclose(found.seen.ravel(), np.linspace(0, 255, 36), atol=0.51)


def test_what_is_clipped_for_the_network_is_seen_so(saved: Callable[..., str]) -> None:
    found = read(saved(COLORS), Reading((3, 9, 12), Preprocess(1, numbers="int8")))
    np.testing.assert_array_equal(found.seen, np.minimum(COLORS, 127))


@pytest.mark.parametrize("preprocess", [TRAINED, Preprocess(2, (900.0,), (7.0,)), Preprocess(1e-9)])
def test_pictures_of_8_bits_are_seen_as_they_are(saved: Callable[..., str], preprocess: Preprocess) -> None:
    found = read(saved(COLORS), Reading((3, 9, 12), preprocess))
    np.testing.assert_array_equal(found.seen, COLORS)
    assert "drawn" not in found.text
