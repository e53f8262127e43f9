"""Chains: what they may say, and what is said of those that are wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import NetworkError
from cnnviz.network import operations as op
from cnnviz.network.chain import read_chain
from cnnviz.network.kinds import KINDS, names
from cnnviz.network.shapes import shapes
from cnnviz.network.spec import Operation


def operation(text: str) -> Operation:
    (layer,) = read_chain([text]).layers
    return layer.operation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("conv:64,3x5,s=2,p=same", op.Conv(64, (3, 5), (2, 2), "same")),
        ("conv:64,7,2,3", op.Conv(64, (7, 7), (2, 2), (3, 3))),
        ("conv:out=8,kernel_size=3,g=4,b=no", op.Conv(8, (3, 3), groups=4, bias=False)),
        ("conv:8,3,p=0x1x2x3", op.Conv(8, (3, 3), padding=((0, 1), (2, 3)))),
        ("conv:8,3,p=1x2,d=2x1", op.Conv(8, (3, 3), padding=(1, 2), dilation=(2, 1))),
        ("depthwise:3,m=2", op.Depthwise((3, 3), multiplier=2)),
        ("convt:8,4,s=2,p=1,output_padding=1", op.ConvTransposed(8, (4, 4), (2, 2), (1, 1), (1, 1))),
        ("maxpool:2", op.MaxPool((2, 2))),
        ("maxpool:3,s=2,ceil=yes", op.MaxPool((3, 3), (2, 2), ceil=True)),
        ("avgpool:3,1,p=1,include_padding=no", op.AveragePool((3, 3), (1, 1), (1, 1), include_padding=False)),
        ("lppool:2,norm=1.5", op.LpPool((2, 2), norm=1.5)),
        ("globalavgpool", op.GlobalPool()),
        ("adaptiveavgpool:7x6", op.AdaptivePool((7, 6))),
        ("leakyrelu:0.2", op.LeakyRelu(0.2)),
        ("prelu:8", op.PRelu(8)),
        ("batchnorm:affine=no", op.BatchNorm(affine=False)),
        ("lrn:5,alpha=1e-4,k=2", op.LocalResponseNorm(5, k=2.0)),
        ("dropout:0.2", op.Dropout(0.2)),
        ("linear:10,no", op.Linear(10, bias=False)),
        ("dense:units=10,in=400", op.Linear(10, in_features=400)),
        ("pad:1", op.Pad((1, 1))),
        ("upsample:2,bilinear", op.Upsample((2, 2), "bilinear")),
    ],
)
def test_a_layer_is_read_as_it_is_meant(text: str, expected: Operation) -> None:
    assert operation(text) == expected


def test_every_kind_can_be_called_by_every_name() -> None:
    needed = {"out": "4", "kernel": "2", "scale": "2", "padding": "1"}
    for name, kind in KINDS.items():
        given = ",".join(
            needed[each.name] for each in kind.parameters if each.name in needed and name != "pool"
        )
        text = f"{name}:input" if kind.joins else f"{name}:{given}" if given else name
        if (kind.name.endswith("pool") and given) or kind.name in ("depthwise",):
            text = f"{name}:2"
        elif kind.name in ("conv", "convt"):
            text = f"{name}:4,2"
        (layer,) = read_chain([text]).layers
        assert layer.kind == kind.name
    assert set(names()) <= set(KINDS)


def test_layers_without_a_name_are_counted_by_kind() -> None:
    network = read_chain(["conv:4,3", "relu", "conv2d:4,3", "swish", "relu"])
    assert [layer.name for layer in network.layers] == ["conv1", "relu1", "conv2", "silu1", "relu2"]


def test_a_layer_takes_the_one_before_and_those_it_joins() -> None:
    network = read_chain(["conv:4,3,p=1", "relu", "conv:4,3,p=1", "add:conv1", "concat:relu1,input"])
    assert [layer.inputs for layer in network.layers] == [
        ("input",), ("conv1",), ("relu1",), ("conv2", "conv1"), ("add1", "relu1", "input")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cnov:3", "no layer called 'cnov'; did you mean conv"),
        ("conv", "conv needs out and kernel, such as conv:8,3 (out=8, kernel=3)"),
        ("conv:8", "conv needs kernel, such as conv:8,3 (out=8, kernel=3)"),
        ("linear", "linear needs out, such as linear:8 (out=8)"),
        ("conv:0,3", "out is '0'; it takes a whole number from 1"),
        ("conv:-1,3", "out is '-1'"),
        ("conv:1.5,3", "out is '1.5'"),
        ("conv:8,3x3x3", "kernel is '3x3x3'; it takes a whole number from 1, or two as VERTICALxHORIZONTAL"),
        ("conv:8,3,s=0", "s is '0'"),
        ("conv:8,3,p=-1", "p is '-1'"),
        ("conv:8,3,p=some", "p is 'some'; it takes 1, 1x2 (vertical x horizontal), TOPxBOTTOMxLEFTxRIGHT"),
        ("conv:8,3,sride=2", "conv has no parameter 'sride'; did you mean stride?"),
        ("conv:8,3,s=2,stride=3", "stride is given twice"),
        ("conv:8,3,s=2,s=3", "gives 's' twice"),
        ("conv:8,3,b=maybe", "b is 'maybe'; it takes yes or no"),
        ("conv:8,99999999999999999999", "kernel is '99999999999999999999'"),
        ("conv:8,65537", "it takes numbers from 0 to 65536"),
        ("conv:8,3,1,0,1,1,yes,5", "(out, kernel, stride, padding, dilation, groups, bias), not 8"),
        ("relu:3", "relu takes no values, not 1"),
        ("maxpool:2,p=full", "p is 'full'"),
        ("upsample:2,cubic", "mode is 'cubic'; it takes nearest or bilinear"),
        ("leakyrelu:x", "slope is 'x'; it takes a number"),
        ("add", "add needs the name of a layer to join, as add:conv1"),
        ("add:conv9", "no layer 'conv9' before it; known: input"),
        (":3", "has no name"),
        ("conv:8,,3", "has an empty argument"),
    ],
)  # fmt: skip
def test_a_wrong_layer_is_named_with_its_place_and_a_way_out(text: str, said: str) -> None:
    with pytest.raises(NetworkError) as caught:
        read_chain(["relu", text])
    (line,) = [line for line in caught.value.lines if said in line]
    assert line.startswith(f"layer 2, {text}: ")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(NetworkError) as caught:
        read_chain(["conv:a,b", "relu", "nope", "maxpool"])
    assert [line.split(":")[0] for line in caught.value.lines] == [
        "layer 1, conv", "layer 1, conv", "layer 3, nope", "layer 4, maxpool"
    ]  # fmt: skip


def test_a_chain_needs_layers() -> None:
    with pytest.raises(NetworkError, match="a network needs layers"):
        read_chain([])


def test_one_number_may_be_asked_for() -> None:
    network = read_chain(["conv:8,3,p=_", "relu"])
    assert network.asked is not None
    assert (network.asked.layer.name, network.asked.key) == ("conv1", "padding")
    with pytest.raises(NetworkError, match="a second _"):
        read_chain(["conv:_,_"])


PIECES = st.sampled_from(
    [
        *names(),
        *"kspdgo",
        "=",
        ":",
        ",",
        "_",
        "same",
        "3",
        "0",
        "-1",
        "2x3",
        "1x2x3x4",
        "input",
        "é",
        "\x00",
        "9" * 30,
    ]
)


@given(words=st.lists(st.lists(PIECES, min_size=1, max_size=8).map("".join), max_size=5))
def test_any_words_are_a_network_or_refused_with_reasons(words: list[str]) -> None:
    try:
        network = read_chain(words)
        shapes(network, (3, 16, 16))
    except NetworkError as error:
        assert error.lines
        assert all(line.startswith(("layer ", "a network needs")) for line in error.lines)
