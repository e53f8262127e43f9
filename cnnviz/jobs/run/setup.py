"""What `cnnviz run` was asked -> a network that can be run, and how pictures are read for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from cnnviz import images
from cnnviz.errors import CnnvizError, FileError, UsageError, named
from cnnviz.expressions import shape_text
from cnnviz.files import read_bytes
from cnnviz.geometry import Pair
from cnnviz.jobs.run import probe
from cnnviz.jobs.run.bounds import check_held, check_size
from cnnviz.jobs.run.job import Look, RunJob
from cnnviz.jobs.run.network_input import Reading
from cnnviz.network import known
from cnnviz.network.chosen import chosen
from cnnviz.network.model import Model
from cnnviz.network.own import Own
from cnnviz.network.preprocess import Layout, Preprocess, layout_of
from cnnviz.network.reading import ONNX_SUFFIX, Source
from cnnviz.network.shapes import NetworkShapes, shapes
from cnnviz.network.spec import Network, Shape
from cnnviz.network.weights import random_weights, read_weights, wanted

_LABEL_BYTES: Final = 1 << 20
_SIDES: Final = (224, 224)  # of a network that does not say


@dataclass(frozen=True)
class Asked:
    """The options of the command, parsed."""

    network: str
    weights: str | None = None
    weights_by: str = "name"
    seed: int = 0
    size: Pair | None = None
    fit: str = "crop"
    scale: float | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    layout: Layout | None = None
    patterns: tuple[str, ...] = ()
    each: bool = False
    sort: str = "channel"
    file_format: str = "png"
    unit: tuple[str, int, Pair | None] | None = None
    labels: str | None = None
    top: int = 5
    backend: str = "auto"
    dark: bool = False
    max_pixels: int = images.MAX_PIXELS
    frame: int = 0


def prepare(asked: Asked) -> RunJob:
    """The job for every picture.

    Raises
    ------
    CnnvizError
        For a network, weights or labels that cannot be used, or options that do not fit them.
    """
    source = Source.named([asked.network])
    _check_used(asked, source)
    notes: tuple[str, ...]
    if source.is_onnx:
        model, notes, random = _onnx(asked), ("weights: the file's own",), False
    else:
        model, notes, random = _own(source, asked)
    layout = _layout(asked, source, model)
    shape = model.shape if layout == "CHW" else (model.shape[-1], *model.shape[:-1])
    _check_pixels(shape, asked)
    preprocess = _preprocess(asked, model)._replace(layout=layout)
    preprocess.check(shape[0])
    shown = tuple(chosen(model.network.layers, asked.patterns))
    if model.holds_all or asked.file_format == "npz":
        check_held(shapes(model.network, model.shape, strict=False), shown)
    model.ready(shown)
    look = Look(
        shown, asked.each, asked.sort == "energy", asked.file_format, asked.dark, asked.top, asked.unit
    )
    if asked.unit is not None:
        probe.check(model, *asked.unit)
    crop, scaled = asked.fit == "crop", asked.scale is not None
    reading = Reading(shape, preprocess, crop, asked.max_pixels, asked.frame, scaled)
    labels = _labels(asked.labels) if asked.labels else model.network.labels
    job = RunJob(model, _name(asked.network), reading, look, labels, notes, random)
    _check_labels(job, asked.labels or asked.network)
    return job


def _check_labels(job: RunJob, path: str) -> None:
    """Refuse labels that are not as many as the numbers of one of the outputs."""
    outputs = [job.shapes[name] for name in job.model.answers]
    if job.labels and len(job.labels) not in {each.elements for each in outputs}:
        raise FileError(
            f"{path}: names {len(job.labels)} classes, and {outputs[0].name} puts out "
            f"{shape_text(outputs[0].output)} numbers; it takes a name for each"
        )


def _check_used(asked: Asked, source: Source) -> None:
    """Refuse options that would be passed over without a word."""
    drawn, without = asked.file_format != "npz", asked.weights is None
    trained = source.is_onnx or (source.what == "known" and known.trained(asked.network) is not None)
    pictures = "is for pictures; --format npz writes the numbers of whole layers"
    held = f"does not go with {asked.network}, which holds its own weights"
    for option, given, used, why in (
        ("--each", asked.each, drawn, pictures),
        ("--sort", asked.sort != Asked.sort, drawn, pictures),
        ("--weights", not without, not source.is_onnx, held),
        (
            "--weights-by",
            asked.weights_by != Asked.weights_by,
            not without,
            held if source.is_onnx else "needs --weights",
        ),
        (
            "--seed",
            asked.seed != Asked.seed,
            without and not trained,
            held if trained else "goes without --weights",
        ),
    ):
        if given and not used:
            raise UsageError(f"{option} {why}")


def _onnx(asked: Asked) -> Model:
    """A model of an ONNX file, which brings its weights."""
    from cnnviz.jobs.run.onnx import onnx_model

    model = onnx_model(asked.network, asked.size, asked.backend)
    if len(model.shape) != 3:
        raise FileError(
            f"{asked.network}: its input is {shape_text(model.shape)}, not a picture of channels, rows and "
            "columns"
        )
    return model


def _own(source: Source, asked: Asked) -> tuple[Model, tuple[str, ...], bool]:
    """A network for the project's own engine, its weights in words, and whether they are random."""
    if asked.backend == "onnxruntime":
        raise UsageError("--backend onnxruntime runs ONNX models; this network is run by the own engine")
    try:
        network = source.read(None)
    except FileError:
        raise
    except CnnvizError as error:
        raise source.blamed(error) from None
    try:
        shape = _shape(network, asked.size)
        _check_pixels(shape, asked)
        found = shapes(network, shape)
        check_size(found)
    except CnnvizError as error:
        raise source.blamed(error) from None
    trained = known.trained(asked.network) if source.what == "known" else None
    if asked.weights is not None:
        return (
            Own(network, found.input, _weights(asked.weights, asked, found)),
            (f"weights: {os.path.basename(asked.weights)}",),
            False,
        )
    if trained is not None:
        return Own(network, found.input, read_weights(trained.file, found)), ("weights: its own",), False
    if not wanted(found):
        return Own(network, found.input, {}), (), False
    note = f"random weights (seed {asked.seed}): the maps show the architecture, not what it learned"
    return Own(network, found.input, random_weights(found, asked.seed)), (note,), True


def _weights(path: str, asked: Asked, found: NetworkShapes) -> dict[str, Any]:
    """Those of the file; what is wrong in it is said with its name."""
    with named(path):
        return read_weights(path, found, by_order=asked.weights_by == "order")


def _check_pixels(shape: Shape, asked: Asked) -> None:
    """Refuse an input larger than pictures may be."""
    if shape[1] * shape[2] > asked.max_pixels:
        raise UsageError(
            f"the input would be {shape[1]}x{shape[2]}, more than {asked.max_pixels} pixels; "
            "give a smaller --size, or a larger --max-pixels"
        )


def _shape(network: Network, size: Pair | None) -> Shape:
    """The input: the network's own, with another height and width if asked for."""
    own = network.input or (3, *_SIDES)
    if len(own) != 3:
        raise UsageError(f"the network takes a vector of {own[0]} numbers, not a picture")
    return own if size is None else (own[0], *size)


def _layout(asked: Asked, source: Source, model: Model) -> Layout:
    """As asked for, or as the file or the sizes of the input say."""
    if source.is_onnx:
        return asked.layout or layout_of(model.shape)
    said = model.network.preprocess
    layout = asked.layout or ("CHW" if said is None else said.layout)
    if layout == "HWC":
        raise UsageError("the layout HWC is that of some ONNX models; this network takes channels first, CHW")
    return layout


def _preprocess(asked: Asked, model: Model) -> Preprocess:
    """What the options ask for, else what the network was trained on; it may take whole numbers."""
    base = Preprocess(numbers=model.numbers)
    base = model.network.preprocess or base._replace(scale=1 if base.is_whole else base.scale)
    return base._replace(
        scale=base.scale if asked.scale is None else asked.scale,
        mean=asked.mean or base.mean,
        std=asked.std or base.std,
    )


def _labels(path: str) -> tuple[str, ...]:
    with named(path):
        try:
            text = read_bytes(path, limit=_LABEL_BYTES).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FileError("not text in UTF-8; it takes a name of a class a line") from None
        labels = tuple(line.strip() for line in text.splitlines() if line.strip())
        if not labels:
            raise FileError("holds no names; it takes one a line")
    return labels


def _name(network: str) -> str:
    """For folders and headings: a file's stem, a name, the kinds of a chain."""
    if network.lower().endswith((".toml", ".json", ONNX_SUFFIX)):
        return os.path.splitext(os.path.basename(network))[0]
    return network if len(network.split()) == 1 else "chain"
