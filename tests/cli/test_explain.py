"""``cnnviz explain`` as one uses it: on a terminal, in a pipe, as JSON, as a card."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.running import COLORS, GRAY, INLINE, KERNEL, SAMPLES, Run, files, npy, pixels, unstyled

Golden = Callable[..., None]
CAT = ("explain", "sample:cat", "-k", "sobel-x")
COLOURED = ("explain", "sample:cat", "-k", "laplacian", "--channels", "sum", "--padding", "1", "--at", "0,7")
LARGE = (
    "explain",
    "sample:cat",
    "-k",
    "gaussian:size=11",
    "--pool",
    "avg:2",
    "--bias",
    "-1.5",
    "--at",
    "60,80",
)


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize(
    ("name", "args"), [("sobel", (*CAT, "--at", "120,60")), ("colour", COLOURED), ("large", LARGE)]
)
def test_on_a_terminal_it_looks_as_kept(
    run: Run, golden_text: Golden, columns: int, name: str, args: tuple[str, ...]
) -> None:
    done = run(*args, columns=columns)
    assert (done.code, done.err) == (0, "")
    text = unstyled(done.out)
    golden_text(f"explain-{name}-{columns}", text)
    assert max(map(len, text.splitlines())) <= columns


def test_its_numbers_are_those_of_the_picture_and_of_the_map(run: Run, picture: str) -> None:
    done = run("explain", picture, "-k", INLINE, "--at", "4,5", "--bias", "7", "--json")
    document = done.json
    (unit,) = document["units"]
    patch = GRAY[4:6, 5:8]
    assert (document["schema"], document["output_at"], document["pool"]) == (1, [4, 5], None)
    assert [term["value"] for term in unit["terms"]] == patch.ravel().tolist()
    assert [term["weight"] for term in unit["terms"]] == KERNEL.ravel().tolist()
    assert [term["product"] for term in unit["terms"]] == (patch * KERNEL).ravel().tolist()
    assert set(unit["terms"][0]) == {"channel", "row", "column", "value", "weight", "product"}
    assert unit["at"] == [4, 5]
    assert unit["bias"] == 7
    assert unit["sum"] == unit["activated"] == document["output"] == int((patch * KERNEL).sum()) + 7


def test_json_has_every_unit_of_the_pooling_window(run: Run, picture: str) -> None:
    document = run("explain", picture, "-k", INLINE, "--pool", "max:2x3", "--at", "1,1", "--json").json
    assert document["pool"] == {"mode": "max", "size": [2, 3]}
    assert [unit["at"] for unit in document["units"]] == [[r, c] for r in (2, 3) for c in (3, 4, 5)]
    assert document["output"] == max(unit["activated"] for unit in document["units"])


@pytest.mark.parametrize(
    ("at", "on_padding"), [("0,0", True), ("1,1", False), ("0,1", True), ("1,4", False), ("3,4", True)]
)
def test_a_mean_counts_zeros_only_where_its_window_lies_on_padding(
    run: Run, picture: str, at: str, on_padding: bool
) -> None:
    # A map of 12x15: rows end on padding, columns do not.
    done = run("explain", picture, "-k", INLINE, "--pool", "avg:4x3,padding=1x0,ceil=yes", "--at", at)
    assert done.code == 0
    assert ("and of zeros on padding" in done.out) == on_padding


def test_where_rounding_up_leaves_a_window_over_the_edge_no_zeros_are_counted(run: Run, picture: str) -> None:
    args = ("explain", picture, "-k", INLINE, "--pool", "avg:5,ceil=yes", "--at", "2,2")
    values = [unit["activated"] for unit in run(*args, "--json").json["units"]]
    assert len(values) == 10
    assert run(*args, "--json").json["output"] == pytest.approx(np.mean(values))
    assert "zeros" not in run(*args).out


def test_a_bank_of_another_depth_is_refused_in_words_of_the_picture(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(np.ones((4, 3, 2, 2))))
    (tmp_path / "maps.npy").write_bytes(npy(np.ones((2, 5, 5))))
    done = run("explain", "maps.npy", "-k", "bank.npy", "--channels", "sum")
    assert (done.code, done.out) == (1, "")
    assert "maps.npy: the array has 2 channels where 3 are needed" in done.err
    done = run("animate", "--input", "5", "-k", "bank.npy", "-o", "x.gif")
    assert (done.code, "5x5 cells: the bank reads 3 channels, the picture has 1" in done.err) == (1, True)


@pytest.mark.parametrize("pool", [(), ("--pool", "max:2"), ("--activation", "sigmoid")])
def test_sums_that_leave_their_type_are_refused(run: Run, tmp_path: Path, pool: tuple[str, ...]) -> None:
    (tmp_path / "large.npy").write_bytes(npy(np.array([[1e308, -1e308] * 3] * 4)))
    done = run("explain", "large.npy", "-k", "1 -9; -9 1", "--at", "0,0", *pool)
    assert (done.code, done.out) == (1, "")
    assert "beyond the range of float64" in done.err


def test_flip_turns_the_kernel_and_sum_adds_the_channels(run: Run, picture: str) -> None:
    args = ("-k", INLINE, "--flip", "--channels", "sum", "--at", "0,0", "--json")
    document = run("explain", picture, *args).json
    turned = KERNEL[::-1, ::-1]
    assert [term["weight"] for term in document["units"][0]["terms"][:6]] == turned.ravel().tolist()
    assert document["output"] == int((COLORS[:2, :3].astype(int) * turned[..., np.newaxis]).sum())


def test_a_bank_explains_the_map_that_is_asked_for(run: Run, tmp_path: Path, picture: str) -> None:
    bank = np.random.default_rng(3).integers(-5, 6, (4, 3, 2, 2))
    (tmp_path / "bank.npy").write_bytes(npy(bank))
    document = run("explain", picture, "-k", "bank.npy", "--map", "2", "--at", "3,3", "--json").json
    assert document["output"] == int((COLORS[3:5, 3:5].transpose(2, 0, 1).astype(int) * bank[2]).sum())
    refused = run("explain", picture, "-k", "bank.npy", "--map", "4")
    assert (refused.code, "the bank makes 4 maps, counted from 0" in refused.err) == (2, True)


def test_colours_are_left_out_where_they_are_not_wanted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in run(*CAT, columns=80).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in run(*CAT, columns=80).out
    assert "\x1b[" not in run(*CAT).out


def test_a_pipe_gets_lines_that_are_not_cut(run: Run) -> None:
    lines = run(*LARGE).out.splitlines()
    assert any(line.startswith("pixels ") and line.endswith("products") for line in lines)
    assert lines[-1].startswith("avg-pool 2x2: the mean of 4 values")


def test_a_card_is_a_picture_with_the_window_and_the_value_marked(
    run: Run, tmp_path: Path, golden: Golden
) -> None:
    (tmp_path / "small.png").write_bytes(_crop())
    done = run("explain", "small.png", "-k", "sobel-x", "--padding", "1", "--at", "0,5", "-o", "card.png")
    assert (done.code, done.err) == (0, "")
    card = pixels(tmp_path / "card.png")
    golden("explain-card", card, share=0.01)
    # With its padding the picture has 22 x 37 cells, of 9 pixels each; the window begins at the first row of
    # the padding, and is seen well enough: no close-up. The frame is drawn around the true place.
    marked = (card == (230, 90, 0)).all(axis=2)
    rows, columns = np.nonzero(marked[:370, :640])
    assert (rows.min(), rows.max()) == (144 - 2, 144 + 27 + 1)
    assert (columns.min(), columns.max()) == (32 + 45 - 2, 32 + 72 + 1)
    assert (card[146:150, 200] == 127).all()  # zeros, paler than black
    assert marked[370:, 1000:].any()  # the sum is the value
    dark = run("explain", "small.png", "-k", "sobel-x", "--dark", "-o", "dark.png")
    assert dark.code == 0
    assert pixels(tmp_path / "dark.png")[0, 0].tolist() == [24, 26, 30]


def _crop() -> bytes:
    from tests.cli.running import channels, png

    return png(channels("cat")[:, 90:110, 70:105].transpose(1, 2, 0).astype(np.uint8))


def test_a_card_escapes_what_its_font_lacks(run: Run, tmp_path: Path, picture: str) -> None:
    (tmp_path / picture).rename(tmp_path / "猫é.png")
    assert run("explain", "猫é.png", "-k", "sobel-x", "-o", "card.png").code == 0


@pytest.mark.parametrize("shape", [(3000, 5), (5, 3000)])
def test_a_card_of_a_very_thin_picture_is_drawn(run: Run, tmp_path: Path, shape: tuple[int, int]) -> None:
    np.save(tmp_path / "thin.npy", np.random.default_rng(2).integers(0, 256, shape, np.uint8))
    done = run("explain", "thin.npy", "-k", "sobel-x", "-o", "card.png")
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (
            ("--at", "1,2", "--flip", "--stride", "3", "--dilation", "1x2"),
            [
                "stride 3, no padding, dilation 1x2, kernel flipped",
                "window: rows 3 to 4, columns 6 to 10 in steps of 2 of the picture",
            ],
        ),
        (
            ("--at", "0,0", "--padding", "1", "--channels", "sum"),
            [
                "stride 1, padding 1 (zeros), channels sum",
                "window: rows -1 to 0, columns -1 to 1 of the picture, part of it padding",
            ],
        ),
        (
            ("--at", "0,0", "--padding", "4", "--padding-mode", "reflect"),
            [
                "stride 1, padding 4 (reflect)",
                "window: rows -4 to -3, columns -4 to -2 of the picture, all of it padding",
            ],
        ),
    ],
)
def test_it_says_what_the_layer_does_and_where_the_window_lies(
    run: Run, picture: str, args: tuple[str, ...], lines: list[str]
) -> None:
    assert run("explain", picture, "-k", INLINE, *args).out.splitlines()[1:3] == lines


def test_of_a_large_kernel_the_middle_is_shown_where_the_largest_cells_are(run: Run) -> None:
    lines = run("explain", "sample:cat", "-k", "gaussian:sigma=2", "--at", "10,10").out.splitlines()
    ((number, heading),) = [(n, line) for n, line in enumerate(lines) if "kernel (times 0.01)" in line]
    row = lines[number + 4][heading.index("kernel") :].split()[:7]
    # The outer product of exp(-k^2 / 8) with itself, by its sum; row 0, columns -3 to 3.
    bell = np.exp(-np.square(np.arange(-6, 7)) / 8) / np.exp(-np.square(np.arange(-6, 7)) / 8).sum()
    assert row == [f"{100 * bell[6] * each:.2f}" for each in bell[3:10]]
    assert "(the middle 7x7 of 13x13 cells; all are in the sums, --json lists them)" in lines


def test_running_totals_can_be_checked_however_large_they_are(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "big.npy", np.random.default_rng(6).uniform(1e8, 2e9, (5, 5)))
    lines = run("explain", "big.npy", "-k", "box:3", "--at", "0,0").out.splitlines()
    rows = [line.split(" = ")[1].split(", running total ") for line in lines if line.startswith("row ")]
    total = 0
    for row, *running in rows:
        total += int(row)
        assert not running or abs(int(running[0]) - total) <= len(rows)
    assert len(str(total)) >= 9


def test_a_saturated_activation_leaves_the_sums_as_short_as_they_were(run: Run, tmp_path: Path) -> None:
    (tmp_path / "three.npy").write_bytes(npy(np.array([[1, 2, 3]], np.uint8)))
    done = run("explain", "three.npy", "-k", "-1 -2 -4", "--bias", "0.5", "--activation", "sigmoid")
    value = f"{1 / (1 + math.exp(16.5)):.4g}"
    assert f"the value at row 0, column 0 is {value}" in done.out
    assert "bias: -17 + 0.5 = -16.5\n" in done.out
    assert f"sigmoid: -16.5 becomes {value}\n" in done.out
    done = run("explain", "three.npy", "-k", "1 2 4", "--bias", "0.5", "--activation", "relu")
    assert "relu: 17.5 becomes 17.5\n" in done.out


def test_what_is_pooled_stands_where_it_does_in_the_map_and_the_winner_is_framed(
    run: Run, tmp_path: Path
) -> None:
    np.save(tmp_path / "map.npy", np.array([[1, 2, 3], [40, 5, 6], [7, 8, 9]]))
    done = run("explain", "map.npy", "-k", "1", "--pool", "max:2,padding=1", "--at", "1,0")
    lines = done.out.splitlines()
    place = lines.index("pooled from rows 1 to 2, columns -1 to 0 of the map")
    assert lines[place + 1 : place + 3] == [" [40]", "    7"]
    assert lines[-1] == "max-pool 2x2: the largest of 2 values is 40, from row 1, column 0 of the map"
    done = run("explain", "map.npy", "-k", "1", "--pool", "avg:2,padding=1", "--at", "1,0")
    assert "(0) 40\n(0)  7\n" in done.out


def test_of_a_pooled_map_the_card_shows_the_map_before_pooling_too(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "map.npy", np.arange(16, dtype=np.uint8).reshape(4, 4) * 16)
    assert run("explain", "map.npy", "-k", "1", "--pool", "max:2", "--at", "1,1", "-o", "card.png").code == 0
    page = pixels(tmp_path / "card.png")
    frames = (page[144:360] == (230, 90, 0)).all(axis=2).any(axis=0)
    assert np.count_nonzero(np.diff(frames[:1270].astype(int)) == 1) >= 3


def test_stacked_grids_keep_their_signs_and_have_air_between_them(run: Run) -> None:
    lines = [line.rstrip() for line in unstyled(run(*LARGE, columns=60).out).splitlines()]
    for heading in ("x kernel (times 0.01)", "= products"):
        assert lines[lines.index(heading) - 1] == ""


def test_negative_numbers_can_be_read_on_black(run: Run) -> None:
    out = run(*CAT, "--at", "120,60", columns=80).out
    assert "\x1b[94m" in out  # bright blue
    assert "\x1b[34m" not in out


@pytest.mark.parametrize(
    ("command", "corner"),
    [
        (("explain", "-k", "1", "--at", "5,5"), (32, 144)),
        (("shift", "-k", "1", "--by", "1"), (32, 556)),
        (("learn", "--target", "1", "--steps", "1"), (286, 88)),
    ],
)
def test_white_at_the_edge_of_a_picture_does_not_end_in_the_paper(
    run: Run, tmp_path: Path, command: tuple[str, ...], corner: tuple[int, int]
) -> None:
    white = np.full((6, 6), 255, np.uint8)
    white[3, 3] = 0
    np.save(tmp_path / "white.npy", white)
    assert run(command[0], "white.npy", *command[1:], "-o", "page.png").code == 0
    page = pixels(tmp_path / "page.png")
    left, top = corner
    assert (page[top - 1, left - 1 : left + 90, :3] == 205).all()
    assert (page[top - 1 : top + 90, left - 1, :3] == 205).all()


@pytest.mark.skipif(sys.platform == "win32", reason="no such names")
def test_a_line_break_in_a_name_breaks_no_line_of_a_card(run: Run, tmp_path: Path, picture: str) -> None:
    for name, card in (("a\nb\x1b.png", "broken.png"), ("a\\nb\\x1b.png", "escaped.png")):
        (tmp_path / name).write_bytes((tmp_path / picture).read_bytes())
        assert run("explain", name, "-k", "sobel-x", "-o", card).code == 0
    assert (tmp_path / "broken.png").read_bytes() == (tmp_path / "escaped.png").read_bytes()


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (
            ("-k", "sobel-x", "--at", "1"),
            2,
            "'1' is not a place; it takes row,column from 0 (120,60), max or min",
        ),
        (("-k", "sobel-x", "--at", "99,0"), 2, "there is no value 99,0; the map has rows 0 to 10"),
        (("-k", "edges"), 2, "edges stands for 12 kernels; name one of them, such as sobel-x"),
        (("-k", "sobel"), 2, "sobel joins the maps of sobel-x and sobel-y; look at one of them at a time"),
        (("-k", "sobel-x", "--map", "1"), 2, "there is no map 1: the kernel makes one, number 0"),
        (("-k", "sobel-x", "--bias", "1,2"), 2, "--bias gives 2 values; one map takes one"),
        (("-k", "box:31"), 1, "noise.png: the kernel spans 31x31, which does not fit"),
        (
            ("-k", "sobel-x", "-o", "card.gif"),
            2,
            "-o card.gif: it takes the name of a file that ends in .png",
        ),
        (("-k", "sobel-x", "-o", "noise.png", "-f"), 2, "noise.png"),
        (("-k", "sobel-x", "--pool", "max:12"), 1, "the pooling window spans 12x12, which does not fit"),
        (("-k", "sobel-x", "--pool", "max:2,padding=2"), 2, "at most half of its 2x2 window"),
        ((), 2, "a kernel is missing; try -k sobel-x"),
    ],
)
def test_what_it_cannot_do_is_said_and_nothing_is_written(
    run: Run, tmp_path: Path, picture: str, args: tuple[str, ...], code: int, message: str
) -> None:
    done = run("explain", picture, *args)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert files(tmp_path) == {picture}


def test_what_is_wrong_with_the_values_begins_with_the_name_of_their_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "huge.npy").write_bytes(npy(np.full((5, 9), 2**62)))
    for command in (("explain",), ("animate", "-o", "x.gif"), ("shift",)):
        done = run(
            command[0], "huge.npy", "-k", "sobel-x", *command[1:], *(("--by", "1") * (command[0] == "shift"))
        )
        assert (done.code, done.err.startswith("cnnviz: huge.npy: ")) == (1, True)


def test_the_file_of_a_card_is_named_below_the_text(run: Run, picture: str) -> None:
    args = ("explain", picture, "-k", "sobel-x")
    assert run(*args, "-o", "card.png").out == f"{run(*args).out}written: card.png\n"
    assert "written" not in run(*args, "-f", "-o", "card.png", "--json").out


def test_a_card_is_not_overwritten_without_force(run: Run, tmp_path: Path, picture: str) -> None:
    args: tuple[Any, ...] = ("explain", picture, "-k", "sobel-x", "-o", "card.png")
    assert run(*args).code == 0
    assert (run(*args).code, run(*args, "-f").code) == (1, 0)


def test_the_same_place_has_the_same_value_in_convolve(run: Run, tmp_path: Path, picture: str) -> None:
    settings = ("--stride", "2", "--padding", "same", "--padding-mode", "reflect", "--activation", "relu")
    assert run("convolve", picture, "-k", INLINE, *settings, "-o", "map.npy").code == 0
    kept = np.load(tmp_path / "map.npy")[0]
    document = run("explain", picture, "-k", INLINE, *settings, "--json").json
    assert document["output"] == kept.max()
    assert document["output_at"] == list(np.unravel_index(kept.argmax(), kept.shape))


def test_a_picture_from_a_pipe_is_called_so(run: Run) -> None:
    done = run("explain", "-", "-k", "sobel-x", stdin=Path(SAMPLES, "cat.png").read_bytes())
    assert done.out.startswith("standard input under sobel-x: the value at row 100, column 167 is 503\n")
