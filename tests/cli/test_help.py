"""The help: complete, true (its examples run), and given without loading anything heavy."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cnnviz.cli.main import COMMANDS, cli
from cnnviz.images import samples
from tests.cli.running import COLORS, Run, Shell, png

HEAVY = ("numpy", "scipy", "PIL", "rich", "isal")


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


ALL = dict(commands(cli))
EXAMPLES = [
    line.strip()
    for command in ALL.values()
    for line in (command.help or "").splitlines()
    if line.strip().startswith("cnnviz ")
]


def loaded(shell: Shell, *args: str) -> set[str]:
    """Which heavy packages a run imports."""
    code = f"""
import json, sys
from cnnviz.cli.main import main
code = main({list(args)!r})
print("\\n" + json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))
"""
    done = shell(f"""'{sys.executable}' - <<'END'\n{code}\nEND""")
    assert done.code == 0, done.err
    exit_code, found = json.loads(done.out.splitlines()[-1])
    assert exit_code == 0
    return set(found)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_help_with_every_option_explained(run: Run, path: tuple[str, ...]) -> None:
    for flag in ("-h", "--help"):
        done = run(*path, flag)
        assert (done.code, done.err) == (0, "")
    text = " ".join(done.out.split())
    assert text.startswith(f"Usage: {' '.join(('cnnviz', *path))}")
    for parameter in ALL[path].params:
        if isinstance(parameter, click.Option):
            assert all(name in text for name in parameter.opts)
            assert parameter.help is not None
            assert len(parameter.help) > 10
            # Click breaks lines at hyphens too.
            assert "".join(parameter.help.split()) in "".join(text.split())


def test_the_front_page_lists_every_command_and_the_exit_codes(run: Run) -> None:
    text = " ".join(run("--help").out.split())
    for entry in COMMANDS:
        assert f"{entry.name} {entry.help}" in text
    for part in (
        "0 all done",
        "1 something failed (the rest was done) or a file is in the way",
        "2 wrong usage",
    ):
        assert part in text


def test_no_line_of_help_is_wider_than_80_columns_unless_it_is_an_example(run: Run) -> None:
    for path in ALL:
        for line in run(*path, "--help").out.splitlines():
            assert len(line) <= 80 or line.strip() in EXAMPLES


def test_the_front_page_names_the_pictures_that_come_along(run: Run) -> None:
    text = " ".join(run("--help").out.split())
    assert "sample:cat comes along, and so do sample:" in text
    assert re.findall(
        r"\w+", text.partition("sample:cat comes along, and so do sample:")[2].partition(".")[0]
    ) == [*(name for name in samples() if name not in ("cat", "triangle")), "and", "triangle"]


def test_options_stand_under_headings_each_of_them_once(run: Run) -> None:
    text = run("convolve", "--help").out
    headings = re.findall(r"^(\w+):$", text, re.MULTILINE)
    assert headings == ["Kernel", "Arithmetic", "Drawing", "Output", "Picture", "Batches", "Options"]
    for option in (each for each in ALL["convolve",].params if isinstance(each, click.Option)):
        assert text.count(f"  {', '.join(option.opts)} ") == 1


def test_no_line_in_a_list_of_commands_is_cut_off(run: Run) -> None:
    for path, command in ALL.items():
        if isinstance(command, click.Group):
            assert "...\n" not in run(*path, "--help").out.partition("Commands:")[2]


def test_every_command_has_examples() -> None:
    assert len(EXAMPLES) >= 3 * (len(ALL) - 1)
    assert all(re.match(r"cnnviz \w+", line) for line in EXAMPLES)


@pytest.mark.parametrize("line", [line for line in EXAMPLES if "|" not in line])
def test_an_example_runs_as_it_is_printed(run: Run, tmp_path: Path, line: str) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").write_bytes(png(COLORS))
    done = run(*shlex.split(line)[1:])
    assert (done.code, done.err) == (0, "")
    assert done.out


@pytest.mark.parametrize("line", [line for line in EXAMPLES if "|" in line])
def test_an_example_with_a_pipe_runs_as_it_is_printed(shell: Shell, line: str) -> None:
    done = shell(line)
    assert (done.code, done.out.count("\n"), "cnnviz: " in done.err) == (0, 2, False)


@pytest.mark.parametrize("args", [("--help",), ("--version",)])
def test_the_front_page_loads_nothing_heavy(shell: Shell, args: tuple[str, ...]) -> None:
    assert loaded(shell, *args) == set()


def test_the_help_of_a_command_loads_no_arrays_and_no_pictures(shell: Shell) -> None:
    assert loaded(shell, "convolve", "--help") <= {"rich"}


@pytest.mark.parametrize(
    "network",
    ["--input 1x28x28 conv:6,5 relu flatten linear:10", "resnet50 --why", "net.toml --dense --json"],
)
def test_shapes_of_a_chain_a_name_and_a_file_are_worked_out_without_arrays(
    shell: Shell, tmp_path: Path, network: str
) -> None:
    (tmp_path / "net.toml").write_text("input = [1, 8, 8]\nlayers = ['conv:4,3', 'relu']\n")
    assert loaded(shell, "shapes", *network.split()) == set()


def test_scipy_is_loaded_for_its_own_engine_only(shell: Shell) -> None:
    assert "scipy" not in loaded(shell, "convolve", "sample:step", "-k", "gaussian", "-k", "sobel", "--sheet")
    assert "scipy" in loaded(shell, "convolve", "sample:step", "-k", "box", "--engine", "scipy")
