"""Kernels as text: the whole list, and a card with every coefficient."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.style import Style

from cnnviz import kernels
from cnnviz.colormaps import COLORMAPS
from cnnviz.kernels import FAMILIES, GROUPS, MAGNITUDES, NAMED, Kernel, properties, read
from cnnviz.render.kernels.text import (
    LIST_COLUMNS,
    card,
    listing,
    parameters,
    plain_card,
    plain_list,
    records,
)


def printed(what: RenderableType, width: int = 80) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, markup=False, emoji=False, highlight=False, color_system=None).print(
        what
    )
    return stream.getvalue()


def only(text: str) -> Kernel:
    return read([text])[0].kernels[0]


def shown(kernel: Kernel, width: int = 80) -> str:
    found = None if kernel.is_bank else properties(kernel)
    return printed(card(kernel, found, width), width)


def test_the_plain_list_has_every_kernel_once_with_all_its_cells() -> None:
    rows = [line.split("\t") for line in plain_list()]
    assert sorted(row[0] for row in rows) == sorted([*NAMED, *FAMILIES])
    assert {len(row) for row in rows} == {len(LIST_COLUMNS)}
    for name, family, given, shows, source in rows:
        record = NAMED.get(name) or FAMILIES[name]
        assert (family, shows, source) == (record.family, record.shows, record.source)
        assert given == parameters(record)


def test_the_members_of_a_family_stand_together() -> None:
    families = [record.family for record in records()]
    changes = sum(above != below for above, below in pairwise(families))
    assert len(set(families)) == 1 + changes


def test_parameters_are_told_with_their_defaults() -> None:
    assert parameters(FAMILIES["box"]) == "size (3)"
    for family in FAMILIES.values():
        assert all(f"{each.name} ({each.default})" in parameters(family) for each in family.parameters)
    assert parameters(NAMED["sobel-x"]) == ""


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_listing_names_everything_and_fits(width: int) -> None:
    out = printed(listing(), width)
    words = set(out.replace(",", " ").split())
    for name in (*NAMED, *FAMILIES, *GROUPS, *MAGNITUDES):
        assert name in words
    assert all(cell_len(line) <= width for line in out.splitlines())


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    "text", ["sobel-x", "gaussian:sigma=2", "log:sigma=1.4", "1e", "1/9 -1/3; 100000000 -100000000", "box:31"]
)
def test_a_card_fits_and_its_columns_line_up(text: str, width: int) -> None:
    kernel = only(text if text != "1e" else "-0.00123456 0.00123456; -123456789 1")
    lines = shown(kernel, width).splitlines()
    assert all(cell_len(line) <= width for line in lines)
    rows = lines[2 : 2 + min(kernel.weight.shape[0], 15)]
    columns = min(kernel.weight.shape[1], (width - 2) // 8)
    assert {len(row.rstrip()) for row in rows} == {2 + 8 * columns - 1}
    assert all(len(row.split()) == columns for row in rows)


def test_a_card_shows_the_coefficients() -> None:
    lines = shown(only("sobel-x")).splitlines()
    assert lines[0].split() == ["sobel-x", "3x3"]
    assert [line.split() for line in lines[2:5]] == [["-1", "0", "1"], ["-2", "0", "2"], ["-1", "0", "1"]]


def test_coefficients_stand_on_the_colour_of_their_sign() -> None:
    stream = io.StringIO()
    Style._add.cache_clear()  # Rich keeps the codes of the first console, maybe one of fewer colours
    console = Console(file=stream, width=80, color_system="truecolor", force_terminal=True)
    kernel = only("-3 0 3")
    console.print(card(kernel, properties(kernel), 80))
    table = np.frombuffer(COLORMAPS["vik"].palette, np.uint8).reshape(256, 3)
    for code in (1, 128, 255):
        assert "48;2;" + ";".join(map(str, table[code].tolist())) in stream.getvalue()


def test_of_a_large_kernel_the_middle_is_shown_and_that_is_said() -> None:
    assert "the middle 15x9 of 31x31" in shown(only("box:31"), 80)
    assert "the middle" not in shown(only("box:9"), 80)


def test_a_card_says_what_is_known() -> None:
    out = " ".join(shown(only("sobel-x"), 200).split())
    assert "sum 0: flat regions give 0" in out
    assert "separable yes, rank 1: column (1 2 1) times row (-1 0 1)" in out
    assert NAMED["sobel-x"].shows in out
    assert NAMED["sobel-x"].source in out
    assert "flat regions keep their brightness" in shown(only("gaussian"), 200)
    assert "this is sobel-x turned by 180 degrees" in shown(only("1 0 -1; 2 0 -2; 1 0 -1"), 200)
    assert "sum to 1, not 0" not in shown(only("sharpen"), 200)
    assert "its coefficients sum to 3, not 0" in shown(only("-1 0 4"), 200)


def test_a_bank_is_described(tmp_path: Path) -> None:
    np.save(tmp_path / "bank.npy", np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5))
    kernel = only(str(tmp_path / "bank.npy"))
    out = shown(kernel, 300)
    assert "2x3x4x5" in out
    assert "2 kernels of 4x5 over 3 channels: 2 maps" in out
    assert "0..119" in out
    lines = plain_card(kernel, None)
    rows = [line for line in lines[1:] if line.startswith(tuple("0123456789"))]
    values = [float(cell) for line in rows for cell in line.split("\t")]
    assert values == list(range(120))


@pytest.mark.parametrize("text", ["sobel-x", "gaussian:sigma=2", "1/3 1/7; 1e9 0"])
def test_a_plain_card_loses_nothing(text: str) -> None:
    kernel = only(text.replace("1e9", "1000000000"))
    lines = plain_card(kernel, properties(kernel))
    height, width = kernel.weight.shape
    assert lines[0] == f"{kernel.name}\t{height}x{width}"
    values = [[float(cell) for cell in line.split("\t")] for line in lines[1 : 1 + height]]
    assert np.array_equal(np.array(values, kernel.weight.dtype), kernel.weight)
    assert [line.split("\t")[0] for line in lines[1 + height :]][:3] == ["sum", "separable", "symmetry"]


def test_a_hostile_name_is_escaped_and_not_obeyed() -> None:
    kernel = Kernel("\x1b[31m[bold]\n.npy", "k", np.eye(3))
    out = shown(kernel)
    assert r"\x1b[31m[bold]\n.npy" in out
    assert "\x1b" not in out
    assert "\x1b" not in "".join(plain_card(kernel, properties(kernel)))


def test_every_kernel_of_the_catalogue_has_a_card() -> None:
    for name in kernels.names():
        for operator in read([name]):
            for kernel in operator.kernels:
                assert kernel.name in shown(kernel)
