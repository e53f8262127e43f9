"""Maps under one tone become planes of 8 bits, in their colours."""

from __future__ import annotations

import numpy as np

from cnnviz.render.drawing import Drawing, colored
from cnnviz.render.tone import encode, fit

MAPS = np.random.default_rng(0).integers(-900, 900, (3, 7, 11)).astype(np.int32)
TONE = fit(MAPS, "symmetric")
PALETTE = np.random.default_rng(1).integers(0, 256, 768, np.uint8).tobytes()


def test_every_map_is_a_plane_of_codes_under_the_one_tone() -> None:
    planes = [plane[:] for plane in Drawing(MAPS, TONE, PALETTE).planes()]
    assert len(planes) == 3
    assert all(np.array_equal(plane, encode(each, TONE)) for plane, each in zip(planes, MAPS, strict=True))


def test_the_maps_of_a_colour_picture_are_one_plane_channels_last() -> None:
    plane = Drawing(MAPS, TONE, color=True).planes()[0][:]
    assert plane.shape == (7, 11, 3)
    assert np.array_equal(plane[..., 1], encode(MAPS[1], TONE))


def test_codes_take_the_colours_of_the_palette() -> None:
    codes = np.array([[0, 255], [1, 2]], np.uint8)
    table = np.frombuffer(PALETTE, np.uint8).reshape(256, 3)
    assert colored(codes, PALETTE).shape == (2, 2, 3)
    assert colored(codes, PALETTE)[0, 1].tolist() == table[255].tolist()


def test_codes_without_a_palette_and_colours_are_left_alone() -> None:
    codes = np.array([[0, 255]], np.uint8)
    colors = np.zeros((1, 2, 3), np.uint8)
    assert colored(codes, None) is codes
    assert colored(colors, PALETTE) is colors
