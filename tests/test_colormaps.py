from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnviz.colormaps import COLORMAPS, NAMES, Colormap, choose
from cnnviz.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEQUENTIAL = [colormap for colormap in COLORMAPS.values() if colormap.kind != "diverging"]


def table(colormap: Colormap) -> NDArray[np.uint8]:
    return np.frombuffer(colormap.palette, np.uint8).reshape(256, 3)


def lightness(colormap: Colormap) -> NDArray[np.float64]:
    """CIE L* (0..100) of sRGB colours."""
    srgb = table(colormap) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    dark = luminance <= (6 / 29) ** 3
    scale: NDArray[np.float64] = np.where(dark, luminance * (29 / 3) ** 3, 116 * np.cbrt(luminance) - 16)
    return scale


@pytest.mark.parametrize("name", COLORMAPS)
def test_a_palette_is_768_bytes(name: str) -> None:
    assert len(COLORMAPS[name].palette) == 768


@pytest.mark.parametrize("name", COLORMAPS)
def test_a_record_stands_under_its_name_with_source_and_licence(name: str) -> None:
    colormap = COLORMAPS[name]
    assert colormap.name == name
    assert colormap.source and colormap.licence


@pytest.mark.parametrize(
    ("name", "first", "middle", "last"),
    [
        ("gray", (0, 0, 0), (128, 128, 128), (255, 255, 255)),
        ("viridis", (68, 1, 84), (32, 144, 140), (253, 231, 36)),
        ("magma", (0, 0, 3), (182, 54, 121), (251, 252, 191)),
        ("inferno", (0, 0, 3), (187, 55, 84), (252, 254, 164)),
        ("cividis", (0, 34, 77), (124, 123, 120), (253, 231, 55)),
        ("vik", (0, 17, 96), (236, 228, 224), (89, 0, 7)),
    ],
)
def test_the_ends_and_the_middle_are_the_published_colours(
    name: str, first: tuple[int, ...], middle: tuple[int, ...], last: tuple[int, ...]
) -> None:
    colours = table(COLORMAPS[name])
    assert [tuple(colours[code]) for code in (0, 128, 255)] == [first, middle, last]


@pytest.mark.parametrize("colormap", SEQUENTIAL, ids=lambda colormap: colormap.name)
def test_a_sequential_table_grows_lighter_all_the_way(colormap: Colormap) -> None:
    steps = np.diff(lightness(colormap))
    assert steps.min() > -0.02  # 8 bits can undo a step, never more
    assert steps.sum() > 70


@pytest.mark.parametrize("colormap", COLORMAPS.values(), ids=lambda colormap: colormap.name)
def test_neighbouring_codes_have_neighbouring_colours(colormap: Colormap) -> None:
    assert np.abs(np.diff(table(colormap).astype(int), axis=0)).max() <= 6


def test_vik_is_lightest_in_the_middle_and_darkens_to_both_ends() -> None:
    light = lightness(COLORMAPS["vik"])
    peak = int(light.argmax())
    assert abs(peak - 127.5) < 2
    assert (np.diff(light[: peak + 1]) > 0).all()
    assert (np.diff(light[peak:]) < 0).all()


def test_vik_gives_both_signs_like_weight_in_different_hues() -> None:
    vik, light = table(COLORMAPS["vik"]).astype(int), lightness(COLORMAPS["vik"])
    assert np.abs(light - light[::-1]).max() < 10  # of a range of 80
    red, _, blue = vik[[32, 223]].T
    assert blue[0] > red[0] + 50
    assert red[1] > blue[1] + 50


def test_gray_leaves_every_code_as_it_is() -> None:
    assert np.array_equal(table(COLORMAPS["gray"]), np.repeat(np.arange(256), 3).reshape(256, 3))


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("name", COLORMAPS)
def test_a_name_chooses_its_table_whatever_the_tone(name: str, symmetric: bool) -> None:
    assert choose(name, symmetric=symmetric) is COLORMAPS[name]


def test_auto_follows_the_tone() -> None:
    assert choose("auto", symmetric=True).kind == "diverging"
    assert choose("auto", symmetric=False).kind == "sequential"


@pytest.mark.parametrize("name", NAMES)
def test_every_name_that_is_offered_can_be_chosen(name: str) -> None:
    assert choose(name, symmetric=True).palette


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("viridi", "did you mean viridis or cividis?"),
        ("grey", "did you mean gray?"),
        ("", "known: auto, gray, viridis"),
    ],
)
def test_an_unknown_name_answers_with_the_closest_ones(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(name, symmetric=False)
    assert str(caught.value).startswith(f"no colormap named {name!r}; {hint}")
    assert "\n" not in str(caught.value)


def test_the_names_are_known_without_numpy() -> None:
    code = "import sys, cnnviz.colormaps; raise SystemExit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
