"""``cnnviz pool``: windows on pictures and maps, against plain loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import correlate2d

from tests import oracles
from tests.cli.running import COLORS, SOBEL_X, Run, brightness, channels, files, npy, pixels, png, text_of

PLANES = COLORS.transpose(2, 0, 1)[np.newaxis].astype(np.int64)
NONE = ((0, 0), (0, 0))


@pytest.mark.parametrize(
    ("args", "mode", "kernel", "stride", "pads", "ceil"),
    [
        ("--size 2", "max", (2, 2), (2, 2), NONE, False),
        ("--size 2x3", "max", (2, 3), (2, 3), NONE, False),
        ("--size 3 --mode avg", "avg", (3, 3), (3, 3), NONE, False),
        ("--size 3 --stride 2", "max", (3, 3), (2, 2), NONE, False),
        ("--size 3 --stride 1x2 --mode avg", "avg", (3, 3), (1, 2), NONE, False),
        ("--size 3 --padding 1 --mode avg", "avg", (3, 3), (3, 3), ((1, 1), (1, 1)), False),
        ("--size 4 --padding 2x1", "max", (4, 4), (4, 4), ((2, 2), (1, 1)), False),
        ("--size 4 --padding 2,1,0,2 --mode avg", "avg", (4, 4), (4, 4), ((2, 1), (0, 2)), False),
        ("--size 2 --ceil", "max", (2, 2), (2, 2), NONE, True),
        ("--size 4 --ceil --padding 1 --mode avg --stride 3", "avg", (4, 4), (3, 3), ((1, 1), (1, 1)), True),
        ("--global", "max", (13, 17), (13, 17), NONE, False),
        ("--global --mode avg", "avg", (13, 17), (13, 17), NONE, False),
    ],
)
def test_every_value_is_that_of_its_window(
    run: Run,
    tmp_path: Path,
    picture: str,
    args: str,
    mode: str,
    kernel: Any,
    stride: Any,
    pads: Any,
    ceil: bool,
) -> None:
    assert run("pool", picture, *args.split(), "-o", "out.npy").code == 0
    loops = oracles.loops_max_pool2d if mode == "max" else oracles.loops_avg_pool2d
    expected = loops(PLANES, kernel, stride, pads, ceil_mode=ceil)[0]
    pooled = np.load(tmp_path / "out.npy")
    assert pooled.dtype == (np.uint8 if mode == "max" else np.float32)
    assert np.allclose(pooled, expected, rtol=1e-6)


def test_colour_stays_colour_and_pixels_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    done = run("pool", "sample:cat", "--size", "2")
    assert done.table == [
        {
            "picture": "sample:cat",
            "pooling": "max:2",
            "input": "3x300x451",
            "output": "3x150x225",
            "range": "3..231",
            "tone": "0..255",
            "file": "cat.max2.png",
        }
    ]
    blocks = channels("cat")[:, :, :450].reshape(3, 150, 2, 225, 2).max(axis=(2, 4))
    assert np.array_equal(pixels(tmp_path / "cat.max2.png").transpose(2, 0, 1), blocks)
    assert text_of(tmp_path / "cat.max2.png")["cnnviz:pool"] == "max:2"


def test_a_mean_of_pixels_is_drawn_on_the_scale_of_the_pixels(run: Run, tmp_path: Path) -> None:
    assert run("pool", "sample:brick", "--size", "4", "--mode", "avg").code == 0
    means = brightness("brick").reshape(128, 4, 128, 4).mean(axis=(1, 3))
    assert np.abs(pixels(tmp_path / "brick.avg4.png") - means).max() <= 0.5


def test_a_window_as_large_as_1_changes_no_pixel(run: Run, tmp_path: Path, picture: str) -> None:
    assert run("pool", picture, "--size", "1", "-o", "same.png").code == 0
    assert np.array_equal(pixels(tmp_path / "same.png"), COLORS)


def test_the_channels_of_an_array_are_maps_with_a_file_each(run: Run, tmp_path: Path) -> None:
    (tmp_path / "maps.npy").write_bytes(npy(np.arange(5 * 4 * 6.0).reshape(5, 4, 6)))
    done = run("pool", "maps.npy", "--size", "2")
    assert [row["file"] for row in done.table] == [f"maps.max2.{number:03d}.png" for number in range(5)]
    assert files(tmp_path) == {"maps.npy", *(row["file"] for row in done.table)}


@pytest.mark.parametrize("format_", ["png", "npy", "npz", "webp"])
def test_results_are_written_in_every_format(run: Run, tmp_path: Path, picture: str, format_: str) -> None:
    done = run("pool", picture, "--size", "2", "--format", format_)
    assert done.code == 0
    (file,) = {row["file"] for row in done.table}
    expected = oracles.loops_max_pool2d(PLANES, (2, 2), (2, 2), NONE)[0]
    if format_ == "npy":
        found = np.load(tmp_path / file)
    elif format_ == "npz":
        with np.load(tmp_path / file) as archive:
            (found,) = archive.values()
    else:
        found = pixels(tmp_path / file).transpose(2, 0, 1)
    assert np.array_equal(found, expected)


def test_a_grey_picture_becomes_a_float_tiff_and_a_colour_one_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("pool", "sample:step", "sample:cat", "--size", "2", "--format", "tiff")
    assert done.code == 1
    assert done.err.startswith("cnnviz: sample:cat: float TIFF holds one channel")
    assert files(tmp_path) == {"step.max2.tiff"}


def test_a_sheet_shows_the_picture_beside_what_became_of_it(run: Run, tmp_path: Path) -> None:
    done = run("pool", "sample:step", "--size", "2", "--sheet")
    assert [row["file"] for row in done.table] == ["step.sheet.png"]
    assert files(tmp_path) == {"step.sheet.png"}
    assert pixels(tmp_path / "step.sheet.png").shape[1] > 2 * 320


@pytest.mark.parametrize(
    ("values", "args", "kind", "low", "high"),
    [
        (np.array([[3, 9], [7, 200]], np.uint8), (), "clip", 0, 255),
        (np.array([[3, 9], [7, 200]], np.uint16), (), "clip", 0, 65535),
        (np.array([[3, 9], [7, 200]], np.float32), (), "minmax", 3, 200),
        (np.array([[-8, 8], [8, 8]], np.float32), (), "symmetric", -8, 8),
        (np.array([[3, 9], [7, 200]], np.float32), ("--tone", "1,2"), "range", 1, 2),
    ],
)
def test_pixels_keep_their_scale_and_other_values_are_fitted(
    run: Run, tmp_path: Path, values: Any, args: tuple[str, ...], kind: str, low: float, high: float
) -> None:
    (tmp_path / "in.npy").write_bytes(npy(values))
    (result,) = run("pool", "in.npy", "--size", "1", "--json", *args).json["results"]
    tone = result["tone"]
    assert (tone["kind"], tone["low"], tone["high"]) == (kind, low, high)


def test_a_colormap_colours_a_grey_picture_and_leaves_a_colour_picture_alone(
    run: Run, tmp_path: Path
) -> None:
    assert run("pool", "sample:step", "sample:cat", "--size", "2", "--colormap", "viridis").code == 0
    assert {tuple(color) for color in pixels(tmp_path / "step.max2.png").reshape(-1, 3)} == {
        (68, 1, 84),
        (253, 231, 36),
    }
    assert run("pool", "sample:cat", "--size", "2", "-o", "plain.png").code == 0
    assert np.array_equal(pixels(tmp_path / "cat.max2.png"), pixels(tmp_path / "plain.png"))


# Standard input


def test_a_piped_png_is_pooled(run: Run, tmp_path: Path) -> None:
    done = run("pool", "--size", "2", stdin=png(COLORS))
    assert [(row["picture"], row["file"]) for row in done.table] == [("-", "stdin.max2.png")]
    expected = oracles.loops_max_pool2d(PLANES, (2, 2), (2, 2), NONE)[0]
    assert np.array_equal(pixels(tmp_path / "stdin.max2.png").transpose(2, 0, 1), expected)


def test_a_piped_array_is_pooled_exactly(run: Run, tmp_path: Path) -> None:
    maps = correlate2d(brightness("cat"), SOBEL_X, "valid").astype(np.int32)[np.newaxis]
    done = run("pool", "-", "--size", "2", "-o", "-", "--format", "npy", stdin=npy(maps))
    assert done.code == 0
    (tmp_path / "out.npy").write_bytes(done.stdout)
    pooled = np.load(tmp_path / "out.npy")
    assert pooled.dtype == np.int32
    assert np.array_equal(pooled, maps[:, :298, :448].reshape(1, 149, 2, 224, 2).max(axis=(2, 4)))


def test_a_dash_and_nothing_at_all_both_read_standard_input(run: Run) -> None:
    for image in ((), ("-",)):
        done = run("pool", *image, "--size", "2", "-o", "-", stdin=png(COLORS))
        assert pixels(done.stdout).shape == (6, 8, 3)


def test_without_a_picture_a_terminal_is_told_that_one_is_missing(run: Run) -> None:
    for args in (("pool", "--size", "2"), ("convolve", "-k", "box")):
        done = run(*args, stdin=None)
        assert (done.code, done.out) == (2, "")
        assert done.err == "cnnviz: a picture is missing; name one (try sample:cat), or pipe one in\n"


def test_empty_standard_input_is_a_failure_of_that_picture(run: Run, tmp_path: Path) -> None:
    done = run("pool", "--size", "2", stdin=b"")
    assert (done.code, done.out, done.err) == (1, "", "cnnviz: -: standard input is empty\n")
    assert files(tmp_path) == set()


def test_text_on_standard_input_is_no_picture(run: Run) -> None:
    done = run("pool", "--size", "2", stdin=b"hello\n")
    assert done.code == 1
    assert done.err.startswith("cnnviz: -: not a supported image; the formats are PNG, JPEG")


# Sizes that do not fit


def test_size_or_global_has_to_be_given_and_not_both(run: Run) -> None:
    for args in ((), ("--size", "2", "--global")):
        done = run("pool", "sample:cat", *args)
        assert (done.code, done.err) == (2, "cnnviz: give either --size (try --size 2) or --global\n")


def test_a_window_larger_than_the_picture_fails_with_both_sizes(run: Run) -> None:
    done = run("pool", "sample:step", "--size", "9")
    assert done.code == 1
    assert "9x9" in done.err
    assert "8x8" in done.err


def test_rounding_up_lets_a_larger_window_hang_over(run: Run) -> None:
    (row,) = run("pool", "sample:step", "--size", "9", "--ceil", "-n").table
    assert row["output"] == "1x1x1"


def test_padding_beyond_half_the_window_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("pool", "sample:step", "--size", "2", "--padding", "2")
    assert done.code != 0
    assert "half" in done.err
    assert files(tmp_path) == set()
