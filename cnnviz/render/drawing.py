"""Maps with everything that decides how they look: one thing to write, to preview and to lay on a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.render import tone
from cnnviz.render.tone import Tone


@dataclass(frozen=True, eq=False)
class Drawing:
    """``maps`` (F, H, W) under one tone.

    ``palette`` is 768 bytes, the colours of the codes; None is grey. With ``color`` the three maps are the
    channels of one picture.
    """

    maps: NDArray[Any]
    tone: Tone
    palette: bytes | None = None
    color: bool = False

    def planes(self) -> Iterator[NDArray[np.uint8]]:
        """The pictures of 8 bits: codes (H, W) for each map, or the one colour picture (H, W, 3).

        They are made one at a time, so that the codes of a large bank are never in memory together.
        """
        if self.color:
            yield np.ascontiguousarray(tone.encode(self.maps, self.tone).transpose(1, 2, 0))
            return
        for each in self.maps:
            yield tone.encode(each, self.tone)


def colored(plane: NDArray[np.uint8], palette: bytes | None) -> NDArray[np.uint8]:
    """A plane as one sees it: codes (H, W) in the colours (H, W, 3) of ``palette``; others as they are.

    >>> colored(np.array([[0, 255]], np.uint8), bytes(765) + bytes([9, 8, 7])).tolist()
    [[[0, 0, 0], [9, 8, 7]]]
    """
    if palette is None or plane.ndim == 3:
        return plane
    return np.frombuffer(palette, np.uint8).reshape(256, 3)[plane]
