"""A probed unit: what it sees, and the multiplication that its value comes from."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from cnnviz.errors import UsageError
from cnnviz.jobs.run.network_input import Input
from cnnviz.jobs.run.probe import check, probe
from cnnviz.network import operations as op
from cnnviz.network.chain import read_chain
from cnnviz.network.onnx.operations import FreePool
from cnnviz.network.own import Own
from cnnviz.network.probe import find, path
from cnnviz.network.shapes import shapes
from cnnviz.network.spec import Layer, Network
from cnnviz.network.weights import random_weights
from cnnviz.render.run.probe import lines

CHAIN = ["conv:6,3,p=1", "batchnorm", "relu", "maxpool:2", "conv:4,3,g=2,s=2", "relu", "flatten", "linear:3"]


@pytest.fixture(scope="module")
def model() -> Own:
    network = Network(read_chain(CHAIN).layers, "chain", (3, 20, 24))
    return Own(network, (3, 20, 24), random_weights(shapes(network, (3, 20, 24)), 4))


@pytest.fixture(scope="module")
def given() -> Input:
    values = np.random.default_rng(5).normal(size=(3, 20, 24)).astype(np.float32)
    return Input(values, np.zeros((20, 24, 3), np.uint8))


def outputs(model: Own, given: Input) -> dict[str, Any]:
    return {each.layer.name: np.array(each.values) for each in model.outputs(given.values, ())}


@pytest.mark.parametrize("name", ["conv1", "batchnorm1", "relu1", "maxpool1", "conv2", "relu2"])
def test_the_multiplication_behind_a_unit_adds_up_to_the_convolutions_value(
    model: Own, given: Input, name: str
) -> None:
    made = outputs(model, given)
    for channel, at in ((0, (0, 0)), (3, None), (1, (2, 3))):
        found = probe(model, given, name, channel, at)
        for unit in found.units:
            assert unit.value == made[unit.layer][unit.channel][unit.at]
        first, last = found.units[0], found.units[-1]
        assert (first.layer, first.channel) == (name, channel)
        if at is None:
            assert first.value == made[name][channel].max()
        assert last.kind == "conv"
        assert found.explanation is not None
        (explained,) = found.explanation.units
        products = [term.product for term in explained.terms]
        assert abs(sum(products) + explained.bias - last.value) <= 1e-5 * sum(map(abs, products))


def test_of_a_pool_the_winner_of_its_window_is_followed(model: Own, given: Input) -> None:
    made = outputs(model, given)
    found = probe(model, given, "maxpool1", 2, (3, 4))
    window = made["relu1"][2, 6:8, 8:10]
    row, column = found.units[1].at
    assert found.units[0].value == window.max() == made["relu1"][2, row, column]
    assert (row // 2, column // 2) == (3, 4)


@pytest.mark.parametrize(("name", "at"), [("conv1", (0, 0)), ("conv2", (1, 2)), ("maxpool1", (9, 11))])
def test_only_what_it_sees_changes_it(model: Own, given: Input, name: str, at: tuple[int, int]) -> None:
    found = probe(model, given, name, 0, at)
    assert found.seen is not None
    assert found.seen.pixels is not None
    (top, bottom), (left, right) = found.seen.pixels
    before = outputs(model, given)[name][0][at]
    outside, inside = np.array(given.values), np.array(given.values)
    outside += 100
    outside[:, top : bottom + 1, left : right + 1] = given.values[:, top : bottom + 1, left : right + 1]
    inside[:, top : bottom + 1, left : right + 1] += 100
    assert outputs(model, Input(outside, given.seen))[name][0][at] == before
    assert outputs(model, Input(inside, given.seen))[name][0][at] != before


def test_a_group_reads_its_own_channels(model: Own, given: Input) -> None:
    found = probe(model, given, "conv2", 3, (0, 0))
    assert found.explanation is not None
    values = outputs(model, given)["maxpool1"][3:, 0:3, 0:3]
    assert [term.value for term in found.explanation.units[0].terms] == values.ravel().tolist()


@pytest.mark.parametrize(
    ("name", "channel", "at", "message"),
    [
        ("conv9", 0, None, "no layer has the name .conv9.; did you mean conv"),
        ("conv1", 6, None, "conv1 has no map 6; they are 0 to 5"),
        ("conv1", 0, (20, 0), "conv1 has no unit 20,0; its maps have rows 0 to 19 and columns 0 to 23"),
        ("linear1", 0, None, "linear1 puts out a vector"),
    ],
)
def test_a_unit_that_is_not_there_is_answered_with_those_that_are(
    model: Own, given: Input, name: str, channel: int, at: Any, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        check(model, name, channel, at)
    with pytest.raises(UsageError, match=message):
        probe(model, given, name, channel, at)


@pytest.mark.parametrize("pool", [op.LpPool((2, 2)), op.AveragePool((2, 2)), FreePool((2, 2))])
def test_of_a_pool_that_all_cells_of_a_window_go_into_none_is_followed(pool: op.Pool) -> None:
    layers = (*read_chain(["conv:2,3"]).layers, Layer("pool", "some", pool, ("conv1",)))
    assert path(shapes(Network(layers), (1, 8, 8)), "pool", 0) == ["pool", "conv1"]


def test_of_a_concat_the_input_that_has_the_channel_is_followed() -> None:
    layers = (
        *(Layer(name, "conv", op.Conv(out, (1, 1)), ("input",)) for name, out in (("a", 2), ("b", 3))),
        Layer("both", "concat", op.Concat(), ("a", "b")),
    )
    found = shapes(Network(layers), (1, 1, 2))
    a, b = np.array([[[1, 2]], [[3, 4]]]), np.array([[[5, 6]], [[7, 9]], [[8, 0]]])
    made = {"a": a, "b": b, "both": np.concatenate([a, b])}
    assert path(found, "both", 1) == ["both", "a", "input"]
    assert path(found, "both", 3) == ["both", "b", "input"]
    assert find(found, made, "both", 1, (0, 0)) == [
        ("both", "concat", 1, (0, 0), 3, "handed on from a"),
        ("a", "conv", 1, (0, 0), 3, ""),
    ]
    assert find(found, made, "both", 3, None) == [
        ("both", "concat", 3, (0, 1), 9, "handed on from b"),
        ("b", "conv", 1, (0, 1), 9, ""),
    ]


def test_of_a_pad_the_place_is_followed_to_what_stands_there_or_to_padding() -> None:
    layers = (
        Layer("a", "conv", op.Conv(1, (1, 1)), ("input",)),
        Layer("wider", "pad", op.Pad(((1, 0), (2, 0)), -7.0), ("a",)),
    )
    found = shapes(Network(layers), (1, 2, 1))
    made = {"a": np.array([[[5], [6]]]), "wider": np.array([[[-7, -7, -7], [-7, -7, 5], [-7, -7, 6]]])}
    assert find(found, made, "wider", 0, (2, 2)) == [
        ("wider", "pad", 0, (2, 2), 6, "handed on from a"),
        ("a", "conv", 0, (1, 0), 6, ""),
    ]
    assert find(found, made, "wider", 0, (2, 1)) == [("wider", "pad", 0, (2, 1), -7, "padding")]


JOINED = [
    *("conv:3,3,p=1", "relu", "maxpool:2", "conv:4,3,p=1", "upsample:2", "concat:relu1"),
    *("concat:conv1", "pad:2x1", "upsample:2,bilinear"),
]


@pytest.fixture(scope="module")
def joined() -> Own:
    network = Network(read_chain(JOINED).layers)
    return Own(network, (3, 20, 24), random_weights(shapes(network, (3, 20, 24)), 4))


@pytest.mark.parametrize("name", ["upsample1", "concat1", "concat2", "pad1"])
def test_what_is_handed_on_has_the_value_of_the_unit_that_is_found(
    joined: Own, given: Input, name: str
) -> None:
    made = outputs(joined, given)
    for channel in range(len(made[name])):
        found = probe(joined, given, name, channel, (9, 11))
        for unit in found.units:
            assert unit.value == made[unit.layer][unit.channel][unit.at]
        for unit, behind in pairwise(found.units):
            assert unit.value == (max(behind.value, 0) if unit.kind == "relu" else behind.value)
        assert found.units[-1].kind == "conv"
        assert found.explanation is not None


def test_behind_what_is_blended_or_padding_no_unit_is_sought(joined: Own, given: Input) -> None:
    blended, padding = (
        probe(joined, given, *unit) for unit in (("upsample2", 0, (9, 9)), ("pad1", 0, (0, 0)))
    )
    assert [unit.layer for unit in blended.units] == ["upsample2"]
    assert lines(blended)[-1] == "no single multiplication lies behind it"
    assert lines(padding)[0] == "pad1 (pad), map 0, row 0, column 0: 0, padding"
    assert len(lines(padding)) == 2


@pytest.mark.parametrize(
    "last", ["globalmaxpool", "adaptivemaxpool:1", "adaptivemaxpool:3x5", "maxpool:3,p=1"]
)
def test_of_any_pool_that_keeps_the_largest_the_winner_is_followed(given: Input, last: str) -> None:
    network = Network(read_chain(["conv:4,3", last]).layers)
    model = Own(network, (3, 20, 24), random_weights(shapes(network, (3, 20, 24)), 4))
    made = outputs(model, given)
    pooled, maps = made[network.layers[-1].name], made["conv1"]
    for channel, value in enumerate(pooled[:, 0, 0]):
        pool, winner = probe(model, given, network.layers[-1].name, channel, (0, 0)).units
        assert pool.value == winner.value == value == maps[channel][winner.at]


@pytest.mark.parametrize("last", ["globalavgpool", "adaptiveavgpool:1", "adaptiveavgpool:3", "avgpool:2"])
def test_of_no_mean_one_unit_is_followed(given: Input, last: str) -> None:
    network = Network(read_chain(["conv:4,3", last]).layers)
    model = Own(network, (3, 20, 24), random_weights(shapes(network, (3, 20, 24)), 4))
    assert len(probe(model, given, network.layers[-1].name, 0, (0, 0)).units) == 1
