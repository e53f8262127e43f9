"""Maps that kernels are found for: NPY or PNG, the same kernel; what the notes of a PNG must say; sizes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from scipy.signal import correlate2d

from cnnviz import images, kernels
from cnnviz.errors import CnnvizError, FileError, UsageError
from cnnviz.jobs import brightness, learn, target_map
from cnnviz.jobs.learn import Asked, Lesson
from cnnviz.lessons.learn import Settings
from cnnviz.render import tone
from tests.cli.running import SOBEL_X
from tests.cli.running import brightness as gray_of

Array = NDArray[Any]
Stored = Callable[..., str]

CAT = gray_of("cat")
MAP = correlate2d(CAT, SOBEL_X, "valid")
OTHER_SIZES = [("sobel-x", (5, 3)), ("gaussian:size=5", (3, 5)), ("1 2 1", (3, 1))]
PLAIN = {"cnnviz:stride": "1", "cnnviz:padding": "0 zeros", "cnnviz:dilation": "1"}


def asked(target: str, *pictures: str, **given: Any) -> Asked:
    is_file = target.endswith((".npy", ".png"))
    chosen = target if is_file else kernels.read([target])[0]
    settings = Settings(**{"steps": 100, **given.pop("settings", {})})
    size = given.pop("size", None)
    return Asked(pictures or ("sample:cat",), chosen, size, settings, False, 10**8, 0)


def png(path: Path, maps: Array, asked_tone: tone.Kind, **notes: str | None) -> str:
    """A PNG as `cnnviz convolve` notes it, by Pillow."""
    fitted = tone.fit(maps[np.newaxis], asked_tone)
    scale = {"kind": fitted.kind, "low": fitted.low, "high": fitted.high, "codes": fitted.codes}
    info = PngInfo()
    for key, value in {"cnnviz:tone": json.dumps(scale), **PLAIN, **notes}.items():
        if value is not None:
            info.add_text(key, value)
    Image.fromarray(tone.encode(maps, fitted)).save(path, pnginfo=info)
    return str(path)


def kernel(found: Lesson) -> Array:
    return found.learned.last.kernel


# One code of 255 is 1.7 of the map in the one tone, and 4 in the other.
@pytest.mark.parametrize(("kind", "apart"), [("symmetric", 0.003), ("minmax", 0.006)])
def test_a_png_gives_the_kernel_of_the_npy_within_the_rounding_of_its_tone(
    tmp_path: Path, stored: Stored, kind: tone.Kind, apart: float
) -> None:
    steps = {"steps": 200}
    exact = learn.run(asked(stored(MAP, "map.npy"), settings=steps))
    drawn = learn.run(asked(png(tmp_path / "map.png", MAP, kind), settings=steps))
    assert np.abs(kernel(drawn) - kernel(exact)).max() < apart
    known = drawn.learned.exercise.samples[0].known
    if kind == "symmetric":
        # What is clipped says nothing, and would pull the kernel down: it is left out.
        assert known is not None
        assert 0.004 < 1 - known.mean() < 0.006
        assert "0.51 % lie at its ends" in drawn.notes[-1]
    else:
        assert known is None


def test_a_blurred_picture_in_the_tone_of_pixels_and_a_palette_are_read_too(tmp_path: Path) -> None:
    gaussian = kernels.read(["gaussian:size=3"])[0].kernels[0].weight
    path = png(tmp_path / "map.png", correlate2d(CAT, gaussian, "valid"), "clip")
    with Image.open(path) as image:
        codes, notes = np.asarray(image), PngInfo()
        for key, value in image.info.items():
            notes.add_text(str(key), value)
    colored = Image.fromarray(codes)
    colored.putpalette(bytes(range(255, -1, -1)) * 3)
    colored.save(tmp_path / "colored.png", pnginfo=notes)
    one, other = (learn.run(asked(str(tmp_path / name))) for name in ("map.png", "colored.png"))
    assert np.array_equal(kernel(one), kernel(other))
    assert one.learned.unexplained(one.learned.last) == pytest.approx(0, abs=0.005)


def test_the_kernel_that_the_notes_name_is_compared_with_flipped_where_it_was(tmp_path: Path) -> None:
    path = png(tmp_path / "map.png", MAP, "symmetric", **{"cnnviz:coefficients": "-1 0 1; -2 0 2; -1 0 1"})
    found = target_map.read(path, max_pixels=10**6)
    assert found.kernel is not None
    assert np.array_equal(found.kernel, SOBEL_X)
    png(tmp_path / "map.png", MAP, "symmetric", **{"cnnviz:coefficients": "1 2; 3 4", "cnnviz:flip": "yes"})
    turned = target_map.read(path, max_pixels=10**6).kernel
    assert turned is not None
    assert turned.tolist() == [[4, 3], [2, 1]]


@pytest.mark.parametrize("text", ["", "a b", "1 2; 3", "nan 1", "1e999", "1 2; " * 9000])
def test_coefficients_that_are_damaged_are_left_out(tmp_path: Path, text: str) -> None:
    path = png(tmp_path / "map.png", MAP, "symmetric", **{"cnnviz:coefficients": text})
    assert target_map.read(path, max_pixels=10**6).kernel is None


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ({"cnnviz:stride": "2"}, "stride 2"),
        ({"cnnviz:stride": "1x2"}, "stride 1x2"),
        ({"cnnviz:padding": "same zeros"}, "padding same zeros"),
        ({"cnnviz:dilation": "2"}, "dilation 2"),
        ({"cnnviz:activation": "relu"}, "activation relu"),
        ({"cnnviz:pool": "max:2"}, "pool max:2"),
        ({"cnnviz:channels": "sum"}, "channels sum"),
        ({"cnnviz:tone": None}, "no scale in its notes"),
        ({"cnnviz:tone": "{"}, "scale in its notes is damaged"),
        ({"cnnviz:tone": "[" * 9000}, "scale in its notes is damaged"),
        ({"cnnviz:tone": "{}" + " " * 20_000}, "scale in its notes is damaged"),
        ({"cnnviz:tone": '{"kind": "minmax", "low": 0, "high": 1e999, "codes": [0, 255]}'}, "damaged"),
        ({"cnnviz:tone": '{"kind": "minmax", "low": 9, "high": 1, "codes": [0, 255]}'}, "damaged"),
        ({"cnnviz:tone": '{"kind": "minmax", "low": 0, "high": 1, "codes": [7, 7]}'}, "damaged"),
        ({"cnnviz:tone": '{"kind": ["x"], "low": 0, "high": 1, "codes": [0, 255]}'}, "damaged"),
        ({"cnnviz:tone": '{"kind": "abs", "low": 0, "high": 1, "codes": [0, 255]}'}, "loses the sign"),
    ],
)
def test_a_png_whose_values_or_kernel_cannot_be_told_is_refused(
    tmp_path: Path, notes: dict[str, str | None], message: str
) -> None:
    path = png(tmp_path / "map.png", MAP, "symmetric", **notes)
    with pytest.raises(FileError, match=message) as caught:
        learn.run(asked(path))
    assert str(caught.value).startswith(f"{path}: ")


def test_pictures_that_are_no_maps_are_refused(tmp_path: Path, stored: Stored) -> None:
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(tmp_path / "color.png")
    with pytest.raises(FileError, match="a PNG of mode RGB is not a map"):
        learn.run(asked(str(tmp_path / "color.png")))
    with pytest.raises(FileError, match="the array has 2 maps"):
        learn.run(asked(stored(np.zeros((2, 9, 9)), "maps.npy")))
    with pytest.raises(FileError, match="NaN"):
        learn.run(asked(stored(np.full((298, 449), np.nan), "nan.npy")))


def test_the_size_follows_from_picture_and_map(stored: Stored) -> None:
    kernel_of = np.arange(10.0).reshape(2, 5)
    path = stored(correlate2d(CAT, kernel_of, "valid")[np.newaxis], "map.npy")
    found = learn.run(asked(path))
    assert kernel(found).shape == (2, 5)
    assert kernel(learn.run(asked(path, size=(2, 5)))).shape == (2, 5)
    with pytest.raises(UsageError, match=r"--size 3x3: .* which a kernel of 2x5 makes"):
        learn.run(asked(path, size=(3, 3)))
    with pytest.raises(UsageError, match="no kernel up to 31x31"):
        learn.run(asked(stored(np.zeros((200, 200)), "small.npy")))
    with pytest.raises(UsageError, match="no kernel up to 31x31"):
        learn.run(asked(stored(np.zeros((301, 451)), "large.npy")))
    with pytest.raises(UsageError, match="map of one picture, and 2 are given"):
        asked(path, "sample:cat", "sample:brick")


def test_of_large_pictures_the_middle_is_read_and_of_their_maps_the_same_place(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored(MAP, "map.npy")
    monkeypatch.setattr(brightness, "MOST", 120)
    found = learn.run(asked(path))
    (sample,) = found.learned.exercise.samples
    assert sample.pixels.shape == (120, 120)
    assert np.array_equal(sample.target, MAP[90 : 90 + 118, 165 : 165 + 118])
    assert found.notes == ("sample:cat: the middle 120x120 of 300x451",)
    close = np.corrcoef(kernel(found).ravel(), SOBEL_X.ravel())[0, 1]
    assert close > 0.999
    by_kernel = learn.run(asked("sobel-x"))
    assert np.array_equal(kernel(by_kernel), kernel(found))


@pytest.mark.parametrize(
    ("target", "size"), [("sobel-x", (5, 3)), ("gaussian:size=5", (3, 5)), ("1 2 1", (3, 1))]
)
def test_a_kernel_of_another_size_is_learned_over_the_same_centres(
    target: str, size: tuple[int, int]
) -> None:
    weight = kernels.read([target])[0].kernels[0].weight
    found = learn.run(asked(target, size=size, settings={"steps": 3}))
    (sample,) = found.learned.exercise.samples
    assert kernel(found).shape == size
    assert sample.target.shape == tuple(n - k + 1 for n, k in zip(sample.pixels.shape, size, strict=True))
    # The kernel with zeros around it, or cut, has the target's centre.
    inner = np.zeros(size)
    rows, columns = (min(a, b) for a, b in zip(size, weight.shape, strict=True))
    top, left = (size[0] - rows) // 2, (size[1] - columns) // 2
    first, second = (weight.shape[0] - rows) // 2, (weight.shape[1] - columns) // 2
    inner[top : top + rows, left : left + columns] = weight[first : first + rows, second : second + columns]
    made = correlate2d(sample.pixels + found.learned.exercise.mean, inner, "valid")
    if rows == weight.shape[0] and columns == weight.shape[1]:
        assert np.allclose(made, sample.target)
    else:
        assert np.corrcoef(made.ravel(), sample.target.ravel())[0, 1] > 0.9


def test_several_pictures_share_one_kernel_and_one_mean() -> None:
    found = learn.run(asked("laplacian", "sample:cat", "sample:checkerboard"))
    exercise = found.learned.exercise
    both = [gray_of(name).ravel() for name in ("cat", "checkerboard")]
    assert exercise.mean == pytest.approx(np.concatenate(both).mean())
    assert len(exercise.samples) == 2
    assert exercise.count == sum(each.target.size for each in exercise.samples)


@pytest.mark.parametrize(
    ("target", "given", "message"),
    [
        ("sobel", {}, "joins the maps of sobel-x and sobel-y"),
        ("box:size=33", {}, "31x31 is the most"),
        ("sobel-x", {"size": (33, 33)}, "31x31 is the most"),
        ("sobel-x", {"size": (4, 3)}, "no common centre"),
    ],
)
def test_what_no_kernel_can_be_learned_from_is_refused(target: str, given: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        asked(target, **given)


def test_a_bank_is_refused_and_a_picture_that_is_too_small(stored: Stored) -> None:
    bank = kernels.read([stored(np.zeros((2, 1, 3, 3)), "bank.npy")])[0]
    with pytest.raises(UsageError, match="is a bank of 2x1x3x3"):
        Asked(("sample:cat",), bank, None, Settings(), False, 10**8, 0)
    with pytest.raises(CnnvizError, match="8x8 is too small for a kernel of 9x9"):
        learn.run(asked("gaussian:size=9", "sample:step"))


def test_decoding_undoes_encoding_up_to_the_rounding() -> None:
    values = np.random.default_rng(0).normal(size=(30, 40)) * 100
    kinds: tuple[tone.Kind, ...] = "symmetric", "minmax", "clip"
    for kind in kinds:
        fitted = tone.fit(values[np.newaxis], kind)
        back = tone.decode(tone.encode(values, fitted), fitted)
        first, last = fitted.codes
        step = (fitted.high - fitted.low) / (last - first)
        assert np.abs(back - np.clip(values, fitted.low, fitted.high)).max() <= step / 2 + 1e-4


def test_notes_after_the_pixels_and_other_formats_do_no_harm(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "x.gif")
    with pytest.raises(FileError, match="a GIF of mode"):
        images.read_noted(str(tmp_path / "x.gif"))
    with pytest.raises(FileError, match="the limit is 80"):
        images.read_noted("sample:cat", max_pixels=80)
