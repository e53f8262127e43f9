"""DenseNet-121.

G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger: "Densely Connected Convolutional Networks", arXiv
1608.06993 (2016), table 1 (growth rate k = 32). Names are torchvision's.
"""

from __future__ import annotations

from cnnviz.network.known.building import Builder
from cnnviz.network.known.record import Known
from cnnviz.network.spec import Layer

BLOCKS = (6, 12, 24, 16)
"""Dense layers in each block; between blocks the channels and the maps are halved."""

GROWTH = 32


def densenet121() -> tuple[Layer, ...]:
    """The layers of DenseNet-121."""
    net = Builder()
    net.add("features.conv0", f"conv:{2 * GROWTH},7,s=2,p=3,b=no")
    net.add("features.norm0", "batchnorm")
    net.add("features.relu0", "relu")
    net.add("features.pool0", "maxpool:3,s=2,p=1")
    channels = 2 * GROWTH
    for number, layers in enumerate(BLOCKS, 1):
        _dense_block(net, f"features.denseblock{number}", layers)
        channels += layers * GROWTH
        if number < len(BLOCKS):
            channels //= 2
            _transition(net, f"features.transition{number}", channels)
    net.add("features.norm5", "batchnorm")
    net.add("relu", "relu")
    net.add("avgpool", "adaptiveavgpool:1")
    net.add("flatten", "flatten")
    net.add("classifier", "linear:1000")
    return net.layers


def _dense_block(net: Builder, prefix: str, layers: int) -> None:
    """Every layer sees what came in and the maps of all layers before it."""
    maps = [net.last]
    for number in range(1, layers + 1):
        name = f"{prefix}.denselayer{number}"
        if len(maps) > 1:
            net.add(f"{name}.concat", "concat", *maps)
        net.add(f"{name}.norm1", "batchnorm")
        net.add(f"{name}.relu1", "relu")
        net.add(f"{name}.conv1", f"conv:{4 * GROWTH},1,b=no")
        net.add(f"{name}.norm2", "batchnorm")
        net.add(f"{name}.relu2", "relu")
        maps.append(net.add(f"{name}.conv2", f"conv:{GROWTH},3,p=1,b=no"))
    net.add(f"{prefix}.concat", "concat", *maps)


def _transition(net: Builder, prefix: str, channels: int) -> None:
    net.add(f"{prefix}.norm", "batchnorm")
    net.add(f"{prefix}.relu", "relu")
    net.add(f"{prefix}.conv", f"conv:{channels},1,b=no")
    net.add(f"{prefix}.pool", "avgpool:2")


NETWORKS = (
    Known(
        "densenet121",
        "DenseNet, 121 layers, growth rate 32 (torchvision)",
        "Huang, Liu, van der Maaten, Weinberger: Densely Connected Convolutional Networks (2016), table 1",
        (3, 224, 224),
        densenet121,
    ),
)
