"""The kernels of a convolution, and whatever the engines make of them: made once, then kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from numpy.typing import ArrayLike

from cnnviz.ops.arrays import Array, as_numbers

_Form = TypeVar("_Form")


class Weight:
    """Kernels ``values`` (O, I, kH, kW) as an engine reads them, with the forms it derives from them."""

    def __init__(self, values: Array, *, lasts: bool = False) -> None:
        self.values = values
        self.lasts = lasts  # beyond one convolution, so that a costly form is made only once
        self._forms: dict[Hashable, Any] = {}

    def form(self, key: Hashable, make: Callable[[], _Form]) -> _Form:
        """What ``make()`` gives, called the first time only; ``key`` names everything it depends on."""
        if key not in self._forms:
            self._forms[key] = make()
        return cast("_Form", self._forms[key])


def prepare(weight: ArrayLike) -> Weight:
    """Keep the kernels of a layer for many inputs: `conv2d` takes the result in place of ``weight``.

    Factors, spectra and transforms are derived from the kernels by the first convolution that needs them, and
    kept. The values are copied, so that changes made to ``weight`` later have no effect.

    Parameters
    ----------
    weight : (O, C / groups, kH, kW)

    Examples
    --------
    >>> import numpy as np
    >>> from cnnviz.ops import conv2d
    >>> blur = prepare(np.full((1, 1, 2, 2), 0.25))
    >>> [conv2d(np.full((1, 2, 2), value), blur).item() for value in (4, 8)]
    [4.0, 8.0]
    """
    return Weight(as_numbers(weight, "weight").copy(), lasts=True)


def as_weight(weight: ArrayLike | Weight) -> Weight:
    """``weight`` itself when it was prepared."""
    return weight if isinstance(weight, Weight) else Weight(as_numbers(weight, "weight"))
