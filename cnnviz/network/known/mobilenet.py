"""MobileNet v1 (padded as TensorFlow does) and v2 (torchvision), with their width multipliers.

v1: A. G. Howard, M. Zhu, B. Chen, D. Kalenichenko, W. Wang, T. Weyand, M. Andreetto, H. Adam: "MobileNets:
Efficient Convolutional Neural Networks for Mobile Vision Applications", arXiv 1704.04861 (2017), table 1.
v2: M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen: "MobileNetV2: Inverted Residuals and Linear
Bottlenecks", arXiv 1801.04381 (2018), table 2. Names in v2 are torchvision's.
"""

from __future__ import annotations

from cnnviz.network.known.building import Builder
from cnnviz.network.known.record import Known
from cnnviz.network.spec import Layer

TABLE_1_OF_V1 = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    *(((512, 1),) * 5),
    (1024, 2), (1024, 1),
)  # fmt: skip
"""The depthwise separable convolutions: channels put out, stride of the depthwise one."""

TABLE_2_OF_V2 = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""The bottlenecks: expansion t, channels c, how many n, stride s of the first."""


def mobilenet_v1(width: float = 1.0) -> tuple[Layer, ...]:
    """The layers of MobileNet v1, ``width`` times as many channels."""
    net = Builder()
    _convolution(net, "conv0", f"conv:{int(32 * width)},3,s=2,p=same,b=no")
    for number, (channels, stride) in enumerate(TABLE_1_OF_V1, 1):
        _convolution(net, f"conv{number}.depthwise", f"depthwise:3,s={stride},p=same,b=no")
        _convolution(net, f"conv{number}.pointwise", f"conv:{int(channels * width)},1,b=no")
    net.add("avgpool", "globalavgpool")
    net.add("flatten", "flatten")
    net.add("dropout", "dropout:0.001")
    net.add("fc", "linear:1000")
    return net.layers


def _convolution(net: Builder, name: str, text: str) -> None:
    net.add(name, text)
    net.add(f"{name}.bn", "batchnorm")
    net.add(f"{name}.relu", "relu")


def mobilenet_v2(width: float = 1.0) -> tuple[Layer, ...]:
    """The layers of MobileNet v2, ``width`` times as many channels, in eights."""
    net = Builder()
    channels = _eights(32 * width)
    _relu6(net, "features.0", f"conv:{channels},3,s=2,p=1,b=no")
    number = 0
    for expansion, planned, count, stride in TABLE_2_OF_V2:
        out = _eights(planned * width)
        for block in range(count):
            number += 1
            step = stride if block == 0 else 1
            _inverted_residual(net, f"features.{number}", channels, expansion, out, step)
            channels = out
    last = _eights(1280 * max(width, 1.0))
    _relu6(net, f"features.{number + 1}", f"conv:{last},1,b=no")
    net.add("avgpool", "adaptiveavgpool:1")
    net.add("flatten", "flatten")
    net.sequence("classifier", "dropout:0.2", "linear:1000")
    return net.layers


def _inverted_residual(net: Builder, name: str, channels: int, expansion: int, out: int, stride: int) -> None:
    before = net.last
    step = 0
    if expansion > 1:
        _relu6(net, f"{name}.conv.0", f"conv:{channels * expansion},1,b=no")
        step = 1
    _relu6(net, f"{name}.conv.{step}", f"depthwise:3,s={stride},p=1,b=no")
    net.add(f"{name}.conv.{step + 1}", f"conv:{out},1,b=no")
    net.add(f"{name}.conv.{step + 2}", "batchnorm")
    if stride == 1 and out == channels:
        net.add(f"{name}.add", "add", net.last, before)


def _relu6(net: Builder, name: str, convolution: str) -> None:
    net.sequence(name, convolution, "batchnorm", "relu6")


def _eights(channels: float) -> int:
    """The nearest multiple of 8, not below 8, nor below nine tenths of what was asked for."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


NETWORKS = (
    Known(
        "mobilenet-v1",
        "MobileNet v1, padded as in TensorFlow; width=0.75, 0.5, 0.25",
        "Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam: MobileNets (2017), table 1",
        (3, 224, 224),
        mobilenet_v1,
        {"width": 1.0},
    ),
    Known(
        "mobilenet-v2",
        "MobileNet v2 (torchvision); width=0.75, 1.4, ...",
        "Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2 (2018), table 2",
        (3, 224, 224),
        mobilenet_v2,
        {"width": 1.0},
    ),
)
