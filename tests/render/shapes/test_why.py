"""The sums under a row: each holds when one works it out, and its advice works."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import NetworkError
from cnnviz.network.chain import read_chain
from cnnviz.network.shapes import NetworkShapes, shapes
from cnnviz.render.shapes.why import why


def sent(chain: str, shape: tuple[int, ...]) -> NetworkShapes:
    return shapes(read_chain(chain.split()), shape)


def sums(chain: str, shape: tuple[int, ...] = (3, 32, 32)) -> list[str]:
    found = sent(chain, shape)
    return why(found, found.layers[-1])


def check(line: str) -> None:
    """Every ``left = right`` in a line holds, up to the decimals that are shown."""
    without_words = re.sub(r" (weights|places)", "", line)
    sides = re.findall(r"([-\d(][-\d(),.+*/ ]*?) = (-?[\d,.]+)", without_words)
    assert sides, line
    for left, right in sides:
        value = eval(left.replace(",", ""), {"__builtins__": {}})
        assert value == pytest.approx(float(right.rstrip(",.").replace(",", "")), abs=5e-5), line


@pytest.mark.parametrize(
    "chain",
    [
        *(
            "conv:96,11,s=4",
            "conv:8,3,p=1",
            "conv:8,3,d=2,p=same",
            "conv:8,4,p=same,s=3",
            "conv:6,3,g=3,b=no",
        ),
        *("conv:8,3x5,s=1x2", "depthwise:3,m=2", "convt:8,4,s=2,p=1", "convt:8,3,s=2,p=1,op=1,d=2"),
        *(
            "maxpool:3,s=2",
            "avgpool:2",
            "maxpool:3,s=2,ceil=yes",
            "batchnorm",
            "flatten",
            "flatten linear:10",
        ),
        *("flatten linear:10,no", "conv:8,3 conv:8,5,s=2", "maxpool:2 conv:8,3,d=3", "conv:3,1 concat:input"),
    ],
)
def test_every_sum_holds(chain: str) -> None:
    for line in sums(chain):
        if "=" in line:
            check(line)


LOST = "1 row and 1 column are never seen; padding 2 or input 227 gives 55"
FROM_TO = "floor(i*5/2) to before ceil((i + 1)*5/2)"
ROW = "1 row is never seen; padding 1 or input 33 gives 16"


@pytest.mark.parametrize(
    ("chain", "shape", "line"),
    [
        ("conv:96,11,s=4", (3, 224, 224), f"(224 + 2*0 - 11)/4 + 1 = 54.25 -> 54: {LOST}"),
        ("conv:64,7,s=2,p=3", (3, 224, 224), "(224 + 2*3 - 7)/2 + 1 = 112.5 -> 112"),
        ("conv:8,3,s=2,p=same", (3, 224, 224), "(224 + 0 + 1 - 3)/2 + 1 = 112"),
        ("conv:8,3,d=2", (3, 32, 32), "(32 + 2*0 - (2*(3 - 1) + 1))/1 + 1 = 28"),
        ("maxpool:3,s=2,ceil=yes", (3, 32, 32), "(32 + 2*0 - 3)/2 + 1 = 15.5 -> 16 (rounded up)"),
        (
            "maxpool:2,s=2,p=1,ceil=yes",
            (3, 5, 5),
            "(5 + 2*1 - 2)/2 + 1 = 3.5 -> 3 (rounded up, but the window at 4 would start in the padding)",
        ),
        ("conv:8,1,s=3", (3, 8, 8), "(8 + 2*0 - 1)/3 + 1 = 3.3333 -> 3: 5 rows and 5 columns are never seen"),
        ("conv:8,3,s=2", (3, 32, 31), f"height: (32 + 2*0 - 3)/2 + 1 = 15.5 -> 15: {ROW}"),
        ("convt:8,4,s=2,p=1", (3, 7, 7), "(7 - 1)*2 - 2*1 + (4 - 1) + 0 + 1 = 14"),
        ("adaptivemaxpool:2", (3, 5, 5), f"5/2 = 2.5: window i goes from {FROM_TO}"),
        ("conv:6,3,g=3", (3, 8, 8), "6*(1*3*3 + 1) = 60 parameters"),
        ("convt:6,2", (3, 4, 4), "3*6*2*2 + 6 = 78 parameters"),
        ("linear:10", (20,), "200 weights = 200 MACs"),
        ("conv:8,3 maxpool:2", (3, 8, 8), "field 3 + (2 - 1)*1 = 4, jump 1*2 = 2"),
        ("flatten", (3, 4, 5), "3*4*5 = 60 numbers"),
        ("flatten", (3, 4, 5), "field: the whole picture"),
        ("prelu:3", (3, 4, 5), "3 parameters"),
    ],
)  # fmt: skip
def test_the_sums_of_a_layer_are_written_out(chain: str, shape: tuple[int, ...], line: str) -> None:
    assert line in sums(chain, shape)


@given(
    n=st.integers(1, 60), k=st.integers(1, 7), s=st.integers(1, 7), p=st.integers(0, 3), d=st.integers(1, 3)
)
def test_what_is_said_to_be_lost_and_to_help_is_true(n: int, k: int, s: int, p: int, d: int) -> None:
    try:
        found = sent(f"conv:1,{k},s={s},p={p},d={d}", (1, n, n))
    except NetworkError:
        return
    (line, *_) = why(found, found.layers[0])
    check(line)
    seen = {place * s + tap * d - p for place in range(found.output[1]) for tap in range(k)} & set(range(n))
    lost = re.search(r": (\d+) rows? and \d+ columns? are never seen", line)
    assert (int(lost[1]) if lost else 0) == n - len(seen)
    advice = re.search(r"padding (\d+) or input (\d+) gives (\d+)", line)
    if advice:
        padding, size, output = map(int, advice.groups())
        assert output == found.output[1] + 1
        assert sent(f"conv:1,{k},s={s},p={padding},d={d}", (1, n, n)).output[1] == output
        assert sent(f"conv:1,{k},s={s},p={padding - 1},d={d}", (1, n, n)).output[1] < output
        assert sent(f"conv:1,{k},s={s},p={p},d={d}", (1, size, size)).output[1] == output
        assert sent(f"conv:1,{k},s={s},p={p},d={d}", (1, size - 1, size - 1)).output[1] < output


def test_sums_of_a_layer_behind_paths_that_differ_leave_the_field_out() -> None:
    assert not any("field" in line for line in sums("maxpool:2 upsample:2 conv:8,2"))
