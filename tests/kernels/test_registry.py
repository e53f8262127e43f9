"""The registries: names that do not clash, members that exist, and nothing heavy at import."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import pytest

from cnnviz.kernels import ALIASES, FAMILIES, GROUPS, MAGNITUDES, NAMED, names, read

SINGLE = (*NAMED, *FAMILIES, *ALIASES)


def test_a_name_stands_for_one_thing() -> None:
    everything = [*NAMED, *FAMILIES, *ALIASES, *MAGNITUDES, *GROUPS]
    assert [name for name, times in Counter(everything).items() if times > 1] == []
    assert names() == sorted(everything)


@pytest.mark.parametrize("name", names())
def test_every_name_is_read_and_has_plain_distinct_slugs(name: str) -> None:
    operators = read([name])
    slugs = [operator.slug for operator in operators]
    assert len(set(slugs)) == len(slugs) > 0
    for slug in slugs:
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", slug)


@pytest.mark.parametrize("name", SINGLE)
def test_a_single_name_is_a_2d_kernel_with_its_record(name: str) -> None:
    (operator,) = read([name])
    (kernel,) = operator.kernels
    assert kernel.weight.ndim == 2
    assert kernel.about is not None
    assert kernel.about.name == ALIASES.get(name, name)
    assert kernel.weight.dtype == (
        "int64" if all(isinstance(value, int) for value in kernel.weight.ravel().tolist()) else "float64"
    )


def test_all_shows_every_family_with_two_dozen_kernels() -> None:
    shown = {operator.kernels[0].about.family for operator in read(["all"]) if operator.kernels[0].about}
    listed = {named.family for named in NAMED.values()} | {family.family for family in FAMILIES.values()}
    assert shown == listed
    assert 20 <= len(GROUPS["all"]) <= 26


def test_the_edges_are_a_dozen_at_most() -> None:
    assert len(GROUPS["edges"]) <= 12


def test_importing_the_names_imports_no_array_library() -> None:
    heavy = {"numpy", "scipy", "PIL", "click", "rich", "safetensors"}
    program = f"import sys, cnnviz.kernels as k; k.names(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
