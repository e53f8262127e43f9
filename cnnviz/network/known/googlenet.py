"""GoogLeNet: torchvision's, with batchnorm, and the one of 2014.

C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke, A. Rabinovich: "Going
Deeper with Convolutions", arXiv 1409.4842 (2014), table 1; the auxiliary heads, used in training only, are
left out. torchvision's has batchnorm in place of biases and of the local response normalisation, 3x3
kernels in place of the 5x5 ones, and a 2x2 window in the last max-pool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnnviz.network.known.building import Builder
from cnnviz.network.known.record import Known
from cnnviz.network.preprocess import BOTH_SIGNS
from cnnviz.network.spec import Layer

TABLE_1 = {
    "inception3a": (64, 96, 128, 16, 32, 32),
    "inception3b": (128, 128, 192, 32, 96, 64),
    "maxpool3": None,
    "inception4a": (192, 96, 208, 16, 48, 64),
    "inception4b": (160, 112, 224, 24, 64, 64),
    "inception4c": (128, 128, 256, 24, 64, 64),
    "inception4d": (112, 144, 288, 32, 64, 64),
    "inception4e": (256, 160, 320, 32, 128, 128),
    "maxpool4": None,
    "inception5a": (256, 160, 320, 32, 128, 128),
    "inception5b": (384, 192, 384, 48, 128, 128),
}
"""Channels of the 1x1; of the 1x1 before the 3x3, and the 3x3; of the 1x1 before the 5x5, and the 5x5; and of
the 1x1 behind the pool: four paths side by side."""

POOL = "maxpool:3,s=2,ceil=yes"


class _Form(NamedTuple):
    """How one of the two builds a module: its convolution, the names of the paths, what differs in them."""

    convolution: Callable[..., str]
    one: str
    three: tuple[str, str]
    five: tuple[str, str]
    behind_pool: tuple[str, str]
    large_kernel: str
    pool: str


def googlenet() -> tuple[Layer, ...]:
    """The layers of torchvision's GoogLeNet."""
    net = Builder()
    _normalised(net, "conv1", "conv:64,7,s=2,p=3")
    net.add("maxpool1", POOL)
    _normalised(net, "conv2", "conv:64,1")
    _normalised(net, "conv3", "conv:192,3,p=1")
    net.add("maxpool2", POOL)
    _modules(net, _TORCHVISION, "maxpool:2,s=2,ceil=yes")
    net.add("avgpool", "adaptiveavgpool:1")
    net.add("flatten", "flatten")
    net.add("dropout", "dropout:0.2")
    net.add("fc", "linear:1000")
    return net.layers


def googlenet_2014() -> tuple[Layer, ...]:
    """The layers of the paper."""
    net = Builder()
    _plain(net, "conv1", "conv:64,7,s=2,p=3")
    net.add("maxpool1", POOL)
    net.add("norm1", "lrn:5,alpha=1e-4,beta=0.75")
    _plain(net, "conv2.reduce", "conv:64,1")
    _plain(net, "conv2", "conv:192,3,p=1")
    net.add("norm2", "lrn:5,alpha=1e-4,beta=0.75")
    net.add("maxpool2", POOL)
    _modules(net, _PAPER, POOL)
    net.add("avgpool", "avgpool:7,s=1")
    net.add("flatten", "flatten")
    net.add("dropout", "dropout:0.4")
    net.add("fc", "linear:1000")
    return net.layers


def _modules(net: Builder, form: _Form, last_pool: str) -> None:
    """The rows of table 1: modules of four paths, and pools between them."""
    add = form.convolution
    for name, row in TABLE_1.items():
        if row is None:
            net.add(name, last_pool if name == "maxpool4" else POOL)
            continue
        one, before_three, three, before_five, five, behind_pool = row
        into = net.last
        paths = [add(net, f"{name}.{form.one}", f"conv:{one},1", into)]
        add(net, f"{name}.{form.three[0]}", f"conv:{before_three},1", into)
        paths.append(add(net, f"{name}.{form.three[1]}", f"conv:{three},3,p=1"))
        add(net, f"{name}.{form.five[0]}", f"conv:{before_five},1", into)
        paths.append(add(net, f"{name}.{form.five[1]}", f"conv:{five},{form.large_kernel}"))
        net.add(f"{name}.{form.behind_pool[0]}", form.pool, into)
        paths.append(add(net, f"{name}.{form.behind_pool[1]}", f"conv:{behind_pool},1"))
        net.add(f"{name}.concat", "concat", *paths)


def _normalised(net: Builder, name: str, convolution: str, *inputs: str) -> str:
    net.add(f"{name}.conv", f"{convolution},b=no", *inputs)
    net.add(f"{name}.bn", "batchnorm:eps=0.001")
    return net.add(f"{name}.relu", "relu")


def _plain(net: Builder, name: str, convolution: str, *inputs: str) -> str:
    net.add(name, convolution, *inputs)
    return net.add(f"{name}.relu", "relu")


_TORCHVISION = _Form(
    _normalised,
    "branch1",
    ("branch2.0", "branch2.1"),
    ("branch3.0", "branch3.1"),
    ("branch4.0", "branch4.1"),
    large_kernel="3,p=1",
    pool="maxpool:3,s=1,p=1,ceil=yes",
)
_PAPER = _Form(
    _plain,
    "1x1",
    ("3x3.reduce", "3x3"),
    ("5x5.reduce", "5x5"),
    ("pool", "pool.proj"),
    large_kernel="5,p=2",
    pool="maxpool:3,s=1,p=1",
)

_SOURCE = (
    "Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich: Going Deeper with "
    "Convolutions"
)

NETWORKS = (
    Known(
        "googlenet",
        "GoogLeNet with batchnorm, without auxiliary heads (torchvision)",
        f"{_SOURCE} (2014), table 1, as in torchvision",
        (3, 224, 224),
        googlenet,
        preprocess=BOTH_SIGNS,
    ),
    Known(
        "googlenet-2014",
        "GoogLeNet as published: 5x5 kernels, biases, no batchnorm",
        f"{_SOURCE} (2014), table 1",
        (3, 224, 224),
        googlenet_2014,
    ),
)
