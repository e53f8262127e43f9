"""Whole processes, from a file to a file: ours, an OpenCV script, libvips, ImageMagick, GraphicsMagick.

Every peer's picture is decoded and compared first. Each maps the sums to 8 bits in its own way: what it is
said to do is applied to our sums, and may differ by one code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.pictures import twelve_megapixels
from benchmarks.rows import Row
from cnnviz import images, ops

Array = NDArray[Any]
_SOBEL = np.array([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])
_EIGHTH = "3x3:-0.125,0,0.125,-0.25,0,0.25,-0.125,0,0.125"


class Peer(NamedTuple):
    """A command from a picture to a picture, and what it makes of a sum."""

    name: str
    command: Callable[[str, str], list[str]]
    codes: Callable[[Array], Array]
    slow: bool = False  # not asked to do 100 megapixels


def run() -> list[Row]:
    """Measure every command in turn, by medians; memory by the peak of one run."""
    with TemporaryDirectory() as folder:
        found = peers(Path(folder))
        rows: list[Row] = []
        pixels = twelve_megapixels()[0]
        large = str(Path(folder, "large.png"))
        Image.fromarray(pixels).save(large)
        for peer in found:
            _check(peer, large, folder)
        rows += _compared("12 MP PNG, sobel-x, PNG", large, found, folder, runs=7)
        small = images.locate("sample:cat")
        rows += _compared("cat.png, sobel-x, PNG", small, found[:1], folder, runs=15)
        huge = str(Path(folder, "huge.png"))
        Image.fromarray(np.tile(pixels, (4, 3))[:10_000, :10_000]).save(huge, compress_level=1)
        fast = [peer for peer in found if not peer.slow]
        rows += _compared("100 MP PNG, sobel-x, PNG", huge, fast, folder, runs=3)
        rows += _peaks("100 MP PNG, sobel-x, PNG: memory", huge, fast, folder)
        rows += [_start()]
    return rows


def peers(folder: Path) -> list[Peer]:
    """Those that are installed; ``folder`` is for what they need."""
    found = []
    if find_spec("cv2") is not None:
        script = str(Path(__file__).with_name("opencv_script.py"))
        found.append(
            Peer("OpenCV script", lambda i, o: [sys.executable, script, i, o], lambda s: np.abs(s) / 4)
        )
    if shutil.which("vips"):
        mask = folder / "sobel.mat"
        mask.write_text("3 3 8 128\n-1 0 1\n-2 0 2\n-1 0 1\n")
        found.append(Peer("vips conv", lambda i, o: ["vips", "conv", i, o, str(mask)], lambda s: s / 8 + 128))
    if program := imagemagick():
        options = ["-bias", "50%", "-morphology", "Correlate", _EIGHTH]
        found.append(
            Peer("ImageMagick", lambda i, o: [program, i, *options, o], lambda s: s / 8 + 127, slow=True)
        )
    if shutil.which("gm"):
        weights = ",".join(map(str, _SOBEL.ravel()))
        found.append(
            Peer("gm convert", lambda i, o: ["gm", "convert", i, "-convolve", weights, o], lambda s: s, True)
        )
    return found


def imagemagick() -> str | None:
    """The program on the path that says it is ImageMagick (others are called convert too)."""
    for name in ("magick", "convert"):
        for folder in os.get_exec_path():
            program = shutil.which(name, path=folder)
            if program and _says_imagemagick(program):
                return program
    return None


def _says_imagemagick(program: str) -> bool:
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stdout
    return said.startswith("Version: ImageMagick")


def ours(picture: str, out: str) -> list[str]:
    """Our command for the same."""
    return [sys.executable, "-m", "cnnviz", "convolve", picture, "-k", "sobel-x", "-o", out, "--force"]


def _check(peer: Peer, picture: str, folder: str) -> None:
    out = str(Path(folder, "checked.png"))
    spawn(peer.command(picture, out))
    sums = ops.conv2d(images.read(picture).pixels("gray"), _SOBEL)[0].astype(np.float64)
    found = images.read(out).pixels("gray")[0, 1:-1, 1:-1]
    difference = np.abs(found - peer.codes(sums).clip(0, 255)).max()
    if difference > 1:
        raise AssertionError(f"{peer.name} comes to other numbers: {difference}")


def _compared(job: str, picture: str, peers: list[Peer], folder: str, runs: int) -> list[Row]:
    out = str(Path(folder, "out.png"))
    commands = {"cnnviz": ours(picture, out)} | {peer.name: peer.command(picture, out) for peer in peers}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            milliseconds = spawn(command)
            if turn:
                taken[name].append(milliseconds)
    medians = {name: median(times) for name, times in taken.items()}
    return [Row(job, medians["cnnviz"], peer.name, medians[peer.name]) for peer in peers]


def _peaks(job: str, picture: str, peers: list[Peer], folder: str) -> list[Row]:
    out = str(Path(folder, "out.png"))
    mine = peak(ours(picture, out))
    return [Row(job, mine, peer.name, peak(peer.command(picture, out)), "MiB") for peer in peers]


def _start() -> Row:
    commands = {
        "cnnviz": [sys.executable, "-m", "cnnviz", "--help"],
        "click": [sys.executable, "-c", "import click"],
    }
    taken = {name: median(spawn(command) for _ in range(15)) for name, command in commands.items()}
    return Row("cnnviz --help", taken["cnnviz"], 'python -c "import click"', taken["click"])


def spawn(command: list[str]) -> float:
    """Milliseconds of one process."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return 1e3 * (time.perf_counter() - started)


def peak(command: list[str]) -> float:
    """Peak MiB of one process: started by a small one, since it is charged with what its parent had."""
    script = (
        "import os, subprocess, sys; process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "print(os.wait4(process.pid, 0)[2].ru_maxrss)"
    )
    asked = [sys.executable, "-c", script, *command]
    kilobytes = int(subprocess.run(asked, check=True, capture_output=True).stdout)
    return kilobytes / (1024 if sys.platform != "darwin" else 1024**2)
