"""The table on a terminal: complete at any width, and names as they are."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from cnnviz.render.results import Result
from cnnviz.render.tables import table
from cnnviz.render.tone import Tone

ONE = Result(
    image="sample:cat",
    op="convolve",
    kernel="sobel-x",
    input=(1, 300, 451),
    output=(1, 298, 449),
    files=("cat.sobel-x.png",),
    range=(-522, 503),
    tone=Tone("symmetric", -212, 212, 0.005),
)
SEVERAL = [
    ONE,
    replace(ONE, kernel="gaussian:size=7,sigma=1.5", files=("cat.gaussian-size7-sigma1.5.png",)),
    replace(ONE, image="brick.png", input=(1, 512, 512), kernel="bank.npy", files=("a.000.png", "a.001.png")),
]
CELLS = ("sample:cat", "sobel-x", "1x300x451", "1x298x449", "-522..503", "-212..212", "cat.sobel-x.png")


def printed(results: list[Result], width: int) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, markup=False, emoji=False, highlight=False, color_system=None)
    console.print(table(results, width, caption="stride 1, no padding."))
    return stream.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_every_cell_is_whole_at_any_width(width: int) -> None:
    out = printed(SEVERAL, width)
    for cell in (
        *CELLS,
        "gaussian:size=7,sigma=1.5",
        "brick.png",
        "1x512x512",
        "bank.npy",
        "a.000.png and 1 more",
    ):
        assert cell in out
    assert "…" not in out
    assert "stride 1, no padding." in " ".join(out.split())


def test_no_line_is_wider_than_the_terminal_and_no_cell_is_cut() -> None:
    for width in range(60, 140):
        out = printed([ONE], width)
        assert all(cell_len(line) <= width for line in out.splitlines())
        assert all(cell in out for cell in CELLS)


def test_a_wide_terminal_gets_one_row_a_result() -> None:
    lines = printed([ONE], 200).splitlines()
    (row,) = [line for line in lines if "sobel-x" in line and "sample:cat" in line]
    assert [row.index(cell) for cell in CELLS] == sorted(row.index(cell) for cell in CELLS)


@pytest.mark.parametrize("width", [60, 200])
def test_a_long_path_is_on_one_line_to_be_copied(width: int) -> None:
    path = f"results/{'long-' * 30}name.png"
    out = printed([replace(ONE, files=(path,))], width)
    assert path in out.replace("\n", "") or path in out


@pytest.mark.parametrize("width", [60, 200])
def test_names_are_printed_as_they_are(width: int) -> None:
    out = printed([replace(ONE, image="[red]x[/red].png", kernel=":smile:", files=("[final].png",))], width)
    for name in ("[red]x[/red].png", ":smile:", "[final].png"):
        assert name in out
    assert r"a\x1b[31m\nb.png" in printed([replace(ONE, files=("a\x1b[31m\nb.png",))], width)


def test_a_picture_is_named_once_for_all_its_kernels() -> None:
    out = printed([ONE, replace(ONE, kernel="sobel-y", files=("cat.sobel-y.png",))], 200)
    assert out.count("sample:cat") == out.count("1x300x451") == 1
    other = replace(ONE, input=(3, 300, 451), kernel="bank")
    assert "3x300x451" in printed([ONE, other], 200)
