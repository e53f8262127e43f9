"""What comes along with the weights of a network: plain data, read without NumPy."""

from __future__ import annotations

from typing import Final, NamedTuple

from cnnviz.files import WEIGHTS


class Trained(NamedTuple):
    """The weights of a known network, what they were trained for, and how a picture is to be prepared.

    The network takes ``(pixels * scale - mean) / std``, pixels from 0 to 255, with a mean and a deviation for
    each channel, in the order of ``layout``; ``size`` is (height, width).

    >>> SHAPES_NET.labels
    ('circle', 'square', 'triangle', 'stripes')
    """

    file: str
    labels: tuple[str, ...]
    size: tuple[int, int]
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    layout: str

    accuracy: float
    """The share it names rightly of pictures that it was not trained on."""

    pictures: int
    """How many those were."""

    seed: int
    """What they were drawn from, by `training.pictures.pictures`."""


SHAPES_NET: Final = Trained(
    file=WEIGHTS["shapes-net"],
    labels=("circle", "square", "triangle", "stripes"),
    size=(64, 64),
    scale=1 / 255,
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
    layout="CHW",
    accuracy=0.9969,
    pictures=10_000,
    seed=0,
)
