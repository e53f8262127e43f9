"""VGG with 11, 13, 16 and 19 layers.

K. Simonyan, A. Zisserman: "Very Deep Convolutional Networks for Large-Scale Image Recognition", arXiv
1409.1556 (2014), table 1, columns A, B, D and E. Names are torchvision's.
"""

from __future__ import annotations

from functools import partial

from cnnviz.network.known.building import Builder
from cnnviz.network.known.record import Known
from cnnviz.network.spec import Layer

TABLE_1 = {
    "vgg11": ((64,), (128,), (256, 256), (512, 512), (512, 512)),
    "vgg13": ((64, 64), (128, 128), (256, 256), (512, 512), (512, 512)),
    "vgg16": ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)),
    "vgg19": ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4),
}
"""The 3x3 convolutions of each stage, by their channels; a max-pool ends a stage."""

COLUMNS = {"vgg11": "A", "vgg13": "B", "vgg16": "D", "vgg19": "E"}
CLASSIFIER = ("linear:4096", "relu", "dropout", "linear:4096", "relu", "dropout", "linear:1000")


def vgg(name: str) -> tuple[Layer, ...]:
    """The layers of one column of table 1."""
    net = Builder()
    features = []
    for stage in TABLE_1[name]:
        for channels in stage:
            features += [f"conv:{channels},3,p=1", "relu"]
        features.append("maxpool:2")
    net.sequence("features", *features)
    net.add("avgpool", "adaptiveavgpool:7")
    net.add("flatten", "flatten")
    net.sequence("classifier", *CLASSIFIER)
    return net.layers


NETWORKS = tuple(
    Known(
        name,
        f"VGG, {name[3:]} layers with weights",
        f"Simonyan, Zisserman: Very Deep Convolutional Networks (2014), table 1, column {COLUMNS[name]}",
        (3, 224, 224),
        partial(vgg, name),
    )
    for name in TABLE_1
)
