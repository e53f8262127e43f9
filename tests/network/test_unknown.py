"""Working backwards, against sending every number forwards."""

from __future__ import annotations

import pytest

from cnnviz.errors import NetworkError, UsageError
from cnnviz.network.chain import read_chain
from cnnviz.network.shapes import shapes
from cnnviz.network.unknown import Answer, arriving, inputs, solved


def answer(chain: str, shape: tuple[int, ...], output: tuple[int, ...]) -> Answer:
    network = read_chain(chain.split())
    assert network.asked is not None
    return solved(network, network.asked, shape, output)


@pytest.mark.parametrize(
    ("chain", "shape", "output", "fits"),
    [
        ("conv:64,7,s=2,p=_", (3, 224, 224), (64, 112, 112), (3,)),
        ("conv:64,_,s=2,p=3", (3, 224, 224), (64, 112, 112), (7, 8)),
        ("conv:64,7,s=_,p=3", (3, 224, 224), (64, 112, 112), (2,)),
        ("conv:64,3,d=_", (3, 32, 32), (64, 24, 24), (4,)),
        ("conv:_,3", (3, 32, 32), (17, 30, 30), (17,)),
        ("conv:_,3 flatten", (3, 6, 6), (96,), (6,)),
        ("conv:12,3,g=_", (6, 9, 9), (12, 7, 7), (1, 2, 3, 6)),
        ("depthwise:3,m=_", (6, 9, 9), (24, 7, 7), (4,)),
        ("convt:8,4,s=_,p=1", (3, 7, 7), (8, 14, 14), (2,)),
        ("convt:8,3,s=2,p=1,op=_", (3, 7, 7), (8, 14, 14), (1,)),
        ("maxpool:_", (3, 32, 32), (3, 8, 8), (4,)),
        ("conv:8,3 maxpool:_ conv:4,3", (3, 32, 32), (4, 8, 8), (3,)),
        ("upsample:_", (3, 7, 7), (3, 28, 28), (4,)),
        ("adaptiveavgpool:_", (3, 7, 7), (3, 5, 5), (5,)),
        ("pad:_", (3, 7, 7), (3, 13, 13), (3,)),
        ("flatten linear:_", (3, 7, 7), (10,), (10,)),
        ("conv:3,_,p=same add:input", (3, 9, 9), (3, 9, 9), tuple(range(1, 83))),
    ],
)
def test_every_integer_that_fits_is_found(
    chain: str, shape: tuple[int, ...], output: tuple[int, ...], fits: tuple[int, ...]
) -> None:
    found = answer(chain, shape, output)
    assert found.fits == fits
    for number in fits:
        assert shapes(read_chain(chain.replace("_", str(number)).split()), shape).output == output


def test_a_large_number_of_channels_behind_a_flatten_is_found() -> None:
    assert answer("conv:_,1 flatten", (3, 2, 2), (4 * 5000,)).fits == (5000,)


def test_where_none_fits_the_nearest_are_told() -> None:
    found = answer("conv:8,3,s=2,p=_", (3, 8, 8), (9, 5, 5))
    assert found.fits == ()
    assert found.nearest == ((1, (8, 4, 4)), (2, (8, 5, 5)))


def test_layers_before_the_unknown_one_must_fit() -> None:
    with pytest.raises(NetworkError, match="does not fit"):
        answer("conv:8,99 conv:_,3", (3, 8, 8), (4, 4, 4))


def test_the_features_that_come_to_a_linear_layer_are_told() -> None:
    network = read_chain(["conv:6,5", "maxpool:2", "flatten", "linear:_"])
    assert network.asked is not None
    assert arriving(network, network.asked, (1, 28, 28)) == (6 * 12 * 12,)


def lossless(chain: str, n: int) -> bool:
    """Whether every pixel and every cell of every map is under some tap, found by laying the windows down."""
    try:
        found = shapes(read_chain(chain.split()), (3, n, n))
    except NetworkError:
        return False
    sizes = {"input": (3, n, n), **{layer.name: layer.output for layer in found.layers}}
    missed = {
        name: (set(range(shape[1])), set(range(shape[2]))) for name, shape in sizes.items() if len(shape) == 3
    }
    for layer in found.layers:
        for name in layer.layer.inputs:
            for axis in (0, 1) if name in missed else ():
                window = layer.window
                if window is None or layer.layer.kind == "convt":
                    missed[name][axis].clear()
                else:
                    missed[name][axis].difference_update(
                        place * window.stride[axis] - window.pads[axis][0] + tap * window.dilation[axis]
                        for place in range(window.output[axis])
                        for tap in range(window.kernel[axis])
                    )
    last = found.layers[-1].name
    return not any(any(axes) for name, axes in missed.items() if name != last)


@pytest.mark.parametrize(
    ("chain", "smallest", "modulus", "residues"),
    [
        ("conv:96,11,s=4 maxpool:3,s=2", 19, 8, (3,)),
        ("conv:8,3", 3, 1, (0,)),
        ("maxpool:2", 2, 2, (0,)),
        ("conv:8,3,p=1 maxpool:2 conv:8,3,p=1 maxpool:2", 4, 4, (0,)),
        ("conv:8,7,s=2,p=3 maxpool:3,s=2,p=1", 1, 1, (0,)),
        ("conv:8,3,s=2,p=same", 1, 1, (0,)),
        ("conv:8,1,s=2", 1, 1, ()),
        ("maxpool:3,s=2,c=yes", 2, 1, (0,)),
        ("conv:8,3,s=2,p=1 conv:8,1,s=2", 1, 1, ()),
        ("conv:3,3,p=1 maxpool:2 upsample:2 concat:conv1", 2, 2, (0,)),
        ("maxpool:2x3", 3, 6, (0,)),
        ("conv:8,5,s=3 conv:8,3,s=2 globalavgpool flatten linear:10", 11, 6, (5,)),
    ],
)
def test_the_smallest_input_and_those_that_lose_nothing(
    chain: str, smallest: int, modulus: int, residues: tuple[int, ...]
) -> None:
    found = inputs(read_chain(chain.split()), 3)
    assert found.smallest == smallest
    assert (found.modulus, found.residues) == (modulus, residues)
    for n in range(smallest + 8, smallest + 30):
        assert lossless(chain, n) == (n % modulus in residues)


def test_a_stride_in_a_kernel_of_1_loses_pixels_unless_another_path_sees_them() -> None:
    """Why today's ResNets stride in the 3x3: beside it the 1x1 of the shortcut loses nothing."""
    stem = "conv:4,1 conv:4,1"
    in_the_3x3 = read_chain(f"{stem} conv:4,3,s=2,p=1 relu conv:4,1".split())
    assert inputs(in_the_3x3, 3).residues == (0,)
    in_the_1x1 = read_chain(f"{stem} conv:4,1,s=2 conv:4,3,p=1".split())
    assert inputs(in_the_1x1, 3).residues == ()


def test_a_network_that_takes_no_square_says_why() -> None:
    with pytest.raises(
        UsageError, match=r"no square input up to 4096 fits; at 4096: .* put flatten before it"
    ):
        inputs(read_chain(["linear:3"]), 3)


def test_a_fixed_number_of_features_has_its_one_input() -> None:
    assert inputs(read_chain(["conv:6,5", "flatten", "linear:9,in=96"]), 1).smallest == 8


def test_strides_beyond_what_is_tried_are_given_up() -> None:
    found = inputs(read_chain(["maxpool:4,s=80", "maxpool:2,s=80"]), 3)
    assert found.modulus == 0
