"""What README and the pages of docs/ show of the program, taken from it: run by cog, checked in CI."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.rows import hostile_table, saved, table
from cnnviz import kernels
from cnnviz.cli.main import COMMANDS, cli
from cnnviz.network import known
from cnnviz.network.receptive_field import Extent
from cnnviz.network.shapes import shapes
from cnnviz.render.kernels.text import parameters, records

_ROOT = Path(__file__).parent.parent


def screen(command: str, lines: slice = slice(None)) -> str:
    """What ``command`` prints on a terminal of 80 columns, or some ``lines`` of it, as a block."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sample_images").symlink_to(_ROOT / "sample_images")
        reader, writer = pty.openpty()
        environment = {**os.environ, "COLUMNS": "80", "LINES": "50", "NO_COLOR": "1", "TERM": "xterm"}
        environment["PYTHONPATH"] = str(_ROOT)
        words = [sys.executable, "-m", "cnnviz", *shlex.split(command)[1:]]
        subprocess.run(words, cwd=folder, env=environment, stdout=writer, stderr=writer, check=True)  # noqa: S603  # our own command
        os.close(writer)
        with os.fdopen(reader, "rb") as terminal:
            output = _drain(terminal.fileno()).decode()
    shown = [line.rstrip() for line in click.unstyle(output).replace("\r\n", "\n").split("\n")]
    return "\n".join(["```text", *shown[lines]]).rstrip() + "\n```\n"


def _drain(descriptor: int) -> bytes:
    data = b""
    try:
        while chunk := os.read(descriptor, 65536):
            data += chunk
    except OSError:  # Linux's way to say that the other side is closed
        pass
    return data


def benchmarks() -> str:
    """The saved comparison with peers as a table, and what it was measured on."""
    rows, machine, _ = saved()
    return f"{table(rows)}\n\nMeasured on {machine}.\n"


def hostile() -> str:
    """What programs that do the same job make of hostile files."""
    return hostile_table(saved()[2]) + "\n"


def commands() -> str:
    """Every command with what it does and its options as a table."""
    context = click.Context(cli)
    return "\n".join(_command(entry.name, cli.get_command(context, entry.name)) for entry in COMMANDS)


def _command(name: str, command: click.Command | None) -> str:
    assert command is not None, name  # noqa: S101  # a command of the table
    context = click.Context(command, info_name=name)
    parts = [f"## `cnnviz {name}`", command.get_short_help_str(limit=200)]
    rows = []
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            record = parameter.get_help_record(context)
            assert record is not None, parameter.name  # noqa: S101  # none of ours is hidden
            declared, text = (part.replace("|", "\\|").replace("\n", " ") for part in record)
            rows.append(f"| `{declared}` | {text} |")
    if rows:
        parts.append("\n".join(["| option | meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def networks() -> str:
    """Every known network with its costs, the receptive field of its last feature map, and its source."""
    rows = [
        "| name | input | parameters | MACs | field, jump, padding | source |",
        "|---|---|---:|---:|---|---|",
    ]
    for record in known.records():
        found = shapes(known.find(record.name), record.input)
        last = found.last_map
        assert last is not None, record.name  # noqa: S101  # each has maps
        assert not isinstance(last.view, Extent), record.name  # noqa: S101  # that is what a last map is
        field = last.view[0]
        size = "x".join(map(str, record.input))
        seen = f"{field.size}, {field.jump}, {-field.cells(0)[0]}"
        rows.append(
            f"| `{record.name}` | {size} | {found.parameters:,} | {found.macs:,} | {seen} | {record.source} |"
        )
    return "\n".join(rows) + "\n"


def catalogue() -> str:
    """Every kernel, family by family, and the names that stand for several."""
    rows = ["| name | family | shows |", "|---|---|---|"]
    for record in records():
        extra = parameters(record)
        name = f"`{record.name}`" + (f" `{extra}`" if extra else "")
        rows.append(f"| {name} | {record.family} | {record.shows} |")
    rows += [f"| `{name}` | alias | the same as {meant} |" for name, meant in kernels.ALIASES.items()]
    rows += [
        f"| `{name}` | magnitude | of {' and '.join(pair)} |" for name, pair in kernels.MAGNITUDES.items()
    ]
    rows += [f"| `{name}` | group | {', '.join(members)} |" for name, members in kernels.GROUPS.items()]
    return "\n".join(rows) + "\n"
