"""The network that comes along with its weights: it tells circles, squares, triangles and stripes apart.

Of the project's own: ``training/`` draws its pictures and trains it. The last pooling takes the largest value
of each whole map, so that a class depends on what is there, a corner or a bend, and not on where.
"""

from __future__ import annotations

from functools import partial

from cnnviz.network.known.building import named
from cnnviz.network.known.record import Known
from cnnviz.network.trained import SHAPES_NET

TABLE = (
    ("conv1", "conv:8,3,p=1"),
    ("relu1", "relu"),
    ("pool1", "maxpool:2"),
    ("conv2", "conv:16,3,p=1"),
    ("relu2", "relu"),
    ("pool2", "maxpool:2"),
    ("conv3", "conv:32,3,p=1"),
    ("relu3", "relu"),
    ("pool3", "globalmaxpool"),
    ("flatten", "flatten"),
    ("fc", f"linear:{len(SHAPES_NET.labels)}"),
)


NETWORKS = (
    Known(
        "shapes-net",
        "Circle, square, triangle or stripes; comes with its weights",
        "Trained by cnnviz on pictures that it draws (2026)",
        (3, *SHAPES_NET.size),
        partial(named, TABLE),
        trained=SHAPES_NET,
    ),
)
