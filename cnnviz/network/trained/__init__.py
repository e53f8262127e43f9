"""What comes along with the weights of a network: plain data, read without NumPy."""

from __future__ import annotations

from os import path  # pathlib would cost every start of `shapes` 3 ms
from typing import Final, NamedTuple

from cnnviz.network.preprocess import Preprocess


class Trained(NamedTuple):
    """The weights of a known network, what they were trained for, and how a picture is to be prepared.

    ``size`` is (height, width).

    >>> SHAPES_NET.labels
    ('circle', 'square', 'triangle', 'stripes')
    """

    weights: str
    labels: tuple[str, ...]
    size: tuple[int, int]
    preprocess: Preprocess

    accuracy: float
    """The share it names rightly of pictures that it was not trained on."""

    pictures: int
    """How many those were."""

    seed: int
    """What they were drawn from, by `training.pictures.pictures`."""

    @property
    def file(self) -> str:
        """Where the weights lie: a ``.npz`` of arrays called ``LAYER.weight`` and ``LAYER.bias``."""
        return path.join(path.dirname(__file__), self.weights)


SHAPES_NET: Final = Trained(
    weights="shapes-net.npz",
    labels=("circle", "square", "triangle", "stripes"),
    size=(64, 64),
    preprocess=Preprocess(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
    accuracy=0.9969,
    pictures=10_000,
    seed=0,
)
