"""The one JSON document, and the plain lines."""

from __future__ import annotations

import json
from dataclasses import replace

from cnnviz.expressions import shape_text
from cnnviz.render.lines import caption, columns, plain, tone_text
from cnnviz.render.results import Failure, Result, document
from cnnviz.render.tone import Tone

CONVOLVED = Result(
    image="cat.png",
    op="convolve",
    kernel="sobel-x",
    input=(1, 300, 451),
    output=(2, 298, 449),
    files=("cat.sobel-x.000.png", "cat.sobel-x.001.png"),
    range=(-522, 503),
    tone=Tone("symmetric", -212.0, 212.0, 0.00492518),
)
POOLED = Result(
    "a.npy", "pool", None, (3, 4, 4), (3, 2, 2), ("out/a.max2.png",), range=(0.5, 1 / 3), tone=None
)
NASTY = "new\nline\t\x1b[31m\u202e[red]:smile:\udcff é.png"


def test_the_document_holds_exactly_what_is_promised() -> None:
    assert json.loads(document([CONVOLVED, POOLED], [Failure("b.png", "file is empty")])) == {
        "schema": 1,
        "results": [
            {
                "image": "cat.png",
                "op": "convolve",
                "kernel": "sobel-x",
                "input": [1, 300, 451],
                "output": [2, 298, 449],
                "range": [-522, 503],
                "tone": {"kind": "symmetric", "low": -212.0, "high": 212.0, "clipped": 0.004925},
                "files": ["cat.sobel-x.000.png", "cat.sobel-x.001.png"],
            },
            {
                "image": "a.npy",
                "op": "pool",
                "kernel": None,
                "input": [3, 4, 4],
                "output": [3, 2, 2],
                "range": [0.5, 1 / 3],
                "tone": None,
                "files": ["out/a.max2.png"],
            },
        ],
        "failed": [{"image": "b.png", "error": "file is empty"}],
    }


def test_the_document_is_one_line_of_valid_utf_8_whatever_names_hold() -> None:
    result = replace(CONVOLVED, image=NASTY, kernel=NASTY, files=(NASTY,))
    text = document([result], [Failure(NASTY, NASTY)])
    assert "\n" not in text
    entry = json.loads(text.encode("utf-8"))["results"][0]
    assert entry["image"] == entry["kernel"] == entry["files"][0] == NASTY.replace("\udcff", "\ufffd")


def test_integers_stay_integers() -> None:
    assert '"range": [-522, 503]' in document([CONVOLVED], [])


def test_a_plain_line_has_a_cell_for_every_column_and_a_line_for_every_file() -> None:
    assert [line.split("\t") for line in plain([CONVOLVED, POOLED])] == [
        ["cat.png", "sobel-x", "1x300x451", "2x298x449", "-522..503", "-212..212", "cat.sobel-x.000.png"],
        ["cat.png", "sobel-x", "1x300x451", "2x298x449", "-522..503", "-212..212", "cat.sobel-x.001.png"],
        ["a.npy", "pool", "3x4x4", "3x2x2", "0.5..0.3333", "-", "out/a.max2.png"],
    ]
    assert len(columns([CONVOLVED, POOLED])) == 7
    assert plain([replace(POOLED, files=(), range=None)]) == ["a.npy\tpool\t3x4x4\t3x2x2\t-\t-\t-"]


def test_what_was_only_pooled_has_no_column_for_a_kernel() -> None:
    assert columns([CONVOLVED, POOLED])[1] == columns([CONVOLVED])[1] == "kernel"
    assert columns([POOLED])[1] == "pooling"


def test_a_plain_line_cuts_nothing_and_stays_one_line() -> None:
    long = "a" * 5000
    (line,) = plain([replace(POOLED, image=NASTY, files=(f"{long}/{NASTY}",))])
    cells = line.split("\t")
    assert cells[0] == r"new\nline\t\x1b[31m\u202e[red]:smile:\udcff é.png"
    assert cells[-1] == f"{long}/{cells[0]}"
    assert len(line.splitlines()) == 1


def test_the_caption_says_the_settings_and_the_share_that_was_clipped() -> None:
    shown = caption([CONVOLVED, POOLED], "stride 2, padding same (reflect)")
    assert shown.startswith("stride 2, padding same (reflect).\n")
    assert "(0.5 % of the values lie beyond and are clipped)" in shown
    clipped_more = replace(CONVOLVED, tone=Tone("clip", 0, 255, 0.25))
    assert "(0.5 to 25.0 % of the values" in caption([CONVOLVED, clipped_more], "")
    unclipped = replace(CONVOLVED, tone=Tone("minmax", 0, 9, 0))
    assert "clipped" not in caption([unclipped], "")
    assert caption([POOLED], "") == ""


def test_shapes_and_tones_as_text() -> None:
    assert shape_text((3, 1, 10**6)) == "3x1x1000000"
    assert tone_text(None) == "-"
    assert tone_text(Tone("range", -0.5, 1e-9, 0)) == "-0.5..1e-09"
    assert tone_text(Tone("minmax", 5, 250000, 0)) == "5..250000"
