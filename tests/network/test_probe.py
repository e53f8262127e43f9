"""A probed unit: what it sees, and the multiplication that its value comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnviz.errors import UsageError
from cnnviz.jobs.network_input import Input
from cnnviz.jobs.probe import check, probe
from cnnviz.network.chain import read_chain
from cnnviz.network.own import Own
from cnnviz.network.probe import check as check_unit
from cnnviz.network.shapes import shapes
from cnnviz.network.spec import Network
from cnnviz.network.weights import random_weights
from cnnviz.render.explain import arithmetic
from cnnviz.render.probe import Probed, draw, lines, text
from cnnviz.render.theme import LIGHT

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
        ("conv9", 0, None, "no layer has this name; did you mean conv"),
        ("conv1", 6, None, "there is no map 6; they are 0 to 5"),
        ("conv1", 0, (20, 0), "there is no unit 20,0; the map has rows 0 to 19 and columns 0 to 23"),
        ("linear1", 0, None, "it puts out a vector"),
    ],
)
def test_a_unit_that_is_not_there_is_answered_with_those_that_are(
    model: Own, given: Input, name: str, channel: int, at: Any, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        check(model, name, channel, at)
    with pytest.raises(UsageError, match=message):
        probe(model, given, name, channel, at)


def test_numbers_in_two_axes_are_called_by_their_sizes() -> None:
    with pytest.raises(UsageError, match="it puts out 17x64 numbers; its units have no place"):
        check_unit((17, 64), "tokens", 3, (0, 0))


def probed(chain: list[str], name: str, channel: int, shape: tuple[int, ...] = (3, 9, 9)) -> Probed:
    network = Network(read_chain(chain).layers, "chain", shape)
    model = Own(network, shape, random_weights(shapes(network, shape), 4))
    values = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    return probe(model, Input(values, np.zeros((*shape[1:], 3), np.uint8)), name, channel, None)


def test_a_unit_of_a_layer_of_one_number_a_channel_is_marked_in_the_bar_of_all() -> None:
    def marked(channel: int) -> float:
        found = probed(["conv:40,3", "globalmaxpool"], "globalmaxpool1", channel)
        assert found.maps.colored(0).shape == (1, 40, 3)
        drawn = draw(found, "a unit")[:, 870:]  # the last of three panels
        return float(np.nonzero((drawn == LIGHT.mark).all(axis=2))[1].mean())

    first, middle, last = map(marked, (7, 20, 39))
    assert first < middle < last
    assert (middle - first) / (last - first) == pytest.approx(13 / 32, abs=0.02)


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        (["conv:8,3", "softmax"], "in conv1, held against all channels there"),
        (["conv:8,3", "lrn:5"], "in conv1, held against its neighbour channels"),
        (["conv:8,3", "relu"], "in conv1"),
    ],
)
def test_what_weighs_channels_against_each_other_is_not_said_to_be_of_one_unit(
    chain: list[str], said: str
) -> None:
    assert probed(chain, f"{chain[1].split(':')[0]}1", 3).units[0].why.endswith(said)


def test_why_no_arithmetic_is_shown_is_said_wherever_the_unit_is() -> None:
    found = probed(["conv:4,3", "globalavgpool"], "globalavgpool1", 2)
    assert (
        lines(found)[-1]
        == text(found, 80).plain.splitlines()[-1]
        == "no single multiplication lies behind it"
    )
    unit = found.units[0]._replace(layer="c", kind="conv")
    assert lines(found._replace(units=(unit,)))[-1].startswith("the weight of c is worked out on the way")
    explained = probed(["conv:4,3"], "conv1", 2)
    assert not any("multiplication" in line for line in lines(explained))


def test_of_many_channels_those_that_add_most_are_shown() -> None:
    found = probed(["conv:2,3"], "conv1", 1, (30, 9, 9)).explanation
    assert found is not None
    (unit,) = found.units
    products = np.array([term.product for term in unit.terms]).reshape(30, 9)
    largest = sorted(np.argsort(-np.abs(products.sum(axis=1)))[:4].tolist())
    assert found.weightiest(4) == largest
    shown = arithmetic(found, 80, white=0).plain.splitlines()
    assert [line for line in shown if line.startswith("channel") and ":" not in line] == [
        f"channel {number}" for number in largest
    ]
    assert (
        "(the 4 of 30 channels that add most, of either sign; all are in the sum, --json lists them)" in shown
    )


def test_what_is_to_be_known_of_the_weights_stands_on_the_picture() -> None:
    found = probed(["conv:4,3"], "conv1", 2)
    plain, noted, other = (draw(found, "a unit", notes) for notes in ((), ("random weights",), ("its own",)))
    assert noted.shape == other.shape
    assert not np.array_equal(noted, other)
    assert not np.array_equal(noted[:200], plain[:200])
