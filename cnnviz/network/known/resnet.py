"""ResNets with 18 to 152 layers, with the stride in the 3x3 (torchvision) or in the first 1x1 (the paper).

K. He, X. Zhang, S. Ren, J. Sun: "Deep Residual Learning for Image Recognition", arXiv 1512.03385 (2015),
table 1. In a bottleneck that halves its maps the paper strides in the first 1x1 ("v1"), torchvision in the
3x3 ("v1.5"). The nets of 18 and 34 layers have no 1x1 and are the same in both.
"""

from __future__ import annotations

from functools import partial

from cnnviz.network.known.building import Builder
from cnnviz.network.known.record import Known
from cnnviz.network.spec import Layer

TABLE_1 = {
    "resnet18": ("basic", (2, 2, 2, 2)),
    "resnet34": ("basic", (3, 4, 6, 3)),
    "resnet50": ("bottleneck", (3, 4, 6, 3)),
    "resnet101": ("bottleneck", (3, 4, 23, 3)),
    "resnet152": ("bottleneck", (3, 8, 36, 3)),
}
"""The kind of block, and how many there are in each stage."""

WIDTHS = (64, 128, 256, 512)


def resnet(name: str, *, stride_in: str = "3x3") -> tuple[Layer, ...]:
    """The layers of one column of table 1."""
    kind, stages = TABLE_1[name]
    net = Builder()
    net.add("conv1", "conv:64,7,s=2,p=3,b=no")
    net.add("bn1", "batchnorm")
    net.add("relu", "relu")
    net.add("maxpool", "maxpool:3,s=2,p=1")
    channels = 64
    for stage, (blocks, width) in enumerate(zip(stages, WIDTHS, strict=True), 1):
        for block in range(blocks):
            stride = 2 if stage > 1 and block == 0 else 1
            out = width if kind == "basic" else 4 * width
            steps = _basic(width, stride) if kind == "basic" else _bottleneck(width, stride, stride_in)
            shortcut = f"{out},1,s={stride}" if stride > 1 or out != channels else ""
            _residual(net, f"layer{stage}.{block}", steps, shortcut)
            channels = out
    net.add("avgpool", "adaptiveavgpool:1")
    net.add("flatten", "flatten")
    net.add("fc", "linear:1000")
    return net.layers


def _basic(width: int, stride: int) -> tuple[str, ...]:
    return f"{width},3,s={stride},p=1", f"{width},3,p=1"


def _bottleneck(width: int, stride: int, stride_in: str) -> tuple[str, ...]:
    first, second = (1, stride) if stride_in == "3x3" else (stride, 1)
    return f"{width},1,s={first}", f"{width},3,s={second},p=1", f"{4 * width},1"


def _residual(net: Builder, prefix: str, convolutions: tuple[str, ...], shortcut: str) -> None:
    """Convolutions with batchnorm and ReLU, and what came in added before the last ReLU."""
    before = net.last
    for number, text in enumerate(convolutions, 1):
        net.add(f"{prefix}.conv{number}", f"conv:{text},b=no")
        net.add(f"{prefix}.bn{number}", "batchnorm")
        if number < len(convolutions):
            net.add(f"{prefix}.relu{number}", "relu")
    path = net.last
    if shortcut:
        net.add(f"{prefix}.downsample.0", f"conv:{shortcut},b=no", before)
        before = net.add(f"{prefix}.downsample.1", "batchnorm")
    net.add(f"{prefix}.add", "add", path, before)
    net.add(f"{prefix}.relu", "relu")


_SOURCE = "He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2015), table 1"

NETWORKS = (
    *(
        Known(
            name,
            f"ResNet-{name[6:]}{', stride in the 3x3' if kind == 'bottleneck' else ''} (torchvision)",
            f"{_SOURCE}{', strides as in torchvision' if kind == 'bottleneck' else ''}",
            (3, 224, 224),
            partial(resnet, name),
        )
        for name, (kind, _) in TABLE_1.items()
    ),
    *(
        Known(
            f"{name}-v1",
            f"ResNet-{name[6:]} as published: stride in the first 1x1",
            _SOURCE,
            (3, 224, 224),
            partial(resnet, name, stride_in="1x1"),
        )
        for name, (kind, _) in TABLE_1.items()
        if kind == "bottleneck"
    ),
)
