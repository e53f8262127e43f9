"""What a unit sees, against the pixels that really change it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import NetworkError
from cnnviz.network.chain import read_chain
from cnnviz.network.receptive_field import Extent
from cnnviz.network.seen import seen_by
from cnnviz.network.shapes import NetworkShapes, shapes
from cnnviz.network.spec import Network
from tests.network.forward import forward

Spans = tuple[tuple[int, int], tuple[int, int]] | None


def pixels_that_matter(
    network: Network, shape: tuple[int, int, int], name: str
) -> dict[tuple[int, int], Spans]:
    """For every unit of the layer, first and last row and column of the pixels that change it."""
    _, height, width = shape
    # As many pictures as pixels, each black but for one of them.
    pictures = np.eye(height * width).reshape(height, width, -1)
    ways = forward(network, shape, pictures)[name]
    found: dict[tuple[int, int], Spans] = {}
    for unit in np.ndindex(*ways.shape[:2]):
        rows, columns = np.nonzero(ways[unit].reshape(height, width))
        found[unit] = (
            ((int(rows.min()), int(rows.max())), (int(columns.min()), int(columns.max())))
            if rows.size
            else None
        )
    return found


NETS = {
    "a plain chain": "conv:1,3,p=1 maxpool:2 conv:1,3",
    "strides that leave rows over": "conv:1,3,s=2 conv:1,3,p=1 conv:1,2,s=2,p=1",
    "wide padding": "conv:1,3,p=3 conv:1,5,p=4",
    "unequal sides": "conv:1,3x2,s=2x1,p=0x1x1x0 avgpool:2x3,s=1x2",
    "same": "conv:1,4,s=2,p=same conv:1,3,p=same-lower",
    "dilation": "conv:1,3,d=2,p=2 conv:1,2,d=3",
    "ceil": "maxpool:3,s=2,c=yes conv:1,2",
    "depthwise": "depthwise:3,s=2,p=1 conv:1,1",
    "adaptive, not dividing": "conv:1,3 adaptiveavgpool:4x3",
    "adaptive, dividing": "conv:1,2 adaptivemaxpool:4",
    "transposed": "conv:1,3,s=2 convt:1,4,s=2,p=1 conv:1,3,p=1",
    "transposed, short kernel": "conv:1,3,s=2 convt:1,2,s=3,op=1",
    "transposed, dilated": "maxpool:2 convt:1,3,s=2,d=2,p=1",
    "nearest": "maxpool:2 upsample:2 conv:1,2",
    "bilinear": "maxpool:3 upsample:3,bilinear conv:1,3,p=1",
    "bilinear by 2": "maxpool:2 upsample:2,mode=bilinear",
    "pad": "pad:1x0x2x1 conv:1,3,s=2",
    "a residual": "conv:1,3,p=1 relu conv:1,3,p=1 add:input relu conv:1,2,s=2",
    "a deeper residual": "conv:1,3,s=2,p=1 batchnorm conv:1,3,p=1 conv:1,3,p=1 add:conv1 maxpool:2",
    "concat of kernels": "conv:1,1 conv:1,5,p=2 concat:conv1 conv:1,2",
    "paths with other centres": "conv:1,3,p=0x2x0x2 add:input conv:1,2",
    "a small U-Net": "conv:1,3,p=1 maxpool:2 conv:1,3,p=1 upsample:2 concat:conv1 conv:1,3,p=1",
    "softmax and friends": "conv:1,3 relu6 dropout softmax lrn hardswish prelu",
    "a product": "conv:1,3,p=1 sigmoid mul:input",
}


@pytest.mark.parametrize("chain", NETS.values(), ids=NETS)
def test_a_unit_sees_the_pixels_that_change_it(chain: str) -> None:
    shape = (1, 12, 12)
    network = read_chain(chain.split())
    found = shapes(network, shape)
    for layer in found.layers:
        if "U-Net" in chain or layer is found.layers[-1]:
            for unit, spans in pixels_that_matter(network, shape, layer.name).items():
                seen = seen_by(found, layer.name, unit)
                assert seen is not None
                assert seen.pixels == spans, (layer.name, unit)


LAYERS = st.sampled_from(
    [
        *("conv:1,3,p=1", "conv:1,2", "conv:1,3x1,s=2x1,p=1x0", "conv:1,3,d=2,p=2", "depthwise:2,s=2,p=same"),
        *("maxpool:2", "avgpool:3,s=2,p=1", "maxpool:3,s=2,c=yes", "adaptiveavgpool:3"),
        *("convt:1,3,s=2,p=1", "upsample:2"),
    ]
)


@settings(max_examples=40)
@given(chain=st.lists(LAYERS, min_size=1, max_size=4), height=st.integers(5, 9), width=st.integers(5, 9))
def test_a_unit_of_any_chain_sees_the_pixels_that_change_it(
    chain: list[str], height: int, width: int
) -> None:
    network = read_chain(chain)
    try:
        found = shapes(network, (1, height, width))
    except NetworkError:
        return
    name = found.layers[-1].name
    if found.layers[-1].view is Extent.UNKNOWN:
        return
    for unit, spans in pixels_that_matter(network, (1, height, width), name).items():
        seen = seen_by(found, name, unit)
        assert seen is not None
        assert seen.pixels == spans


@pytest.mark.parametrize(
    "chain",
    ["conv:1,3 maxpool:2 conv:1,3,d=2", "conv:1,3,s=2 conv:1,3", "maxpool:2 upsample:2 conv:1,3 maxpool:2"],
)
def test_the_size_is_that_of_the_largest_field_away_from_the_border(chain: str) -> None:
    network = read_chain(chain.split())
    found = shapes(network, (1, 18, 18))
    view = found.layers[-1].view
    assert not isinstance(view, Extent)
    matter = pixels_that_matter(network, (1, 18, 18), found.layers[-1].name).values()
    heights = [spans[0][1] - spans[0][0] + 1 for spans in matter if spans is not None]
    assert max(heights) == view[0].size


def field(chain: str, name: str = "", size: int = 64) -> tuple[int, float, float, bool]:
    found: NetworkShapes = shapes(read_chain(chain.split()), (3, size, size))
    view = found[name or found.layers[-1].name].view
    assert not isinstance(view, Extent)
    return view[0].size, float(view[0].jump), float(view[0].start), view[0].exact


def test_size_jump_and_start_of_literal_chains() -> None:
    assert field("conv:8,3") == (3, 1, 1, True)
    assert field("conv:8,3,p=1 conv:8,3,p=1") == (5, 1, 0, True)
    assert field("conv:8,7,s=2,p=3 maxpool:3,s=2,p=1") == (11, 4, 0, True)
    assert field("conv:8,3,s=2,p=same") == (3, 2, 1, True)  # 64 is even: the odd row goes to the end
    assert field("conv:8,3,d=4,p=4") == (9, 1, 0, True)


def test_upsampling_halves_the_jump_and_is_marked() -> None:
    assert field("maxpool:2 upsample:2") == (2, 1, 0.5, False)
    assert field("upsample:2") == (1, 0.5, 0, False)
    assert field("convt:8,4,s=2,p=1") == (2, 0.5, -0.5, False)


def test_the_largest_path_counts_where_paths_meet() -> None:
    assert field("conv:3,3,p=1 conv:3,3,p=1 add:input") == (5, 1, 0, True)


def test_paths_with_different_centres_are_marked() -> None:
    size, _, _, exact = field("conv:3,3,p=0x2x0x2 add:input")
    assert (size, exact) == (3, False)


def test_paths_with_different_jumps_are_refused_in_a_spec() -> None:
    network = read_chain(["conv:3,2,s=2", "upsample:2", "conv:3,1", "add:input"])
    assert shapes(network, (3, 8, 8)).layers[-1].view is not Extent.UNKNOWN
    network = read_chain(["adaptiveavgpool:4", "pad:2", "add:input"])
    with pytest.raises(NetworkError, match="different jumps meet here: 2 from pad1, 1 from input"):
        shapes(network, (3, 8, 8))
    lenient = shapes(network, (3, 8, 8), strict=False)
    assert lenient.layers[-1].view is Extent.UNKNOWN
    assert "different jumps" in lenient.layers[-1].note
    assert seen_by(lenient, "add1", (0, 0)) is None


@pytest.mark.parametrize(
    "chain", ["flatten", "globalavgpool", "adaptivemaxpool:1", "conv:2,3 flatten linear:3"]
)
def test_behind_flatten_linear_and_global_pools_it_is_everything(chain: str) -> None:
    found = shapes(read_chain(chain.split()), (3, 8, 8))
    assert found.layers[-1].view is Extent.WHOLE
    seen = seen_by(found, found.layers[-1].name, (0, 0))
    assert seen is not None
    assert seen.pixels == seen.rectangle == ((0, 7), (0, 7))


@pytest.mark.parametrize(
    "chain",
    [
        "upsample:2,bilinear",
        "maxpool:2 upsample:3,bilinear conv:1,3",
        "conv:1,3,s=2 convt:1,3,s=2 conv:1,2",
        "maxpool:2 upsample:2,bilinear convt:1,4,s=2 maxpool:2",
        "conv:1,3 upsample:2 conv:1,2,s=2",
    ],
)
def test_where_nothing_is_padded_the_rectangle_is_what_changes_the_unit(chain: str) -> None:
    shape = (1, 8, 9)
    network = read_chain(chain.split())
    found = shapes(network, shape)
    name = found.layers[-1].name
    for unit, spans in pixels_that_matter(network, shape, name).items():
        seen = seen_by(found, name, unit)
        assert seen is not None
        assert seen.rectangle == seen.pixels == spans, unit


def test_padding_behind_an_enlargement_is_still_seen_as_such() -> None:
    found = shapes(read_chain(["upsample:2,bilinear", "conv:1,3,p=1"]), (3, 8, 8))
    first, inside = (seen_by(found, "conv1", (unit, unit)) for unit in (0, 1))
    assert first == (((-1, 1), (-1, 1)), ((0, 1), (0, 1)))  # its first row is that of the padding
    assert inside == (((0, 1), (0, 1)), ((0, 1), (0, 1)))


def test_the_rectangle_hangs_over_the_padding_and_the_pixels_do_not() -> None:
    found = shapes(read_chain(["conv:1,7,s=2,p=3", "maxpool:3,s=2,p=1"]), (3, 224, 224))
    first = seen_by(found, "maxpool1", (0, 0))
    last = seen_by(found, "maxpool1", (55, 55))
    inside = seen_by(found, "maxpool1", (20, 20))
    assert first == (((-5, 5), (-5, 5)), ((0, 5), (0, 5)))
    assert last == (((215, 225), (215, 225)), ((215, 223), (215, 223)))
    assert inside is not None
    assert inside.rectangle == inside.pixels == ((75, 85), (75, 85))
