"""The front door: version, unknown commands, and the boundary where an error becomes one line."""

from __future__ import annotations

import signal
from importlib import import_module

import click
import pytest

import cnnviz
from cnnviz import geometry, images, kernels, outputs
from cnnviz.cli import layer, looks, options
from cnnviz.cli import main as front
from cnnviz.cli.main import COMMANDS
from cnnviz.jobs import settings
from cnnviz.ops.convolution.planner import ENGINES
from cnnviz.render import tone
from tests.cli.running import Run


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_the_version_is_that_of_the_package(run: Run, flag: str) -> None:
    done = run(flag)
    assert (done.code, done.out, done.err) == (0, f"cnnviz {cnnviz.__version__}\n", "")


def test_without_arguments_the_help_is_shown_and_it_is_wrong_usage(run: Run) -> None:
    done = run()
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: cnnviz")


def test_help_as_a_word_is_help_as_an_option(run: Run) -> None:
    assert run("help") == run("--help")
    assert run("help", "kernels", "show") == run("kernels", "show", "--help")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("pol",), "no command named 'pol'; did you mean pool?"),
        (("convolv", "x.png"), "did you mean convolve?"),
        (("frobnicate",), f"known: {', '.join(entry.name for entry in COMMANDS)}."),
        (("--bogus",), "--bogus"),
        (("convolve", "x.png", "-k"), "'-k' requires an argument. See cnnviz convolve --help."),
        (("convolve", "x.png", "--kernl", "box"), "'--kernl'. Did you mean '--kernel'? See"),
        (
            ("kernels", "sobel-x"),
            "no command named 'sobel-x'; did you mean cnnviz kernels show sobel-x? See cnnviz kernels",
        ),
        (("kernels", "list"), "no command named 'list'; show NAME looks at a kernel. See cnnviz kernels"),
        (("kernels", "show", "1", "0", "-1"), "show takes one kernel, not 3."),
        (("explain", "a.png", "b.png", "-k", "box"), "explain takes one picture, not 2. See cnnviz explain"),
        (("explain", "sample:cat"), "a kernel is missing; try -k sobel-x (`cnnviz kernels` lists"),
        (("shift", "sample:cat"), "a kernel is missing; try -k sobel-x (`cnnviz kernels` lists"),
        (("explain", "-k", "box"), "a picture is missing; try sample:cat. See cnnviz explain"),
        (("learn", "--target", "box"), "a picture is missing; try sample:cat. See cnnviz learn"),
        (("run",), "a network is missing; try shapes-net. See cnnviz run"),
        (("run", "shapes-net"), "a picture is missing; try sample:cat. See cnnviz run"),
        (
            ("animate", "sample:cat", "-k", "box"),
            "the file is missing; name it, as -o sweep.gif. See cnnviz animate",
        ),
    ],
)
def test_what_is_not_understood_is_answered_with_what_would_be(
    run: Run, args: tuple[str, ...], words: str
) -> None:
    done = run(*args)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert words in done.err
    assert done.err.endswith(" --help.\n")


def test_a_missing_kernel_is_said_with_one_to_try(run: Run) -> None:
    done = run("convolve", "sample:cat")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "a kernel is missing; try -k sobel-x" in done.err


def test_a_message_cannot_break_its_line_or_colour_the_terminal(run: Run) -> None:
    for args in (
        ("a\nb\x1b[31m",),
        ("convolve", "x", "-k", "a\nb\x1b[31m"),
        ("pool", "x", "--size", "1\n2\x1b[0m"),
    ):
        done = run(*args)
        assert done.err.count("\n") == 1
        assert "\x1b" not in done.err
        assert r"\n" in done.err


def test_of_a_line_that_nobody_could_read_the_middle_is_left_out(run: Run) -> None:
    done = run("shapes", "--input", "1x8x8", "relu", "q" * 100_000)
    assert done.code == 2
    assert done.err.startswith("cnnviz: layer 2, qqq")
    assert "q ... q" in done.err
    assert "; known: " in done.err
    assert done.err.count("\n") == 1
    assert len(done.err) < 9000


def test_a_traceback_is_shown_on_request_only(run: Run) -> None:
    for args in (("convolve", "missing.png", "-k", "box"), ("convolve", "sample:step", "-k", "nope")):
        assert "Traceback" not in run(*args).err
        done = run(*args, "--debug")
        assert done.err.startswith("Traceback")
        assert done.err.splitlines()[-1] == run(*args).err.rstrip("\n")


def test_a_bug_of_ours_is_one_line_that_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_given: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("cnnviz.jobs.picture.images.read", broken)
    done = run("convolve", "sample:step", "-k", "box")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "internal error: RuntimeError: two\\nlines" in done.err
    assert run("convolve", "sample:step", "-k", "box", "--debug").err.startswith("Traceback")


def test_too_little_memory_fails_that_picture_and_the_next_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = images.read

    def short(path: str, **given: int) -> images.Picture:
        if path == "sample:cat":
            raise MemoryError
        return read(path, **given)

    monkeypatch.setattr("cnnviz.jobs.picture.images.read", short)
    done = run("convolve", "sample:cat", "sample:step", "-k", "box")
    assert done.code == 1
    assert done.err.startswith("cnnviz: sample:cat: not enough memory; ")
    assert [row["picture"] for row in done.table] == ["sample:step"]


def test_the_handlers_of_signals_are_those_of_before(run: Run) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert run("--version").code == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_every_command_in_the_table_is_the_one_of_its_module() -> None:
    context = click.Context(front.cli)
    for entry in COMMANDS:
        assert front.cli.get_command(context, entry.name) is import_module(entry.module).command


def test_the_choices_written_out_for_the_help_are_those_of_the_code() -> None:
    assert options.FORMATS == outputs.FORMATS
    assert options.MAX_PIXELS == images.MAX_PIXELS
    assert layer.ENGINES == ENGINES
    assert set(layer.ACTIVATIONS) == set(settings._ACTIVATIONS)
    assert kernels.COMBINES == ("magnitude", "max", "sum")
    assert geometry.PADDING_MODES == ("zeros", "reflect", "replicate", "circular")
    assert looks.TONES == tone.NAMES
