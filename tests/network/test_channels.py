"""Whose channels a layer hands on."""

from __future__ import annotations

import pytest

from cnnviz.network import kinds, known
from cnnviz.network.chain import read_chain
from cnnviz.network.channels import makers
from cnnviz.network.parameters import REQUIRED
from cnnviz.network.shapes import shapes


def test_a_block_has_the_channels_of_its_convolution() -> None:
    chain = [
        "conv:4,3",
        "bn",
        "relu",
        "dwconv:3",
        "relu6",
        "avg:2",
        "dwconv:3,m=2",
        "tanh",
        "flatten",
        "linear:3",
        "relu",
    ]
    found = makers(read_chain(chain).layers)
    assert list(found.values()) == ["conv1"] * 6 + ["depthwise2"] * 2 + ["flatten1", "linear1", "linear1"]


def test_where_several_come_together_channels_begin_anew() -> None:
    found = makers(
        read_chain(["conv:4,3,p=1", "conv:4,3,p=1", "add:conv1", "relu", "concat:conv2", "max:2"]).layers
    )
    assert found["relu1"] == "add1"
    assert found["maxpool1"] == "concat1"


def test_what_comes_from_the_picture_itself_has_its_own() -> None:
    assert makers(read_chain(["relu", "max:2"]).layers) == {"relu1": "relu1", "maxpool1": "relu1"}


@pytest.mark.parametrize("name", ["googlenet-2014", "mobilenet-v2", "densenet121", "resnet50-v1"])
def test_a_layer_has_as_many_channels_as_its_maker(name: str) -> None:
    network = known.find(name)
    assert network.input is not None
    sizes = shapes(network, network.input)
    for layer, maker in makers(network.layers).items():
        assert sizes[layer].output[0] == sizes[maker].output[0]


def test_no_kind_is_forgotten_that_makes_a_map_of_a_map() -> None:
    mixing = {"conv", "convt", "depthwise", "flatten", "linear", "add", "mul", "concat"}
    for name in set(kinds.names()) - mixing:
        kind = kinds.KINDS[name]
        needed = ",".join("2" for each in kind.parameters if each.default is REQUIRED)
        layers = read_chain(["conv:6,3", f"{name}:{needed}" if needed else name]).layers
        assert makers(layers)[layers[1].name] == "conv1", name
