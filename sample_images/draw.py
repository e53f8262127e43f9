"""Draw the synthetic sample pictures; ``python sample_images/draw.py`` writes them again beside this file.

Each shows one thing: a step edge, corners and edges repeated, and a single bright pixel.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image


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


DRAWINGS = {"step": step, "checkerboard": checkerboard, "impulse": impulse}

if __name__ == "__main__":
    for name, draw in DRAWINGS.items():
        draw().save(Path(__file__).with_name(f"{name}.png"), optimize=True)
