"""Shell completion, as the shells ask for it."""

from __future__ import annotations

import pytest
from click.shell_completion import CompletionItem, ShellComplete

from cnnviz import colormaps, kernels
from cnnviz.cli.main import COMMANDS, cli
from cnnviz.geometry import PADDING_WORDS
from cnnviz.network import kinds, known
from tests.cli.running import Shell


def completions(*typed: str) -> list[CompletionItem]:
    """What is offered for the last word, those before it being complete."""
    return ShellComplete(cli, {}, "cnnviz", "_CNNVIZ_COMPLETE").get_completions([*typed[:-1]], typed[-1])


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_that_calls_us_and_is_answered(shell: Shell, kind: str) -> None:
    script = shell(f"_CNNVIZ_COMPLETE={kind}_source cnnviz")
    assert (script.code, script.err) == (0, "")
    assert f"_CNNVIZ_COMPLETE={kind}_complete" in script.out
    current = "kirsch-n" if kind == "fish" else "3"
    words = f'COMP_WORDS="cnnviz convolve -k kirsch-n" COMP_CWORD={current}'
    answer = shell(f"{words} _CNNVIZ_COMPLETE={kind}_complete cnnviz")
    assert (answer.code, answer.err) == (0, "")
    # zsh takes a type, a word and a description on a line each, the others type,word.
    lines = answer.out.splitlines()
    offered = lines[1::3] if kind == "zsh" else [line.removeprefix("plain,") for line in lines]
    assert offered == ["kirsch-n", "kirsch-ne", "kirsch-nw"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ([""], {entry.name for entry in COMMANDS}),
        (["con"], {"convolve"}),
        (["kernels", ""], {"show"}),
        (["convolve", "--pad"], {"--padding", "--padding-mode"}),
        (["pool", "--si"], {"--size"}),
        (
            ["pool", "--s"],
            {"--size", "--stride", "--sheet", "--show", "--skip-existing", "--shard", "--scheduler"},
        ),
        (["convolve", "--kernel", ""], set(kernels.names())),
        (["convolve", "-k", "box", "-k", "gau"], {"gaussian"}),
        (["kernels", "show", "lap"], {"laplacian", "laplacian-4", "laplacian-8"}),
        (["convolve", "--colormap", ""], set(colormaps.NAMES)),
        (["pool", "--colormap", "vi"], {"viridis", "vik"}),
        (["convolve", "--padding", ""], set(PADDING_WORDS)),
        (["convolve", "--padding", "same"], {"same", "same-lower"}),
        (["pool", "--padding", ""], set()),
        (["convolve", "--tone", "s"], {"symmetric"}),
        (["convolve", "--padding-mode", "re"], {"reflect", "replicate"}),
        (["convolve", "--combine", "m"], {"magnitude", "max"}),
        (["convolve", "--activation", "s"], {"sigmoid", "softmax"}),
        (["convolve", "--format", ""], {"png", "npy", "npz", "webp", "tiff"}),
        (["shapes", "resnet50"], {"resnet50", "resnet50-v1"}),
        (["shapes", ""], {*known.names(), *kinds.names()}),
        (["shapes", "conv:8,3", "max"], {"maxpool"}),
        (["shapes", "--framework", ""], {"torch", "keras"}),
        (["shapes", "--count", ""], {"macs", "flops", "distill"}),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, list) else "",
)
def test_what_fits_is_offered_and_nothing_else(typed: list[str], expected: set[str]) -> None:
    offered = completions(*typed)
    assert {item.value for item in offered} == expected
    assert all(item.type == "plain" for item in offered)


@pytest.mark.parametrize(
    "typed",
    [
        *(["convolve", "-k", "my"], ["kernels", "show", "./so"], ["pool", "photo"]),
        *(["shapes", "./my"], ["shapes", "conv:8,3", "res"]),
    ],
)
def test_where_no_name_fits_files_are_offered(typed: list[str]) -> None:
    (item,) = completions(*typed)
    assert (item.type, item.value) == ("file", typed[-1])
