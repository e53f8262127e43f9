"""Kernels as JSON: the catalogue, and all that is known of some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cnnviz import kernels
from cnnviz.kernels import Kernel, Properties
from cnnviz.render.kernels.text import parameters, records
from cnnviz.render.schema import json_line


def list_document() -> str:
    """The catalogue as one JSON document."""
    listed = [
        {
            "name": record.name,
            "family": record.family,
            "parameters": parameters(record),
            "shows": record.shows,
            "derivation": record.derivation,
            "source": record.source,
        }
        for record in records()
    ]
    return json_line({"kernels": listed, "groups": kernels.GROUPS})


def document(looked_at: Iterable[tuple[Kernel, Properties | None]]) -> str:
    """Kernels with what is known of them (of a bank nothing) as one JSON document."""
    return json_line({"kernels": [_entry(kernel, found) for kernel, found in looked_at]})


def _entry(kernel: Kernel, found: Properties | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": kernel.name,
        "shape": kernel.weight.shape,
        "weight": kernel.weight.tolist(),
    }
    if found is not None:
        entry |= {
            "sum": found.sum,
            "rank": found.rank,
            "factors": found.factors,
            "symmetry": found.symmetry,
            "relation": found.relation,
            "warning": found.warning,
        }
    if kernel.about is not None:
        entry |= {
            "shows": kernel.about.shows,
            "derivation": kernel.about.derivation,
            "source": kernel.about.source,
        }
    return entry
