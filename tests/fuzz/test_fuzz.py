"""A little of the fuzz in every run, and every file that ever crashed us."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.fuzz.running import commands, inside, mutated_file, problem, texts
from tests.fuzz.seeds import FILES

CRASHES = sorted(Path(__file__).with_name("crashes").iterdir())


@pytest.mark.parametrize("name", FILES)
def test_good_files_work_and_mutated_ones_work_or_are_refused(name: str, tmp_path: Path) -> None:
    if name.endswith(".onnx"):
        pytest.importorskip("onnx")
    values, good = random.Random(name), FILES[name]()
    path = tmp_path / name
    with inside(tmp_path):
        path.write_bytes(good)
        assert {problem(args, is_good=True) for args in commands(name, str(path))} == {None}
        for _ in range(12):
            path.write_bytes(mutated_file(name, good, values))
            for args in commands(name, str(path)):
                assert problem(args) is None


def test_mutated_texts_work_or_are_refused(tmp_path: Path) -> None:
    values = random.Random(3)
    with inside(tmp_path):
        for _ in range(150):
            args = texts(values)
            assert problem(args) is None, args


@pytest.mark.parametrize("crash", CRASHES, ids=lambda path: path.name)
def test_what_crashed_once_crashes_no_more(crash: Path, tmp_path: Path) -> None:
    name = crash.name.partition(".")[2]
    with inside(tmp_path):
        if name == "text":
            args = crash.read_bytes().decode("utf-8", "surrogateescape").split("\0")
            assert problem(args) is None
            return
        kind = name if name in FILES else f"network.{name}"
        shutil.copy(crash, tmp_path / kind)
        for args in commands(kind, str(tmp_path / kind)):
            assert problem(args) is None
