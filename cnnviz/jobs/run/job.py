"""One picture through a network: a row for every layer, sheets and numbers of those looked at, the flow."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Final, NamedTuple

import numpy as np

from cnnviz import images, outputs
from cnnviz.errors import UsageError
from cnnviz.expressions import shape_text
from cnnviz.files import printable
from cnnviz.geometry import Pair
from cnnviz.jobs.description import SOFTWARE, scale_note
from cnnviz.jobs.run import network_input
from cnnviz.jobs.run.network_input import Input, Reading
from cnnviz.jobs.run.probe import probe
from cnnviz.jobs.run.top_classes import top_classes
from cnnviz.jobs.settings import Array
from cnnviz.network.channels import makers
from cnnviz.network.model import Model
from cnnviz.network.run import Summary
from cnnviz.network.shapes import NetworkShapes, shapes
from cnnviz.network.spec import Layer
from cnnviz.render import formats, png
from cnnviz.render.drawing import Plane
from cnnviz.render.run import flow, layer_sheet
from cnnviz.render.run.flow import Flow, Strip, TopClass
from cnnviz.render.run.layer_maps import LayerMaps
from cnnviz.render.run.probe import draw as draw_probe
from cnnviz.render.run.table import Report, Row
from cnnviz.render.shapes.text import window_text

TOP: Final = 5
_LONGEST_NAME: Final = 120  # bytes; file systems take 255


@dataclass(frozen=True)
class Look:
    """What is drawn of the layers ``shown``: a sheet each, or ``each`` map alone; or an NPZ of numbers."""

    shown: tuple[str, ...]
    each: bool = False
    by_energy: bool = False
    format: str = "png"
    dark: bool = False
    top: int = TOP
    unit: tuple[str, int, Pair | None] | None = None


@dataclass(frozen=True, eq=False)
class RunJob:
    """A network, how pictures are read for it, what is looked at; ``labels`` name its classes.

    With ``random`` weights its classes mean nothing.
    """

    model: Model
    name: str
    reading: Reading
    look: Look
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    random: bool = False

    @cached_property
    def shapes(self) -> NetworkShapes:
        """What `cnnviz shapes` says of the network."""
        return shapes(self.model.network, self.model.shape, strict=False)

    @cached_property
    def makers(self) -> dict[str, str]:
        """Which layer's channels each layer has."""
        return makers(self.model.network.layers)


def folders(job: RunJob, images: Sequence[str], base: str) -> list[str]:
    """Where the results of each of ``images`` go: by its stem, or where others have the same, its whole path.

    Raises
    ------
    UsageError
        For a picture that is given twice.
    """
    stems = [_image_stem(image) for image in images]
    for number, image in enumerate(images):
        if image in images[:number]:
            raise UsageError(f"{image} is given twice; its results would be written to the same files")
    names = [
        _slug(image) if stems.count(stem) > 1 else stem for image, stem in zip(images, stems, strict=True)
    ]
    root = "" if base == "." else base
    return [os.path.join(root, f"{name}.{_slug(job.name)}", "") for name in names]


def _image_stem(image: str) -> str:
    if image == "-":
        return "stdin"
    return os.path.splitext(os.path.basename(image))[0].removeprefix("sample:")


def files(job: RunJob, into: str) -> list[str]:
    """The files that a run writes; of single maps, whose number only the run tells, those that exist."""
    also = [f"{into}flow.png", *([f"{into}probe.png"] if job.look.unit else [])]
    if job.look.format == "npz":
        return [f"{into}layers.npz", *also]
    stems = [_stem(job, into, name) for name in job.look.shown]
    made = _existing(into, stems) if job.look.each else [f"{stem}.png" for stem in stems]
    return [*made, *also]


def _existing(into: str, stems: Collection[str]) -> list[str]:
    """The single maps of these layers that lie there already."""
    try:
        names = sorted(os.listdir(into or "."))
    except OSError:
        return []
    held = set(map(os.path.basename, stems))
    return [f"{into}{name}" for name in names if re.sub(r"\.\d{4,}\.png$", "", name) in held - {name}]


def run(job: RunJob, image: str, into: str) -> Report:
    """Read the picture, run the network, and write everything into a folder.

    Raises
    ------
    CnnvizError
        Whatever is wrong with the picture, or with writing.
    """
    given = network_input.read(image, job.reading)
    title = f"{images.title(image)} through {job.name}"
    # Beyond float32 there is infinity, which the table shows.
    with np.errstate(over="ignore", invalid="ignore"):
        done = _layers(job, given, into, title)
    said = (given.text, f"engine: {job.model.text}", *job.notes, *_surprises(job, done))
    text = _text("; ".join((title, *said)))
    written = [file for row in done.rows for file in row.files]
    rows = done.rows
    if job.look.format == "npz":
        written.append(_write(f"{into}layers.npz", formats.npz(done.kept, text["Description"])))
        rows = [row._replace(files=(written[-1],)) if row.name in done.kept else row for row in rows]
    drawn = Flow(title, said, given.seen, done.strips, done.answer.classes, done.answer.text)
    page = flow.draw(drawn, dark=job.look.dark)
    written.append(_write(f"{into}flow.png", formats.page(page, "png", text)))
    probed = None
    if job.look.unit is not None:
        probed = probe(job.model, given, *job.look.unit)
        heading = f"{title}: one unit of {probed.units[0].layer}"
        card = draw_probe(probed, heading, job.notes, dark=job.look.dark)
        written.append(_write(f"{into}probe.png", formats.page(card, "png", text)))
    known = (len(job.model.network.layers), job.random)
    told = (rows, done.answer.classes, written, said, job.model.text, probed)
    return Report(title, image, job.name, *told, *known)


class _Answer(NamedTuple):
    """An output of the network as classes, if it is that: what it is called, what it is, how many numbers."""

    name: str
    classes: tuple[TopClass, ...] = ()
    text: str = ""
    size: int = 0


class _Done(NamedTuple):
    """What came of the layers; ``kept`` are those of an NPZ, ``answer`` is the first output of classes."""

    rows: list[Row]
    strips: list[Strip]
    kept: dict[str, Array]
    answer: _Answer


def _layers(job: RunJob, given: Input, into: str, title: str) -> _Done:
    """Run the network, and write what is shown of each layer as it comes."""
    rows: list[Row] = []
    strips: list[Strip] = []
    kept: dict[str, Array] = {}
    answers: dict[str, _Answer] = {}
    picked: dict[str, list[int]] = {}
    as_numbers = job.look.format == "npz"
    for layer, values in job.model.outputs(given.values, job.look.shown):
        made: tuple[str, ...] = ()
        shown, is_answer = layer.name in job.look.shown, layer.name in job.model.answers
        maps = LayerMaps(layer.name, layer.kind, values)
        if shown or (is_answer and _answers_in_maps(maps)):
            maker = job.makers[layer.name]
            if maker not in picked:
                picked[maker] = maps.strongest(flow.MOST)
            strips.append(Strip.of(maps, picked[maker]))
        if shown and as_numbers:
            kept[layer.name] = np.array(values)
        elif shown:
            made = tuple(_write_maps(job, maps, into, f"{title}: {layer.name}"))
        rows.append(_row(job, layer, values, made))
        if is_answer:
            answers[layer.name] = _answer(job, layer, values)
    given_out = [answers[name] for name in job.model.answers if name in answers]
    fitting = [each for each in given_out if each.size == len(job.labels)] or given_out
    answer = next((each for each in fitting if each.classes), (*fitting, _Answer(""))[0])
    return _Done(rows, strips, kept, answer)


def _answers_in_maps(maps: LayerMaps) -> bool:
    """Whether they say what classes say else: what is where in the picture, or another picture."""
    # Those of TensorFlow's models have channels last, and would be drawn as a map a row.
    return maps.output.ndim == 3 and not maps.is_vector and maps.kind != "transpose"


def _answer(job: RunJob, layer: Layer, values: Array) -> _Answer:
    """Without labels, random weights give no classes, nor does a layer that only puts maps in a row."""
    text = ", ".join((layer.name, layer.kind, shape_text(values.shape)))
    spread = any(prod(shape[1:]) > 1 for shape in job.shapes[layer.name].inputs)
    classes: tuple[TopClass, ...] = ()
    if job.labels or not (job.random or (spread and layer.kind in ("flatten", "reshape"))):
        classes = top_classes(layer.kind, values, job.labels, job.look.top)
    return _Answer(job.model.answers[layer.name], classes, text, values.size)


def _surprises(job: RunJob, done: _Done) -> Iterator[str]:
    """What only a run can tell."""
    names = [row.name for row in done.rows if not np.isfinite((row.least, row.largest)).all()]
    if names:
        yield f"{names[0]}: holds values beyond float32, or that are not numbers" + (
            f" (so do {len(names) - 1} more layers)" if len(names) > 1 else ""
        )
    answer = done.answer
    if answer.classes and len(job.model.answers) > 1:
        others = [name for name in job.model.answers.values() if name != answer.name]
        yield f"classes: those of {answer.name}; the model also puts out {', '.join(others)}"
    if job.labels and answer.size not in (0, len(job.labels)):
        yield f"{len(job.labels)} labels for {answer.size} numbers: not used"


def _row(job: RunJob, layer: Layer, values: Array, made: tuple[str, ...]) -> Row:
    found = job.shapes[layer.name]
    costs = window_text(found), found.parameters, found.macs
    return Row(layer.name, layer.kind, values.shape, *costs, *Summary.of(values), made)


def _write_maps(job: RunJob, maps: LayerMaps, into: str, title: str) -> Iterator[str]:
    text = _text("; ".join((title, *job.notes)))
    stem = _stem(job, into, maps.name)
    look = job.look
    if not look.each:
        page = layer_sheet.draw(maps, title, job.notes, by_energy=look.by_energy, dark=look.dark)
        yield _write(f"{stem}.png", formats.page(page, "png", text))
        return
    order = maps.by_energy() if look.by_energy else range(len(maps.maps))
    text |= scale_note(maps.tone)
    for number in order:
        plane, about = Plane(maps.maps[number], maps.tone), {**text, "cnnviz:map": str(number)}
        yield _write(f"{stem}.{number:04d}.png", png.encode(plane, palette=maps.palette, text=about))


def _write(path: str, data: bytes) -> str:
    outputs.write(path, data, make_folders=True)
    return path


def _stem(job: RunJob, into: str, name: str) -> str:
    place = next(number for number, layer in enumerate(job.model.network.layers) if layer.name == name)
    return f"{into}{place:03d}.{_slug(name)}"


def _text(description: str) -> dict[str, str]:
    # Names of layers and outputs are in it, which may hold what no PNG or ZIP can.
    return {"Software": SOFTWARE, "Description": printable(description)}


def _slug(text: str) -> str:
    """``text`` as part of a file's name; of a long one its end, which tells layers apart."""
    plain = "".join(c if c.isalnum() or c in "._-" else "_" for c in text)
    return plain.encode()[-_LONGEST_NAME:].decode(errors="ignore").strip(".") or "layer"
