"""The same job by other libraries, where they are installed: pip install '.[bench]'.

Every result is compared with ours before it is timed, inside the border that the peers pad in their own ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures import twelve_megapixels
from benchmarks.timing import medians, table
from cnnviz import ops

Array = NDArray[Any]
Way = Callable[[], Any]


class Job(NamedTuple):
    """One job: ours, and the peers' by name; ``border`` cells of theirs lie outside our result."""

    name: str
    ours: Way
    peers: dict[str, Way]
    border: int = 0


def run() -> str:
    """Measure every job with every peer in turn, and return the table of medians and ratios."""
    cv2, torch, ndimage = (_installed(name) for name in ("cv2", "torch", "scipy.ndimage"))
    rows = []
    for job in _jobs(cv2, torch, ndimage):
        for peer, way in job.peers.items():
            _check(job, peer, way)
        taken = medians({"cnnviz": job.ours, **job.peers}, pause=0.05)
        ours = taken.pop("cnnviz")
        rows += [
            (job.name, f"{ours:.1f} ms", peer, f"{ms:.1f} ms", f"{ours / ms:.2f}")
            for peer, ms in taken.items()
        ]
    return table("cnnviz and its peers", ("job", "cnnviz", "peer", "median", "cnnviz / peer"), rows)


def _jobs(cv2: Any, torch: Any, ndimage: Any) -> Iterator[Job]:
    picture = twelve_megapixels()
    floats = picture.astype(np.float32)
    random = np.random.default_rng(0)
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    yield _filters("sobel-x, 12 MP uint8", picture, sobel[np.newaxis, np.newaxis], cv2, torch, ndimage)
    bank = random.normal(size=(16, 1, 3, 3)).astype(np.float32)
    yield _filters("16 random 3x3, 12 MP float32", floats, bank, cv2, None, None)
    large = random.normal(size=(1, 1, 31, 31)).astype(np.float32)
    yield _filters("31x31 random, 12 MP float32", floats, large, cv2, None, None)
    maps = random.normal(size=(64, 224, 224)).astype(np.float32)
    yield _pooling("max-pool 2, 64x224x224", maps, 2, torch)
    yield _pooling("max-pool 3, stride 2, 64x224x224", maps, 3, torch)


def _pooling(name: str, maps: Array, size: int, torch: Any) -> Job:
    peers: dict[str, Way] = {}
    if torch is not None:
        tensor = torch.from_numpy(maps)
        peers["torch"] = lambda: torch.max_pool2d(tensor, size, 2)
    return Job(name, lambda: ops.max_pool2d(maps, size, 2), peers)


def _filters(name: str, picture: Array, weight: Array, cv2: Any, torch: Any, ndimage: Any) -> Job:
    """One convolution by every peer; cv2 and SciPy take a kernel at a time."""
    kernels = [kernel[0].astype(np.float32) for kernel in weight]
    peers: dict[str, Way] = {}
    if cv2 is not None:
        peers["cv2.filter2D"] = lambda: [cv2.filter2D(picture[0], cv2.CV_32F, each) for each in kernels]
    if ndimage is not None:
        peers["scipy.ndimage"] = lambda: [ndimage.correlate(picture[0], each, np.float32) for each in kernels]
    if torch is not None:
        x, w = torch.from_numpy(picture.astype(np.float32)), torch.from_numpy(weight.astype(np.float32))
        peers["torch"] = lambda: torch.conv2d(x, w, padding=weight.shape[-1] // 2)
    return Job(name, lambda: ops.conv2d(picture, weight), peers, border=weight.shape[-1] // 2)


def _check(job: Job, peer: str, way: Way) -> None:
    """The peer's numbers are ours, to the rounding of float32."""
    ours, theirs = np.asarray(job.ours(), np.float64), np.asarray(way(), np.float64)
    if job.border:
        theirs = theirs[:, job.border : -job.border, job.border : -job.border]
    if np.abs(ours - theirs).max() > 1e-5 * np.abs(ours).max():
        raise AssertionError(f"{job.name}: {peer} comes to other numbers")


def _installed(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None
