"""What results are called, and what is never overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import outputs
from cnnviz.errors import OutputError, UsageError
from cnnviz.outputs import Target, check


def named(output: str | None, file_format: str | None = None, map_number: int | None = None) -> str:
    target = Target.parse(output, file_format)
    return target.path(stem="cat", kernel="sobel-x", parent="photos", map_number=map_number)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("output", "file_format", "map_number", "path"),
    [
        (None, None, None, "cat.sobel-x.png"),
        (None, None, 0, "cat.sobel-x.000.png"),
        (None, "webp", 12, "cat.sobel-x.012.webp"),
        (None, "npy", 1234, "cat.sobel-x.1234.npy"),
        ("-", None, None, "-"),
        ("-", "npy", 3, "-"),
        ("out/", None, None, "out/cat.sobel-x.png"),
        ("out/", "tiff", 7, "out/cat.sobel-x.007.tiff"),
        ("a{b}c/", None, None, "a{b}c/cat.sobel-x.png"),
        ("{stem}/", None, None, "{stem}/cat.sobel-x.png"),
        ("existing", None, None, "existing/cat.sobel-x.png"),
        ("exist{ing}", None, 1, "exist{ing}/cat.sobel-x.001.png"),
        ("map.png", None, None, "map.png"),
        ("map.PNG", None, None, "map.PNG"),
        ("map.tif", None, None, "map.tif"),
        ("a.b.npz", "npz", None, "a.b.npz"),
        ("folder.d/map.webp", None, None, "folder.d/map.webp"),
        ("map", None, None, "map"),
        ("map", "npy", None, "map"),
        ("folder.d/map", None, None, "folder.d/map"),
        ("a}b.png", None, None, "a}b.png"),
        ("{stem}-{kernel}.png", None, None, "cat-sobel-x.png"),
        ("{parent}/{stem}/{kernel}", None, None, "photos/cat/sobel-x.png"),
        ("{map}.png", None, 5, "5.png"),
        ("{map}.png", None, None, "0.png"),
        ("{map:03d}-{map:2}.png", None, 5, "005- 5.png"),
        ("{{{stem}}}.png", None, None, "{cat}.png"),
        ("%d $(x) ;*?.png", None, None, "%d $(x) ;*?.png"),
    ],
)
def test_the_name_of_a_result(
    output: str | None, file_format: str | None, map_number: int | None, path: str
) -> None:
    Path("existing").mkdir()
    Path("exist{ing}").mkdir()
    assert named(output, file_format, map_number) == path


@pytest.mark.parametrize(
    ("output", "file_format", "chosen"),
    [
        (None, None, "png"),
        (None, "npz", "npz"),
        ("-", None, "png"),
        ("-", "npy", "npy"),
        ("out/", "webp", "webp"),
        ("x.npy", None, "npy"),
        ("x.tif", "tiff", "tiff"),
        ("x.TIFF", None, "tiff"),
        ("{stem}.webp", None, "webp"),
        ("x", "npy", "npy"),
    ],
)
def test_the_suffix_or_the_option_decides_the_format(
    output: str | None, file_format: str | None, chosen: str
) -> None:
    assert Target.parse(output, file_format).format == chosen


def test_folders_and_templates_have_their_folders_made_and_files_do_not() -> None:
    assert [Target.parse(output, None).makes_folders for output in ("out/", "{stem}/x.png")] == [True, True]
    assert [Target.parse(output, None).makes_folders for output in ("out/x.png", "-", None)] == [False] * 3


def test_only_a_dash_is_standard_output() -> None:
    assert Target.parse("-", None).stdout
    assert not any(Target.parse(output, None).stdout for output in (None, "./-", "-/", "x.png"))


@pytest.mark.parametrize(
    ("output", "file_format", "reason"),
    [
        ("", None, "-o is empty"),
        ("x.png", "npy", r"ends in \.png, but --format says npy"),
        ("{stem}.tif", "png", r"ends in \.tif, but --format says png"),
        ("x.jpg", None, r"no format is called \.jpg; known: \.png, \.npy, \.npz, \.webp, \.tiff, \.tif"),
        ("x.jpg", "png", r"no format is called \.jpg"),
        ("file/", None, "is a file, not a folder"),
        ("{kernel.__class__}.png", None, r"no field is called \{kernel.__class__\}"),
        ("{kernel[0]}.png", None, "no field is called"),
        ("{0}.png", None, "no field is called"),
        ("{}.png", None, "no field is called"),
        ("{name}.png", None, r"the fields are \{stem\} \{kernel\} \{map:03d\} \{parent\}"),
        ("{map!r}.png", None, "no field is called"),
        ("{stem!s}.png", None, "no field is called"),
        ("{map:x}.png", None, "only {map} takes a width"),
        ("{map:>9}.png", None, "only {map} takes a width"),
        ("{map:99999d}.png", None, "only {map} takes a width"),
        ("{map:{kernel}}.png", None, "only {map} takes a width"),
        ("{stem:9}.png", None, "only {map} takes a width"),
        ("{stem.png", None, "-o {stem.png: "),
        ("{stem}}.png", None, "-o {stem}}.png: "),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(output: str, file_format: str | None, reason: str) -> None:
    Path("file").touch()
    with pytest.raises(UsageError, match=reason) as caught:
        Target.parse(output, file_format)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_names_are_data_and_never_templates(stem: str, kernel: str, parent: str) -> None:
    target = Target.parse("{parent}|{stem}|{kernel}.png", None)
    path = target.path(stem=stem, kernel=kernel, parent=parent, map_number=None)
    assert path == f"{parent}|{stem}|{kernel}.png"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_a_template_is_understood_or_refused(output: str) -> None:
    try:
        target = Target.parse("{" + output, None)
    except UsageError:
        return
    target.path(stem="a", kernel="b", parent="c", map_number=1)


def test_two_results_of_one_name_are_refused() -> None:
    Path("real").mkdir()
    Path("link").symlink_to("real")
    for paths in (
        ["a.png", "a.png"],
        ["a.png", "./a.png"],
        ["real/a.png", "link/../real//a.png"],
        ["real/a.png", "link/a.png"],
    ):
        with pytest.raises(UsageError, match="two results would be written to"):
            check(paths, inputs=[], force=True)
    check(["real/a.png", "a.png", "b.png"], inputs=[], force=False)


def test_an_existing_file_is_refused_and_force_overwrites_it() -> None:
    for name in ("a.png", "b.png"):
        Path(name).touch()
    with pytest.raises(OutputError, match=r"^a\.png exists; nothing was done\. Overwrite with --force"):
        check(["new.png", "a.png"], inputs=[], force=False)
    with pytest.raises(OutputError, match=r"^a\.png exists \(and 1 more\); nothing was done"):
        check(["a.png", "b.png"], inputs=[], force=False)
    check(["a.png", "b.png"], inputs=[], force=True)


def test_a_dangling_link_counts_as_existing() -> None:
    Path("a.png").symlink_to("nowhere")
    with pytest.raises(OutputError, match="exists"):
        check(["a.png"], inputs=[], force=False)


@pytest.mark.parametrize("force", [False, True])
def test_an_input_is_never_overwritten_by_any_of_its_names(force: bool) -> None:
    Path("cat.png").touch()
    Path("soft.png").symlink_to("cat.png")
    os.link("cat.png", "hard.png")
    Path("folder").mkdir()
    for path in (
        "cat.png",
        "./cat.png",
        "folder/../cat.png",
        os.path.abspath("cat.png"),
        "soft.png",
        "hard.png",
    ):
        for given_as in ("cat.png", "soft.png"):
            with pytest.raises(UsageError, match="is an input and is never overwritten"):
                check([path], inputs=[given_as], force=force)


def test_inputs_that_are_no_files_protect_nothing() -> None:
    check(["a.png"], inputs=["-", "sobel-x", "1 0 -1", "nul\0"], force=False)


def test_what_is_no_regular_file_is_refused_even_with_force() -> None:
    os.mkfifo("pipe.png")
    Path("folder.png").mkdir()
    for path in ("pipe.png", "folder.png", "/dev/null"):
        with pytest.raises(OutputError, match="exists and is not a regular file"):
            check([path], inputs=[], force=True)


def test_a_missing_folder_is_refused_unless_it_will_be_made() -> None:
    Path("file").touch()
    for path in ("missing/a.png", "file/a.png"):
        with pytest.raises(OutputError, match="is not a folder; make it first"):
            check([path], inputs=[], force=False)
    check(["missing/a.png"], inputs=[], force=False, make_folders=True)
    assert not Path("missing").exists()


def test_a_way_out_is_one_that_the_option_has() -> None:
    for name in ("a.npy", "b.npy"):
        Path(name).touch()
    for path, inputs, way_out in (
        ("missing/k.npy", [], "missing is not a folder; make it first"),
        ("a.npy", [], "choose another --save"),
        ("b.npy", ["b.npy"], "choose another --save"),
        (".", [], "choose another --save"),
    ):
        with pytest.raises((OutputError, UsageError)) as caught:
            check([path], inputs=inputs, force=False, option="--save", takes_folders=False)
        assert str(caught.value).endswith(way_out)


def test_every_format_has_a_suffix_of_its_own() -> None:
    assert {Target.parse(f"x.{name}", None).format for name in outputs.FORMATS} == set(outputs.FORMATS)
