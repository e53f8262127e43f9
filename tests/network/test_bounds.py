"""Networks made to be slow: an answer, or a line that says why not, in a bounded time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cnnviz.errors import FileError, NetworkError, UsageError
from cnnviz.geometry import unseen
from cnnviz.network.chain import read_chain
from cnnviz.network.document import MAX_DOCUMENT_BYTES, network_of, read_document
from cnnviz.network.parameters import MAX_STEP
from cnnviz.network.receptive_field import Extent
from cnnviz.network.seen import seen_by
from cnnviz.network.shapes import shapes
from cnnviz.network.unknown import inputs, solved
from cnnviz.render.shapes.text import Report, document
from cnnviz.render.shapes.why import why

SECONDS = 10


@contextmanager
def in_time() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < SECONDS


def written(folder: Path, layers: list[object]) -> str:
    path = folder / "net.json"
    path.write_text(json.dumps({"input": [1, 8, 8], "layers": layers}, separators=(",", ":")))
    assert path.stat().st_size <= MAX_DOCUMENT_BYTES
    return str(path)


def test_a_file_full_of_layers_is_read(tmp_path: Path) -> None:
    with in_time():
        network = read_document(written(tmp_path, ["relu"] * 140_000))
        assert len(shapes(network, (1, 8, 8)).layers) == 140_000


def test_a_file_in_the_wrong_order_is_sorted(tmp_path: Path) -> None:
    count = 15_000
    layers: list[object] = [
        {"kind": "relu", "name": f"n{each}", "inputs": f"n{each + 1}"} for each in range(count)
    ]
    with in_time():
        network = read_document(
            written(tmp_path, [*layers, {"kind": "relu", "name": f"n{count}", "inputs": "input"}])
        )
    assert [network.layers[0].name, network.layers[-1].name] == [f"n{count}", "n0"]


def test_a_file_full_of_mistakes_is_refused_with_all_of_them(tmp_path: Path) -> None:
    layers: list[object] = [{"kind": "rleu", "inputs": f"nowhere{each}"} for each in range(20_000)]
    with in_time(), pytest.raises(NetworkError) as caught:
        read_document(written(tmp_path, layers))
    assert len(caught.value.lines) == 20_000


def test_a_file_full_of_names_that_are_nowhere_is_refused(tmp_path: Path) -> None:
    layers: list[object] = [{"kind": "relu", "inputs": f"nowhere{each}"} for each in range(14_000)]
    with in_time(), pytest.raises(NetworkError):
        read_document(written(tmp_path, layers))


def test_a_key_that_is_given_twice_is_found_among_many(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text("{" + ",".join(f'"{each}":0' for each in (*range(90_000), 89_999)) + "}")
    with in_time(), pytest.raises(FileError, match="the key '89999' is given twice"):
        read_document(str(path))


@pytest.mark.parametrize("written", ["{}=1", "[{}]", "a = {{{}=1}}", "[[{}]]"])
def test_a_key_of_many_parts_is_refused_at_once(tmp_path: Path, written: str) -> None:
    path = tmp_path / "net.toml"
    path.write_text("\n" + written.format(".".join("a" * 200_000)))
    with in_time(), pytest.raises(FileError, match="line 2 holds more than 1000 dots; break it"):
        read_document(str(path))


def doubled(times: int) -> list[object]:
    return [
        {"kind": "concat", "name": f"n{each + 1}", "inputs": [f"n{each}" if each else "input"] * 2}
        for each in range(times)
    ]


@pytest.mark.parametrize(
    ("layers", "place"),
    [(["upsample:65536"] * 500, r"layers\[2\]"), (doubled(5000), r"layers\[93\]")],
    ids=["rows", "channels"],
)
def test_sizes_that_grow_without_end_are_refused_where_they_leave_all_bounds(
    layers: list[object], place: str
) -> None:
    # 64 * 65536**(2*3) = 5.1e30 and 64 * 2**94 = 1.3e30.
    network = network_of({"layers": layers})
    with in_time(), pytest.raises(NetworkError, match=place + r": it would put out more than 10\^30 numbers"):
        shapes(network, (1, 8, 8))


def test_fields_that_grow_without_end_are_not_followed() -> None:
    found = shapes(read_chain(["conv:1,1,s=65536"] * 1000), (1, 1, 1))
    views = [layer.view for layer in found.layers]
    # 65536**6 = 7.9e28.
    assert [view is Extent.UNKNOWN for view in views[:8]] == [False] * 6 + [True] * 2
    assert set(views[6:]) == {Extent.UNKNOWN}
    assert len(json.loads(document(Report(found)))["layers"]) == 1000


def test_a_long_cycle_is_found(tmp_path: Path) -> None:
    count = 15_000
    layers: list[object] = [
        {"kind": "relu", "name": f"n{each}", "inputs": f"n{(each + 1) % count}"} for each in range(count)
    ]
    with in_time(), pytest.raises(NetworkError, match="a cycle: n") as caught:
        read_document(written(tmp_path, layers))
    assert len(str(caught.value)) < 500


def test_the_largest_windows_are_worked_out_with_their_sums() -> None:
    chain = [
        f"conv:8,{MAX_STEP},s={MAX_STEP - 1},d={MAX_STEP}",
        f"conv:8,3,s={MAX_STEP}",
        "convt:8,999,s=9999",
    ]
    with in_time():
        found = shapes(read_chain(chain), (3, 10**9 * 9, 10**9 * 9))
        for layer in found.layers:
            assert why(found, layer)
    assert found.layers[-1].view is Extent.UNKNOWN


def test_unseen_cells_of_a_billion_are_counted() -> None:
    with in_time():
        assert unseen(10**9, 3, 7, 0, 1, (10**9 - 3) // 7 + 1) == 10**9 - 3 * ((10**9 - 3) // 7 + 1)


@pytest.mark.parametrize(
    "chain",
    [
        ["maxpool:64,s=64", "maxpool:64,s=64"],
        ["maxpool:2"] * 12,
        ["relu"] * 3000,
        ["conv:3,1", "add:input"] * 1500,
        ["maxpool:1000,s=999"] * 3,
    ],
    ids=lambda chain: f"{len(chain)} x {chain[0]}",
)
def test_the_inputs_that_fit_are_found_or_given_up_in_time(chain: list[str]) -> None:
    with in_time():
        try:
            inputs(read_chain(chain), 3)
        except UsageError as error:
            assert "no square input" in str(error)


@pytest.mark.parametrize("asked", ["conv:_,3", "conv:8,_", "conv:8,3,p=_", "conv:8,3,g=_", "upsample:_"])
def test_a_number_behind_many_layers_is_found_or_given_up_in_time(asked: str) -> None:
    network = read_chain([asked, *["relu"] * 3000])
    assert network.asked is not None
    with in_time():
        solved(network, network.asked, (3, 500, 500), (10**9, 498, 498))


def test_patterns_of_many_phases_end() -> None:
    chain = [
        "convt:1,3,s=251",
        "convt:1,3,s=241",
        "conv:1,999,d=99,s=7",
        "upsample:256",
        "adaptiveavgpool:997",
    ] * 3
    with in_time():
        found = shapes(read_chain(chain), (1, 9, 9))
        seen_by(found, found.layers[-1].name, (0, 0))
