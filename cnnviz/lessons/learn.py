"""How a kernel is learned: from noise, by gradient descent on the error between two feature maps.

The picture's mean is subtracted first. A kernel that adds up brightness answers to the mean everywhere: in
that direction the loss is a ravine, and the steps that it allows are far too short for all the others
(measured on 3x3 patches of sample:cat: the condition number falls from 16,242 to 1,029, and after 100 steps
the cosine to sobel-x is 0.99998 in place of 0.98).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from cnnviz.errors import UsageError
from cnnviz.lessons.closeness import Closeness, Condition, closeness, condition
from cnnviz.lessons.layer import Array
from cnnviz.lessons.loss import Exercise, feature_map, noise

_CONDITION_UP_TO: Final = 81
_BEYOND: Final = 1e6
"""Times the loss at the start: it has left for good."""
_SWING: Final = 4
"""The same at the end; with momentum a descent may swing past where it came from and still arrive."""

_ROUNDING: Final = 1e-9
"""Of the target's variance: where the loss is no larger, it goes up and down by itself."""


class Step(NamedTuple):
    """What is known after ``number`` steps; the map is that of ``kernel`` plus ``offset``."""

    number: int
    loss: float
    kernel: Array
    offset: float


class Settings(NamedTuple):
    """How one descends; without a ``learning_rate`` it is half of the one that diverges."""

    steps: int = 100
    learning_rate: float | None = None
    momentum: float = 0.9
    seed: int = 0


class Learned(NamedTuple):
    """A descent, from step 0 to the last, and what it can be held against.

    ``known`` is the kernel that made the target, if one knows it; ``condition`` is None for a kernel of so
    many cells that it would take longer than the steps.
    """

    exercise: Exercise
    steps: tuple[Step, ...]
    settings: Settings
    learning_rate: float
    curvature: float
    condition: Condition | None
    known: Array | None

    @property
    def last(self) -> Step:
        """Where it ended."""
        return self.steps[-1]

    @property
    def overshoots(self) -> bool:
        """Whether momentum made the loss rise on the way, by more than rounding."""
        least = _ROUNDING * self.exercise.variance
        rises = any(later.loss > earlier.loss + least for earlier, later in pairwise(self.steps))
        return self.settings.momentum > 0 and rises

    def closeness(self, step: Step) -> Closeness | None:
        """How close the kernel of ``step`` came to the known one, if there is one."""
        return None if self.known is None else closeness(step.kernel, self.known)

    def unexplained(self, step: Step) -> float | None:
        """The share of the target's variance that ``step`` leaves; None of a constant target."""
        variance = self.exercise.variance
        return step.loss / variance if variance else None

    def map(self, step: Step) -> Array:
        """The map (H, W) of the first picture at ``step``, its offset included."""
        first, mean = self.exercise.samples[0], self.exercise.mean
        made: Array = feature_map(first.pixels, step.kernel) + (step.offset + mean * step.kernel.sum())
        return made


def learn(
    exercise: Exercise,
    settings: Settings,
    known: Array | None = None,
    done: Callable[[], object] = lambda: None,
) -> Learned:
    """Descend, and keep every step; ``done`` is called after each.

    Raises
    ------
    UsageError
        As `descend`, or when no step changes the loss.
    """
    curvature = exercise.curvature(settings.seed)
    if not curvature:
        raise UsageError(
            "nothing can be learned: where the target counts, the picture does not change by more than "
            "rounding"
        )
    rate = settings.learning_rate
    if rate is None:
        rate = most(curvature, settings.momentum) / 2
    kept = []
    for step in descend(
        exercise, steps=settings.steps, learning_rate=rate, momentum=settings.momentum, seed=settings.seed
    ):
        kept.append(step)
        done()
    found = None
    if exercise.size[0] * exercise.size[1] <= _CONDITION_UP_TO:
        found = condition([each.pixels + exercise.mean for each in exercise.samples], exercise.size)
    return Learned(exercise, tuple(kept), settings, rate, curvature, found, known)


def most(curvature: float, momentum: float) -> float:
    """The learning rate from which a descent with ``momentum`` diverges.

    >>> most(4.0, 0.0), most(4.0, 0.9)
    (0.5, 0.95)
    """
    return 2 * (1 + momentum) / curvature


def descend(
    exercise: Exercise, *, steps: int, learning_rate: float, momentum: float, seed: int
) -> Iterator[Step]:
    """Full-batch gradient descent with momentum: step 0 is the noise, then one for each step.

    ``velocity = momentum * velocity - learning_rate * gradient; kernel = kernel + velocity``, all in float64
    and without chance: the same arguments give the same steps.

    Raises
    ------
    UsageError
        When it diverges, with a learning rate that does not.

    Examples
    --------
    >>> from cnnviz.lessons.loss import Sample, feature_map, pose
    >>> pixels = np.random.default_rng(0).normal(size=(12, 12))
    >>> exercise = pose([Sample(pixels, feature_map(pixels, np.array([[-1, 1]])))], (1, 2))
    >>> *_, last = descend(exercise, steps=60, learning_rate=0.3, momentum=0.5, seed=1)
    >>> last.number, last.kernel.round(4).tolist()
    (60, [[-1.0, 1.0]])
    """
    kernel, velocity = noise(exercise.size, seed), np.zeros(exercise.size)
    first = errors = exercise.errors(kernel)
    yield Step(0, errors.loss, kernel, errors.offset)
    for number in range(1, steps + 1):
        velocity = momentum * velocity - learning_rate * exercise.gradient(errors.maps)
        kernel = kernel + velocity
        with np.errstate(over="ignore", invalid="ignore"):
            errors = exercise.errors(kernel)
        bound = first.loss * (_BEYOND if number < steps else _SWING)
        if not errors.loss <= max(bound, 1e-18 * exercise.variance):
            raise UsageError(_diverged(exercise, number, learning_rate, momentum, seed))
        yield Step(number, errors.loss, kernel, errors.offset)


def _diverged(exercise: Exercise, number: int, learning_rate: float, momentum: float, seed: int) -> str:
    limit = most(exercise.curvature(seed), momentum)
    return (
        f"learning rate {learning_rate:.4g} is too large: at step {number} the loss is above where it began. "
        f"Here a descent with momentum {momentum:g} diverges from {limit:.3g}; try {limit / 2:.2g}"
    )


def milestones(last: int, count: int) -> tuple[int, ...]:
    """At most ``count`` steps from 0 to ``last``, more of them early, when most happens.

    >>> milestones(100, 6), milestones(3, 6)
    ((0, 2, 5, 15, 39, 100), (0, 1, 2, 3))
    """
    return tuple(sorted({round(each) - 1 for each in np.geomspace(1, last + 1, count).tolist()} | {0, last}))
