"""``cnnviz convolve``: tones, colours and formats, and what is said."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.signal import correlate2d

from tests.cli.running import GRAY, INLINE, SOBEL_X, Run, brightness, correlated, files, pixels


@pytest.mark.parametrize(
    ("tone", "kind", "low", "high"),
    [
        ("symmetric", "symmetric", -212.0, 212.0),
        ("abs", "abs", 0.0, 212.0),
        ("minmax", "minmax", -522.0, 503.0),
        ("clip", "clip", 0.0, 255.0),
        ("-100,50.5", "range", -100.0, 50.5),
    ],
)
def test_a_tone_says_which_values_are_black_and_white(
    run: Run, tmp_path: Path, tone: str, kind: str, low: float, high: float
) -> None:
    done = run("convolve", "sample:cat", "-k", "sobel-x", "--tone", tone, "--json")
    values = correlate2d(brightness("cat"), SOBEL_X, "valid")
    shown = np.abs(values) if kind == "abs" else values
    clipped = float(((shown < low) | (shown > high)).mean())
    (result,) = done.json["results"]
    assert result["tone"] == {
        "kind": kind,
        "low": low,
        "high": high,
        "clipped": pytest.approx(clipped, abs=1e-6),
    }
    first = 1 if kind == "symmetric" else 0
    codes = np.clip(np.rint(first + (shown - low) * ((255 - first) / (high - low))), first, 255)
    difference = pixels(tmp_path / "cat.sobel-x.png").astype(int) - codes
    # A value half way between two codes may fall to either.
    assert np.abs(difference).max() <= 1
    assert np.count_nonzero(difference) < 0.02 * difference.size


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        (("-k", "sobel-x"), "symmetric"),
        (("-k", "log"), "symmetric"),
        (("-k", "gaussian"), "clip"),
        (("-k", "sharpen"), "clip"),
        (("-k", "sobel"), "abs"),
        (("-k", "sobel-x", "--activation", "relu"), "abs"),
        (("-k", "1 1"), "minmax"),
        (("-k", "2 1; 0 -1", "--bias", "-300"), "symmetric"),
    ],
)
def test_the_automatic_tone_follows_kernel_and_activation(run: Run, args: tuple[str, ...], kind: str) -> None:
    (result,) = run("convolve", "sample:cat", *args, "--json").json["results"]
    assert result["tone"]["kind"] == kind


@pytest.mark.parametrize("name", ["viridis", "magma", "inferno", "cividis", "vik"])
def test_a_colormap_gives_every_grey_one_colour_and_changes_nothing_else(
    run: Run, tmp_path: Path, name: str
) -> None:
    assert run("convolve", "sample:cat", "-k", "sobel-x", "-o", "gray.png").code == 0
    assert run("convolve", "sample:cat", "-k", "sobel-x", "--colormap", name, "-o", "c.png").code == 0
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.mode == "P"
        assert np.array_equal(np.asarray(picture), pixels(tmp_path / "gray.png"))


@pytest.mark.parametrize(
    ("kernel", "same_as", "black"), [("sobel-x", "vik", None), ("box", "viridis", (68, 1, 84))]
)
def test_the_automatic_colormap_is_diverging_for_symmetric_tones(
    run: Run, tmp_path: Path, kernel: str, same_as: str, black: tuple[int, int, int] | None
) -> None:
    for number, name in enumerate(("auto", same_as)):
        args = ("--tone", "0,400") if black else ()
        done = run(
            "convolve", "sample:impulse", "-k", kernel, "--colormap", name, "-o", f"{number}.png", *args
        )
        assert done.code == 0
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
    if black:
        assert tuple(pixels(tmp_path / "0.png")[0, 0]) == black


def test_webp_holds_the_pixels_of_the_png(run: Run, tmp_path: Path, picture: str) -> None:
    for colormap in ("gray", "vik"):
        for suffix in ("png", "webp"):
            args = ("--colormap", colormap, "-o", f"{colormap}.{suffix}")
            assert run("convolve", picture, "-k", "sobel-x", *args).code == 0
        one, other = (Image.open(tmp_path / f"{colormap}.{suffix}") for suffix in ("png", "webp"))
        assert other.format == "WEBP"
        assert np.array_equal(np.asarray(one.convert("RGB")), np.asarray(other.convert("RGB")))


def test_tiff_holds_the_values_as_float32(run: Run, tmp_path: Path, picture: str) -> None:
    for name in ("out.tiff", "out2.tif"):
        assert run("convolve", picture, "-k", INLINE, "-o", name).code == 0
        stored = pixels(tmp_path / name)
        assert stored.dtype == np.float32
        assert np.array_equal(stored, correlated(GRAY)[0])


def test_npz_holds_one_key_a_kernel(run: Run, tmp_path: Path, picture: str) -> None:
    done = run("convolve", picture, "-k", INLINE, "-k", "sobel-x", "--format", "npz")
    assert {row["file"] for row in done.table} == {"noise.maps.npz"}
    with np.load(tmp_path / "noise.maps.npz") as archive:
        assert set(archive) == {"inline1", "sobel-x"}
        assert np.array_equal(archive["inline1"], correlated(GRAY))
        assert np.array_equal(archive["sobel-x"][0], correlate2d(GRAY, SOBEL_X, "valid"))


@pytest.mark.parametrize("suffix", ["png", "npy", "npz", "webp", "tiff"])
def test_a_format_may_be_asked_for_or_follows_from_the_suffix(run: Run, tmp_path: Path, suffix: str) -> None:
    assert run("convolve", "sample:step", "-k", "box", "--format", suffix).code == 0
    assert run("convolve", "sample:step", "-k", "box", "-o", f"by-suffix.{suffix}").code == 0
    written = f"step.{'maps' if suffix == 'npz' else 'box'}.{suffix}"
    assert files(tmp_path) == {written, f"by-suffix.{suffix}"}
    assert (tmp_path / written).read_bytes() == (tmp_path / f"by-suffix.{suffix}").read_bytes()


def test_a_sheet_is_one_page_with_the_picture_and_every_map(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:step", "-k", "identity", "-k", "sobel-x", "-k", "box", "--sheet")
    assert {row["file"] for row in done.table} == {"step.sheet.png"}
    assert files(tmp_path) == {"step.sheet.png"}
    page = pixels(tmp_path / "step.sheet.png")
    assert page.ndim == 3
    # The picture has 8 columns, enlarged to 320 pixels; its valid maps have 6, enlarged to 318.
    lines = ["".join({0: "0", 255: "1"}.get(value, ".") for value in row) for row in page[..., 0].tolist()]
    for half in (160, 159):
        assert any(re.search(f"(?<!0)0{{{half}}}1{{{half}}}(?!1)", line) for line in lines)


def test_a_sheet_grows_with_its_maps_and_may_be_webp(run: Run, tmp_path: Path) -> None:
    assert run("convolve", "sample:step", "-k", "edges", "--sheet", "-o", "many.webp").code == 0
    assert run("convolve", "sample:step", "-k", "box", "--sheet", "-o", "few.png").code == 0
    with Image.open(tmp_path / "many.webp") as many, Image.open(tmp_path / "few.png") as few:
        assert many.format == "WEBP"
        assert many.width * many.height > 4 * few.width * few.height


def test_a_dry_run_says_the_same_shapes_and_files_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    args = ("convolve", "sample:cat", "sample:step", "-k", "edges", "--stride", "2", "-o", "out/")
    said = run(*args, "-n")
    assert said.code == 0
    assert files(tmp_path) == set()
    assert not (tmp_path / "out").exists()
    done = run(*args)
    for name in ("picture", "kernel", "input", "output", "file"):
        assert [row[name] for row in said.table] == [row[name] for row in done.table]
    assert {(row["range"], row["tone"]) for row in said.table} == {("-", "-")}


def test_quiet_prints_nothing_and_still_works(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:step", "-k", "box", "-q")
    assert (done.code, done.stdout, done.stderr) == (0, b"", b"")
    assert files(tmp_path) == {"step.box.png"}


def test_quiet_still_prints_errors(run: Run) -> None:
    done = run("convolve", "missing.png", "-k", "box", "-q")
    assert (done.code, done.out, done.err) == (1, "", "cnnviz: missing.png: No such file or directory\n")


def test_verbose_says_which_engine_and_why(run: Run) -> None:
    done = run("convolve", "sample:step", "-k", "box", "-k", "sobel-x", "-v", "--engine", "matmul")
    assert done.err.splitlines() == [
        f"cnnviz: sample:step: {kernel}: engine matmul: asked for" for kernel in ("box", "sobel-x")
    ]
    assert run("convolve", "sample:step", "-k", "box", "-v", "-f").err.startswith(
        "cnnviz: sample:step: box: engine "
    )


def test_a_larger_picture_than_allowed_is_refused_with_both_numbers(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:cat", "-k", "box", "--max-pixels", "135299")
    assert done.code == 1
    assert "451x300 is 135300 pixels, the limit is 135299" in done.err
    assert "--max-pixels" in done.err
    assert files(tmp_path) == set()
    assert run("convolve", "sample:cat", "-k", "box", "--max-pixels", "135300").code == 0


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("--colormap", "gray"), ("--colormap", "grey")),
        (("--channels", "gray"), ("--channels", "grey")),
        (("--channels", "color"), ("--channels", "colour")),
    ],
)
def test_grey_and_colour_may_be_spelt_as_in_britain(
    run: Run, tmp_path: Path, picture: str, ours: tuple[str, ...], theirs: tuple[str, ...]
) -> None:
    for name, args in (("ours.png", ours), ("theirs.png", theirs)):
        assert run("convolve", picture, "-k", "box", *args, "-o", name).code == 0
    assert (tmp_path / "ours.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()
