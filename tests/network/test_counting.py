"""What layers cost: against counts done by walking, and against published tables."""

from __future__ import annotations

import pytest

from cnnviz.network.chain import read_chain
from cnnviz.network.counting import COUNTS, fully_connected, unshared
from cnnviz.network.shapes import LayerShape, NetworkShapes, shapes

ALEXNET_V2 = (
    "conv:64,11,s=4 maxpool:3,s=2 conv:192,5,p=same maxpool:3,s=2 "
    "conv:384,3,p=1 conv:384,3,p=1 conv:256,3,p=1 maxpool:3,s=2"
)
DISTILL = {
    224: {"conv1": 0.136, "conv2": 0.552, "conv3": 0.743, "conv4": 1.125, "conv5": 1.380, "maxpool3": 1.380},
    321: {"conv1": 0.283, "maxpool1": 0.284, "conv2": 1.171, "conv3": 1.602, "conv4": 2.462, "conv5": 3.036},
}
"""Billions of operations up to a layer of alexnet_v2, from the table that belongs to Araujo, Norris and Sim,
"Computing Receptive Fields of Convolutional Neural Networks", Distill (2019)."""


def sent(chain: str, shape: tuple[int, ...]) -> NetworkShapes:
    return shapes(read_chain(chain.split()), shape)


def one(chain: str, shape: tuple[int, ...]) -> LayerShape:
    return sent(chain, shape).layers[-1]


@pytest.mark.parametrize("size", DISTILL)
def test_distills_count_gives_distills_table(size: int) -> None:
    total, found = 0, {}
    for layer in sent(ALEXNET_V2, (3, size, size)).layers:
        total += COUNTS["distill"].of(layer)
        found[layer.name] = round(total / 1e9, 3)
    assert {name: found[name] for name in DISTILL[size]} == DISTILL[size]


@pytest.mark.parametrize(
    ("text", "shape", "macs", "parameters"),
    [
        ("conv:6,5", (1, 28, 28), 6 * 25 * 24 * 24, 6 * 26),
        ("conv:6,5,b=no", (1, 28, 28), 6 * 25 * 24 * 24, 6 * 25),
        ("conv:6,5x3,g=3,s=2", (3, 9, 9), 6 * 15 * 3 * 4, 6 * 16),
        ("depthwise:3,m=2", (4, 5, 5), 8 * 9 * 9, 8 * 10),
        ("convt:6,4,s=2,p=1", (3, 5, 5), 25 * 3 * 6 * 16, 3 * 6 * 16 + 6),
        ("convt:6,2,g=3,b=no", (3, 5, 5), 25 * 6 * 4, 3 * 2 * 4),
        ("linear:10", (20,), 200, 210),
        ("linear:10,no", (20,), 200, 200),
        ("batchnorm", (7, 5, 5), 0, 14),
        ("batchnorm:affine=no", (7, 5, 5), 0, 0),
        ("prelu:7", (7, 5, 5), 0, 7),
        ("maxpool:2", (7, 5, 5), 0, 0),
    ],
)  # fmt: skip
def test_parameters_and_macs_are_those_one_counts(
    text: str, shape: tuple[int, ...], macs: int, parameters: int
) -> None:
    layer = one(text, shape)
    assert (layer.macs, layer.parameters) == (macs, parameters)
    assert COUNTS["macs"].of(layer) == macs
    assert COUNTS["flops"].of(layer) == 2 * macs


@pytest.mark.parametrize(
    ("text", "shape", "count"),
    [
        ("conv:6,5", (1, 28, 28), 2 * 86400 + 6 * 576),
        ("conv:6,5,b=no", (1, 28, 28), 2 * 86400),
        ("maxpool:3,s=2", (2, 7, 7), 9 * 2 * 9),
        ("avgpool:2", (2, 6, 6), 4 * 2 * 9),
        ("globalavgpool", (2, 6, 6), 72),
        ("batchnorm", (2, 6, 6), 72),
        ("add:input", (2, 6, 6), 72),
        ("relu", (2, 6, 6), 0),
        ("concat:input", (2, 6, 6), 0),
    ],
)
def test_distills_count_adds_biases_and_pools(text: str, shape: tuple[int, ...], count: int) -> None:
    assert COUNTS["distill"].of(one(text, shape)) == count


def test_without_sharing_every_place_has_a_kernel_of_its_own() -> None:
    layer = one("conv:96,11,s=4", (3, 227, 227))
    assert layer.parameters == 34_944
    assert unshared(layer) == 105_705_600
    assert fully_connected(layer) == 3 * 227 * 227 * 96 * 55 * 55 + 96 * 55 * 55


def test_a_kernel_as_large_as_the_picture_is_fully_connected() -> None:
    layer = one("conv:4,6", (3, 6, 6))
    assert layer.parameters == unshared(layer) == fully_connected(layer)


def test_a_linear_layer_shares_nothing_and_others_have_no_such_cost() -> None:
    layer = one("linear:10", (20,))
    assert unshared(layer) == fully_connected(layer) == layer.parameters == 210
    assert unshared(one("relu", (2, 6, 6))) is None
    assert fully_connected(one("maxpool:2", (2, 6, 6))) is None


def test_a_transposed_convolution_without_sharing_has_a_weight_for_every_mac() -> None:
    layer = one("convt:2,2,s=2", (3, 4, 4))
    assert unshared(layer) == layer.macs + 2 * 8 * 8
