"""Shapes are inferred in the process of the tests."""

from __future__ import annotations

import pytest

from cnnviz.network.onnx import apart, graph
from cnnviz.network.onnx.folding import fold


@pytest.fixture(autouse=True)
def inferred_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in one of its own, which takes half a second."""
    monkeypatch.setattr(graph, "folded", fold)


@pytest.fixture
def inferred_apart(inferred_here: None, monkeypatch: pytest.MonkeyPatch) -> None:  # first
    """In one of its own after all, as a user has it: for what is about it, and graphs that may end it."""
    monkeypatch.setattr(graph, "folded", apart.folded)
