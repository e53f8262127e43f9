"""What a layer made of a picture, as it is shown: which maps, in which order, under which one scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnviz import colormaps
from cnnviz.expressions import shape_text
from cnnviz.render import tone
from cnnviz.render.drawing import colored
from cnnviz.render.lines import number_text

Array = NDArray[Any]

_SYMMETRIC: Final = colormaps.choose("vik", symmetric=True).palette
_SEQUENTIAL: Final = colormaps.choose("viridis", symmetric=False).palette


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """The output of one layer: maps (F, H, W), one map (H, W), or a vector (F,), shown as a row of cells.

    ``kind`` is what the layer does. All maps have one tone, so that they can be compared: symmetric about 0
    where there are negative values, else from 0. Some maps ``among`` others are signed as these are.
    """

    name: str
    kind: str
    output: Array
    among: LayerMaps | None = None

    @property
    def is_vector(self) -> bool:
        """Whether it is one number a channel."""
        return self.output.ndim < 2 or (self.output.ndim > 2 and self.output.shape[-2:] == (1, 1))

    @cached_property
    def maps(self) -> Array:
        """(F, H, W), finite; of one number a map, one row of them.

        What is no number is drawn as 0, infinity as the largest that is one.
        """
        values = self.output
        if not np.isfinite(values).all():
            finite = np.isfinite(values)
            values = np.clip(
                np.nan_to_num(values, nan=0),
                values.min(where=finite, initial=0),
                values.max(where=finite, initial=0),
            )
        if self.is_vector:
            return values.reshape(1, 1, -1)
        return values.reshape(-1, *values.shape[-2:])

    @cached_property
    def is_signed(self) -> bool:
        """Whether a value lies below 0."""
        return bool(self.maps.min() < 0)

    @property
    def shape_text(self) -> str:
        """Its sizes."""
        return shape_text(self.output.shape)

    @cached_property
    def tone(self) -> tone.Tone:
        """One for all maps; of one number a channel to the largest, where none is an outlier of many."""
        kind: tone.Kind = "symmetric" if (self.among or self).is_signed else "abs"
        if not self.is_vector:
            return tone.fit(self.maps, kind)
        largest = float(max(map(abs, tone.extremes(self.maps))))
        return tone.Tone(kind, 0.0 - largest if self.is_signed else 0.0, largest, 0.0)

    @property
    def palette(self) -> bytes:
        """Colours of the codes: of both signs, or from dark to light."""
        return _SYMMETRIC if self.tone.kind == "symmetric" else _SEQUENTIAL

    def colored(self, number: int) -> NDArray[np.uint8]:
        """A map in the colours of the one scale, (H, W, 3)."""
        return colored(tone.encode(self.maps[number], self.tone), self.palette)

    def some(self, channels: Sequence[int]) -> LayerMaps:
        """The maps of these ``channels`` alone, under a scale of their own."""
        return LayerMaps(self.name, self.kind, self.maps[list(channels)], among=self)

    def strongest(self, count: int) -> list[int]:
        """The ``count`` maps of which a ReLU would leave most: by the mean square of what is positive."""
        return _falling(np.maximum(each, 0) for each in self.maps)[:count]

    def by_energy(self) -> list[int]:
        """All maps, those with the largest mean square first; equal ones in their order."""
        return _falling(self.maps)

    def bar(self, height: int, width: int) -> NDArray[np.uint8]:
        """The scale's colours from its lower end to its upper one, (height, width, 3)."""
        codes = np.linspace(0, 255, width).round().astype(np.uint8)
        return colored(np.broadcast_to(codes, (height, width)), self.palette)

    @property
    def ends(self) -> str:
        """The values drawn darkest and lightest."""
        fitted = self.tone
        ends = f"{number_text(fitted.low)}..{number_text(fitted.high)}"
        return f"{ends}, 0 in the middle" if fitted.kind == "symmetric" else ends


def _falling(maps: Iterable[Array]) -> list[int]:
    """The numbers of ``maps``, the largest mean square first; equal ones in their order."""
    # One by one: all of them as doubles could take gigabytes.
    energy = np.array([np.square(each, dtype=np.float64).mean() for each in maps])
    order: list[int] = np.argsort(-energy, kind="stable").tolist()
    return order
