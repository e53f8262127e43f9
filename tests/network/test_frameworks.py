"""PyTorch's and Keras' ways to pad and to round."""

from __future__ import annotations

import pytest

from cnnviz.errors import NetworkError
from cnnviz.network import known
from cnnviz.network.chain import read_chain
from cnnviz.network.frameworks import compared, translated
from cnnviz.network.receptive_field import Extent
from cnnviz.network.shapes import LayerShape, shapes


def read_by(framework: str, text: str, size: int = 224) -> LayerShape:
    return shapes(translated(read_chain([text]), framework), (3, size, size)).layers[0]


def pads(layer: LayerShape) -> object:
    assert layer.window is not None
    return layer.window.pads[0]


@pytest.mark.parametrize(
    ("text", "torch", "keras"),
    [
        ("conv:8,3,s=2,p=1", (1, 1), (0, 1)),
        ("conv:8,3,s=2,p=same", (1, 1), (0, 1)),
        ("conv:8,7,s=2,p=3", (3, 3), (2, 3)),
        ("conv:8,3,p=1", (1, 1), (1, 1)),
        ("conv:8,4,p=same", (1, 2), (1, 2)),
        ("conv:8,4,p=same-lower", (1, 1), (1, 2)),
        ("conv:8,3", (0, 0), (0, 0)),
        ("conv:8,5,p=1", (1, 1), (1, 1)),
        ("conv:8,3,d=2,p=2", (2, 2), (2, 2)),
        ("depthwise:3,s=2,p=1", (1, 1), (0, 1)),
        ("maxpool:3,s=2,p=1", (1, 1), (0, 1)),
        ("maxpool:2,p=same", (0, 0), (0, 0)),
    ],
)
def test_half_a_kernel_is_padded_on_both_sides_or_as_same(text: str, torch: object, keras: object) -> None:
    assert (pads(read_by("torch", text)), pads(read_by("keras", text))) == (torch, keras)


@pytest.mark.parametrize(
    ("text", "size", "torch", "keras"),
    [
        ("maxpool:3,s=2,ceil=yes", 112, 56, 55),  # Keras rounds down
        ("conv:8,3,s=2,p=1", 7, 4, 4),
        ("convt:8,2,s=3", 5, 14, 15),  # Keras: n * stride where the kernel is shorter
        ("convt:8,4,s=2", 5, 12, 12),
        ("convt:8,3,s=2,p=1,op=1", 5, 10, 10),
        ("convt:8,3,s=2,p=same", 5, 10, 10),
        ("conv:8,4,s=2,p=same", 7, 3, 4),  # PyTorch: half of 4 - 1, rounded down, on both sides
    ],
)
def test_sizes_follow_the_frameworks_rounding(text: str, size: int, torch: int, keras: int) -> None:
    found = [read_by(framework, text, size).output[1] for framework in ("torch", "keras")]
    assert found == [torch, keras]


def parted(chain: str, shape: tuple[int, ...]) -> dict[str, tuple[str, ...]]:
    found = compared(read_chain(chain.split()), shape, "torch", "keras")
    return {each.ours.name: each.differs for each in found.parted}


def test_the_layers_that_part_are_shown_and_not_those_behind_them() -> None:
    chain = "conv:8,3,s=2,p=1 relu conv:8,3,p=1 maxpool:2 flatten linear:3"
    assert parted(chain, (3, 224, 224)) == {"conv1": ("padding",)}
    found = compared(read_chain(chain.split()), (3, 224, 224), "torch", "keras")
    starts = [shapes["maxpool1"].view for shapes in (found.ours, found.theirs)]
    assert [view[0].cells(0)[0] for view in starts if not isinstance(view, Extent)] == [-3, -2]


def test_frameworks_agree_where_nothing_is_padded_or_left_over() -> None:
    assert parted("conv:8,3 maxpool:2 conv:8,3,p=1 flatten linear:3", (3, 32, 32)) == {}


def test_a_size_that_differs_changes_the_parameters_behind_it() -> None:
    found = parted("maxpool:3,s=2,ceil=yes flatten linear:3", (1, 6, 6))
    assert found == {"maxpool1": ("output",), "flatten1": ("output",), "linear1": ("parameters",)}


def test_a_network_that_fits_in_one_framework_only_is_refused() -> None:
    network = read_chain(["maxpool:3,s=2,ceil=yes", "upsample:2", "add:input"])
    assert shapes(translated(network, "torch"), (1, 6, 6)).output == (1, 6, 6)
    with pytest.raises(NetworkError, match=r"in keras: layer 3, add:input: .* one shape"):
        compared(network, (1, 6, 6), "torch", "keras")


def test_the_two_mobilenets_of_porters_differ_in_the_strided_layers() -> None:
    found = compared(known.find("mobilenet-v1"), (3, 224, 224), "keras", "torch")
    assert [each.ours.name for each in found.parted] == [
        *("conv0", "conv2.depthwise", "conv4.depthwise", "conv6.depthwise", "conv12.depthwise"),
    ]
