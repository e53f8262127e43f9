"""Many pictures under eight kernels in one command, beside an OpenCV script and an ImageMagick loop."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from benchmarks.pictures import twelve_megapixels
from benchmarks.processes import imagemagick, peak, spawn
from benchmarks.rows import Row
from cnnviz import images, kernels, ops

_KERNELS = ("sobel-x", "sobel-y", "laplacian-8", "gaussian:sigma=2", "box:5", "sharpen", "prewitt-x", "gabor")
_SIDE, _RUNS = 512, 5
_COUNT, _FEW = 200, 10
"""Pictures; an ImageMagick loop is given fewer, or it would take minutes."""


def run() -> list[Row]:
    """Check the numbers of the first picture, then measure in turn."""
    rows: list[Row] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        weights = _prepare(folder)
        if find_spec("cv2") is not None:
            script = str(Path(__file__).with_name("opencv_batch.py"))
            theirs = [
                sys.executable,
                script,
                str(folder / "in"),
                str(folder / "kernels.npz"),
                str(folder / "cv"),
            ]
            spawn(theirs)
            _check(folder / "cv", folder, weights, lambda sums, _weight: np.abs(sums) / 4)
            ours = _ours(folder, _COUNT)
            rows.append(_compared(folder, "cv", ours, theirs, _COUNT, "OpenCV script, all cores"))
            job = "the same: memory of the largest process"
            rows.append(Row(job, peak(ours), "OpenCV script", peak(theirs), "MiB"))
        if program := imagemagick():
            theirs = _loop(folder, program, weights)
            spawn(theirs)
            _check(folder / "im", folder, weights, lambda sums, weight: sums / np.abs(weight).sum() + 127)
            rows.append(_compared(folder, "im", _ours(folder, _FEW), theirs, _FEW, "ImageMagick loop"))
    return rows


def _ours(folder: Path, count: int) -> list[str]:
    names = [str(path) for path in sorted((folder / "in").iterdir())[:count]]
    asked = [word for kernel in _KERNELS for word in ("-k", kernel)]
    out = f"{folder / 'out'}/"
    return [sys.executable, "-m", "cnnviz", "convolve", *names, *asked, "-o", out, "--force", "--quiet"]


def _compared(folder: Path, out: str, ours: list[str], theirs: list[str], count: int, peer: str) -> Row:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(_RUNS):
        for command, times, place in ((ours, taken[0], "out"), (theirs, taken[1], out)):
            shutil.rmtree(folder / place, ignore_errors=True)
            (folder / place).mkdir()
            times.append(spawn(command))
            if len(list((folder / place).iterdir())) != count * len(_KERNELS):
                raise AssertionError(f"not every map was written into {place}")
    mine = median(taken[0])
    rate = f"{1e3 * count / mine:.0f} a second"
    job = f"{count} pictures of {_SIDE}x{_SIDE}, {len(_KERNELS)} kernels ({rate})"
    return Row(job, mine, peer, median(taken[1]))


def _prepare(folder: Path) -> dict[str, np.ndarray]:
    """The pictures, and the kernels as all have them."""
    (folder / "in").mkdir()
    large, values = twelve_megapixels()[0], np.random.default_rng(0)
    for number in range(_COUNT):
        top, left = values.integers(0, large.shape[0] - _SIDE), values.integers(0, large.shape[1] - _SIDE)
        cut = large[top : top + _SIDE, left : left + _SIDE]
        Image.fromarray(cut).save(folder / "in" / f"{number:03d}.png")
    operators = kernels.read(_KERNELS, None)
    weights = {each.slug: each.kernels[0].weight.astype(np.float32) for each in operators}
    np.savez(folder / "kernels.npz", **weights)  # type: ignore[arg-type]  # names that are data
    return weights


def _loop(folder: Path, program: str, weights: dict[str, np.ndarray]) -> list[str]:
    """A shell loop as one writes it: a process for each picture, all kernels in it."""
    parts = []
    for name, weight in weights.items():
        scaled = ",".join(f"{value:.9g}" for value in (weight / np.abs(weight).sum()).ravel())
        kernel = f"{weight.shape[1]}x{weight.shape[0]}:{scaled}"
        out = f"'{folder}/im/'$(basename $f .png)'.{name}.png'"
        parts.append(f"\\( -clone 0 -bias 50% -morphology Correlate '{kernel}' -write {out} +delete \\)")
    line = f"'{program}' $f {' '.join(parts)} null:"
    few = f"ls '{folder}'/in/*.png | head -{_FEW}"
    return ["sh", "-c", f"mkdir -p '{folder}/im'; for f in $({few}); do {line}; done"]


def _check(
    out: Path,
    folder: Path,
    weights: dict[str, np.ndarray],
    codes: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> None:
    """The first picture's maps, inside of the borders, are ours under the peer's own scale."""
    picture = images.read(str(folder / "in" / "000.png")).pixels("gray")
    for name, weight in weights.items():
        sums = ops.conv2d(picture, weight[np.newaxis, np.newaxis])[0]
        down, across = (side // 2 for side in weight.shape)
        found = images.read(str(out / f"000.{name}.png")).pixels("gray")[0]
        inner = found[down : down + sums.shape[0], across : across + sums.shape[1]]
        difference = np.abs(inner - codes(sums, weight).clip(0, 255)).max()
        if difference > 1:
            raise AssertionError(f"{out.name} comes to other numbers under {name}: {difference}")
