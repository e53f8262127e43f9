"""A network that can be run: its layers, and the outputs of each for an input, as they are made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cnnviz.network.spec import Layer, Network, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Output(NamedTuple):
    """What a layer made of the input; it may be overwritten once the next one is asked for."""

    layer: Layer
    values: NDArray[Any]


class Model(Protocol):
    """Something that runs: the project's own engine, or another one."""

    @property
    def network(self) -> Network:
        """Its layers, in the order in which they are run."""

    @property
    def shape(self) -> Shape:
        """The input that it takes, (C, H, W)."""

    @property
    def answers(self) -> Mapping[str, str]:
        """The layers that put out what the network does, the main one first, and what it calls that."""

    @property
    def numbers(self) -> str:
        """What its input holds: ``float32``, or whole numbers as ``uint8``."""

    @property
    def text(self) -> str:
        """What runs it, in words."""

    @property
    def holds_all(self) -> bool:
        """Whether the outputs that are asked for are in memory all at once, and not one after the other."""

    def ready(self, wanted: Collection[str]) -> None:
        """Do what can be done for `outputs` before there is an ``x``; raises what would stop every one."""

    def parameters(self, layer: Layer) -> Mapping[str, NDArray[Any]]:
        """What a layer learned, by PyTorch's names, as far as it is known."""

    def outputs(self, x: NDArray[Any], wanted: Collection[str]) -> Iterator[Output]:
        """Run it on ``x`` (C, H, W): the output of every layer, or of those ``wanted`` at least."""
