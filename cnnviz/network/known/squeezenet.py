"""SqueezeNet 1.0 and 1.1.

F. N. Iandola, S. Han, M. W. Moskewicz, K. Ashraf, W. J. Dally, K. Keutzer: "SqueezeNet: AlexNet-level
accuracy with 50x fewer parameters and <0.5MB model size", arXiv 1602.07360 (2016), table 1; 1.1 is its
authors' release of the same year, with 2.4 times fewer operations. Names and the unpadded first convolution
are torchvision's.
"""

from __future__ import annotations

from functools import partial

from cnnviz.network.known.building import Builder
from cnnviz.network.known.record import Known
from cnnviz.network.spec import Layer

POOL = "maxpool:3,s=2,ceil=yes"
TABLE_1: dict[str, tuple[str | tuple[int, int], ...]] = {
    "squeezenet1.0": (
        *("conv:96,7,s=2", "relu", POOL),
        *((16, 64), (16, 64), (32, 128), POOL),
        *((32, 128), (48, 192), (48, 192), (64, 256), POOL),
        (64, 256),
    ),
    "squeezenet1.1": (
        *("conv:64,3,s=2", "relu", POOL),
        *((16, 64), (16, 64), POOL),
        *((32, 128), (32, 128), POOL),
        *((48, 192), (48, 192), (64, 256), (64, 256)),
    ),
}
"""Layers, and fire modules as (squeeze, expand): 1x1 kernels, then as many 1x1 as 3x3 ones side by side."""


def squeezenet(name: str) -> tuple[Layer, ...]:
    """The layers of one of the two."""
    net = Builder()
    for number, item in enumerate(TABLE_1[name]):
        if isinstance(item, str):
            net.add(f"features.{number}", item)
        else:
            _fire(net, f"features.{number}", *item)
    net.sequence("classifier", "dropout", "conv:1000,1", "relu", "adaptiveavgpool:1")
    net.add("flatten", "flatten")
    return net.layers


def _fire(net: Builder, name: str, squeeze: int, expand: int) -> None:
    net.add(f"{name}.squeeze", f"conv:{squeeze},1")
    squeezed = net.add(f"{name}.squeeze_activation", "relu")
    net.add(f"{name}.expand1x1", f"conv:{expand},1")
    small = net.add(f"{name}.expand1x1_activation", "relu")
    net.add(f"{name}.expand3x3", f"conv:{expand},3,p=1", squeezed)
    large = net.add(f"{name}.expand3x3_activation", "relu")
    net.add(f"{name}.concat", "concat", small, large)


NETWORKS = tuple(
    Known(
        name,
        f"SqueezeNet {name[10:]} (torchvision)",
        "Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer: SqueezeNet (2016), table 1"
        + (", and its authors' release 1.1" if name.endswith("1.1") else ""),
        (3, 224, 224),
        partial(squeezenet, name),
    )
    for name in TABLE_1
)
