"""``cnnviz animate`` as one uses it: three formats, stills, cells without a picture, and what is refused."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.running import (
    GRAY,
    INLINE,
    KERNEL,
    OnTerminal,
    Run,
    correlated,
    files,
    npy,
    pixels,
    png,
    unstyled,
)

MARK = (230, 90, 0)


def frames(path: Path) -> list[Any]:
    with Image.open(path) as image:
        shown = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            shown.append(np.asarray(image.convert("RGB")))
        return shown


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_each_format_has_a_frame_for_every_place(run: Run, tmp_path: Path, picture: str, suffix: str) -> None:
    args = ("--region", "2,3,5,6", "-k", INLINE, "-o", f"sweep.{suffix}")
    done = run("animate", picture, *args)
    assert (done.code, done.err) == (0, "")
    shown = frames(tmp_path / f"sweep.{suffix}")
    assert len(shown) == 4 * 4
    assert f"sweep.{suffix}: 16 frames of {shown[0].shape[1]}x{shown[0].shape[0]} pixels" in done.out
    assert all((frame == MARK).all(axis=2).any() for frame in shown)


def test_its_numbers_are_those_of_the_picture_and_of_the_map(run: Run, picture: str) -> None:
    args = ("--region", "2,3,5,6", "-k", INLINE, "--stride", "2", "--activation", "relu", "-o", "sweep.gif")
    document = run("animate", picture, *args, "--json").json
    oracle = correlated(GRAY[2:7, 3:9], stride=(2, 2))[0]
    assert (document["input"], document["output"]) == ([5, 6], list(oracle.shape))
    assert [frame["sum"] for frame in document["frames"]] == oracle.ravel().tolist()
    assert [frame["value"] for frame in document["frames"]] == np.maximum(oracle, 0).ravel().tolist()
    assert document["frames"][3] == {
        "number": 3,
        "at": [1, 1],
        "rows": [2, 3],
        "columns": [2, 3, 4],
        "sum": int((GRAY[4:6, 5:8] * KERNEL).sum()),
        "value": max(int((GRAY[4:6, 5:8] * KERNEL).sum()), 0),
    }


def test_a_picture_is_reduced_to_means_of_its_cells(run: Run, tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 256, (48, 96), dtype=np.uint8)
    (tmp_path / "large.png").write_bytes(png(values))
    document = run("animate", "large.png", "-k", "1", "-o", "sweep.gif", "--json").json
    means = values.reshape(6, 8, 12, 8).mean(axis=(1, 3))
    assert document["input"] == [6, 12]
    assert np.abs(np.array([frame["sum"] for frame in document["frames"]]) - means.ravel()).max() <= 0.5


@pytest.mark.parametrize(
    ("args", "output"),
    [
        (("--input", "4", "--kernel-size", "3"), [2, 2]),  # the figures of convolution arithmetic
        (("--input", "5", "--kernel-size", "4", "--padding", "2"), [6, 6]),
        (("--input", "5", "--kernel-size", "3", "--padding", "1"), [5, 5]),
        (("--input", "5", "--kernel-size", "3", "--padding", "full"), [7, 7]),
        (("--input", "5", "--kernel-size", "3", "--stride", "2"), [2, 2]),
        (("--input", "5", "--kernel-size", "3", "--padding", "1", "--stride", "2"), [3, 3]),
        (("--input", "6", "--kernel-size", "3", "--padding", "1", "--stride", "2"), [3, 3]),
        (("--input", "7", "--kernel-size", "3", "--dilation", "2"), [3, 3]),
        (("--input", "5x7", "-k", "sobel-x"), [3, 5]),
    ],
)
def test_cells_without_a_picture_are_swept_as_the_formula_says(
    run: Run, tmp_path: Path, args: tuple[str, ...], output: list[int]
) -> None:
    done = run("animate", *args, "-o", "figure.gif", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["output"] == output
    assert len(frames(tmp_path / "figure.gif")) == output[0] * output[1]


def test_a_still_is_the_frame_of_that_place(run: Run, tmp_path: Path, golden: Callable[..., None]) -> None:
    args = ("animate", "--input", "4x5", "-k", INLINE, "--padding", "1", "--pool", "max:2")
    assert run(*args, "-o", "sweep.webp").code == 0
    assert run(*args, "-o", "still.png", "--still", "0,7,-1").code == 0
    shown = frames(tmp_path / "sweep.webp")
    for number in (0, 7, len(shown) - 1):
        assert np.array_equal(pixels(tmp_path / f"still.{number:04d}.png"), shown[number])
    still = pixels(tmp_path / "still.0007.png")
    golden("animate-still", still, share=0.01)
    # The window of place (1, 2): 2 x 3 cells from row 1, column 2 of the padded input.
    marked = np.argwhere((still == MARK).all(axis=2))
    window = marked[marked[:, 1] < 18 + 7 * 44 + 4]
    assert window.min(axis=0).tolist() == [78 + 44, 18 + 2 * 44]
    assert window.max(axis=0).tolist() == [78 + 3 * 44, 18 + 5 * 44]


def test_a_still_named_twice_is_written_once(run: Run, tmp_path: Path) -> None:
    args = ("animate", "--input", "4", "--kernel-size", "3", "-o", "still.png")
    assert run(*args, "--still", "0,3,0,-1").code == 0
    assert files(tmp_path) == {"still.0000.png", "still.0003.png"}


def test_a_large_window_of_small_cells_is_framed_as_one_and_hides_nothing(run: Run, tmp_path: Path) -> None:
    args = ("animate", "--input", "24", "--kernel-size", "9", "-o", "still.png")
    assert run(*args, "--still", "0").code == 0
    (page,) = frames(tmp_path / "still.png")
    marked = (page[78:, 18:300] == MARK).all(axis=2)
    side = 9 * 11 + 1
    assert marked[:side, :side].sum() == side**2 - (side - 4) ** 2
    assert not marked[side:, :].any()
    assert run(*args, "--still", "0", "--dilation", "2", "-f").code == 0
    (page,) = frames(tmp_path / "still.png")
    assert (page[78 + 8 * 11 : 78 + 10 * 11, 18 + 8 * 11 : 18 + 10 * 11] == MARK).all(axis=2).any()


def test_one_still_has_the_name_that_was_given(run: Run, tmp_path: Path) -> None:
    done = run("animate", "--input", "4", "--kernel-size", "3", "-o", "last.png", "--still=-1")
    assert (done.code, files(tmp_path)) == (0, {"last.png"})


@pytest.mark.skipif(sys.platform == "win32", reason="no such names")
def test_a_name_does_not_reach_the_terminal_as_it_is(run: Run, tmp_path: Path, picture: str) -> None:
    (tmp_path / picture).rename(tmp_path / "a\nb\x1b[31m.png")
    done = run("animate", "a\nb\x1b[31m.png", "-k", "sobel-x", "--still", "0", "-o", "still.png")
    assert done.out.startswith("a\\nb\\x1b[31m.png under sobel-x: stride 1")


def test_frames_are_left_out_evenly_and_what_is_known_stays_shown(run: Run, tmp_path: Path) -> None:
    args = ("animate", "--input", "6", "--kernel-size", "3")
    assert run(*args, "-o", "all.webp").code == 0
    done = run(*args, "-o", "some.webp", "--frames", "4")
    assert "4 of the 16 places" in done.out
    everything, some = frames(tmp_path / "all.webp"), frames(tmp_path / "some.webp")
    assert all(np.array_equal(some[place], everything[place * 5]) for place in range(4))


def test_a_full_sweep_of_24_x_24_cells_stays_below_a_megabyte(run: Run, tmp_path: Path) -> None:
    for suffix in ("gif", "webp"):
        args = ("--region", "50,60,200,200", "--cells", "24", "-o", f"sweep.{suffix}")
        assert run("animate", "sample:cat", "-k", "sobel-x", *args).code == 0
        assert (tmp_path / f"sweep.{suffix}").stat().st_size < 1_000_000


def test_channels_are_swept_together(run: Run, tmp_path: Path) -> None:
    args = ("--region", "50,60,5,5", "--channels", "sum", "--dark", "-o", "sum.png", "--still", "0")
    assert run("animate", "sample:cat", "-k", "sobel-x", *args).code == 0
    assert pixels(tmp_path / "sum.png")[0, 0].tolist() == [24, 26, 30]


@pytest.mark.parametrize("columns", [80, 60])
def test_on_a_terminal_it_looks_as_kept(
    run: Run, golden_text: Callable[[str, str], None], columns: int
) -> None:
    args = (
        "--region",
        "2,2,6,6",
        "--padding",
        "same",
        "--pool",
        "max:2",
        "-o",
        "still.png",
        "--still",
        "0,-1",
    )
    done = run("animate", "sample:cat", "-k", "sobel-x", *args, columns=columns)
    golden_text(f"animate-{columns}", unstyled(done.out))


def test_a_bar_is_shown_while_it_lasts(on_terminal: OnTerminal) -> None:
    args = ("animate", "sample:brick", "-k", "box:9", "--cells", "24", "--frames", "200", "-o", "sweep.gif")
    code, shown = on_terminal(*args)
    assert (code, "200 of the 256 places" in shown) == (0, True)
    assert re.search(r"frames .*[0-9]+/200", unstyled(shown))
    assert "writing the file" in shown


def test_so_many_frames_that_memory_would_not_hold_them_are_refused(run: Run) -> None:
    done = run("animate", "sample:brick", "-k", "box:9", "--cells", "64", "-o", "sweep.gif")
    assert (done.code, "3136 frames of 1162x602 pixels are too many; --frames 767" in done.err) == (1, True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("noise.png", "-k", "sobel-x"), "the file is missing; name it, as -o sweep.gif"),
        (
            ("noise.png", "-k", "sobel-x", "-o", "x.mp4"),
            "-o x.mp4: it takes the name of a file that ends in .gif",
        ),
        (("noise.png", "-k", "sobel-x", "-o", "x.gif", "--still", "0"), "a file that ends in .png"),
        (
            ("noise.png", "-k", "sobel-x", "-o", "x.png", "--still", "200"),
            "there is no frame 200; they are 0 to",
        ),
        (("noise.png", "-k", "sobel-x", "-o", "x.gif", "--region", "1,2,3"), "'1,2,3' is not understood"),
        (("noise.png", "-k", "sobel-x", "-o", "x.gif", "--still", "a"), "'a' is not understood"),
        (("noise.png", "-o", "x.gif"), "give either a kernel (try -k sobel-x) or --kernel-size"),
        (("-k", "sobel-x", "-o", "x.gif"), "give either a picture (try sample:cat) or --input"),
        (("noise.png", "--input", "5", "-k", "sobel-x", "-o", "x.gif"), "give either a picture"),
        (
            ("--input", "5", "--cells", "3", "--frame", "7", "-k", "sobel-x", "-o", "x.gif"),
            "--input has no picture, so --cells and --frame would do nothing; leave them out",
        ),
        (
            ("noise.png", "-k", "box", "-o", "x.gif", "--region", "0,0,9,8", "--cells", "10"),
            "9x8 of the picture are taken, so --cells 10 would do nothing; leave it out",
        ),
        (
            ("noise.png", "-k", "box", "-o", "x.png", "--still", "0", "--fps", "5"),
            "--still writes single frames, so --fps would do nothing; leave it out",
        ),
        (
            ("noise.png", "-k", "sobel-x", "-k", "sobel-y", "-o", "x.gif"),
            "-k is given 2 times (sobel-x, sobel-y)",
        ),
        (
            ("--input", "65", "-k", "sobel-x", "-o", "x.gif"),
            "65x65 cells, padding included, are too many to be watched, more than 64 a side; take a smaller",
        ),
        (("--input", "9", "--kernel-size", "99", "-o", "x.gif"), "--kernel-size goes up to 32"),
        (("noise.png", "-k", "1 1", "-o", "x.gif", "--fps", "nan"), "nan is not in the range 0.1<=x<=50"),
        (
            ("--input", "60", "-k", "1 1", "--padding", "9", "-o", "x.gif"),
            "78x78 cells, padding included, are too many to be watched, more than 64 a side; take a smaller",
        ),
        (
            ("sample:cat", "-k", "1 1", "--cells", "60", "--padding", "9", "-o", "x.gif"),
            "a side; --cells 12 reduces the picture",
        ),
    ],
)
def test_what_it_cannot_do_is_said_and_nothing_is_written(
    run: Run, tmp_path: Path, picture: str, args: tuple[str, ...], message: str
) -> None:
    done = run("animate", *args)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert files(tmp_path) == {picture}


def test_a_region_outside_of_the_picture_is_answered_with_its_size(run: Run, picture: str) -> None:
    done = run("animate", picture, "-k", "sobel-x", "-o", "x.gif", "--region", "10,0,4,4")
    assert (done.code, "which has 13 rows and 17 columns" in done.err) == (2, True)
    done = run("animate", picture, "-k", "sobel-x", "-o", "x.gif", "--region", "0,0,0,4")
    assert (done.code, "a piece of 0 rows and 4 columns" in done.err) == (2, True)


def test_what_was_cut_out_and_reduced_is_said(run: Run) -> None:
    args = ("-k", "sobel-x", "--still", "0", "-o", "still.png")
    done = run("animate", "sample:cat", *args)
    assert "input 8x12 (reduced from 300x451); kernel 3x3" in done.out
    piece = ("animate", "sample:cat", *args, "-f", "--region", "60,120,48,72", "--cells", "9")
    reduced = "input 6x9 (rows 60 to 107, columns 120 to 191 of 300x451; reduced from 48x72); kernel"
    assert reduced in run(*piece).out
    document = run(*piece, "--json").json
    assert (document["picture"], document["region"]) == ([300, 451], [60, 120, 48, 72])


def test_a_picture_reduced_too_far_is_answered_with_the_cells_that_are_enough(run: Run) -> None:
    args = ("animate", "sample:cat", "-k", "gabor", "--still", "0", "-o", "x.png")
    done = run(*args)
    found = re.search(
        r"reduced to 8x12 cells, too few for this kernel or pooling; give --cells ([0-9]+)", done.err
    )
    assert done.code == 1
    assert found is not None
    assert run(*args, "--cells", str(int(found[1]) - 1)).code == 1
    assert run(*args, "--cells", found[1]).code == 0


def test_a_picture_too_thin_to_be_reduced_is_answered_with_a_piece_of_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "thin.npy").write_bytes(npy(np.zeros((20, 900))))
    done = run("animate", "thin.npy", "-k", "box:5", "-o", "x.gif")
    assert (done.code, "for this kernel or pooling; --region ROW,COL,H,W takes a piece" in done.err) == (
        1,
        True,
    )


def test_more_than_four_channels_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "maps.npy").write_bytes(npy(np.zeros((5, 6, 6))))
    done = run("animate", "maps.npy", "-k", "sobel-x", "--channels", "sum", "-o", "x.gif")
    assert done.code == 2
    assert "5 channels would not fit on a page; at most 4 do" in done.err
    assert "cnnviz explain" in done.err


def test_sums_that_leave_their_type_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "large.npy").write_bytes(npy(np.array([[1e308, -1e308] * 3] * 4)))
    done = run("animate", "large.npy", "-k", "1 -9; -9 1", "-o", "x.gif")
    assert (done.code, "beyond the range of float64" in done.err) == (1, True)
    assert files(tmp_path) == {"large.npy"}


def test_an_animation_is_not_overwritten_without_force(run: Run) -> None:
    args = ("animate", "--input", "4", "--kernel-size", "3", "-o", "x.gif")
    assert [run(*args).code, run(*args).code, run(*args, "-f").code] == [0, 1, 0]
