"""``cnnviz shift``: a picture moved pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from cnnviz.cli import shift
from cnnviz.jobs.shift import _WAYS, _middle
from cnnviz.lessons.shift import Fill, Shifted, Steps
from cnnviz.render.shift.text import Shifts
from tests.cli.running import SOBEL_X, OnTerminal, Run, brightness, files, npy, pixels, png, unstyled
from tests.oracles import scipy_conv2d

INTERIOR = ("map_vs_moved", "pooled_map_vs_moved")


def test_the_distances_of_a_photograph_are_scipys(run: Run) -> None:
    done = run("shift", "sample:cat", "-k", "sobel-x", "--by", "0,3", "--fill", "circular", "--json")
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    cat = brightness("cat")
    other = np.roll(cat, 3, axis=1)
    base, found = (scipy_conv2d(each[None, None], SOBEL_X[None, None])[0, 0] for each in (cat, other))

    def apart(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.linalg.norm(a - b) / np.linalg.norm(b))

    def pooled(a: np.ndarray) -> np.ndarray:
        height, width = a.shape[0] // 2 * 2, a.shape[1] // 2 * 2
        blocks: np.ndarray = a[:height, :width].reshape(height // 2, 2, width // 2, 2).max(axis=(1, 3))
        return blocks

    unmoved, moved = done.json["shifts"]
    assert all(
        unmoved[name] == 0 for name in ("pixels", "map", "pooled_map", "whole_map_vs_moved", *INTERIOR)
    )
    assert moved["pixels"] == pytest.approx(apart(other, cat))
    assert moved["pixels_less_mean"] == pytest.approx(apart(other - cat.mean(), cat - cat.mean()))
    assert moved["map"] == pytest.approx(apart(found, base))
    assert moved["pooled_map"] == pytest.approx(apart(pooled(found), pooled(base)))
    assert moved["map_vs_moved"] == 0
    assert moved["whole_map_vs_moved"] == pytest.approx(apart(found, np.roll(base, 3, axis=1)))
    assert (moved["by"], moved["phase"]) == ([0, 3], [0, 1])


def test_at_multiples_of_stride_and_pooling_the_pooled_map_moves_along_exactly(run: Run) -> None:
    args = ("--stride", "2", "--pool", "max:3,stride=2", "--activation", "relu", "--by", "0:9", "--json")
    for record in run("shift", "sample:cat", "-k", "scharr-x", *args).json["shifts"]:
        assert (record["map_vs_moved"] == 0) == (record["by"][1] % 2 == 0)
        assert (record["pooled_map_vs_moved"] == 0) == (record["by"][1] % 4 == 0)
        assert record["phase"] == [0, record["by"][1] % 4]


@pytest.mark.parametrize(
    ("axis", "way"), [("horizontal", [0, 1]), ("vertical", [1, 0]), ("diagonal", [1, 1])]
)
def test_the_axis_says_where_to(run: Run, axis: str, way: list[int]) -> None:
    found = run("shift", "sample:cat", "-k", "box", "--axis", axis, "--by", "1:2", "--json").json
    assert [record["by"] for record in found["shifts"]] == [way, [2 * each for each in way]]


@pytest.mark.parametrize(
    ("given", "meant"),
    [("2", [0, 1, 2]), ("2:4", [2, 3, 4]), ("3:3", [3]), ("4,1,0,1", [0, 1, 4]), ("0:8", [*range(9)])],
)
def test_shifts_are_a_number_a_row_or_a_list(run: Run, given: str, meant: list[int]) -> None:
    rows = run("shift", "sample:impulse", "-k", "box", "--by", given).table
    assert [int(row["shift"]) for row in rows] == meant


@pytest.mark.parametrize(
    "given", ["", "-1", "0", "0:0", "5:2", "1,", "a", "1:2:3", "1.5", "0:4000000000", "٣"]
)
def test_what_is_no_row_of_shifts_is_wrong_usage(run: Run, given: str) -> None:
    done = run("shift", "sample:impulse", "-k", "box", f"--by={given}")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "is not a list of shifts: write 8 (0 to 8), 4:16 or 0,1,2,4" in done.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--by", "0:999999999"), "are 1000000000 shifts; at most 1000"),
        (("--by", "33"), "sample:impulse: --by (0:8 where it is not given) moves the picture by 33"),
        (("--by", "33"), "pixels, and it is 33 pixels wide: nothing of it would be left; use --by 32"),
        (("--by", "40", "--axis", "vertical"), "it is 33 pixels high: nothing of it would be left"),
        (("--axis", "sideways"), "'sideways'"),
        (("--fill", "reflect"), "'reflect'"),
        (("-o", "shift.gif"), "it takes the name of a file that ends in .png"),
        (("--pool", "max:99"), "does not fit"),
        (("--dark",), "nothing is drawn without -o, so --dark would do nothing; leave it out"),
        (("-k", "sobel-x"), "-k is given 2 times (box, sobel-x)"),
    ],
)
def test_a_refusal_says_what_was_wrong(run: Run, args: tuple[str, ...], words: str) -> None:
    done = run("shift", "sample:impulse", "-k", "box", *args)
    assert (done.code != 0, done.out) == (True, "")
    assert words in done.err
    assert "Traceback" not in done.err


def test_what_was_computed_is_said_everywhere(run: Run) -> None:
    placing = ("--stride", "2", "--padding", "1", "--dilation", "3", "--channels", "sum")
    args = ("shift", "sample:cat", "-k", "sobel-x", *placing, "--by", "2", "--activation", "relu")
    line = "stride 2, padding 1 (zeros), dilation 3, channels sum, relu, pool max:2"
    assert unstyled(run(*args, columns=100).out).splitlines()[1] == line
    found = run(*args, "--json").json
    assert (found["stride"], found["padding"], found["dilation"]) == ([2, 2], "1", [3, 3])
    assert (found["channels"], found["activation"], found["pool"]) == ("sum", "relu", "max:2")
    assert (found["map"], found["padding_mode"], found["flip"], found["bias"]) == (0, "zeros", False, 0)


def test_of_a_bank_the_map_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(np.stack([SOBEL_X, SOBEL_X.T])[:, np.newaxis]))
    done = run("shift", "sample:cat", "-k", "bank.npy", "--map", "1", "--by", "1", columns=80)
    assert unstyled(done.out).startswith("sample:cat under map 1 of bank.npy, moved")


def test_a_picture_of_one_row_moves_along_it_only(run: Run, tmp_path: Path) -> None:
    (tmp_path / "row.npy").write_bytes(npy(np.arange(12)[np.newaxis] ** 2))
    args = ("shift", "row.npy", "-k", "1 -1", "--by", "2")
    assert "the picture is 1 pixel high" in run(*args, "--axis", "vertical").err
    done = run(*args, "--json")
    assert (done.code, done.json["pool"]) == (0, "max:1x2")
    assert [record["map_vs_moved"] for record in done.json["shifts"]] == [0, 0, 0]


def test_values_that_leave_their_type_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "large.npy").write_bytes(npy(np.full((5, 9), 3e38, np.float32)))
    done = run("shift", "large.npy", "-k", "1 1 1", "--by", "2")
    assert (done.code, done.out) == (1, "")
    assert "beyond the range" in done.err


def test_without_an_interior_a_minus_and_null_stand(run: Run) -> None:
    args = ("shift", "sample:impulse", "-k", "gaussian:sigma=2", "--by", "25:26")
    assert [row["map vs moved"] for row in run(*args).table] == ["-", "-"]
    assert [record["map_vs_moved"] for record in run(*args, "--json").json["shifts"]] == [None, None]
    assert "nothing to compare with" in unstyled(run(*args, columns=80).out)


def test_a_chart_is_drawn_and_an_existing_one_kept(run: Run, tmp_path: Path) -> None:
    args = ("shift", "sample:step", "-k", "sobel-x", "--by", "3", "-o", "shift.png")
    assert run(*args).code == 0
    page = pixels(tmp_path / "shift.png")
    assert page.shape[1:] == (1100, 3)
    assert page[0, 0].tolist() == [255, 255, 255]
    refused = run(*args, "--dark")
    assert (refused.code, refused.out) == (1, "")
    assert run(*args, "--dark", "-f").code == 0
    assert pixels(tmp_path / "shift.png")[0, 0].max() < 64
    assert files(tmp_path) == {"shift.png"}


def test_the_three_maps_below_are_the_moved_ones(run: Run, tmp_path: Path) -> None:
    """A spot in the middle of 33x33, each cell 9 pixels large."""
    args = ("--by", "0,1,4,6,8", "--fill", "zeros", "-o", "shift.png")
    assert run("shift", "sample:impulse", "-k", "1", *args).code == 0
    row = pixels(tmp_path / "shift.png")[556 + 16 * 9 + 4, :, 0]
    for number, by in enumerate((0, 4, 8)):
        left = 32 + 358 * number
        assert np.flatnonzero(row[left + 4 : left + 297 : 9] == 255).tolist() == [16 + by]


def test_of_a_large_map_the_middle_is_shown_so_that_it_is_seen_to_move(run: Run, tmp_path: Path) -> None:
    """A spot in the middle of 401x401: of 160x160 cells each is 2 pixels large, a pooled one 8."""
    spot = np.zeros((401, 401), np.uint8)
    spot[200, 200] = 255
    (tmp_path / "spot.png").write_bytes(png(spot))
    args = ("shift", "spot.png", "-k", "1", "--fill", "zeros", "--pool", "max:4", "-o", "shift.png", "-f")
    assert run(*args, "--by", "0,4,8").code == 0
    page = pixels(tmp_path / "shift.png")[:, :, 0]
    for top, side in ((556, 2), (556 + 320 + 70, 8)):
        places = [np.argwhere(page[top : top + 320, left : left + 320] == 255) for left in (32, 390, 748)]
        assert [len(each) for each in places] == [side**2] * 3
        corners = [each.min(axis=0) for each in places]
        assert [(corner - corners[0]).tolist() for corner in corners] == [[0, 0], [0, 8], [0, 16]]


def test_a_map_that_moves_far_or_has_few_pooled_cells_is_shown_whole() -> None:
    records = tuple(Shifted((0, n), 0, 0, 0, 0, 0, 0, 0, (0, 0), (0, 0)) for n in (0, 60))
    for most, pooled in ((60, 2), (0, 450)):
        steps = Steps((1, 1), (pooled, pooled), (1, 1))
        shown = [record for record in records if record.by[1] <= most]
        shifts = Shifts(("", ""), (0, 1), "zeros", "", {}, steps, tuple(shown))
        assert _middle(shifts, (300, 450)) is None


@pytest.mark.parametrize("columns", [60, 80])
def test_the_terminal_shows_table_and_sentences(
    on_terminal: OnTerminal, golden_text: Callable[[str, str], None], columns: int
) -> None:
    code, shown = on_terminal("shift", "sample:cat", "-k", "sobel-x", columns=columns)
    text = unstyled(shown)
    assert code == 0
    assert max(map(cell_len, text.splitlines())) <= columns
    assert "…" not in text
    golden_text(f"shift-{columns}", text)
    words = " ".join(text.split())
    assert "Convolution is equivariant" in words
    assert "It is not invariant" in words
    assert "gives some tolerance" in words


def test_the_widest_row_fits_60_columns(run: Run) -> None:
    args = ("--by", "100,140", "--axis", "diagonal", "--pool", "max:2x3", "--stride", "3x4")
    text = unstyled(run("shift", "sample:cat", "-k", "gaussian", *args, columns=60).out)
    assert max(map(cell_len, text.splitlines())) <= 60
    assert "…" not in text


def test_where_it_does_not_fit_there_are_two_tables_and_no_number_is_cut(run: Run) -> None:
    args = ("--by", "100,140", "--axis", "diagonal", "--pool", "max:2x3", "--stride", "3x4")
    text = unstyled(run("shift", "sample:cat", "-k", "gaussian", *args, columns=40).out)
    assert max(map(cell_len, text.splitlines())) <= 40
    assert "…" not in text
    rows = [line.split() for line in text.splitlines() if line.strip().startswith("140")]
    assert [len(row) for row in rows] == [6, 5]
    assert rows[0][:2] == rows[1][:2] == ["140", "2x8"]


def test_the_choices_written_out_for_the_help_are_those_of_the_code() -> None:
    assert set(shift.AXES) == set(_WAYS)
    assert set(shift.FILLS) == set(Fill.__args__)  # type: ignore[attr-defined]


def test_on_a_terminal_the_file_of_the_chart_is_named(run: Run) -> None:
    args = ("shift", "sample:step", "-k", "box", "--by", "2", "-f", "-o", "shift.png")
    assert run(*args, columns=80).out.endswith("\nwritten: shift.png\n")
    assert "written" not in run(*args).out + run(*args, "--json", columns=80).out
