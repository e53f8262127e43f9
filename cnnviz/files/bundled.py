"""Weights that come along, by the name of their network: here, where kernels and networks both find them."""

from __future__ import annotations

from os import path  # pathlib would cost every start of `shapes` 3 ms
from typing import Final

_PACKAGE: Final = path.dirname(path.dirname(__file__))

WEIGHTS: Final = {"shapes-net": path.join(_PACKAGE, "network", "trained", "shapes-net.npz")}
"""A ``.npz`` of arrays called ``LAYER.weight`` and ``LAYER.bias``."""
