"""Files to read, and golden pictures and texts, rewritten by ``pytest --update-golden``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

# As the command line sets it, for the same reason: lessons and networks, beside other jobs, 33 s; without 68.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What bounds time says so itself; an example beside other jobs takes as long as it takes.
settings.register_profile("cnnviz", deadline=None)
settings.load_profile("cnnviz")

GOLDEN = Path(__file__).with_name("golden")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden from what comes out")


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., str]:
    """Save a picture as Pillow does, and return its path."""

    def save(image: Image.Image | NDArray[Any], kind: str = "PNG", **options: Any) -> str:
        path = tmp_path / f"picture.{kind.lower()}"
        (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, kind, **options)
        return str(path)

    return save


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., str]:
    """Write bytes, or an array as NPY, and return the path."""

    def store(data: bytes | NDArray[Any], name: str = "stored") -> str:
        path = tmp_path / name
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            with path.open("wb") as file:
                np.save(file, data)
        return str(path)

    return store


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Hold a picture (H, W) or (H, W, 3) against ``tests/golden/NAME.png``.

    ``near`` is how many codes it may be off: 0 where all arithmetic is in integers. ``share`` of the values
    may be off by more: letters, which another FreeType draws a shade differently.
    """
    update = request.config.getoption("--update-golden")

    def compare(name: str, pixels: NDArray[Any], *, near: int = 0, share: float = 0) -> None:
        path = GOLDEN / f"{name}.png"
        if update:
            Image.fromarray(pixels).save(path, optimize=True)
        kept = np.asarray(Image.open(path))
        assert kept.shape == pixels.shape
        off = np.abs(kept.astype(int) - pixels)
        differing = (off > near).mean()
        assert differing <= share, f"{differing:.2%} of {off.size} values differ, by up to {off.max()}"

    return compare


@pytest.fixture
def golden_text(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Hold a text against ``tests/golden/NAME.txt``; spaces at the ends of lines do not count."""
    update = request.config.getoption("--update-golden")

    def compare(name: str, text: str) -> None:
        path = GOLDEN / f"{name}.txt"
        lines = [line.rstrip() for line in text.splitlines()]
        if update:
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        assert path.read_text(encoding="utf-8").splitlines() == lines

    return compare
