"""What is written below the panels of a sweep: the arithmetic of the frame at hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from cnnviz.geometry import Pair, Window
from cnnviz.lessons.animate import Frame, Sweep
from cnnviz.render.explain.sums import added
from cnnviz.render.lines import number_text

_MOST_TERMS: Final = 9


def lines(sweep: Sweep, frame: Frame) -> Iterator[str]:
    """The sum of the window at hand, and what follows it."""
    layer = sweep.layer
    products = (frame.patch * layer.weight[0]).ravel().tolist()
    written = added(products) if len(products) <= _MOST_TERMS else f"sum of {len(products)} products"
    bias = added([0, layer.bias])[1:] if layer.bias else ""
    yield f"row {frame.at[0]}, column {frame.at[1]}: {written}{bias} = {number_text(frame.total)}"
    if layer.activation is not None:
        yield f"{layer.activation.name}: {number_text(frame.value)}"
    if frame.pooled and layer.pool is not None and sweep.pooling is not None and sweep.pooled is not None:
        mode, pooled = layer.pool.mode, sweep.pooled
        made = (
            f"{_chosen(sweep, sweep.pooling, mode, place)} = {number_text(pooled[place].item())}"
            for place in frame.pooled
        )
        yield f"{mode}-pool: {'; '.join(made)}"


def _chosen(sweep: Sweep, window: Window, mode: str, place: Pair) -> str:
    """What a cell of the pooled map is made from."""
    values = sweep.map[np.ix_(*window.cells(place))].ravel().tolist()
    if mode == "avg" and len(values) < window.kernel[0] * window.kernel[1]:
        return "the mean of its window"  # where what lies outside may count as 0
    written = ", ".join(map(number_text, values)) if len(values) <= _MOST_TERMS else f"{len(values)} values"
    return f"the {'largest' if mode == 'max' else 'mean'} of {written}"
