"""What is too large to be run is refused before any work."""

from __future__ import annotations

import pytest

from cnnviz.errors import UsageError
from cnnviz.jobs.run.bounds import check_held, check_size
from cnnviz.network.chain import read_chain
from cnnviz.network.shapes import NetworkShapes, shapes


def found(*words: str, size: int = 8) -> NetworkShapes:
    return shapes(read_chain(words), (3, size, size))


@pytest.mark.parametrize(
    ("words", "size", "said"),
    [
        (["relu"] * 10_001, 8, "10,001 layers, more than the 10,000"),
        (["flatten", "linear:6000000"], 8, "1,158,000,000 parameters, more than the 1,073,741,824"),
        (["upsample:4096"], 8, "3,221,225,472 numbers in the output of upsample1"),
        (["conv:512,9,p=4"] * 6, 999, "multiply-accumulates, more than the 10,000,000,000,000"),
        # Rows: 3 maps of 1001x1000 windows of 60000; then what they leave, 3 of 1001x1001 of 60000.
        (
            ["maxpool:60000,s=1,p=30000"],
            1000,
            f"{3 * 1001 * 60_000 * (1001 + 1001):,} numbers put out or compared by pools, more than the",
        ),
        (["relu"] * 4000, 3000, "108,000,000,000 numbers put out or compared by pools, more than the"),
    ],
    ids=["layers", "parameters", "output", "macs", "pools", "outputs"],
)
def test_a_network_that_takes_hours_or_all_memory_is_refused(words: list[str], size: int, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_size(found(*words, size=size))
    assert said in str(caught.value)


def test_large_networks_are_run() -> None:
    check_size(found(*["conv:64,3,p=1", "relu", "maxpool:3,s=1,p=1"] * 100, size=224))


def test_what_is_kept_at_once_is_bounded() -> None:
    network = found("conv:64,3,p=1", "relu", "conv:64,3,p=1", size=2000)
    check_held(network, ["conv1"])
    with pytest.raises(UsageError, match=r"768,000,000 numbers, more than the 536,870,912"):
        check_held(network, ["conv1", "relu1", "conv2"])
