"""From pictures and a target to the kernel that was learned, and its animation."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from cnnviz.errors import CnnvizError, UsageError
from cnnviz.expressions import shape_text
from cnnviz.geometry import Pair
from cnnviz.jobs import brightness, target_map
from cnnviz.jobs.brightness import Brightness
from cnnviz.jobs.description import spoken
from cnnviz.jobs.settings import Array
from cnnviz.jobs.target_map import TargetMap
from cnnviz.kernels import Operator
from cnnviz.lessons.learn import Learned, Settings, learn
from cnnviz.lessons.loss import Sample, feature_map, pose
from cnnviz.render import animation
from cnnviz.render.learn import picture as learn_picture

MOST: Final = 31
"""Rows and columns of a kernel that is learned, the most."""


@dataclass(frozen=True)
class Asked:
    """Pictures, and what is to be learned of them: the ``target`` kernel, or the map in a file."""

    pictures: tuple[str, ...]
    target: Operator | str
    size: Pair | None
    settings: Settings
    keep_mean: bool
    max_pixels: int
    frame: int

    def __post_init__(self) -> None:
        _check(self)

    @property
    def pictures_text(self) -> str:
        """The pictures, by name or number."""
        return brightness.names(self.pictures)

    @property
    def target_text(self) -> str:
        """The name of the kernel, or of the file that holds the map."""
        return os.path.basename(self.target) if isinstance(self.target, str) else spoken(self.target)


@dataclass(frozen=True, eq=False)
class Lesson:
    """What was learned, and what the user should know of what was read."""

    learned: Learned
    notes: tuple[str, ...]


def run(asked: Asked, done: Callable[[], object] = lambda: None) -> Lesson:
    """Read everything and descend; ``done`` is called after every step.

    Raises
    ------
    CnnvizError
        Whatever is wrong with a picture or the target, or when the descent diverges.
    """
    read = [brightness.read(each, max_pixels=asked.max_pixels, frame=asked.frame) for each in asked.pictures]
    notes = [*brightness.notes(read)]
    if isinstance(asked.target, str):
        target = target_map.read(asked.target, max_pixels=asked.max_pixels)
        notes += [f"{asked.target_text}: {note}" for note in target.notes]
        size = _inferred(read[0], target, asked)
        samples, known = [_of_map(read[0], target, size)], target.kernel
    else:
        known = asked.target.kernels[0].weight.astype(np.float64)
        size = asked.size or (known.shape[0], known.shape[1])
        samples = [_of_kernel(each, known, size) for each in read]
    exercise = pose(samples, size, keep_mean=asked.keep_mean)
    return Lesson(learn(exercise, asked.settings, known, done), tuple(notes))


def animate(asked: Asked, lesson: Lesson, path: str, *, fps: float, dark: bool) -> bytes:
    """The bytes of an animation, of the kind that ``path`` ends in: kernel, map and loss over the steps."""
    suffix = os.path.splitext(path)[1].lower()
    names = asked.pictures_text, asked.target_text
    frames, palette = learn_picture.frames(lesson.learned, names, suffix, dark=dark)
    return animation.encode(frames, palette, suffix, fps=fps)


def _check(asked: Asked) -> None:
    if isinstance(asked.target, str):
        if len(asked.pictures) > 1:
            raise UsageError(
                f"--target-map is the map of one picture, and {len(asked.pictures)} are given; name that one"
            )
        return
    operator, weight = asked.target, asked.target.kernels[0].weight
    if operator.combine is not None:
        members = " and ".join(kernel.name for kernel in operator.kernels)
        raise UsageError(
            f"--target {operator.name} joins the maps of {members}, which no single kernel does; "
            "name one of them"
        )
    if weight.ndim != 2:
        raise UsageError(
            f"--target {spoken(operator)} is a bank of {shape_text(weight.shape)}; "
            "name a single kernel (height, width)"
        )
    height, width = size = asked.size or (weight.shape[0], weight.shape[1])
    if max(*size, *weight.shape) > MOST:
        raise UsageError(
            f"a kernel of {max(height, weight.shape[0])}x{max(width, weight.shape[1])} is too large to be "
            f"learned here; {MOST}x{MOST} is the most"
        )
    if (height - weight.shape[0]) % 2 or (width - weight.shape[1]) % 2:
        raise UsageError(
            f"--size {height}x{width} and the target's {weight.shape[0]}x{weight.shape[1]} have no common "
            "centre; make them differ by an even number"
        )


def _of_kernel(picture: Brightness, known: Array, size: Pair) -> Sample:
    """The map that ``known`` makes, cut so that a kernel of ``size`` with the same centre makes its equal."""
    pixels, target = picture.pixels, known
    below = tuple(max(size[axis], known.shape[axis]) for axis in (0, 1))
    if pixels.shape[0] < below[0] or pixels.shape[1] < below[1]:
        raise CnnvizError(
            f"{picture.image}: a picture of {pixels.shape[0]}x{pixels.shape[1]} is too small for a kernel of "
            f"{below[0]}x{below[1]}"
        )
    (down, across) = ((size[axis] - known.shape[axis]) // 2 for axis in (0, 1))
    target = feature_map(pixels, known)
    target = target[max(down, 0) : len(target) - max(down, 0)]
    target = target[:, max(across, 0) : target.shape[1] - max(across, 0)]
    pixels = pixels[max(-down, 0) : len(pixels) - max(-down, 0)]
    return Sample(pixels[:, max(-across, 0) : pixels.shape[1] - max(-across, 0)], target)


def _inferred(picture: Brightness, target: TargetMap, asked: Asked) -> Pair:
    """The kernel's size: at stride 1 and without padding, picture - map + 1."""
    (height, width), (rows, columns) = picture.full, target.values.shape
    size = height - rows + 1, width - columns + 1
    if not (1 <= size[0] <= MOST and 1 <= size[1] <= MOST):
        raise UsageError(
            f"the map {asked.target_text} is {rows}x{columns} and the picture {height}x{width}: no kernel up "
            f"to {MOST}x{MOST} makes the one of the other at stride 1 and without padding"
        )
    if asked.size not in (None, size):
        raise UsageError(
            f"--size {asked.size[0]}x{asked.size[1]}: the map is {rows}x{columns} and the picture "
            f"{height}x{width}, which a kernel of {size[0]}x{size[1]} makes; drop --size"
        )
    return size


def _of_map(picture: Brightness, target: TargetMap, size: Pair) -> Sample:
    """The picture and the map, cut alike."""
    (top, left), (height, width) = picture.corner, picture.pixels.shape
    place = slice(top, top + height - size[0] + 1), slice(left, left + width - size[1] + 1)
    known = None if target.known is None else target.known[place]
    return Sample(picture.pixels, target.values[place].astype(np.float64), known)
