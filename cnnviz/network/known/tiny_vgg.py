"""Tiny VGG, the network that CNN Explainer shows.

Z. J. Wang, R. Turko, O. Shaikh, H. Park, N. Das, F. Hohman, M. Kahng, D. H. Chau: "CNN Explainer: Learning
Convolutional Neural Networks with Interactive Visualization", IEEE TVCG 27 (2021), figure 1.
"""

from __future__ import annotations

from functools import partial

from cnnviz.network.known.building import named
from cnnviz.network.known.record import Known

TABLE = (
    ("conv_1_1", "conv:10,3"),
    ("relu_1_1", "relu"),
    ("conv_1_2", "conv:10,3"),
    ("relu_1_2", "relu"),
    ("max_pool_1", "maxpool:2"),
    ("conv_2_1", "conv:10,3"),
    ("relu_2_1", "relu"),
    ("conv_2_2", "conv:10,3"),
    ("relu_2_2", "relu"),
    ("max_pool_2", "maxpool:2"),
    ("flatten", "flatten"),
    ("output", "linear:10"),
)


NETWORKS = (
    Known(
        "tiny-vgg",
        "Tiny VGG, as in CNN Explainer",
        "Wang, Turko, Shaikh, Park, Das, Hohman, Kahng, Chau: CNN Explainer (2021), figure 1",
        (3, 64, 64),
        partial(named, TABLE),
    ),
)
