"""``cnnviz convolve``: what comes out, and how the kernel is laid on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.signal import correlate2d

from tests import oracles
from tests.cli.running import (
    COLORS,
    GRAY,
    INLINE,
    KERNEL,
    SAMPLES,
    SOBEL_X,
    Run,
    Values,
    brightness,
    correlated,
    files,
    npy,
    pixels,
    png,
    text_of,
)


def both(word: str, stride: tuple[int, int] = (1, 1)) -> tuple[tuple[int, int], tuple[int, int]]:
    """What a padding word means for the small picture under KERNEL."""
    low, high = (oracles.amounts(word, GRAY.shape[a], KERNEL.shape[a], stride[a], 1) for a in (0, 1))
    return low, high


def test_the_cat_under_sobel_x_is_the_correlation_of_its_brightness(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:cat", "-k", "sobel-x", "--format", "npy")
    assert (done.code, done.err) == (0, "")
    expected = correlate2d(brightness("cat"), SOBEL_X, "valid")
    maps = np.load(tmp_path / "cat.sobel-x.npy")
    assert maps.dtype.kind == "i"
    assert np.array_equal(maps, expected[np.newaxis])
    assert done.table == [
        {
            "picture": "sample:cat",
            "kernel": "sobel-x",
            "input": "1x300x451",
            "output": "1x298x449",
            "range": f"{expected.min()}..{expected.max()}",
            "tone": "-212..212",
            "file": "cat.sobel-x.npy",
        }
    ]


def test_the_picture_of_a_map_has_zero_at_mid_grey_and_its_ends_at_the_percentile(
    run: Run, tmp_path: Path
) -> None:
    assert run("convolve", str(SAMPLES / "cat.png"), "--kernel", "sobel-x").code == 0
    values = correlate2d(brightness("cat"), SOBEL_X, "valid")
    end = np.percentile(np.abs(values), 99.5)
    assert end == 212
    expected = np.clip(np.rint(128 + values * (127 / end)), 1, 255)
    assert np.array_equal(pixels(tmp_path / "cat.sobel-x.png"), expected)


def test_a_step_of_8_bits_is_exact_under_sobel_x(values: Values) -> None:
    step = str(SAMPLES / "step.png")
    maps = values("--padding", "1", "--padding-mode", "replicate", image=step, kernel="sobel-x")
    assert maps.tolist() == [[[0, 0, 0, 1020, 1020, 0, 0, 0]] * 8]


def test_a_picture_says_how_it_was_made(run: Run, tmp_path: Path, picture: str) -> None:
    args = ("--stride", "2x1", "--padding", "1", "--padding-mode", "reflect", "--tone", "-7,9.5")
    assert run("convolve", picture, "-k", "sobel-x", *args, "-o", "made.png").code == 0
    text = text_of(tmp_path / "made.png")
    assert text["cnnviz:kernel"] == "sobel-x"
    assert text["cnnviz:stride"] == "2x1"
    assert text["cnnviz:padding"] == "1 reflect"
    assert json.loads(text["cnnviz:tone"]) == {"kind": "range", "low": -7, "high": 9.5, "codes": [0, 255]}


def test_pictures_times_kernels_are_listed_and_written_in_the_order_given(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:step", "sample:impulse", "-k", "sobel-y", "-k", "box:5", "-k", INLINE)
    assert done.code == 0
    expected = [
        (f"sample:{name}", kernel, f"{name}.{slug}.png")
        for name in ("step", "impulse")
        for kernel, slug in (("sobel-y", "sobel-y"), ("box:5", "box-size5"), ("inline1", "inline1"))
    ]
    assert [(row["picture"], row["kernel"], row["file"]) for row in done.table] == expected
    assert files(tmp_path) == {file for _, _, file in expected}


def test_16_bit_pixels_keep_every_bit(run: Run, tmp_path: Path) -> None:
    (tmp_path / "deep.png").write_bytes(png(np.array([[256, 257], [65535, 0]], np.uint16)))
    assert run("convolve", "deep.png", "-k", "1", "-o", "same.npy").code == 0
    assert np.load(tmp_path / "same.npy").tolist() == [[[256, 257], [65535, 0]]]


def test_an_array_is_a_picture_and_its_floats_stay(run: Run, tmp_path: Path) -> None:
    given = np.linspace(-1, 2, 3 * 4 * 5).reshape(3, 4, 5).astype(np.float32)
    (tmp_path / "maps.npy").write_bytes(npy(given))
    assert run("convolve", "maps.npy", "-k", "1 -1", "--channels", "each", "-o", "out.npy").code == 0
    assert np.allclose(np.load(tmp_path / "out.npy"), given[..., :-1] - given[..., 1:], atol=1e-6)


def test_an_array_with_channels_last_is_refused_with_the_way_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "last.npy").write_bytes(npy(COLORS))
    done = run("convolve", "last.npy", "-k", "box")
    assert done.code == 1
    assert "(13, 17, 3)" in done.err
    assert "transpose(2, 0, 1)" in done.err


def test_transparency_is_laid_over_white_and_said(run: Run, tmp_path: Path) -> None:
    clear = np.zeros((4, 4, 4), np.uint8)
    clear[0, 0] = 10, 10, 10, 255
    (tmp_path / "clear.png").write_bytes(png(clear))
    done = run("convolve", "clear.png", "-k", "1", "-o", "out.npy")
    assert (done.code, done.err) == (0, "cnnviz: clear.png: transparent: laid over white\n")
    assert np.load(tmp_path / "out.npy")[0, :2, :2].tolist() == [[10, 255], [255, 255]]


def test_of_an_animation_the_first_frame_is_used_and_that_is_said(run: Run, tmp_path: Path) -> None:
    first, second = (Image.new("L", (6, 6), value) for value in (10, 200))
    first.save(tmp_path / "two.gif", save_all=True, append_images=[second])
    done = run("convolve", "two.gif", "-k", "1", "-o", "out.npy")
    assert (done.code, done.err) == (0, "cnnviz: two.gif: 2 frames, using the first\n")
    assert set(np.load(tmp_path / "out.npy").ravel().tolist()) == {10}


@pytest.mark.parametrize(
    ("args", "given"),
    [
        ((), {}),
        (("--stride", "2"), {"stride": (2, 2)}),
        (("--stride", "2x3"), {"stride": (2, 3)}),
        (("--padding", "1"), {"pads": ((1, 1), (1, 1))}),
        (("--padding", "1x2"), {"pads": ((1, 1), (2, 2))}),
        (("--padding", "1,2,3,4"), {"pads": ((1, 2), (3, 4))}),
        (("--padding", "valid"), {}),
        (("--padding", "same"), {"pads": both("same")}),
        (("--padding", "same-lower"), {"pads": both("same-lower")}),
        (("--padding", "full"), {"pads": both("full")}),
        (("--padding", "same", "--stride", "3x2"), {"pads": both("same", (3, 2)), "stride": (3, 2)}),
        (("--dilation", "2"), {"dilation": (2, 2)}),
        (("--dilation", "3x2"), {"dilation": (3, 2)}),
        *(
            (
                ("--padding", "4", "--padding-mode", mode, "--stride", "1x2", "--dilation", "2"),
                {"pads": ((4, 4), (4, 4)), "padding_mode": mode, "stride": (1, 2), "dilation": (2, 2)},
            )
            for mode in ("zeros", "reflect", "replicate", "circular")
        ),
    ],
)
def test_stride_padding_and_dilation_are_those_of_scipy(
    values: Values, args: tuple[str, ...], given: dict[str, Any]
) -> None:
    assert np.array_equal(values(*args), correlated(GRAY, **given))


def test_same_at_stride_1_keeps_the_size(run: Run, picture: str) -> None:
    (row,) = run("convolve", picture, "-k", INLINE, "--padding", "same", "-n").table
    assert row["input"] == row["output"] == "1x13x17"


def test_flip_turns_the_kernel_by_180_degrees_and_nothing_else(values: Values) -> None:
    flipped = correlate2d(GRAY, KERNEL[::-1, ::-1], "valid")
    assert np.array_equal(values("--flip"), flipped[np.newaxis])
    assert not np.array_equal(values(), flipped[np.newaxis])


@pytest.mark.parametrize("engine", ["taps", "matmul", "scipy", "reference"])
def test_every_engine_gives_the_same_numbers(values: Values, engine: str) -> None:
    args = ("--padding", "2", "--stride", "2", "--channels", "each")
    assert np.array_equal(values(*args, "--engine", engine), values(*args))


def test_the_defaults_may_be_written_out_and_change_no_byte(run: Run, tmp_path: Path, picture: str) -> None:
    written = "--stride 1 --padding 0 --padding-mode zeros --dilation 1 --channels gray --engine auto"
    shown = "--tone auto --colormap gray --format png --max-pixels 200000000 --bias 0"
    assert run("convolve", picture, "-k", "sobel-x", "-o", "a.png").code == 0
    assert (
        run("convolve", picture, "-k", "sobel-x", "-o", "b.png", *written.split(), *shown.split()).code == 0
    )
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
