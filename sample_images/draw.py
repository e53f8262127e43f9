"""Draw the synthetic sample pictures: ``python -m sample_images.draw`` in the repository writes them again.

Each shows one thing: a step edge, corners and edges repeated, a single bright pixel, and what ``shapes-net``
tells apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from training import pictures


def step() -> Image.Image:
    """8x8, four columns of 0 and four of 255: one vertical edge."""
    picture = Image.new("L", (8, 8), 0)
    picture.paste(255, (4, 0, 8, 8))
    return picture


def checkerboard() -> Image.Image:
    """64x64 in squares of 8, the upper left one 0: edges both ways, and corners."""
    picture = Image.new("L", (64, 64), 0)
    for top in range(0, 64, 8):
        for left in range((top + 8) % 16, 64, 16):
            picture.paste(255, (left, top, left + 8, top + 8))
    return picture


def impulse() -> Image.Image:
    """33x33 zeros with 255 in the middle: convolving it draws the kernel, turned by 180 degrees."""
    picture = Image.new("L", (33, 33), 0)
    picture.putpixel((16, 16), 255)
    return picture


def labelled(label: str, seed: int) -> Image.Image:
    """64x64, one of the pictures that ``shapes-net`` was made for."""
    return Image.fromarray(pictures.draw(label, np.random.default_rng(seed)))


DRAWINGS: dict[str, Callable[[], Image.Image]] = {
    "step": step,
    "checkerboard": checkerboard,
    "impulse": impulse,
    "circle": partial(labelled, "circle", 7),
    "square": partial(labelled, "square", 16),
    "triangle": partial(labelled, "triangle", 8),
    "stripes": partial(labelled, "stripes", 9),
}

if __name__ == "__main__":
    for name, draw in DRAWINGS.items():
        draw().save(Path(__file__).with_name(f"{name}.png"), optimize=True)
