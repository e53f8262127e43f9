"""The arithmetic: arrays in, arrays out, the numbers of PyTorch."""

from cnnviz.ops.activation import leaky_relu, relu, sigmoid, softmax, tanh
from cnnviz.ops.convolution import conv2d, plan_conv2d
from cnnviz.ops.convolution.weight import prepare
from cnnviz.ops.pooling import avg_pool2d, global_avg_pool2d, global_max_pool2d, max_pool2d

__all__ = [
    "conv2d",
    "plan_conv2d",
    "prepare",
    "max_pool2d",
    "avg_pool2d",
    "global_max_pool2d",
    "global_avg_pool2d",
    "relu",
    "leaky_relu",
    "sigmoid",
    "tanh",
    "softmax",
]
