"""LeNet-5 in its dense form of today.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: "Gradient-Based Learning Applied to Document Recognition",
Proceedings of the IEEE 86 (1998), figure 2. As it is built today: every map of the second convolution sees
all six of the first (the paper connects some), pooling has no weights, the output is linear, and pictures
of 28x28 are padded by 2 in place of the paper's 32x32.
"""

from __future__ import annotations

from functools import partial

from cnnviz.network.known.building import named
from cnnviz.network.known.record import Known

TABLE = (
    ("conv1", "conv:6,5,p=2"),
    ("tanh1", "tanh"),
    ("pool1", "avgpool:2"),
    ("conv2", "conv:16,5"),
    ("tanh2", "tanh"),
    ("pool2", "avgpool:2"),
    ("flatten", "flatten"),
    ("fc1", "linear:120"),
    ("tanh3", "tanh"),
    ("fc2", "linear:84"),
    ("tanh4", "tanh"),
    ("fc3", "linear:10"),
)


NETWORKS = (
    Known(
        "lenet5",
        "LeNet-5, dense, for digits of 28x28",
        "LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition (1998)",
        (1, 28, 28),
        partial(named, TABLE),
    ),
)
