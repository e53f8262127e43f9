"""The form of what ``--json`` prints: one line that every reader of JSON takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any


def json_line(content: Mapping[str, Any]) -> str:
    r"""``content`` behind the number of this form, ``"schema": 1``.

    JSON has neither infinity nor what is no number: null stands for them. A name that is not UTF-8 reaches us
    as halves of surrogate pairs, which no reader takes: a replacement character stands for each.

    >>> print(json_line({"image": "caf\udce9.png", "range": (0.5, float("inf"))}))
    {"schema": 1, "image": "caf\ufffd.png", "range": [0.5, null]}
    """
    whole = {"schema": 1, **content}
    try:
        line = json.dumps(whole, allow_nan=False)
    except ValueError:
        line = ""
    # Nearly all are as they should be; to look at each of a million terms takes longer than to write them.
    return line if line and "\\ud" not in line else json.dumps(_plain(whole))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)
    return None if isinstance(value, float) and not isfinite(value) else value
