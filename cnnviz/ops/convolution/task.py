"""What an engine is given: everything checked, chosen and resolved."""

from __future__ import annotations

from typing import NamedTuple

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.numbers import Numbers
from cnnviz.ops.convolution.planner import Plan
from cnnviz.ops.convolution.problem import Problem
from cnnviz.ops.convolution.weight import Weight


class Task(NamedTuple):
    """Convolve ``x`` (N, C, H, W) with ``weight`` (O, I, kH, kW), add ``bias`` (O,)."""

    x: Array
    weight: Weight
    bias: Array | None
    problem: Problem
    numbers: Numbers
    plan: Plan
