"""Animations in three formats hold the same frames, few colours, and a last frame that stays."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from cnnviz.errors import OutputError
from cnnviz.render import animation
from cnnviz.render.animation import SUFFIXES, Palette

COLORS = [(level, level, level) for level in range(0, 256, 8)] + [
    (255, level, 0) for level in range(0, 256, 8)
]
FRAMES = [np.random.default_rng(number).integers(0, 64, (12, 20), dtype=np.uint8) for number in range(5)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_frame_comes_back_exactly(suffix: str) -> None:
    palette = Palette(COLORS)
    with Image.open(BytesIO(animation.encode(FRAMES, palette, suffix, fps=10))) as image:
        assert image.n_frames == len(FRAMES)  # type: ignore[attr-defined]  # of an animation
        for number, frame in enumerate(FRAMES):
            image.seek(number)
            assert np.array_equal(np.asarray(image.convert("RGB")), animation.still(frame, palette))
            image.load()
            assert image.info["duration"] == (100 if number < 4 else 2000)
        assert image.info.get("loop", 0) == 0


def test_the_nearest_colour_is_taken() -> None:
    palette = Palette(COLORS)
    colors = np.random.default_rng(3).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    apart = np.square(colors[..., np.newaxis, :].astype(int) - palette.colors.astype(int)).sum(axis=-1)
    chosen = np.take_along_axis(apart, palette.codes(colors)[..., np.newaxis].astype(int), axis=-1)[..., 0]
    assert np.array_equal(chosen, apart.min(axis=-1))


def test_a_palette_takes_255_colours() -> None:
    with pytest.raises(ValueError, match="256 colours; a palette takes 255"):
        Palette([(0, 0, 0)] * 256)


def test_more_frames_than_memory_should_hold_are_refused() -> None:
    animation.check(512, (1024, 1024))
    with pytest.raises(OutputError, match="513 frames of 1024x1024 pixels are too many; --frames 512 takes"):
        animation.check(513, (1024, 1024))
