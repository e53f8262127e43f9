"""Maps with everything that decides how they look: one thing to write, to preview and to lay on a sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.render import tone
from cnnviz.render.tone import Tone


@dataclass(frozen=True, eq=False)
class Plane:
    """A picture of 8 bits that is made as far as it is looked at: ``plane[first:last]`` are codes of rows.

    ``maps`` (H, W) give codes (rows, W), the three of a colour picture (3, H, W) give (rows, W, 3).

    >>> Plane(np.array([[0, 5], [9, 10]]), Tone("clip", 0, 10, 0))[1:].tolist()
    [[230, 255]]
    """

    maps: NDArray[Any]
    tone: Tone

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W) or (H, W, 3)."""
        return self.maps.shape if self.maps.ndim == 2 else (*self.maps.shape[1:], len(self.maps))

    def __getitem__(self, rows: slice) -> NDArray[np.uint8]:
        """The codes of ``rows``."""
        codes = tone.encode(self.maps[..., rows, :], self.tone)
        return codes if codes.ndim == 2 else np.ascontiguousarray(codes.transpose(1, 2, 0))


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

    def planes(self) -> list[Plane]:
        """The pictures of 8 bits: one for each map, or the one colour picture."""
        return [Plane(each, self.tone) for each in ([self.maps] if self.color else self.maps)]


def colored(plane: NDArray[np.uint8], palette: bytes | None) -> NDArray[np.uint8]:
    """A plane as one sees it: codes (H, W) in the colours (H, W, 3) of ``palette``; others as they are.

    >>> colored(np.array([[0, 255]], np.uint8), bytes(765) + bytes([9, 8, 7])).tolist()
    [[[0, 0, 0], [9, 8, 7]]]
    """
    if palette is None or plane.ndim == 3:
        return plane
    return np.frombuffer(palette, np.uint8).reshape(256, 3)[plane]
