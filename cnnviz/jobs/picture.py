"""One picture's whole way: read, convolve, activate, pool, tone, encode, write; paths in, a record out."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from cnnviz import images, outputs
from cnnviz.errors import OutputError
from cnnviz.jobs.description import SOFTWARE, label, notes, settings_text
from cnnviz.jobs.drawing import draw, picture_itself
from cnnviz.jobs.maps import (
    activate,
    convolve,
    engine,
    finite,
    output_shape,
    pooled_shape,
    problems,
    verified,
)
from cnnviz.jobs.records import PictureJob
from cnnviz.jobs.settings import Array
from cnnviz.kernels import Operator
from cnnviz.render import formats, preview, tone
from cnnviz.render.drawing import Drawing
from cnnviz.render.results import Record, Result, Shape

if TYPE_CHECKING:
    from cnnviz.render.contact_sheet import Tile


def predict(job: PictureJob) -> Record:
    """The record of ``job`` from the picture's header alone: nothing is computed or written."""
    header = images.probe(job.path, max_pixels=job.max_pixels, frame=job.frame)
    results = []
    for operator, files in zip(job.operators or (None,), job.files, strict=True):
        channels = header.channels
        if operator is not None:
            channels = {"gray": 1, "color": 3, "stored": channels}[job.convolution.reads(operator)]
        results.append(_predicted(job, operator, files, (channels, header.height, header.width)))
    return Record(tuple(results))


def run(job: PictureJob, *, preview_columns: int = 0) -> Record:
    """Do the whole job and write its files.

    Raises
    ------
    CnnvizError
        Whatever is wrong with this picture, its size, or writing its results.
    """
    picture = images.read(job.path, max_pixels=job.max_pixels, frame=job.frame)
    results: list[Result] = []
    tiles: list[Tile] = []
    arrays: dict[str, Array] = {}
    for operator, files in zip(job.operators or (None,), job.files, strict=True):
        result, drawing = _compute(job, picture, operator, files)
        if job.together is None:
            _write_maps(job, operator, files, drawing)
        elif job.look.format == "npz":
            arrays["maps" if operator is None else operator.slug] = drawing.maps
        else:
            from cnnviz.render import contact_sheet  # 5 ms, which every start would pay

            tiles += contact_sheet.tiles(drawing, label(operator))
        if preview_columns:
            result = replace(result, preview=preview.reduce(drawing, preview_columns))
        results.append(result)
    if job.together is not None:
        data = _sheet(job, picture, tiles) if tiles else formats.npz(arrays)
        outputs.write(job.together, data, make_folders=job.make_folders)
    colorless = job.look.colormap != "gray" and not job.operators and picture.is_color
    ignored = ("a colour picture keeps its colours, --colormap does nothing",) if colorless else ()
    return Record(tuple(results), picture.notes + ignored)


def _predicted(job: PictureJob, operator: Operator | None, files: tuple[str, ...], shape: Shape) -> Result:
    """The result as far as shapes tell; refuses what does not fit or would be too large."""
    name = None if operator is None else operator.name
    if operator is None:
        pooling = None if job.pooling is None else job.pooling.text
        return Result(job.image, job.op, name, shape, pooled_shape(shape, job.pooling), files, pooling)
    posed = problems(operator, job.convolution, shape)
    return Result(job.image, job.op, name, shape, output_shape(posed[0], job.pooling), files)


def _compute(
    job: PictureJob, picture: images.Picture, operator: Operator | None, files: tuple[str, ...]
) -> tuple[Result, Drawing]:
    pixels = picture.pixels("stored" if operator is None else job.convolution.reads(operator))
    result = _predicted(job, operator, files, (pixels.shape[0], pixels.shape[1], pixels.shape[2]))
    maps = pixels
    if operator is not None:
        narrow = job.look.format not in formats.EXACT
        maps = finite(convolve(pixels, operator, job.convolution, narrow=narrow))
        if job.convolution.verify:
            result = replace(result, verified=verified(maps, pixels, operator, job.convolution))
        maps = activate(maps, job.activation)
        if job.tell_engine:
            result = replace(result, engine=engine(pixels, operator, job.convolution))
    if job.pooling is not None:
        maps = finite(job.pooling(maps))
    color = job.is_color(operator, picture_is_color=picture.is_color)
    drawing = draw(job, operator, maps, pixels, color=color)
    return replace(result, range=tone.extremes(maps), tone=drawing.tone), drawing


def _write_maps(job: PictureJob, operator: Operator | None, files: tuple[str, ...], drawing: Drawing) -> None:
    count = formats.count(job.look.format, len(drawing.maps), color=drawing.color)
    if count != len(files):
        raise OutputError(
            f"{len(drawing.maps)} maps make {count} files, not {len(files)}; "
            "one NPY holds them all: --format npy"
        )
    encoded = formats.pictures(drawing, job.look.format, notes(job, operator, drawing.tone))
    for path, data in zip(files, encoded, strict=True):
        if not (job.keep_existing and os.path.lexists(path)):
            outputs.write(path, data, make_folders=job.make_folders)


def _sheet(job: PictureJob, picture: images.Picture, tiles: list[Tile]) -> bytes:
    from cnnviz.render import contact_sheet

    name = images.title(job.image)
    (original,) = contact_sheet.tiles(picture_itself(picture), "the picture")
    page = contact_sheet.draw(name, settings_text(job), [replace(original, tone=None), *tiles])
    return formats.page(page, job.look.format, {"Software": SOFTWARE, "Description": settings_text(job)})
