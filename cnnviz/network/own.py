"""A network for the project's own engine, with its parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cnnviz.network.model import Output
from cnnviz.network.run import prepared, run
from cnnviz.network.spec import Layer, Network, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Own:
    """As `cnnviz.network.model.Model`; ``tensors`` are named as `cnnviz.network.weights` has them.

    ``answers`` are the network's outputs; the last layer's unless given.
    """

    text = "cnnviz"
    holds_all = False
    numbers = "float32"

    def __init__(
        self,
        network: Network,
        shape: Shape,
        tensors: Mapping[str, NDArray[Any]],
        answers: Mapping[str, str] | None = None,
    ) -> None:
        self.network = network
        self.answers: Mapping[str, str] = answers or {network.layers[-1].name: network.layers[-1].name}
        self.shape = shape
        self._tensors = tensors
        self._prepared = prepared(network, tensors)

    def ready(self, wanted: Collection[str]) -> None:
        """Everything is."""

    def parameters(self, layer: Layer) -> Mapping[str, NDArray[Any]]:
        """What a layer learned, by PyTorch's names."""
        start = f"{layer.name}."
        return {
            name.removeprefix(start): each for name, each in self._tensors.items() if name.startswith(start)
        }

    def outputs(self, x: NDArray[Any], wanted: Collection[str]) -> Iterator[Output]:
        """The output of every layer."""
        for trace in run(self.network, self._prepared, x):
            if trace.output is not None:
                yield Output(trace.layer, trace.output)
