"""What a job writes: every format the same maps, a PNG that explains itself, a sheet with the picture."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from cnnviz.errors import FileError, OutputError
from cnnviz.jobs.picture import run
from cnnviz.jobs.records import PictureJob
from cnnviz.jobs.settings import Pooling
from cnnviz.kernels import read
from cnnviz.render.contact_sheet import reduce
from tests.jobs.making import COLOURS, GREY, Array, make_job


@pytest.fixture
def colours(saved: Callable[..., str]) -> str:
    return saved(COLOURS)


@pytest.fixture
def bank(tmp_path: Path) -> str:
    np.save(tmp_path / "bank.npy", np.random.default_rng(5).integers(-4, 5, (3, 1, 3, 3)))
    return str(tmp_path / "bank.npy")


def written(job: PictureJob) -> list[str]:
    """The files of a job that was run; each exists and is named in the record."""
    files = [path for result in run(job).results for path in result.files]
    assert all(os.path.isfile(path) for path in files)
    return list(dict.fromkeys(files))


def pixels(path: str) -> Array:
    with Image.open(path) as image:
        return np.asarray(image)


def notes(path: str) -> dict[str, str]:
    with Image.open(path, formats=["PNG"]) as image:
        image.load()
        assert isinstance(image, PngImagePlugin.PngImageFile)
        return {key: str(value) for key, value in image.text.items()}


def exact(tmp_path: Path, picture: str, *args: Any, **named: Any) -> Array:
    run(make_job(picture, *args, output=tmp_path / "exact.npy", **named))
    array: Array = np.load(tmp_path / "exact.npy")
    return array


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, "symmetric"),
        ({"tone": "minmax"}, "minmax"),
        ({"tone": "abs"}, "abs"),
        ({"tone": (-100.0, 300.5)}, "range"),
        ({"activation": "relu", "bias": (3,)}, "abs"),
        ({"pooling": Pooling("max", (2, 2))}, "symmetric"),
    ],
)
def test_a_png_says_enough_to_turn_its_codes_back_into_values(
    tmp_path: Path, colours: str, settings: dict[str, Any], kind: str
) -> None:
    (path,) = written(make_job(colours, output=tmp_path / "map.png", **settings))
    scale = json.loads(notes(path)["cnnviz:tone"])
    first, last = scale["codes"]
    decoded = scale["low"] + (pixels(path) - float(first)) / (last - first) * (scale["high"] - scale["low"])
    values = exact(tmp_path, colours, **settings)[0]
    shown = np.clip(np.abs(values) if kind == "abs" else values, scale["low"], scale["high"])
    assert scale["kind"] == kind
    assert np.abs(decoded - shown).max() <= 0.501 * (scale["high"] - scale["low"]) / (last - first)
    assert pixels(path).std() > 20


def test_a_png_says_what_was_done(tmp_path: Path, colours: str) -> None:
    job = make_job(
        colours,
        ["gaussian:size=3,sigma=2"],
        output=tmp_path / "a.png",
        stride=(2, 3),
        padding=((1, 2), (3, 4)),
        padding_mode="reflect",
        dilation=(1, 2),
        channels="sum",
        flip=True,
        bias=(0.5,),
        activation="tanh",
        pooling=Pooling("avg", (2, 2)),
    )
    (path,) = written(job)
    found = notes(path)
    assert found.pop("Software").startswith("cnnviz ")
    assert json.loads(found.pop("cnnviz:tone"))["codes"] in ([0, 255], [1, 255])
    rows = [[float(value) for value in row.split()] for row in found.pop("cnnviz:coefficients").split(";")]
    assert rows == read(["gaussian:size=3,sigma=2"])[0].kernels[0].weight.tolist()
    assert found == {
        "cnnviz:kernel": "gaussian:size=3,sigma=2",
        "cnnviz:stride": "2x3",
        "cnnviz:padding": "1,2,3,4 reflect",
        "cnnviz:dilation": "1x2",
        "cnnviz:channels": "sum",
        "cnnviz:flip": "yes",
        "cnnviz:bias": "0.5",
        "cnnviz:activation": "tanh",
        "cnnviz:pool": "avg:2",
    }


def test_a_png_names_no_folder(tmp_path: Path, colours: str, bank: str) -> None:
    for path in written(make_job(colours, [bank], output=f"{tmp_path}/secret-folder/")):
        assert notes(path)["cnnviz:kernel"] == "bank.npy"
        assert b"secret" not in Path(path).read_bytes()
        assert os.fsencode(tmp_path) not in Path(path).read_bytes()
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text("1 0 -1")
    kernels = [str(tmp_path / "one.txt"), "1 2 3", str(tmp_path / "two.txt")]
    (path,) = written(make_job(colours, kernels, combine="sum", output=tmp_path / "sum.png"))
    assert notes(path)["cnnviz:kernel"] == "sum(one.txt, inline1, two.txt)"


def test_nothing_of_the_pictures_own_notes_is_passed_on(tmp_path: Path, saved: Callable[..., str]) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "a secret place")
    for kind, more in (("PNG", {"pnginfo": text}), ("JPEG", {}), ("TIFF", {})):
        picture = saved(COLOURS, kind, exif=exif, icc_profile=b"a secret place", **more)
        for name in ("a.png", "a.webp", "a.tiff", "a.npy"):
            (path,) = written(make_job(picture, output=tmp_path / name))
            assert b"secret" not in Path(path).read_bytes()


def test_every_format_holds_the_same_maps(tmp_path: Path, colours: str, bank: str) -> None:
    values = exact(tmp_path, colours, [bank])
    files = {
        name: written(make_job(colours, [bank], output=f"{tmp_path}/{name}/", file_format=name))
        for name in ("png", "webp", "tiff", "npy", "npz")
    }
    assert {name: len(paths) for name, paths in files.items()} == {
        "png": 3, "webp": 3, "tiff": 3, "npy": 1, "npz": 1,
    }  # fmt: skip
    assert np.array_equal(np.load(files["npy"][0]), values)
    with np.load(files["npz"][0]) as archive:
        assert archive.files == ["bank"]
        assert archive["bank"].dtype == values.dtype
        assert np.array_equal(archive["bank"], values)
    for number, (png, webp, tiff) in enumerate(zip(files["png"], files["webp"], files["tiff"], strict=True)):
        assert np.array_equal(pixels(tiff), values[number].astype(np.float32))
        assert np.array_equal(pixels(webp), np.dstack([pixels(png)] * 3))
        assert notes(png)["cnnviz:map"] == str(number)


def test_an_npz_has_a_key_for_each_kernel(tmp_path: Path, colours: str, bank: str) -> None:
    kernels = ["sobel-x", "sobel", "gaussian:size=5,sigma=1", "1 0 -1", bank]
    (path,) = written(make_job(colours, kernels, output=f"{tmp_path}/", file_format="npz"))
    assert os.path.basename(path) == "picture.maps.npz"
    with np.load(path) as archive:
        assert archive.files == ["sobel-x", "sobel", "gaussian-size5-sigma1", "inline1", "bank"]
        for key, kernel in zip(archive.files, kernels, strict=True):
            assert np.array_equal(archive[key], exact(tmp_path, colours, [kernel]))


def test_pooling_alone_writes_an_npz_too(tmp_path: Path, colours: str) -> None:
    (path,) = written(make_job(colours, [], pooling=Pooling("max", (2, 2)), output=tmp_path / "a.npz"))
    with np.load(path) as archive:
        assert [archive[key].shape for key in archive.files] == [(3, 6, 8)]


def test_a_colour_picture_is_three_maps_on_one_scale(tmp_path: Path, colours: str) -> None:
    (one,) = written(make_job(colours, output=tmp_path / "color.png", channels="color"))
    each = written(make_job(colours, output=f"{tmp_path}/each/", channels="each"))
    assert len(each) == 3
    assert np.array_equal(pixels(one), np.dstack([pixels(path) for path in each]))
    assert len({notes(path)["cnnviz:tone"] for path in (one, *each)}) == 1


def test_a_palette_colours_the_same_codes(tmp_path: Path, colours: str) -> None:
    (grey,) = written(make_job(colours, output=tmp_path / "grey.png"))
    (vik,) = written(make_job(colours, output=tmp_path / "vik.png", colormap="auto"))
    assert np.array_equal(pixels(grey), pixels(vik))
    with Image.open(vik) as image:
        assert image.mode == "P"
    (sequential,) = written(make_job(colours, output=tmp_path / "v.png", colormap="auto", tone="abs"))
    with Image.open(sequential) as image, Image.open(vik) as other:
        assert image.getpalette() != other.getpalette()


@pytest.mark.parametrize("picture", [GREY, COLOURS])
def test_pooled_pixels_are_a_picture_as_they_were(
    tmp_path: Path, saved: Callable[..., str], picture: Array
) -> None:
    (path,) = written(make_job(saved(picture), [], output=tmp_path / "a.png", pooling=Pooling("max", (3, 3))))
    rows, columns = picture.shape[0] // 3, picture.shape[1] // 3
    blocks = picture[: rows * 3, : columns * 3].reshape(rows, 3, columns, 3, *picture.shape[2:])
    assert np.array_equal(pixels(path), blocks.max(axis=(1, 3)))


def test_a_blurred_picture_keeps_its_brightness(tmp_path: Path, saved: Callable[..., str]) -> None:
    flat = np.full((9, 9), 77, np.uint8)
    (path,) = written(make_job(saved(flat), ["gaussian"], output=tmp_path / "a.png"))
    assert np.unique(pixels(path)).tolist() == [77]


@pytest.mark.parametrize("file_format", ["png", "webp"])
def test_a_sheet_holds_the_picture_and_every_map(
    tmp_path: Path, colours: str, bank: str, file_format: str
) -> None:
    def on_page(block: Array) -> bool:
        corners = page[: len(page) - len(block) + 1, : page.shape[1] - block.shape[1] + 1]
        return any(
            np.array_equal(page[row : row + len(block), column : column + block.shape[1]], block)
            for row, column in np.argwhere((corners == block[0, 0]).all(axis=2))
        )

    job = make_job(colours, ["sobel-x", bank], sheet=True, output=f"{tmp_path}/", file_format=file_format)
    (path,) = written(job)
    page = pixels(path)
    assert os.path.basename(path) == f"picture.sheet.{file_format}"
    assert on_page(reduce(COLOURS))
    single = written(make_job(colours, ["sobel-x", bank], output=f"{tmp_path}/single/"))
    assert len(single) == 4
    for each in single:
        codes = pixels(each)
        assert on_page(np.dstack([reduce(codes)] * 3))


@pytest.mark.parametrize(
    "array", [np.full((4, 5), 7.5), np.arange(60.0).reshape(3, 4, 5) - 30, GREY.astype("u2")]
)
def test_a_sheet_of_any_array_can_be_drawn(tmp_path: Path, stored: Callable[..., str], array: Array) -> None:
    job = make_job(stored(array), ["identity"], sheet=True, channels="each", output=tmp_path / "a.png")
    assert pixels(written(job)[0]).ndim == 3


def test_a_job_can_be_sent_anywhere(tmp_path: Path, colours: str, bank: str) -> None:
    kernels = ["sobel", "gabor:theta=45,size=7", "kirsch-n:rotate=90", "1/9 2", bank]
    for settings in ({}, {"sheet": True}, {"file_format": "npz"}, {"activation": "relu", "colormap": "auto"}):
        job = make_job(
            colours, kernels, output=f"{tmp_path}/here/", pooling=Pooling("max", (2, 2)), **settings
        )
        first = {path: Path(path).read_bytes() for path in written(job)}
        for path in first:
            os.remove(path)
        sent = pickle.loads(pickle.dumps(job))
        assert {path: Path(path).read_bytes() for path in written(sent)} == first


def test_the_record_says_what_was_found(tmp_path: Path, saved: Callable[..., str]) -> None:
    transparent = np.dstack([COLOURS, np.full(COLOURS.shape[:2], 99, np.uint8)])
    job = make_job(saved(transparent), ["sobel-x", "sobel-y"], output=f"{tmp_path}/")
    record = run(job, preview_columns=10)
    assert record.notes == ("transparent: laid over white",)
    for result, kernel in zip(record.results, ("sobel-x", "sobel-y"), strict=True):
        values = exact(tmp_path, saved(transparent), [kernel])
        assert (result.op, result.kernel, result.input) == ("convolve", kernel, (1, 13, 17))
        assert result.output == values.shape
        assert result.range == (values.min(), values.max())
        assert result.tone is not None
        assert result.tone.kind == "symmetric"
        assert result.engine is None
        assert result.preview is not None
        assert result.preview.shape[1] == 10
    assert run(job).results[0].preview is None
    told = run(replace(job, tell_engine=True)).results[0].engine
    assert told == "separable: rank 1: 3 + 3 shifted additions in place of 9"


def test_a_picture_that_fails_writes_nothing(tmp_path: Path, stored: Callable[..., str]) -> None:
    job = make_job(stored(b"not a picture", "x.png"), output=f"{tmp_path}/out/")
    with pytest.raises(FileError):
        run(job)
    assert not (tmp_path / "out").exists()


def test_the_limit_on_pixels_reaches_the_reader(tmp_path: Path, colours: str) -> None:
    with pytest.raises(FileError, match="17x13 is 221 pixels, the limit is 220"):
        run(make_job(colours, output=tmp_path / "a.png", max_pixels=220))
    written(make_job(colours, output=tmp_path / "a.png", max_pixels=221))


def test_a_picture_that_changed_since_the_plan_is_refused(tmp_path: Path, stored: Callable[..., str]) -> None:
    picture = stored(np.zeros((3, 9, 9)))
    job = make_job(picture, output=f"{tmp_path}/out/", channels="each")
    stored(np.zeros((5, 9, 9)))
    with pytest.raises(OutputError, match="5 maps make 5 files, not 3"):
        run(job)


def test_a_colour_picture_is_no_float_tiff(tmp_path: Path, colours: str) -> None:
    with pytest.raises(OutputError, match="float TIFF holds one channel"):
        run(make_job(colours, [], output=tmp_path / "a.tiff", pooling=Pooling("max", (2, 2))))


def test_the_picture_is_left_alone(tmp_path: Path, colours: str) -> None:
    before = (Path(colours).read_bytes(), os.stat(colours).st_mtime_ns)
    written(make_job(colours, output=tmp_path / "a.png"))
    assert (Path(colours).read_bytes(), os.stat(colours).st_mtime_ns) == before
