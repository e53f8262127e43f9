"""Names for layers that were given none: ``conv1``, ``relu1``, ``conv2``, ..."""

from __future__ import annotations

from collections.abc import Iterable


class Namer:
    """Counts by kind, past names that are taken.

    >>> namer = Namer(["conv2"])
    >>> [namer.fresh("conv"), namer.fresh("relu"), namer.fresh("conv")]
    ['conv1', 'relu1', 'conv3']
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._counts: dict[str, int] = {}

    def fresh(self, kind: str) -> str:
        """The next name for a layer of ``kind``."""
        while True:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            name = f"{kind}{self._counts[kind]}"
            if name not in self._taken:
                return name
