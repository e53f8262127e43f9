"""What operations ask of their inputs."""

from __future__ import annotations

from cnnviz.expressions import shape_text
from cnnviz.network.spec import LayerError, Shape


def maps(shape: Shape) -> tuple[int, int, int]:
    """``shape`` as (C, H, W); refuses a vector."""
    if len(shape) != 3:
        raise LayerError(
            "inputs", f"it slides over maps (C, H, W), and gets {written(shape)}; put it before flatten"
        )
    return shape[0], shape[1], shape[2]


def written(shape: Shape) -> str:
    """A shape as one reads it.

    >>> written((64, 7, 7)), written((120,))
    ('64x7x7', 'a vector of 120')
    """
    return shape_text(shape) if len(shape) != 1 else f"a vector of {shape[0]}"
