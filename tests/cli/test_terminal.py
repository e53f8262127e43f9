"""On a terminal: the table fits, colours where they are wanted, a preview, and a bar for work that lasts."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from tests.cli.running import COLORS, OnTerminal, Run, files, npy, png, unstyled

HALF = "▀"
SHADES = set(" .:-=+*#%@")


@pytest.mark.parametrize("columns", [60, 80])
def test_the_table_fits_a_terminal_and_nothing_is_cut(on_terminal: OnTerminal, columns: int) -> None:
    code, shown = on_terminal("convolve", "sample:cat", "sample:brick", "-k", "edges", columns=columns)
    assert code == 0
    lines = unstyled(shown).splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert "…" not in shown
    for name in ("cat", "brick"):
        assert f"sample:{name}" in unstyled(shown)
        for kernel in ("sobel-x", "laplacian-8", "farid-y"):
            assert any(re.search(rf"\b{name}\.{kernel}\.png\b", line) for line in lines)
    for words in ("1x300x451", "1x298x449", "-2211..1373", "-841..841"):
        assert words in unstyled(shown)


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 200])
@pytest.mark.parametrize(
    "args",
    [
        (
            "convolve",
            "sample:cat",
            "-k",
            "gaussian:size=7,sigma=1.5",
            "-k",
            "1 2; 3 4",
            "-o",
            "a/long/folder/",
        ),
        ("pool", "sample:cat", "sample:step", "--size", "2", "--mode", "avg"),
        ("convolve", "sample:cat", "-k", "sobel", "-n"),
    ],
)
def test_every_width_shows_every_value(run: Run, args: tuple[str, ...], columns: int) -> None:
    done = run(*args, columns=columns)
    assert done.code == 0
    shown = unstyled(done.out)
    assert max(map(cell_len, shown.splitlines())) <= columns
    assert "…" not in shown
    squeezed = "".join(shown.split())
    for row in run(*args, "-f", "--plain").table:
        for name in ("picture", "output", "range", "tone", "file"):
            assert row[name] in squeezed


def test_the_caption_says_the_settings_and_how_much_is_clipped(run: Run) -> None:
    done = run("convolve", "sample:cat", "-k", "sobel-x", "--stride", "2", "--padding", "1", columns=100)
    (caption,) = re.findall(r"stride 2, padding 1[^.]*\.", unstyled(done.out))
    assert "zeros" in caption
    assert re.search(r"0\.\d % of the values", unstyled(done.out))


def test_a_pipe_gets_no_colour_and_whole_lines(run: Run, tmp_path: Path) -> None:
    long = "n" * 200 + ".png"
    (tmp_path / long).write_bytes(png(COLORS))
    done = run("convolve", long, "-k", "box")
    assert b"\x1b" not in done.stdout + done.stderr
    assert len(done.out.splitlines()) == 2
    assert done.table[0]["file"] == "n" * 200 + ".box.png"


def test_plain_on_a_terminal_is_what_a_pipe_gets(run: Run) -> None:
    args = ("convolve", "sample:cat", "-k", "edges", "-f")
    assert run(*args, "--plain", columns=30).out == run(*args).out


@pytest.mark.parametrize("variable", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_without_colours_gets_a_plain_table_and_shades(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: tuple[str, str]
) -> None:
    monkeypatch.setenv(*variable)
    shown = run("convolve", "sample:step", "-k", "sobel-x", "--show", columns=60).out
    assert "step.sobel-x.png" in shown
    assert HALF not in shown
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|38|4[0-7]|48)[0-9;]*m", shown)


def test_a_terminal_without_letters_gets_ascii(on_terminal: OnTerminal) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    code, shown = on_terminal("convolve", "sample:step", "-k", "sobel-x", "--show", env=ascii_only)
    assert code == 0
    assert "step.sobel-x.png" in unstyled(shown)
    assert shown.isascii()
    assert "\\" not in shown


# The preview


def preview(shown: str, title: str) -> list[str]:
    """The lines below the title of a preview."""
    lines = unstyled(shown).splitlines()
    return lines[lines.index(title) + 1 :]


@pytest.mark.parametrize(("columns", "across"), [(40, 40), (100, 80), (300, 80)])
def test_a_preview_is_half_blocks_one_line_for_two_rows(run: Run, columns: int, across: int) -> None:
    done = run("convolve", "sample:brick", "-k", "box", "--show", "-q", columns=columns)
    lines = preview(done.out, "sample:brick box")
    assert set(lines) == {HALF * across}
    assert len(lines) == across // 2


def test_a_preview_shows_dark_and_light_where_the_map_has_them(run: Run) -> None:
    done = run("convolve", "sample:step", "-k", "identity", "--show", "-q", columns=40)
    for line in done.out.splitlines()[1:]:
        levels = [int(level) for level in re.findall(r"38;5;(\d+)", line)]
        assert len(levels) == 6
        assert len(set(levels[:3])) == len(set(levels[3:])) == 1
        assert levels[0] != levels[3]


def test_a_preview_in_a_pipe_is_shades_of_ascii(run: Run) -> None:
    done = run("convolve", "sample:step", "-k", "identity", "--show")
    assert b"\x1b" not in done.stdout
    lines = preview(done.out, "sample:step identity")
    assert lines == ["   @@@"] * 3
    assert set("".join(lines)) <= SHADES


def test_every_result_has_its_preview_and_files_are_written_all_the_same(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:step", "sample:impulse", "-k", "box", "-k", "sobel-x", "--show")
    titles = [f"sample:{name} {kernel}" for name in ("step", "impulse") for kernel in ("box", "sobel-x")]
    assert [line for line in done.out.splitlines() if line in titles] == titles
    assert len(files(tmp_path)) == 4


def test_of_a_bank_the_preview_says_which_map_it_shows(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(np.ones((4, 1, 2, 2))))
    assert (
        "sample:step bank.npy (map 0 of 4)" in run("convolve", "sample:step", "-k", "bank.npy", "--show").out
    )


def test_a_colour_picture_is_previewed_in_its_colours(run: Run, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(png(np.full((8, 8, 3), [255, 0, 0], np.uint8)))
    done = run("pool", "red.png", "--size", "2", "--show", "-q", columns=40)
    assert set(re.findall(r"38;5;(\d+);48;5;(\d+)", done.out)) == {("196", "196")}


# The bar


def test_short_work_shows_no_bar(on_terminal: OnTerminal) -> None:
    code, shown = on_terminal("convolve", "sample:step", "sample:impulse", "-k", "box", "-q")
    assert (code, shown) == (0, "")


def test_work_that_lasts_shows_a_bar_on_a_terminal_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.cli.progress._AFTER", -1.0)
    args = ("convolve", "sample:step", "sample:impulse", "sample:checkerboard", "-k", "box", "-q", "-f")
    assert run(*args).err == ""
    shown = run(*args, columns=80)
    assert "pictures" in unstyled(shown.err)
    assert re.search(r"3/3 [0-9.]+ a second", unstyled(shown.err))
    assert shown.out == ""
    assert run("convolve", "sample:step", "-k", "box", "-q", "-f", columns=80).err == ""


def test_errors_beside_a_bar_are_whole_lines(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.cli.progress._AFTER", -1.0)
    done = run("convolve", "sample:step", "[red]a[/red].png", "sample:cat", "-k", "box", "-q", columns=80)
    assert done.code == 1
    assert "cnnviz: [red]a[/red].png: No such file or directory" in unstyled(done.err)
