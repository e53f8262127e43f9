"""The README and the pages of docs/ keep their word: their commands run, and make the pictures they show."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from benchmarks import chart
from cnnviz.cli.main import COMMANDS
from cnnviz.images import samples
from cnnviz.kernels import names
from cnnviz.network import known

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
EVERYTHING = "\n".join([README, *PAGES.values()])
TOUR = re.findall(r"^\|.*\| `(cnnviz [^`]+)` \|$", README, re.MULTILINE)
BLOCKS = re.findall(r"^```sh\n(.*?)^```", EVERYTHING, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]
FIRST_RUN = re.findall(r"&& \.venv/bin/(cnnviz .*)$", "\n".join(LINES), re.MULTILINE)
COMMAND_LINES = [*FIRST_RUN, *TOUR, *(line for line in LINES if line.startswith(("cnnviz ", "find ")))]
SHOWN = {
    *re.findall(r"!\[[^]]*\]\((docs/[^)]+)\)", README),
    *(f"docs/{name}" for page in PAGES.values() for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page)),
}
PICTURES = sorted(SHOWN - {"docs/benchmarks.png"})


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample pictures in which every command of README and docs/ was run."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "sample_images").symlink_to(ROOT / "sample_images")
    shim = folder / "bin" / "cnnviz"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnnviz "$@"\n')
    shim.chmod(0o755)
    environment = {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for line in COMMAND_LINES:
        # One after the other, as a reader tries them: no file of an earlier one is in the way.
        done = subprocess.run(
            line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert "Traceback" not in done.stderr
    return folder


def test_two_lines_do_all_the_set_up() -> None:
    making = [line for line in LINES if "venv" in line or "pip" in line.split()]
    assert len(making) == 2
    assert making[0].endswith("cnnviz convolve sample_images/cat.png --kernel sobel-x")
    assert making[1].endswith("pytest")


def frames(path: Path) -> NDArray[np.uint8]:
    """All frames of a picture, (N, H, W, 3)."""
    with Image.open(path) as image:
        return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])


@pytest.mark.parametrize("picture", PICTURES)
def test_its_commands_make_its_pictures(
    workplace: Path, picture: str, request: pytest.FixtureRequest
) -> None:
    result = workplace / Path(picture).relative_to("docs")
    if request.config.getoption("--update-golden"):
        shutil.copy(result, ROOT / picture)
    made, shown = frames(result), frames(ROOT / picture)
    assert made.shape == shown.shape
    # Text may be drawn a shade differently by another FreeType; maps may not.
    assert np.mean(made != shown) < 0.002


def test_its_chart_is_drawn_from_its_table(tmp_path: Path) -> None:
    chart.draw(tmp_path / "chart.png")
    drawn, shown = Image.open(tmp_path / "chart.png"), Image.open(ROOT / "docs" / "benchmarks.png")
    assert drawn.size == shown.size
    different = np.asarray(drawn.convert("RGB")) != np.asarray(shown.convert("RGB"))
    assert np.mean(different) < 0.02  # text, by another FreeType


def test_it_shows_pictures_that_exist_and_no_others_lie_about() -> None:
    assert PICTURES
    kept = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "docs").rglob("*")
        if path.suffix in (".png", ".webp", ".gif")
    }
    assert kept == SHOWN


def test_its_links_lead_to_files_and_headings() -> None:
    for path, page in {ROOT / "README.md": README, **PAGES}.items():
        for target, heading in re.findall(r"[^!]\[[^]]*\]\(([^)#:]+)(?:#([^)]+))?\)", page):
            linked = path.parent / target
            assert linked.is_file(), target
            assert not heading or f"## {heading}" in linked.read_text(encoding="utf-8").lower()


def test_every_command_kernel_network_and_sample_is_named() -> None:
    for entry in COMMANDS:
        assert f"cnnviz {entry.name}" in README
    for name in (*names(), *known.names()):
        assert f"`{name}`" in EVERYTHING
    for name in samples():
        assert name in README


def test_its_tour_has_a_command_for_each_heading_of_an_introduction() -> None:
    assert [line.split()[1] for line in TOUR] == ["shapes", "explain", "learn", "convolve", "shift", "run"]


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 300
