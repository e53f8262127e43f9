from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = Path(__file__).parents[1] / "sample_images"
PICTURES = sorted(path.name for path in FOLDER.glob("*.png"))


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        assert picture.mode in ("L", "RGB")
        return np.asarray(picture)


def drawings() -> dict[str, Image.Image]:
    spec = importlib.util.spec_from_file_location("draw", FOLDER / "draw.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: draw() for name, draw in module.DRAWINGS.items()}


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        ("cat.png", "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"),
        ("brick.png", "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf"),
    ],
)
def test_the_photographs_are_the_originals_byte_for_byte(name: str, sha256: str) -> None:
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == sha256


def test_the_files_hold_what_the_script_draws() -> None:
    drawn = drawings()
    assert {f"{name}.png" for name in drawn} | {"cat.png", "brick.png"} == set(PICTURES)
    for name, picture in drawn.items():
        assert np.array_equal(pixels(FOLDER / f"{name}.png"), np.asarray(picture))


def test_the_step_is_one_vertical_edge() -> None:
    assert pixels(FOLDER / "step.png").tolist() == [[0, 0, 0, 0, 255, 255, 255, 255]] * 8


def test_the_checkerboard_alternates_in_squares_of_8_from_a_dark_corner() -> None:
    squares = np.indices((8, 8)).sum(axis=0) % 2 * 255
    assert np.array_equal(pixels(FOLDER / "checkerboard.png"), np.kron(squares, np.ones((8, 8), int)))


def test_the_impulse_is_one_bright_pixel_in_the_middle() -> None:
    impulse = pixels(FOLDER / "impulse.png")
    assert impulse.shape == (33, 33)
    assert impulse[16, 16] == impulse.sum() == 255


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_has_its_line_in_the_sources_with_its_size_and_a_licence(name: str) -> None:
    line = next(
        line for line in (FOLDER / "SOURCES.md").read_text("utf-8").splitlines() if f"| `{name}` |" in line
    )
    height, width = pixels(FOLDER / name).shape[:2]
    assert f"| {height} x {width}, " in line
    assert "CC0" in line or "MIT" in line
