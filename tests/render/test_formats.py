"""Maps become files: exact values where the format holds them, the same codes wherever it holds codes."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cnnviz.errors import OutputError
from cnnviz.render import formats
from cnnviz.render.drawing import Drawing
from cnnviz.render.tone import Tone, encode, fit

Array = NDArray[Any]
MAPS = np.random.default_rng(0).integers(-900, 900, (3, 7, 11)).astype(np.int32)
SCALE = fit(MAPS, "symmetric")
PALETTE = np.random.default_rng(1).integers(0, 256, 768, np.uint8).tobytes()


def written(
    file_format: str,
    maps: Array = MAPS,
    scale: Tone = SCALE,
    *,
    color: bool = False,
    palette: bytes | None = None,
) -> list[bytes]:
    text = {"cnnviz:kernel": "sobel-x"}
    return list(formats.pictures(Drawing(maps, scale, palette, color), file_format, text))


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("file_format", ["png", "npy", "tiff", "webp"])
@pytest.mark.parametrize("maps", [1, 3])
def test_there_are_as_many_files_as_counted(file_format: str, maps: int) -> None:
    files = written(file_format, MAPS[:maps])
    assert len(files) == formats.count(file_format, maps, color=False)
    assert len(files) == (1 if file_format == "npy" else maps)


@pytest.mark.parametrize("file_format", ["png", "webp", "npy"])
def test_three_maps_of_one_colour_picture_make_one_file(file_format: str) -> None:
    assert len(written(file_format, color=True)) == formats.count(file_format, 3, color=True) == 1


def test_png_and_webp_hold_the_same_codes() -> None:
    for png, webp, each in zip(written("png"), written("webp"), MAPS, strict=True):
        assert (opened(png).format, opened(webp).format) == ("PNG", "WEBP")
        codes = np.asarray(opened(png))
        assert np.array_equal(codes, encode(each, SCALE))
        assert np.array_equal(np.asarray(opened(webp)), np.dstack([codes] * 3))


def test_a_palette_colours_both_alike() -> None:
    colours = np.frombuffer(PALETTE, np.uint8).reshape(256, 3)
    for png, webp, each in zip(
        written("png", palette=PALETTE), written("webp", palette=PALETTE), MAPS, strict=True
    ):
        codes = encode(each, SCALE)
        assert np.array_equal(np.asarray(opened(png)), codes)
        assert np.array_equal(np.asarray(opened(png).convert("RGB")), colours[codes])
        assert np.array_equal(np.asarray(opened(webp)), colours[codes])


def test_colours_are_the_maps_in_their_order() -> None:
    for file_format in ("png", "webp"):
        (data,) = written(file_format, color=True)
        assert np.array_equal(np.asarray(opened(data)), encode(MAPS, SCALE).transpose(1, 2, 0))


@pytest.mark.parametrize("dtype", ["u1", "i4", "i8", "f4", "f8"])
def test_npy_holds_the_exact_values(dtype: str) -> None:
    maps = MAPS.astype(dtype)
    (data,) = written("npy", maps)
    back = np.load(io.BytesIO(data), allow_pickle=False)
    assert back.dtype == maps.dtype
    assert np.array_equal(back, maps)


@pytest.mark.parametrize("key", ["n" * 65532, "é" * 32766, "a\0b", "half\ud800"])
def test_a_key_that_a_zip_cannot_hold_is_refused(key: str) -> None:
    with pytest.raises(OutputError, match="an NPZ holds no array called"):
        formats.npz({key: MAPS})


def test_the_longest_key_is_read_back() -> None:
    assert np.load(io.BytesIO(formats.npz({"n" * 65531: MAPS}))).files == ["n" * 65531]


def test_npz_has_a_key_for_each_kernel_whatever_it_is_called() -> None:
    arrays = {"sobel-x": MAPS, "file": MAPS + 1, "allow_pickle": MAPS[:1] * 0.5, "arr_0": MAPS[:2]}
    back = np.load(io.BytesIO(formats.npz(arrays)), allow_pickle=False)
    assert set(back.files) == set(arrays)
    for key, array in arrays.items():
        assert back[key].dtype == array.dtype
        assert np.array_equal(back[key], array)


def test_the_same_maps_make_the_same_bytes() -> None:
    assert formats.npz({"a": MAPS}) == formats.npz({"a": MAPS.copy()})
    with zipfile.ZipFile(io.BytesIO(formats.npz({"a": MAPS}))) as archive:
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)
    for file_format in ("png", "webp", "tiff", "npy"):
        assert written(file_format) == written(file_format)


@pytest.mark.parametrize("dtype", ["i4", "f4", "f8"])
def test_tiff_holds_float32(dtype: str) -> None:
    maps = (MAPS / (1 if dtype == "i4" else 7)).astype(dtype)
    for data, each in zip(written("tiff", maps), maps, strict=True):
        image = opened(data)
        assert (image.format, image.mode) == ("TIFF", "F")
        assert np.array_equal(np.asarray(image), each.astype(np.float32))


def test_what_a_format_cannot_hold_is_refused() -> None:
    with pytest.raises(OutputError, match="float TIFF holds one channel; use --channels each"):
        written("tiff", color=True)
    with pytest.raises(OutputError, match=r"values beyond float32.*use --format npy"):
        written("tiff", np.full((1, 2, 2), 1e39))
    wide = np.zeros((1, 2, 16384), np.uint8)
    with pytest.raises(OutputError, match="at most 16383 pixels a side, not 16384x2; use png"):
        written("webp", wide)
    with pytest.raises(OutputError, match="at most 16383 pixels a side"):
        formats.page(np.zeros((16384, 2, 3), np.uint8), "webp")
    assert opened(written("webp", wide[:, :, 1:])[0]).size == (16383, 2)
    assert opened(written("png", wide)[0]).size == (16384, 2)


def test_a_png_notes_its_map_where_there_are_several() -> None:
    assert [opened(data).info for data in written("png")] == [
        {"cnnviz:kernel": "sobel-x", "cnnviz:map": str(number)} for number in range(3)
    ]
    assert opened(written("png", MAPS[:1])[0]).info == {"cnnviz:kernel": "sobel-x"}
    assert opened(written("png", color=True)[0]).info == {"cnnviz:kernel": "sobel-x"}


def test_a_page_is_the_same_in_both_formats() -> None:
    page = np.random.default_rng(2).integers(0, 256, (9, 13, 3), np.uint8)
    for file_format in ("png", "webp"):
        assert np.array_equal(np.asarray(opened(formats.page(page, file_format))), page)


def test_maps_are_encoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = []
    monkeypatch.setattr("cnnviz.render.png.encode", lambda plane, **_: encoded.append(plane.shape))
    files = formats.pictures(Drawing(np.broadcast_to(np.int32(3), (3, 8, 8)), SCALE), "png", {})
    next(files)
    assert encoded == [(8, 8)]
