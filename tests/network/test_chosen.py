"""Which layers a pattern means."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import UsageError
from cnnviz.network import known
from cnnviz.network.chain import read_chain
from cnnviz.network.chosen import GROUPS, chosen, one
from cnnviz.network.kinds import KINDS
from cnnviz.network.operations import Activation, Conv, GlobalPool
from cnnviz.network.spec import Layer

CHAIN = (
    *("conv:4,3", "batchnorm", "relu", "maxpool:2", "depthwise:3", "leakyrelu", "convt:4,2"),
    *("prelu", "avgpool:2", "elu", "adaptiveavgpool:2", "flatten", "linear:3", "softmax"),
)
LAYERS = read_chain(CHAIN).layers
NAMES = [layer.name for layer in LAYERS]


def test_without_a_pattern_they_are_convolutions_activations_and_pools() -> None:
    without = {"batchnorm1", "flatten1", "linear1"}
    assert chosen(LAYERS) == [name for name in NAMES if name not in without]


@pytest.mark.parametrize(
    ("patterns", "meant"),
    [
        (["convs"], ["conv1", "depthwise1", "convt1"]),
        (["activations"], ["relu1", "leakyrelu1", "prelu1", "elu1", "softmax1"]),
        (["pools"], ["maxpool1", "avgpool1", "adaptiveavgpool1"]),
        (["linear"], ["linear1"]),
        (["linear1"], ["linear1"]),
        (["conv*"], ["conv1", "convt1"]),
        (["conv?"], ["conv1"]),
        (["softmax1", "conv1", "conv1"], ["conv1", "softmax1"]),
        (["all"], NAMES),
        (["conv1,linear1"], ["conv1", "linear1"]),
        (["pools,softmax1", "conv?"], ["conv1", "maxpool1", "avgpool1", "adaptiveavgpool1", "softmax1"]),
    ],
)
def test_a_pattern_is_a_name_a_kind_a_group_or_has_stars(patterns: list[str], meant: list[str]) -> None:
    assert chosen(LAYERS, patterns) == meant


@given(st.lists(st.sampled_from([*NAMES, *GROUPS, "all", "*", "relu"]), min_size=1))
def test_they_come_once_and_in_the_order_of_the_network(patterns: list[str]) -> None:
    found = chosen(LAYERS, patterns)
    assert found == sorted(set(found), key=NAMES.index)
    for pattern in patterns:
        assert set(chosen(LAYERS, [pattern])) <= set(found)


def test_a_name_is_itself_whatever_characters_it_holds() -> None:
    layers = [Layer(name, "relu", Activation(), ("input",)) for name in ("a[0]", "a0", "Relu*", "relu")]
    assert chosen(layers, ["a[0]"]) == ["a[0]", "a0"]
    assert chosen(layers, ["Relu*"]) == ["Relu*"]


@pytest.mark.parametrize("kind", ["cast", "identity", "quantizelinear", "dequantizelinear", "erf", "sqrt"])
def test_what_only_leaves_numbers_at_their_place_is_no_activation(kind: str) -> None:
    layers = [Layer("a", kind, Activation(), ("input",)), Layer("b", "clip", Activation(), ("a",))]
    assert chosen(layers) == chosen(layers, ["activations"]) == ["b"]


def test_every_kind_of_ours_is_in_the_group_that_its_layer_belongs_to() -> None:
    groups = {"activations": Activation, "pools": GlobalPool, "convs": Conv}
    for group, operation in groups.items():
        ours = {name for name, kind in KINDS.items() if kind.make is operation and kind.name == name}
        assert ours - {"identity"} <= GROUPS[group]


def test_of_a_name_that_is_a_path_a_part_is_enough() -> None:
    names = ("features.0", "/features/features.1/Relu", "/layer1/layer1.0/relu/Relu", "/classifier/Gemm")
    layers = [Layer(name, "identity", Activation(), ("input",)) for name in names]
    assert chosen(layers, ["features.*"]) == list(names[:2])
    assert chosen(layers, ["Relu"]) == list(names[1:3])
    assert chosen(layers, ["layer1.?,classifier"]) == list(names[2:])
    assert chosen(layers, ["/classifier/Gemm"]) == [names[3]]


PATHS = [
    Layer(name, "conv", Activation(), ("input",))
    for name in ("stem", "/stem/Conv", "/block.0/block.0.1/Conv", "/block.1/block.1.0/Conv", "a*", "ab")
]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("stem", "stem"),
        ("/stem/Conv", "/stem/Conv"),
        ("block.0", "/block.0/block.0.1/Conv"),
        ("block.1.?", "/block.1/block.1.0/Conv"),
        ("a*", "a*"),
        ("*b", "ab"),
    ],
)
def test_one_layer_is_called_by_its_name_before_by_parts_and_stars(pattern: str, name: str) -> None:
    assert one(PATHS, pattern) == name


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (
            "*/Conv",
            "'*/Conv' means 3 layers, and it takes one: /stem/Conv, /block.0/block.0.1/Conv, /block.1/",
        ),
        ("*", "'*' means 6 layers, and it takes one: stem, "),
        ("block.3", "no layer has the name 'block.3'; did you mean block.1, block.0"),
        ("conv", "no layer has the name 'conv'; "),  # a kind, of which there may be more tomorrow
    ],
)
def test_where_not_one_is_meant_those_that_may_be_are_named(pattern: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        one(PATHS, pattern)
    assert str(caught.value).startswith(message)
    assert "ab" not in str(caught.value)  # five at the most


def test_a_name_with_a_comma_is_itself() -> None:
    layers = [Layer(name, "relu", Activation(), ("input",)) for name in ("a,b", "a", "b")]
    assert chosen(layers, ["a,b"]) == ["a,b"]
    assert chosen(layers, ["b,a"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("conv9", "did you mean convs, conv1 or convt1?"),
        ("zzz", "known: conv1, batchnorm1, relu1, maxpool1, depthwise1, ..."),
    ],
)
def test_a_refusal_names_five_at_the_most(pattern: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(LAYERS, [pattern])
    assert str(caught.value) == f"no layer has the name or kind {pattern!r}; {hint}"


@pytest.mark.parametrize(("network", "block"), [("resnet18", "layer1"), ("googlenet", "inception3a")])
def test_a_block_of_layers_is_answered_with_its_own(network: str, block: str) -> None:
    layers = known.find(network).layers
    for refusing in (partial(one, layers, block), partial(chosen, layers, [block])):
        with pytest.raises(UsageError) as caught:
            refusing()
        assert str(caught.value).count(f" {block}.") == 5


def test_letters_are_told_apart_by_case() -> None:
    with pytest.raises(UsageError):
        chosen(LAYERS, ["CONV1"])


@pytest.mark.parametrize("pattern", ["conv9", "features.*", "", "[", "depthwise2"])
def test_what_means_no_layer_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(LAYERS, ["conv1", pattern])
    assert str(caught.value).startswith(f"no layer has the name or kind {pattern!r}; ")


def test_a_group_that_the_network_has_not_is_refused_only_where_it_is_asked_for() -> None:
    layers = read_chain(["flatten", "linear:3"]).layers
    assert chosen(layers) == []
    for group in GROUPS:
        with pytest.raises(UsageError, match="the network has none"):
            chosen(layers, [group])


@pytest.mark.parametrize("name", known.names())
def test_every_known_network_has_something_to_look_at(name: str) -> None:
    layers = known.find(name).layers
    assert chosen(layers)
    assert chosen(layers, ["all"]) == [layer.name for layer in layers]
