"""AlexNet: torchvision's, and the one of 2012.

A. Krizhevsky, I. Sutskever, G. E. Hinton: "ImageNet Classification with Deep Convolutional Neural
Networks", NIPS 2012, figure 2 and section 3 (two groups, local response normalisation; its arithmetic needs
227x227, not the 224x224 it names). torchvision's is the single-group net of A. Krizhevsky: "One weird trick
for parallelizing convolutional neural networks", arXiv 1404.5997 (2014).
"""

from __future__ import annotations

from cnnviz.network.known.building import Builder
from cnnviz.network.known.record import Known
from cnnviz.network.spec import Layer

FEATURES = (
    *("conv:64,11,s=4,p=2", "relu", "maxpool:3,s=2"),
    *("conv:192,5,p=2", "relu", "maxpool:3,s=2"),
    *("conv:384,3,p=1", "relu"),
    *("conv:256,3,p=1", "relu"),
    *("conv:256,3,p=1", "relu", "maxpool:3,s=2"),
)
CLASSIFIER = ("dropout", "linear:4096", "relu", "dropout", "linear:4096", "relu", "linear:1000")

OF_2012 = (
    *("conv:96,11,s=4", "relu", "lrn:5,alpha=1e-4,beta=0.75,k=2", "maxpool:3,s=2"),
    *("conv:256,5,p=2,g=2", "relu", "lrn:5,alpha=1e-4,beta=0.75,k=2", "maxpool:3,s=2"),
    *("conv:384,3,p=1", "relu"),
    *("conv:384,3,p=1,g=2", "relu"),
    *("conv:256,3,p=1,g=2", "relu", "maxpool:3,s=2"),
)
CLASSIFIER_OF_2012 = ("linear:4096", "relu", "dropout", "linear:4096", "relu", "dropout", "linear:1000")


def alexnet() -> tuple[Layer, ...]:
    """The layers of torchvision's AlexNet."""
    net = Builder()
    net.sequence("features", *FEATURES)
    net.add("avgpool", "adaptiveavgpool:6")
    net.add("flatten", "flatten")
    net.sequence("classifier", *CLASSIFIER)
    return net.layers


def alexnet_2012() -> tuple[Layer, ...]:
    """The layers of the paper."""
    net = Builder()
    net.sequence("features", *OF_2012)
    net.add("flatten", "flatten")
    net.sequence("classifier", *CLASSIFIER_OF_2012)
    return net.layers


NETWORKS = (
    Known(
        "alexnet",
        "AlexNet, one group (torchvision)",
        "Krizhevsky: One weird trick for parallelizing convolutional neural networks (2014); torchvision",
        (3, 224, 224),
        alexnet,
    ),
    Known(
        "alexnet-2012",
        "AlexNet as published: two groups, 227x227",
        "Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep CNNs (2012), figure 2",
        (3, 227, 227),
        alexnet_2012,
    ),
)
