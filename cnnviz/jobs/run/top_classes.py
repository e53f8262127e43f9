"""The last output of a network as classes: the largest numbers, and how sure it is of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnviz.jobs.settings import Array
from cnnviz.render.run.flow import TopClass


def top_classes(kind: str, values: Array, labels: Sequence[str] = (), top: int = 5) -> tuple[TopClass, ...]:
    """The ``top`` classes of what a layer of ``kind`` put out; none where it is not a number a class.

    Probabilities are taken as they are: non-negative numbers that sum to 1, and those of a sigmoid. Other
    numbers are taken as logits, whose softmax is the probability. Labels count when there are as many as
    numbers.

    >>> [each.text for each in top_classes("linear", np.array([0.0, 2.0]), ["cat", "dog"])]
    ['dog: 88.1 % (2)', 'cat: 11.9 % (0)']
    """
    if values.ndim == 2 or (values.ndim > 1 and values.shape[1:] != (1,) * (values.ndim - 1)):
        return ()
    flat = values.reshape(-1).astype(np.float64)
    if not np.isfinite(flat).all():
        return ()
    likely = _probabilities(kind, flat)
    order = np.argsort(-flat, kind="stable")[:top].tolist()
    named = labels if len(labels) == flat.size else ()
    return tuple(
        TopClass(named[each] if named else f"class {each}", float(flat[each]), float(likely[each]), each)
        for each in order
    )


def _probabilities(kind: str, flat: Array) -> Array:
    # Float16 sums to 1 within about 1e-3.
    if kind in ("softmax", "sigmoid") or (flat.min() >= 0 and abs(flat.sum() - 1) < 2e-3):
        return flat
    powers = np.exp(flat - flat.max())
    shares: Array = powers / powers.sum()
    return shares
