"""Lines on pictures: a long name of a file costs neither the kernel nor the value nor the size of letters."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.render.animation import Palette
from cnnviz.render.cells import strip
from cnnviz.render.lettering import heading
from cnnviz.render.theme import LIGHT

RUNS = "run-" * 29 + "7.png"


def test_of_a_long_name_the_middle_is_cut_and_all_else_stays() -> None:
    line, letters = heading(f"{RUNS} under sobel-x: the value at row 1, column 2 is 503", [RUNS], 1216, 30)
    assert letters.getlength(line) <= 1216
    assert getattr(letters, "size", 0) == 18
    assert line.startswith("run-run-")
    assert line.endswith("7.png under sobel-x: the value at row 1, column 2 is 503")
    assert "..." in line


@pytest.mark.parametrize("names", [[], ["x" * 300], ["x" * 300, "y" * 300]])
def test_no_line_leaves_its_room(names: list[str]) -> None:
    text = " under ".join([*names, "settings " * 90])
    line, letters = heading(text, names, 600, 30)
    assert letters.getlength(line) <= 600


def test_what_fits_is_written_as_large_as_it_does() -> None:
    line, letters = heading("caf\u00e9.png: 7", ["caf\u00e9.png"], 1216, 30)
    assert (line, getattr(letters, "size", 0)) == ("cafe.png: 7", 30)


def test_the_title_of_an_animation_says_its_kernel_whatever_the_picture_is_called() -> None:
    palette = Palette([LIGHT.paper, (120, 120, 120), LIGHT.ink])
    first, second = (
        strip(f"{RUNS} under {kernel}: stride 1", 17, LIGHT.ink, LIGHT.paper, 540, palette, [RUNS, kernel])
        for kernel in ("sobel-x", "sobel-y")
    )
    assert first.shape[1] <= 540
    assert first.shape != second.shape or not np.array_equal(first, second)
