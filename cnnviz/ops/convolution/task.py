"""What an engine is given: everything checked, chosen and resolved."""

from __future__ import annotations

from typing import Final, NamedTuple

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.numbers import Numbers
from cnnviz.ops.convolution.planner import Plan
from cnnviz.ops.convolution.problem import Problem
from cnnviz.ops.convolution.weight import Weight

RELU_INSIDE: Final = ("matmul", "winograd")
"""Engines that do a ReLU while the results lie in the cache; behind the others it is done by itself."""


class Task(NamedTuple):
    """Convolve ``x`` (N, C, H, W) with ``weight`` (O, I, kH, kW), add ``bias`` (O,).

    ``relu``: what is below 0 becomes 0; for the engines in `RELU_INSIDE` to do.
    """

    x: Array
    weight: Weight
    bias: Array | None
    problem: Problem
    numbers: Numbers
    plan: Plan
    relu: bool = False
