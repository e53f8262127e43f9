"""Known networks against the figures that are published of them."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import NamedTuple

import numpy as np
import pytest

from cnnviz.errors import UsageError
from cnnviz.network import known
from cnnviz.network.counting import COUNTS
from cnnviz.network.receptive_field import Extent
from cnnviz.network.shapes import NetworkShapes, shapes


class Published(NamedTuple):
    """What is published of a network: parameters, MACs, receptive field, jump and padding, and where."""

    parameters: int
    macs: int
    field: tuple[int, int, int] | None
    where: str


TORCHVISION = "torchvision's num_params and GFLOPs (its multiply-adds) of the weights' meta data"
DISTILL = "Araujo, Norris, Sim: Computing Receptive Fields of CNNs, Distill (2019)"

PUBLISHED = {
    "lenet5": Published(61_706, 416_520, (16, 4, 2), "LeNet in Dive into Deep Learning, 7.6"),
    "alexnet": Published(61_100_840, 714_188_480, (195, 32, 66), TORCHVISION),
    "alexnet-2012": Published(60_965_224, 724_406_816, (195, 32, 64), "Caffe's bvlc_alexnet"),
    "tiny-vgg": Published(19_920, 5_608_780, (16, 4, 0), "CNN Explainer's network, layer by layer"),
    "vgg11": Published(132_863_336, 7_609_090_048, (150, 32, 59), f"{TORCHVISION}; {DISTILL}"),
    "vgg13": Published(133_047_848, 11_308_466_176, None, TORCHVISION),
    "vgg16": Published(138_357_544, 15_470_264_320, (212, 32, 90), f"{TORCHVISION}; {DISTILL}"),
    "vgg19": Published(143_667_240, 19_632_062_464, None, TORCHVISION),
    "googlenet": Published(6_624_904, 1_498_376_192, None, TORCHVISION),
    "googlenet-2014": Published(6_998_552, 1_582_671_872, None, "Caffe's bvlc_googlenet"),
    # 27,161,264 with the auxiliary head, whose four layers have 3,326,696
    "inception-v3": Published(27_161_264 - 3_326_696, 5_713_216_096, (1311, 32, 618), TORCHVISION),
    "resnet18": Published(11_689_512, 1_814_073_344, None, TORCHVISION),
    "resnet34": Published(21_797_672, 3_663_761_408, None, TORCHVISION),
    "resnet50": Published(25_557_032, 4_089_184_256, (427, 32, 213), TORCHVISION),
    "resnet101": Published(44_549_160, 7_801_405_440, None, TORCHVISION),
    "resnet152": Published(60_192_808, 11_513_626_624, None, TORCHVISION),
    # The paper's FLOPs are these MACs: 3.8, 7.6 and 11.3 billion. TF-Slim pads one pixel less at each stage.
    "resnet50-v1": Published(25_557_032, 3_857_973_248, (483, 32, 241), f"He et al., table 1; {DISTILL}"),
    "resnet101-v1": Published(44_549_160, 7_570_194_432, (1027, 32, 513), f"He et al., table 1; {DISTILL}"),
    "resnet152-v1": Published(60_192_808, 11_282_415_616, (1507, 32, 753), f"He et al., table 1; {DISTILL}"),
    "mobilenet-v1": Published(4_231_976, 568_740_352, (315, 32, 126), f"Howard et al.; {DISTILL}"),
    "mobilenet-v2": Published(3_504_872, 300_774_272, None, TORCHVISION),
    "squeezenet1.0": Published(1_248_424, 818_924_576, None, TORCHVISION),
    "squeezenet1.1": Published(1_235_496, 349_151_936, None, TORCHVISION),
    "densenet121": Published(7_978_856, 2_834_161_664, None, TORCHVISION),
    # 27*8+8 + 72*16+16 + 144*32+32 + 32*4+4, and 64*64*27*8 + 32*32*72*16 + 16*16*144*32 + 32*4
    "shapes-net": Published(6_164, 3_244_160, (18, 4, 7), "our own, counted by hand"),
}  # fmt: skip

GFLOPS = {
    "alexnet": 0.714, "vgg11": 7.609, "vgg13": 11.308, "vgg16": 15.47, "vgg19": 19.632, "googlenet": 1.498,
    "inception-v3": 5.713, "resnet18": 1.814, "resnet34": 3.664, "resnet50": 4.089, "resnet101": 7.801,
    "resnet152": 11.514, "mobilenet-v2": 0.301, "squeezenet1.0": 0.819, "squeezenet1.1": 0.349,
    "densenet121": 2.834,
}  # fmt: skip
"""torchvision's `_ops`, in billions of multiply-adds."""

IN_THE_PAPER = {
    "resnet18": 1.8, "resnet34": 3.6, "resnet50-v1": 3.8, "resnet101-v1": 7.6, "resnet152-v1": 11.3,
    "mobilenet-v1": 0.569, "mobilenet-v1:width=0.75": 0.325, "mobilenet-v1:width=0.5": 0.149,
    "mobilenet-v1:width=0.25": 0.041, "mobilenet-v2": 0.3, "mobilenet-v2:width=1.4": 0.585,
}  # fmt: skip
"""Multiply-adds in the papers, in billions: He et al., table 1; Howard et al., table 6; Sandler et al., 4."""


def sent(name: str, size: int | None = None) -> NetworkShapes:
    network = known.find(name)
    assert network.input is not None
    return shapes(network, network.input if size is None else (network.input[0], size, size))


def test_every_network_has_its_figures() -> None:
    assert list(PUBLISHED) == known.names()
    assert all(each.where for each in PUBLISHED.values())


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_network_has_its_published_parameters_and_macs(name: str) -> None:
    found = sent(name)
    assert (found.parameters, found.macs) == PUBLISHED[name][:2]


@pytest.mark.parametrize("name", [name for name, each in PUBLISHED.items() if each.field])
def test_the_last_feature_map_has_its_published_receptive_field(name: str) -> None:
    last = sent(name).last_map
    assert last is not None
    assert not isinstance(last.view, Extent)
    for field in last.view:
        assert (field.size, int(field.jump), -field.cells(0)[0]) == PUBLISHED[name].field
        assert field.exact
        assert field.start == field.cells(0)[0] + (field.size - 1) / 2


@pytest.mark.parametrize("name", GFLOPS)
def test_macs_are_torchvisions_gflops(name: str) -> None:
    assert round(sent(name).macs / 1e9, 3) == GFLOPS[name]


@pytest.mark.parametrize("name", IN_THE_PAPER)
def test_macs_are_those_of_the_papers_table(name: str) -> None:
    assert sent(name).macs / 1e9 == pytest.approx(IN_THE_PAPER[name], rel=0.02)


@pytest.mark.parametrize(("width", "millions"), [("1", 4.2), ("0.75", 2.6), ("0.5", 1.3), ("0.25", 0.5)])
def test_a_narrower_mobilenet_has_the_parameters_of_the_papers_table_6(width: str, millions: float) -> None:
    assert round(sent(f"mobilenet-v1:width={width}").parameters / 1e6, 1) == millions


@pytest.mark.parametrize(
    ("name", "layer", "size", "billions"),
    [
        ("vgg11", "features.20", 224, 14.984),
        ("vgg16", "features.30", 224, 30.713),
        ("vgg16", "features.30", 321, 62.729),
        ("mobilenet-v1", "conv13.pointwise.bn", 224, 1.140),
        ("inception-v3", "Mixed_7c.concat", 224, 5.689),
    ],
)
def test_distills_count_gives_distills_table(name: str, layer: str, size: int, billions: float) -> None:
    total = 0
    for each in sent(name, size).layers:
        total += COUNTS["distill"].of(each)
        if each.name == layer:
            break
    assert round(total / 1e9, 3) == pytest.approx(billions, abs=0.0011)


TORCHVISIONS_KEYS = {
    "alexnet": ("features.0.weight", "features.10.bias", "classifier.1.weight", "classifier.6.bias"),
    "vgg16": ("features.28.weight", "classifier.0.weight", "classifier.6.bias"),
    "googlenet": (
        "conv1.conv.weight",
        "inception3a.branch2.1.bn.bias",
        "inception5b.branch4.1.conv.weight",
        "fc.bias",
    ),
    "inception-v3": (
        "Conv2d_1a_3x3.conv.weight",
        "Mixed_5b.branch_pool.bn.weight",
        "Mixed_6e.branch7x7dbl_5.conv.weight",
        "Mixed_7c.branch3x3_2b.conv.weight",
        "Mixed_7c.branch3x3dbl_3a.bn.bias",
    ),
    "resnet18": (
        "conv1.weight",
        "bn1.weight",
        "layer2.0.downsample.1.bias",
        "layer4.1.conv2.weight",
        "fc.weight",
    ),
    "resnet50": ("layer1.0.downsample.0.weight", "layer3.5.bn3.weight", "fc.bias"),
    "mobilenet-v2": (
        "features.0.0.weight",
        "features.1.conv.1.weight",
        "features.17.conv.3.bias",
        "features.18.1.weight",
        "classifier.1.weight",
    ),
    "squeezenet1.1": ("features.0.weight", "features.12.expand3x3.bias", "classifier.1.weight"),
    "densenet121": (
        "features.conv0.weight",
        "features.denseblock3.denselayer24.conv2.weight",
        "features.transition3.norm.bias",
        "features.norm5.weight",
        "classifier.weight",
    ),
}
NUMBER_OF_KEYS = {
    "alexnet": 16, "vgg16": 32, "googlenet": 173, "resnet18": 62, "resnet50": 161, "mobilenet-v2": 158,
    "squeezenet1.1": 52, "densenet121": 364, "inception-v3": 284,
}  # fmt: skip


@pytest.mark.parametrize("name", TORCHVISIONS_KEYS)
def test_weights_are_called_as_in_torchvision(name: str) -> None:
    keys = {f"{layer.name}.{tensor}" for layer in sent(name).layers for tensor in layer.tensors}
    assert set(TORCHVISIONS_KEYS[name]) <= keys
    assert len(keys) == NUMBER_OF_KEYS[name]


@pytest.mark.parametrize("name", ["googlenet", "inception-v3"])
def test_googles_networks_take_what_torchvisions_transform_input_makes(name: str) -> None:
    """With weights torchvision prepares pictures as for all its networks, and then undoes it in these."""
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5), dtype=np.uint8)
    x = (pixels / 255 - np.reshape([0.485, 0.456, 0.406], (3, 1, 1))) / np.reshape(
        [0.229, 0.224, 0.225], (3, 1, 1)
    )
    x[0] = x[0] * (0.229 / 0.5) + (0.485 - 0.5) / 0.5
    x[1] = x[1] * (0.224 / 0.5) + (0.456 - 0.5) / 0.5
    x[2] = x[2] * (0.225 / 0.5) + (0.406 - 0.5) / 0.5
    preprocess = known.find(name).preprocess
    assert preprocess is not None
    np.testing.assert_allclose(preprocess(pixels), x, atol=1e-6)


@pytest.mark.parametrize("name", known.names())
def test_names_are_unique_and_every_layer_comes_after_those_it_takes(name: str) -> None:
    network = known.find(name)
    before = {"input"}
    for layer in network.layers:
        assert layer.name not in before
        assert set(layer.inputs) <= before
        before.add(layer.name)


def test_every_record_is_cited_and_listed_under_its_name() -> None:
    found = known.records()
    assert [record.name for record in found] == known.names()
    for record in found:
        assert record.name == record.name.lower()
        assert "(19" in record.source or "(20" in record.source
        assert len(record.title) < 70


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("resnet51", "no network called 'resnet51'; did you mean resnet50"),
        ("mobilenet-v1:width=0", "width is '0'; it takes a number from 0.01 to 100"),
        ("mobilenet-v1:width=nan", "width is 'nan'"),
        ("mobilenet-v1:depth=2", "'mobilenet-v1' has no parameter 'depth'"),
        ("resnet50:width=2", "'resnet50' has no parameter 'width'"),
    ],
)
def test_what_a_network_does_not_have_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        known.find(text)
    assert said in str(caught.value)


def test_names_are_told_without_building_a_network() -> None:
    code = (
        "import sys; from cnnviz.network import known; known.names();"
        "assert not [name for name in sys.modules if name.startswith('cnnviz.network.known.') "
        "and name.rpartition('.')[2] not in ('record',)]"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_largest_network_is_worked_out_in_a_blink() -> None:
    started = time.perf_counter()
    sent("resnet152")
    sent("densenet121")
    assert time.perf_counter() - started < 2
