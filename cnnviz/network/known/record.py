"""What is kept of a known network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from cnnviz.network.preprocess import IMAGENET, Preprocess
from cnnviz.network.spec import Layer, Shape
from cnnviz.network.trained import Trained


class Known(NamedTuple):
    """A network by name: where it is published, its input, and how it is put together.

    ``parameters`` are those that ``build`` takes, with their defaults: a width multiplier.
    ``trained`` is there for a network whose weights come along; of others ``preprocess`` says how the weights
    that are published take pictures in colour.
    """

    name: str
    title: str
    source: str
    input: Shape
    build: Callable[..., tuple[Layer, ...]]
    parameters: Mapping[str, float] = {}
    trained: Trained | None = None
    preprocess: Preprocess = IMAGENET
