"""The arithmetic: arrays in, arrays out, the numbers of PyTorch."""

from cnnviz.ops.activation import (
    hardsigmoid,
    hardswish,
    leaky_relu,
    prelu,
    relu,
    relu6,
    sigmoid,
    softmax,
    softsign,
    tanh,
)
from cnnviz.ops.adaptive import adaptive_avg_pool2d, adaptive_max_pool2d
from cnnviz.ops.affine import batch_norm, linear, local_response_norm
from cnnviz.ops.convolution import conv2d, plan_conv2d
from cnnviz.ops.convolution.weight import prepare
from cnnviz.ops.pooling import avg_pool2d, global_avg_pool2d, global_max_pool2d, lp_pool2d, max_pool2d
from cnnviz.ops.resizing import pad, upsample
from cnnviz.ops.smooth import elu, gelu, log_softmax, mish, selu, silu, softplus
from cnnviz.ops.transposed import conv_transpose2d

__all__ = [
    "conv2d", "plan_conv2d", "prepare", "conv_transpose2d", "linear",
    "max_pool2d", "avg_pool2d", "lp_pool2d", "global_max_pool2d", "global_avg_pool2d",
    "adaptive_max_pool2d", "adaptive_avg_pool2d",
    "batch_norm", "local_response_norm",
    "relu", "relu6", "leaky_relu", "prelu", "hardsigmoid", "hardswish", "softsign", "sigmoid", "tanh",
    "softmax", "log_softmax", "elu", "selu", "silu", "gelu", "mish", "softplus",
    "pad", "upsample",
]  # fmt: skip
