"""Two hundred pictures under eight kernels in one command, beside an OpenCV script on all cores."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from benchmarks.pictures import twelve_megapixels
from benchmarks.processes import spawn
from benchmarks.rows import Row
from cnnviz import images, kernels, ops

_KERNELS = ("sobel-x", "sobel-y", "laplacian-8", "gaussian:sigma=2", "box:5", "sharpen", "prewitt-x", "gabor")
_COUNT, _SIDE, _RUNS = 200, 512, 5


def run() -> list[Row]:
    """Check the numbers of the first picture, then measure both in turn."""
    if find_spec("cv2") is None:
        return []
    with TemporaryDirectory() as name:
        folder = Path(name)
        weights = _prepare(folder)
        script = str(Path(__file__).with_name("opencv_batch.py"))
        theirs = [sys.executable, script, str(folder / "in"), str(folder / "kernels.npz"), str(folder / "cv")]
        asked = [word for kernel in _KERNELS for word in ("-k", kernel)]
        names = [str(path) for path in sorted((folder / "in").iterdir())]
        ours = [sys.executable, "-m", "cnnviz", "convolve", *names, *asked, "-o", str(folder / "out") + "/"]
        spawn(theirs)
        _check(folder, weights)
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(_RUNS):
            for command, times, out in ((ours, taken[0], "out"), (theirs, taken[1], "cv")):
                shutil.rmtree(folder / out, ignore_errors=True)
                times.append(spawn(command))
                if len(list((folder / out).iterdir())) != _COUNT * len(_KERNELS):
                    raise AssertionError(f"not every map was written into {out}")
    job = f"{_COUNT} pictures of {_SIDE}x{_SIDE}, {len(_KERNELS)} kernels"
    return [Row(job, median(taken[0]), "OpenCV script, all cores", median(taken[1]))]


def _prepare(folder: Path) -> dict[str, np.ndarray]:
    """The pictures, and the kernels as both have them."""
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


def _check(folder: Path, weights: dict[str, np.ndarray]) -> None:
    picture = images.read(str(folder / "in" / "000.png")).pixels("gray")
    for name, weight in weights.items():
        sums = np.abs(ops.conv2d(picture, weight[np.newaxis, np.newaxis])[0]) / 4
        down, across = (side // 2 for side in weight.shape)
        found = images.read(str(folder / "cv" / f"000.{name}.png")).pixels("gray")[0]
        inner = found[down : down + sums.shape[0], across : across + sums.shape[1]]
        if np.abs(inner - sums.clip(0, 255)).max() > 1:
            raise AssertionError(f"OpenCV comes to other numbers under {name}")
