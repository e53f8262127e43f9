"""The same job by other libraries in one process, where they are installed: pip install '.[bench]'.

Every result is compared with ours before it is timed, inside the border that the peers pad in their own ways.
All of them correlate, as we do: no kernel is flipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import networks
from benchmarks.pictures import twelve_megapixels
from benchmarks.rows import Row
from benchmarks.timing import medians
from cnnviz import ops

Array = NDArray[Any]
Way = Callable[[], Any]

_VGG = (
    (3, 64, 224), (64, 64, 224), (64, 128, 112), (128, 128, 112), (128, 256, 56), (256, 256, 56),
    (256, 256, 56), (256, 512, 28), (512, 512, 28), (512, 512, 28), (512, 512, 14), (512, 512, 14),
    (512, 512, 14),
)  # fmt: skip
"""Channels, maps and side of VGG-16's thirteen layers."""


class Job(NamedTuple):
    """One job: ours, and the peers' by name; ``border`` cells of theirs lie outside our result."""

    name: str
    ours: Way
    peers: dict[str, Way]
    border: int = 0
    step: int = 1  # theirs has this many rows and columns for one of ours


def run() -> list[Row]:
    """Measure every job with every peer in turn."""
    cv2, torch, ndimage = (_installed(name) for name in ("cv2", "torch", "scipy.ndimage"))
    rows = []
    for job in _jobs(cv2, torch, ndimage):
        for peer, way in job.peers.items():
            _check(job, peer, way)
        taken = medians({"cnnviz": job.ours, **job.peers}, runs=9, pause=0.01)
        ours = taken.pop("cnnviz")
        rows += [Row(job.name, ours, peer, theirs) for peer, theirs in taken.items()]
    return rows


def _jobs(cv2: Any, torch: Any, ndimage: Any) -> Iterator[Job]:
    picture = twelve_megapixels()
    floats = picture.astype(np.float32)
    random = np.random.default_rng(0)
    sobel = np.array([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])
    yield _filters("sobel-x, 12 MP uint8 to int32", picture, sobel, cv2, torch, ndimage)
    if cv2 is not None:
        yield from _into_kept_memory(picture, sobel, cv2)
    bank = random.normal(size=(16, 1, 3, 3)).astype(np.float32)
    yield _filters("16 random 3x3, 12 MP float32", floats, bank, cv2, torch, None)
    large = random.normal(size=(1, 1, 31, 31)).astype(np.float32)
    yield _filters("31x31 random, 12 MP float32", floats, large, cv2, None, None)
    yield from _strided(floats, random.normal(size=(1, 1, 5, 5)).astype(np.float32), torch)
    yield from _vgg(random, torch)
    ours, theirs = networks.ways("vgg16", torch)
    yield Job("VGG-16's forward pass, 224x224", ours, {} if theirs is None else {"torch": theirs})
    maps = random.normal(size=(64, 224, 224)).astype(np.float32)
    yield _pooling("max-pool 2, 64x224x224", maps, 2, torch)
    yield _pooling("max-pool 3, stride 2, 64x224x224", maps, 3, torch)


def _into_kept_memory(picture: Array, sobel: Array, cv2: Any) -> Iterator[Job]:
    """Without the time that new memory takes: what the arithmetic costs."""
    kernel = sobel[0, 0].astype(np.float32)
    for name, dtype, depth in (("int32", np.int32, cv2.CV_32F), ("int16", np.int16, cv2.CV_16S)):
        out = np.empty((1, 2998, 3998), dtype)
        theirs = np.empty((3000, 4000), np.float32 if depth == cv2.CV_32F else np.int16)
        yield Job(
            f"the same, {name} into memory that is kept",
            lambda out=out: ops.conv2d(picture, sobel, out=out),  # type: ignore[misc]  # no types in a lambda
            {
                "cv2.filter2D": lambda depth=depth, out=theirs: [  # type: ignore[misc]  # as above
                    cv2.filter2D(picture[0], depth, kernel, dst=out)
                ]
            },
            border=1,
        )


def _strided(picture: Array, weight: Array, torch: Any) -> Iterator[Job]:
    peers: dict[str, Way] = {"cnnviz at stride 1": lambda: ops.conv2d(picture, weight)}
    if torch is not None:
        x, w = torch.from_numpy(picture), torch.from_numpy(weight)
        peers["torch"] = lambda: torch.conv2d(x, w, stride=4)
    yield Job("5x5, stride 4, 12 MP float32", lambda: ops.conv2d(picture, weight, stride=4), peers, step=4)


def _vgg(random: np.random.Generator, torch: Any) -> Iterator[Job]:
    inputs = [random.normal(size=(depth, side, side)).astype(np.float32) for depth, _, side in _VGG]
    weights = [random.normal(size=(maps, depth, 3, 3)).astype(np.float32) for depth, maps, _ in _VGG]
    kept = [ops.prepare(weight) for weight in weights]
    peers: dict[str, Way] = {}
    if torch is not None:
        xs, ws = [[torch.from_numpy(each) for each in arrays] for arrays in (inputs, weights)]
        peers["torch"] = lambda: [torch.conv2d(x, w, padding=1) for x, w in zip(xs, ws, strict=True)]
    yield Job(
        "VGG-16's 13 convolutions, 224x224",
        lambda: [ops.conv2d(x, w, padding=1) for x, w in zip(inputs, kept, strict=True)],
        peers,
    )


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
    """The peer's numbers are ours: to the rounding of float32, and of Winograd's tiles."""
    ours, theirs = job.ours(), way()
    pairs = zip(ours, theirs, strict=True) if isinstance(ours, list) else [(ours, theirs)]
    for mine, other in pairs:
        found, expected = np.asarray(other, np.float64), np.asarray(mine, np.float64)
        if job.border:
            found = found[:, job.border : -job.border, job.border : -job.border]
        if found.shape != expected.shape:
            found = found[:, :: job.step, :: job.step]
        if np.abs(found - expected).max() > 1e-4 * np.abs(expected).max():
            raise AssertionError(f"{job.name}: {peer} comes to other numbers")


def _installed(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None
