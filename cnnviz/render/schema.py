"""The form of what ``--json`` prints: one line that every reader of JSON takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

_NO_BYTE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves that a file of JSON may hold by itself; the others stand for bytes."""


def json_line(content: Mapping[str, Any]) -> str:
    r"""``content`` behind the number of this form, ``"schema": 1``.

    JSON has neither infinity nor what is no number: null stands for them. Bytes of a name that Python could
    not decode reach us as halves of surrogate pairs, which no reader takes: they are read as UTF-8, and a
    replacement character stands for what is none.

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
        return _NO_BYTE.sub("\ufffd", value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return None if isinstance(value, float) and not isfinite(value) else value
