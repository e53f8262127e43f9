"""What comes along with the weights of a network: plain data, read without NumPy."""

from __future__ import annotations

from typing import Final, NamedTuple

from cnnviz.files import WEIGHTS
from cnnviz.network.preprocess import Preprocess


class Trained(NamedTuple):
    """The weights of a known network, what they were trained for, and how a picture is to be prepared.

    ``size`` is (height, width).

    >>> SHAPES_NET.labels
    ('circle', 'square', 'triangle', 'stripes')
    """

    file: str
    labels: tuple[str, ...]
    size: tuple[int, int]
    preprocess: Preprocess

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
    preprocess=Preprocess(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
    accuracy=0.9969,
    pictures=10_000,
    seed=0,
)
