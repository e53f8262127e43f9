"""What --json prints is JSON: one line, no infinity, no half of a surrogate pair."""

import json
from typing import Any

import pytest

from cnnviz.render.schema import json_line


def read_strictly(line: str) -> Any:
    """As a reader that knows JSON and UTF-8 and nothing else."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    found = json.loads(line, parse_constant=refuse)
    json.dumps(found, ensure_ascii=False).encode("utf-8")
    return found


@pytest.mark.parametrize(
    "value",
    [0, -1.5, 1e300, True, None, "", "é 猫 😀 \\udcff \n", (1, [2, {"a": "b"}])],
)
def test_what_json_holds_comes_back_as_it_was(value: object) -> None:
    line = json_line({"value": value})
    assert "\n" not in line
    assert read_strictly(line) == {"schema": 1, "value": json.loads(json.dumps(value))}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_is_null_wherever_it_stands(value: float) -> None:
    line = json_line({"units": [{"value": value, "at": (0, 1)}], "mean": value, "name": "😀"})
    assert read_strictly(line) == {
        "schema": 1,
        "units": [{"value": None, "at": [0, 1]}],
        "mean": None,
        "name": "😀",
    }


def test_bytes_of_a_name_that_are_not_utf_8_are_replaced_wherever_they_stand() -> None:
    line = json_line({"files": ["a\udcff.png", "😀\udce9", "\ud800"], "layers": {"b\udc80": 0.5}})
    assert read_strictly(line) == {
        "schema": 1,
        "files": ["a\ufffd.png", "😀\ufffd", "\ufffd"],
        "layers": {"b\ufffd": 0.5},
    }


def test_a_name_that_only_the_locale_could_not_decode_is_whole() -> None:
    assert read_strictly(json_line({"image": b"\xc3\xa9.png".decode("ascii", "surrogateescape")})) == {
        "schema": 1,
        "image": "é.png",
    }
