"""From a picture, one operator and a place to the arithmetic of one value, and its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cnnviz.errors import UsageError, named
from cnnviz.geometry import Pair
from cnnviz.jobs.maps import finite
from cnnviz.jobs.one_map import OneMap, Subject, read, white_of
from cnnviz.lessons.explain import Explanation, Maps, explain
from cnnviz.render import png, tone
from cnnviz.render.explain import card as explain_card

MOST_TERMS: Final = 1 << 20
"""Terms of all units of one value, the most that are taken apart."""


@dataclass(frozen=True)
class Explained:
    """The arithmetic, and what a card shows around it: the picture and the maps."""

    explanation: Explanation
    subject: Subject
    maps: Maps

    @property
    def white(self) -> float:
        """The value of white in the pixels."""
        return white_of(self.subject.pixels)


def run(asked: OneMap, at: Pair | str) -> Explained:
    """Read the picture and take the value at ``at`` apart.

    Raises
    ------
    CnnvizError
        Whatever is wrong with the picture, the operator or the place, or when there are too many terms.
    """
    subject, layer = read(asked)
    pooling = layer.pooling(layer.problem(subject.pixels.shape).window.output)
    units = 1 if pooling is None else pooling.kernel[0] * pooling.kernel[1]
    if units * layer.weight.size > MOST_TERMS:
        raise UsageError(
            f"one value comes from {units * layer.weight.size} products, more than the {MOST_TERMS} that are "
            "taken apart; use a smaller kernel or pooling window"
        )
    with named(asked.image):
        explanation, maps = explain(subject.pixels, layer, at)
        finite(np.array([unit.total for unit in explanation.units]))  # pooling or activation may hide them
        finite(maps.last)
    return Explained(explanation, subject, maps)


def card(asked: OneMap, explained: Explained, *, dark: bool) -> bytes:
    """The card as the bytes of a PNG."""
    maps, pooled = explained.maps, explained.explanation.pool is not None
    fitted = tone.fit(maps.unpooled[np.newaxis], None)
    seen = explain_card.Seen(
        explained.subject.colors,
        tone.encode(maps.last, fitted),
        fitted,
        tone.encode(maps.unpooled, fitted) if pooled else None,
        explained.white,
        asked.convolution.padding_mode,
    )
    return png.encode(explain_card.draw(explained.explanation, seen, asked.names, asked.done, dark=dark))
