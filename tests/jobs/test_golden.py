"""Small pictures kept as they should look; beside each stands a fact that can be checked without them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnnviz.colormaps import COLORMAPS
from cnnviz.images import locate
from cnnviz.jobs.picture import run
from cnnviz.jobs.settings import Pooling
from tests.jobs.making import Array, make_job

VIK = np.frombuffer(COLORMAPS["vik"].palette, np.uint8).reshape(256, 3)


@pytest.fixture
def eye(tmp_path: Path) -> str:
    """The cat's right eye, 120 x 96."""
    with Image.open(locate("sample:cat")) as cat:
        cat.crop((120, 60, 240, 156)).save(tmp_path / "eye.png")
    return str(tmp_path / "eye.png")


@pytest.fixture
def drawn(tmp_path: Path) -> Callable[..., Array]:
    """The picture that a job writes, (H, W) or (H, W, 3)."""

    def draw(picture: str, *args: Any, **named: Any) -> Array:
        run(make_job(picture, *args, output=tmp_path / "drawn.png", **named))
        with Image.open(tmp_path / "drawn.png") as image:
            return np.asarray(image.convert("RGB") if image.mode == "P" else image)

    return draw


def test_sobel_x_of_an_eye(eye: str, drawn: Callable[..., Array], golden: Callable[..., None]) -> None:
    shown = drawn(eye)
    golden("sobel-x", shown)
    assert shown.shape == (94, 118)
    assert abs(int(np.median(shown)) - 128) <= 3  # flat regions give 0
    mirrored = drawn(mirror(eye))
    assert np.array_equal(mirrored[:, ::-1].astype(int) - 128, 128 - shown.astype(int))


def mirror(path: str) -> str:
    with Image.open(path) as image:
        turned = str(Path(path).with_name("mirrored.png"))
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(turned)
    return turned


def test_sobel_x_in_colours_of_its_sign(
    eye: str, drawn: Callable[..., Array], golden: Callable[..., None]
) -> None:
    shown = drawn(eye, colormap="auto")
    golden("sobel-x-vik", shown)
    assert np.array_equal(shown, VIK[drawn(eye)])


def test_the_edge_magnitude_of_an_eye(
    eye: str, drawn: Callable[..., Array], golden: Callable[..., None]
) -> None:
    shown = drawn(eye, ["sobel"], padding="same", padding_mode="replicate")
    golden("sobel", shown, near=1)
    assert shown.shape == (96, 120)
    assert np.median(shown) < 64  # dark where nothing changes
    whole = {"padding": "same", "padding_mode": "replicate", "tone": (-1020.0, 1020.0)}
    x, y = (drawn(eye, [name], **whole).astype(int) - 127.5 for name in ("sobel-x", "sobel-y"))
    assert np.corrcoef(np.hypot(x, y).ravel(), shown.ravel())[0, 1] > 0.97


def test_a_blurred_eye_in_its_colours(
    eye: str, drawn: Callable[..., Array], golden: Callable[..., None]
) -> None:
    shown = drawn(eye, ["gaussian:sigma=2"], channels="color", padding="same", padding_mode="reflect")
    golden("gaussian-color", shown, near=1)
    with Image.open(eye) as image:
        colours = np.asarray(image.convert("RGB")).astype(float)
    assert np.abs(shown.mean(axis=(0, 1)) - colours.mean(axis=(0, 1))).max() < 1.5
    assert shown.std() < colours.std()


def test_an_eye_after_relu_and_pooling(
    eye: str, drawn: Callable[..., Array], golden: Callable[..., None]
) -> None:
    settings: dict[str, Any] = {"activation": "relu", "pooling": Pooling("max", (2, 2)), "colormap": "auto"}
    shown = drawn(eye, ["laplacian-8"], **settings)
    golden("laplacian-8-relu-max2-viridis", shown)
    assert shown.shape == (47, 59, 3)
    assert shown[np.newaxis].reshape(-1, 3).min() >= 1  # viridis has no black


def test_a_pooled_eye(eye: str, drawn: Callable[..., Array], golden: Callable[..., None]) -> None:
    shown = drawn(eye, [], pooling=Pooling("max", (4, 4)))
    golden("max4", shown)
    with Image.open(eye) as image:
        blocks = np.asarray(image.convert("RGB")).reshape(24, 4, 30, 4, 3)
    assert np.array_equal(shown, blocks.max(axis=(1, 3)))


def test_a_step_under_sobel_x(drawn: Callable[..., Array], golden: Callable[..., None]) -> None:
    shown = drawn("sample:step", padding=1, padding_mode="replicate")
    golden("step-sobel-x", shown)
    assert np.unique(shown[:, [0, 1, 2, 5, 6, 7]]).tolist() == [128]
    assert np.unique(shown[:, [3, 4]]).tolist() == [255]


def test_an_impulse_answers_with_the_kernel_turned(
    drawn: Callable[..., Array], golden: Callable[..., None]
) -> None:
    shown = drawn("sample:impulse", ["1 2 -3; 4 0 -5; 6 7 0"], padding=1, tone="symmetric", colormap="vik")
    golden("impulse-vik", shown)
    values = np.array([[0, 7, 6], [-5, 0, 4], [-3, 2, 1]]) * 255
    (row, column), *_ = np.argwhere((shown != VIK[128]).any(axis=2)).min(axis=0, keepdims=True)
    assert (row, column) == (15, 15)
    signs = np.where((shown[15:18, 15:18, 2].astype(int) > shown[15:18, 15:18, 0]), -1, 1)
    signs[(shown[15:18, 15:18] == VIK[128]).all(axis=2)] = 0
    assert np.array_equal(signs, np.sign(values))
