"""What layers do, one module a family."""

from cnnviz.network.operations.checks import written
from cnnviz.network.operations.convolution import Conv, ConvTransposed, Depthwise, window_sight
from cnnviz.network.operations.joining import Add, Concat, Multiply
from cnnviz.network.operations.linear import Linear
from cnnviz.network.operations.pointwise import (
    Activation,
    BatchNorm,
    Dropout,
    Elu,
    LeakyRelu,
    LocalResponseNorm,
    PRelu,
)
from cnnviz.network.operations.pooling import AdaptivePool, AveragePool, GlobalPool, LpPool, MaxPool, Pool
from cnnviz.network.operations.shaping import Flatten, Pad, Upsample

__all__ = [
    "Conv", "Depthwise", "ConvTransposed", "window_sight",
    "Pool", "MaxPool", "AveragePool", "LpPool", "AdaptivePool", "GlobalPool",
    "Activation", "LeakyRelu", "PRelu", "Elu", "BatchNorm", "LocalResponseNorm", "Dropout",
    "Flatten", "Pad", "Upsample", "Linear", "Add", "Multiply", "Concat", "written",
]  # fmt: skip
