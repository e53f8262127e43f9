"""The results of a run that are still needed, and the memory they lie in."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnviz.network.shapes import LayerShape, NetworkShapes
from cnnviz.network.spec import INPUT, Shape
from cnnviz.network.values import VALUES, Tensor, Work
from cnnviz.ops.arrays import Array

_MOST_SPARE: Final = 2
"""Pieces of memory without a result that are held on to."""

_MOST_KEPT: Final = 1 << 26
"""Bytes of a piece that is kept for the next run."""


class _Kept(threading.local):
    def __init__(self) -> None:
        self.pieces: list[NDArray[np.uint8]] = []


_KEPT: Final = _Kept()


class Held:
    """Lets go of every result with its last reader, and uses its memory for the next.

    New memory is not free: its pages are cleared by the system one by one, 0.25 ms a megabyte (a tenth of a
    VGG-16's time). So a little is kept for the next run.
    """

    def __init__(self, found: NetworkShapes, x: Array, kept: Set[str]) -> None:
        self._kept = kept
        self._arrays = {INPUT: x}
        self._memory = {INPUT: INPUT}  # the first result that lies where this one does
        self._fixed = {INPUT}  # memory that somebody else has too: not to be written to again
        self._readers = Counter(name for layer in found.layers for name in layer.layer.inputs)
        kinds = {layer.name: layer.layer.kind for layer in found.layers}
        # ReLUs done by the convolution before, whose own result nobody asks for, with its name.
        self._done = {
            layer.name: before
            for layer in found.layers
            if layer.layer.kind == "relu"
            and kinds.get(before := layer.layer.inputs[0]) in ("conv", "depthwise")
            and self._readers[before] == 1
            and before not in kept
        }
        self._pieces: dict[str, NDArray[np.uint8]] = {}  # by the first result that lies there
        self._spare, _KEPT.pieces = _KEPT.pieces, []
        self._dtype = x.dtype

    def do(self, layer: LayerShape, tensors: Mapping[str, Tensor]) -> Array | None:
        """The result of ``layer`` if it is to be kept; what nobody reads after it is let go."""
        names = layer.layer.inputs
        inputs = tuple(self._arrays[name] for name in names)
        self._readers.subtract(names)
        for name in set(names):
            if not self._readers[name]:
                del self._arrays[name]

        def new(shape: Shape) -> Array:
            size = prod(shape) * self._dtype.itemsize
            piece = self._pieces[layer.name] = self._piece(size)
            channels, height, width = shape
            return piece[:size].view(self._dtype).reshape(height, width, channels).transpose(2, 0, 1)

        if layer.name in self._done:
            output = inputs[0]
        else:
            relu = layer.name in self._done.values()
            work = Work(layer, inputs, tensors, self._is_free(names), new, relu)
            output = VALUES[layer.layer.kind][1](work)
        shared = [name for name, each in zip(names, inputs, strict=True) if np.may_share_memory(output, each)]
        self._memory[layer.name] = memory = self._memory[shared[0]] if shared else layer.name
        if self._readers[layer.name]:
            self._arrays[layer.name] = output
        if layer.name in self._kept:
            self._fixed.add(memory)
            self._pieces.pop(memory, None)  # whoever has the result holds it
        self._reuse({self._memory[name] for name in (*names, layer.name)})
        return _read_only(output) if layer.name in self._kept else None

    def close(self) -> None:
        """Leave some memory to the next run of this thread."""
        if not _KEPT.pieces:
            _KEPT.pieces = [piece for piece in self._spare if piece.size <= _MOST_KEPT]

    def _is_free(self, names: Sequence[str]) -> bool:
        """Whether the memory of the first of ``names`` may be written to."""
        memory = self._memory[names[0]]
        others = any(self._memory[name] == memory for name in (*self._arrays, *names[1:]))
        return not others and memory not in self._fixed

    def _reuse(self, memories: Iterable[str]) -> None:
        """Keep the pieces of those in which nothing that is needed lies."""
        needed = {self._memory[name] for name in self._arrays} | self._fixed
        self._spare += [
            self._pieces.pop(memory) for memory in memories if memory in self._pieces and memory not in needed
        ]
        self._spare = sorted(self._spare, key=lambda piece: piece.size)[-_MOST_SPARE:]

    def _piece(self, size: int) -> NDArray[np.uint8]:
        for number, piece in enumerate(self._spare):
            if piece.size >= size:
                return self._spare.pop(number)
        return np.empty(size, np.uint8)


def _read_only(output: Array) -> NDArray[Any]:
    seen = output.view()
    seen.flags.writeable = False
    return seen
