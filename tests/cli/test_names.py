"""What results are called, and names that would break a careless program."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.cli.running import COLORS, SAMPLES, Run, files, npy, pixels, png, text_of, unstyled

STEP = (SAMPLES / "step.png").read_bytes()

HOSTILE = [
    ("[red]x[red].png", "[red]x[red].png"),
    ("[red]x[/red].png", "[red]x[/red].png"),
    ("[final].png", "[final].png"),
    (":smile:.png", ":smile:.png"),
    ("new\nline.png", "new\\nline.png"),
    ("tab\t.png", "tab\\t.png"),
    ("\x1b[31mred.png", "\\x1b[31mred.png"),
    ("\u202egnp.exe.png", "\\u202egnp.exe.png"),
    ("two  spaces .png", "two  spaces .png"),
    ('it\'s "quoted".png', 'it\'s "quoted".png'),
    ("$(touch canary);*?.png", "$(touch canary);*?.png"),
    ("{x}.png", "{x}.png"),
    ("{stem}{0}.png", "{stem}{0}.png"),
    ("%d%s.png", "%d%s.png"),
    ("@at.png", "@at.png"),
    ("label:x.png", "label:x.png"),
    ("-dash.png", "-dash.png"),
    ("--help.png", "--help.png"),
    ("é猫.png", "é猫.png"),
    ("bad\udcff\udcfe.png", "bad\\udcff\\udcfe.png"),
    ("n" * 200 + ".png", "n" * 200 + ".png"),
]


def hostile(name: str) -> str:
    """Make a picture of that name; one that has a slash lies in a folder."""
    if os.path.dirname(name):
        os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as file:
        file.write(STEP)
    return name


def stem(name: str) -> str:
    return os.path.basename(name).removesuffix(".png")


# Where results go


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (None, "noise.sobel-x.png"),
        ("out/", "out/noise.sobel-x.png"),
        ("out/deep/er/", "out/deep/er/noise.sobel-x.png"),
        ("there", "there/noise.sobel-x.png"),
        (".", "./noise.sobel-x.png"),
        ("one.png", "one.png"),
        ("ONE.PNG", "ONE.PNG"),
        ("bare", "bare"),
        ("{kernel}-{stem}.png", "sobel-x-noise.png"),
        ("new/{parent}/{stem}.{kernel}.{map:04d}.png", "new/photos/noise.sobel-x.0000.png"),
        ("{stem}{{x}}", "noise{x}.png"),
    ],
)
def test_output_is_a_folder_a_file_or_a_template(
    run: Run, tmp_path: Path, output: str | None, expected: str
) -> None:
    for folder in ("photos", "there"):
        (tmp_path / folder).mkdir()
    (tmp_path / "photos" / "noise.png").write_bytes(png(COLORS))
    done = run("convolve", "photos/noise.png", "-k", "sobel-x", *(("-o", output) if output else ()))
    assert (done.code, done.err) == (0, "")
    assert [row["file"] for row in done.table] == [expected]
    assert files(tmp_path) == {"photos/noise.png", os.path.normpath(expected)}


@pytest.mark.parametrize(
    ("kernel", "slug"),
    [
        ("gaussian:size=7,sigma=1.5", "gaussian-size7-sigma1.5"),
        ("gaussian:sigma=1.5,size=7", "gaussian-size7-sigma1.5"),
        ("kirsch-n:rotate=90", "kirsch-n-rotate90"),
        ("1 2; 3 4", "inline1"),
        ("laplacian", "laplacian-4"),
        ("sobel", "sobel"),
        ("my kernel (2).csv", "my_kernel_2"),
        ("nets/all.npz:conv1.weight", "all-conv1.weight"),
    ],
)
def test_a_kernels_part_of_the_name_has_letters_digits_dots_and_dashes_only(
    run: Run, tmp_path: Path, kernel: str, slug: str
) -> None:
    (tmp_path / "my kernel (2).csv").write_text("1,2\n")
    (tmp_path / "nets").mkdir()
    with zipfile.ZipFile(tmp_path / "nets" / "all.npz", "w") as archive:
        archive.writestr("conv1.weight.npy", npy(np.ones((2, 2))))
    (row,) = run("convolve", "sample:step", "-k", kernel, "-n").table
    assert row["kernel"] == kernel if slug != "inline1" else "inline1"
    assert row["file"] == f"step.{slug}.png"


def test_pictures_of_one_name_from_two_folders_are_kept_apart_by_their_parents(
    run: Run, tmp_path: Path
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.png").write_bytes(STEP)
    done = run("pool", "a/same.png", "b/same.png", "--size", "2", "-o", "{parent}/{stem}.small.png")
    assert [row["file"] for row in done.table] == ["a/same.small.png", "b/same.small.png"]


def test_maps_of_a_bank_are_numbered_in_a_template_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(np.ones((2, 1, 1, 1))))
    done = run("convolve", "sample:step", "-k", "bank.npy", "-o", "{map:02d}-{kernel}.png")
    assert [row["file"] for row in done.table] == ["00-bank.png", "01-bank.png"]
    assert files(tmp_path) == {"bank.npy", "00-bank.png", "01-bank.png"}


# Hostile names


@pytest.mark.parametrize(("name", "printed"), HOSTILE)
def test_a_name_is_taken_literally_and_printed_whole_on_one_line(
    run: Run, tmp_path: Path, name: str, printed: str
) -> None:
    picture = hostile(name)
    done = run("convolve", "-k", "identity", "--padding", "same", "--", picture)
    assert (done.code, done.err) == (0, "")
    (row,) = done.table
    assert row["picture"] == printed
    assert row["file"] == f"{stem(printed)}.identity.png"
    # The bytes of a name that is not UTF-8 are those of the picture's name.
    assert pixels(Path(os.fsdecode(os.fsencode(f"{stem(picture)}.identity.png")))).shape == (8, 8)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(("name", "printed"), HOSTILE)
@pytest.mark.parametrize("columns", [20, 80])
def test_on_a_terminal_too_nothing_of_a_name_is_markup_or_lost(
    run: Run, name: str, printed: str, columns: int
) -> None:
    picture = hostile(name)
    done = run("convolve", "-k", "box", "--", picture, columns=columns)
    assert done.code == 0
    shown = unstyled(done.out)
    assert "…" not in shown
    assert "\x1b" not in shown
    assert "".join(printed.split()) in "".join(shown.split())
    assert "".join(f"{stem(printed)}.box.png".split()) in "".join(shown.split())


@pytest.mark.parametrize(("name", "printed"), HOSTILE)
def test_a_failing_name_makes_one_line_of_error(run: Run, name: str, printed: str) -> None:
    for columns in (0, 40):
        done = run("convolve", "-k", "box", "--", name, columns=columns)
        assert done.code == 1
        assert done.err == f"cnnviz: {printed}: No such file or directory\n"


def test_json_has_every_name_as_it_is_on_one_line_of_utf_8(run: Run) -> None:
    names = [hostile(name) for name, _ in HOSTILE]
    done = run("convolve", "-k", "box", "--json", "-o", "out/", "--", *names, "missing\udcff.png")
    assert done.code == 1
    assert done.out.count("\n") == 1
    kept = [os.fsencode(name).decode("utf-8", "replace") for name in names]
    assert [result["image"] for result in done.json["results"]] == kept
    assert [result["files"] for result in done.json["results"]] == [
        [f"out/{stem(name)}.box.png"] for name in kept
    ]
    assert done.json["failed"] == [{"image": "missing\ufffd.png", "error": "No such file or directory"}]


def test_a_name_that_grows_too_long_fails_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    name = hostile("n" * 250 + ".png")
    done = run("convolve", name, "sample:step", "-k", "box")
    assert done.code == 1
    assert done.err.endswith("File name too long\n")
    assert done.err.count("\n") == 1
    assert files(tmp_path) == {name, "step.box.png"}


def test_a_path_that_is_too_long_fails(run: Run) -> None:
    done = run("convolve", "d/" * 3000 + "x.png", "-k", "box")
    assert done.code == 1
    assert done.err.endswith(": File name too long\n")


def test_a_picture_named_like_a_sample_needs_its_path(run: Run, tmp_path: Path) -> None:
    hostile("sample:step")
    assert run("pool", "./sample:step", "--size", "2").table[0]["file"] == "sample:step.max2.png"


# Names of layers


def network_of(name: str) -> str:
    """Write a network of one layer, which is called that."""
    layer = {"name": name, "kind": "conv", "out": 2, "kernel": 3}
    Path("net.json").write_text(json.dumps({"input": [1, 8, 8], "layers": [layer]}))
    return "net.json"


@pytest.mark.parametrize("columns", [0, 20, 80])
@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\u202egnp", "\\u202egnp"),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_a_layers_name_is_printed_on_one_line_wherever_it_stands(
    run: Run, name: str, printed: str, columns: int
) -> None:
    done = run("run", network_of(name), "sample:step", "--probe", f"{name},0,max", columns=columns)
    assert (done.code, done.err) == (0, "")
    assert f"{printed} (conv), map 0".replace(" ", "") in "".join(unstyled(done.out).split())
    assert not set(unstyled(done.out)) & {"\x1b", "\x07", "\u202e"}


@pytest.mark.parametrize(
    ("name", "printed"), [("a\0b", "a\\x00b"), ("bad\udcff", "bad\\udcff"), ("half\ud83d", "half\\ud83d")]
)
def test_a_layers_name_that_no_file_can_hold_is_escaped_in_the_notes_and_refused_as_a_key(
    run: Run, tmp_path: Path, name: str, printed: str
) -> None:
    done = run("run", network_of(name), "sample:step")
    assert (done.code, done.err) == (0, "")
    (sheet,) = (tmp_path / "step.net").glob("000.*.png")
    assert f"step through net: {printed};" in text_of(sheet)["Description"]
    done = run("run", "net.json", "sample:step", "--format", "npz", "-o", "numbers")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert f"an NPZ holds no array called '{printed}'" in done.err.replace("\\\\", "\\")
    assert not (tmp_path / "numbers").exists()
