"""Integers only: output sizes, padding amounts and receptive fields. The one copy of each formula.

Symbols, along one axis: ``n`` input size, ``k`` kernel size, ``s`` stride, ``d`` dilation, ``low`` and
``high`` the padding before and after. Pairs are always (vertical, horizontal).

The relations are those of Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016);
the rounding rules are PyTorch's.
"""

from cnnviz.geometry.coverage import unseen
from cnnviz.geometry.fields import EACH, Field
from cnnviz.geometry.pads import (
    PADDING_MODES,
    PADDING_WORDS,
    Padding,
    PaddingMode,
    PaddingWord,
    Pads,
    padding_source,
    resolve_pads,
    same_pads,
)
from cnnviz.geometry.pairs import Pair, extent, is_integer, pair
from cnnviz.geometry.transposed import TransposedWindow, transposed_size, transposed_window
from cnnviz.geometry.windows import (
    Window,
    ceil_output_size,
    check_pooling_pads,
    convolution_window,
    output_size,
    pooling_window,
)

__all__ = [
    "Pair",
    "Pads",
    "Padding",
    "PaddingWord",
    "PaddingMode",
    "PADDING_WORDS",
    "PADDING_MODES",
    "Window",
    "convolution_window",
    "pooling_window",
    "check_pooling_pads",
    "TransposedWindow",
    "transposed_window",
    "Field",
    "EACH",
    "extent",
    "output_size",
    "ceil_output_size",
    "transposed_size",
    "same_pads",
    "resolve_pads",
    "unseen",
    "pair",
    "is_integer",
    "padding_source",
]
