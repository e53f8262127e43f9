"""From a picture, or a size alone, to a sweep small enough to be watched, and the bytes of its animation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from cnnviz.errors import CnnvizError, ShapeError, UsageError, named
from cnnviz.geometry import Pair
from cnnviz.jobs.description import SOFTWARE
from cnnviz.jobs.maps import finite
from cnnviz.jobs.one_map import OneMap, Subject, fit, read_subject, white_of
from cnnviz.jobs.settings import Array
from cnnviz.lessons.animate import Sweep, chosen, named_frames, sweep
from cnnviz.render import animation, png
from cnnviz.render.animate import frames as rendering
from cnnviz.render.animate.layout import THUMBNAIL

MOST_CELLS: Final = 64  # a side, padding included
MOST_CHANNELS: Final = 4
UNREDUCED, REDUCED = 24, 12
"""A picture of more cells a side is reduced to so many, unless something else is asked for."""
MOST_WEIGHTS: Final = 1024
_PIECE: Final = "--cells 12 reduces the picture, --region ROW,COL,H,W takes a piece of it"
_SMALLER: Final = "take a smaller --input or less padding"

Region: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True)
class Part:
    """Which part of the picture is swept: a ``region`` (row, column, height, width) of it, or all of it.

    With ``cells`` it is reduced, so that its longer side has so many.
    """

    region: Region | None = None
    cells: int | None = None


def prepare(asked: OneMap, source: Part | Pair) -> tuple[Sweep, rendering.Page]:
    """Work out the sweep over a part of the picture, or over cells without any, and the page it is drawn on.

    Raises
    ------
    CnnvizError
        Whatever is wrong with the picture, or when too many cells are left to be watched.
    """
    if not isinstance(source, Part):
        _check_cells(source, _SMALLER)
        rows, columns = np.indices(source)
        pixels = ((rows * 7 + columns * 3 + rows * columns) % 4)[np.newaxis]
        return _swept(asked, pixels, None, f"{source[0]}x{source[1]} cells")
    subject = read_subject(asked)
    pixels, white = subject.pixels, white_of(subject.pixels)
    if source.region is not None:
        pixels = _cut(pixels, source.region)
    piece = pixels
    cells = source.cells
    if source == Part() and max(pixels.shape) > UNREDUCED:
        cells = REDUCED
    if cells is not None:
        _check_reduction(pixels, cells)
        pixels = _reduced(pixels, cells)
        _check_reduced(asked, piece.shape, pixels.shape)
    origin = _origin(subject, source.region, piece, pixels)
    return _swept(asked, pixels, white, asked.names[0], origin)


def drawn_numbers(sweep: Sweep, stills: Sequence[int], most: int | None) -> list[int]:
    """The frames that are drawn: those named, each once, or at most so many."""
    return list(dict.fromkeys(named_frames(stills, len(sweep)))) if stills else chosen(len(sweep), most)


def still_paths(output: str, numbers: Sequence[int]) -> list[str]:
    """The files of single frames: ``output`` itself, or of several its name with their numbers.

    >>> still_paths("sweep.png", [0]), still_paths("sweep.png", [0, 7])
    (['sweep.png'], ['sweep.0000.png', 'sweep.0007.png'])
    """
    stem, suffix = os.path.splitext(output)
    return [output] if len(numbers) == 1 else [f"{stem}.{number:04d}{suffix}" for number in numbers]


def natural_fps(count: int) -> float:
    """About 20 seconds for all frames, but neither a slide show nor a flicker.

    >>> natural_fps(10), natural_fps(100), natural_fps(5000)
    (4.0, 5.0, 25.0)
    """
    return min(max(count / 20, 4.0), 25.0)


def encode(
    sweep: Sweep,
    page: rendering.Page,
    numbers: Sequence[int],
    suffix: str,
    *,
    fps: float,
    dark: bool,
    drawn: Callable[[], None],
) -> bytes:
    """The animation of the frames ``numbers``; ``drawn`` is called after each of them.

    Raises
    ------
    OutputError
        For more frames than memory should hold.
    """
    animation.check(len(numbers), rendering.layout(sweep, page).size)
    palette = rendering.palette(suffix, dark=dark)

    def told() -> Iterator[Array]:
        for frame in rendering.frames(sweep, page, numbers, palette, dark=dark):
            yield frame
            drawn()

    return animation.encode(told(), palette, suffix, fps=fps)


def still(sweep: Sweep, page: rendering.Page, number: int, *, dark: bool) -> bytes:
    """One frame as the bytes of a PNG."""
    palette = rendering.palette(".png", dark=dark)
    (frame,) = rendering.frames(sweep, page, [number], palette, dark=dark)
    return png.encode(animation.still(frame, palette), text={"Software": SOFTWARE, "Description": page.title})


def _origin(subject: Subject, region: Region | None, piece: Array, cells: Array) -> rendering.Origin | None:
    """What was cut out and reduced, in words and as a thumbnail; None where the cells are the picture."""
    (height, width), parts = subject.pixels.shape[1:], []
    if region is not None:
        row, column, high, wide = region
        rows, columns = f"rows {row} to {row + high - 1}", f"columns {column} to {column + wide - 1}"
        parts.append(f"{rows}, {columns} of {height}x{width}")
    if cells.shape != piece.shape:
        parts.append(f"reduced from {piece.shape[1]}x{piece.shape[2]}")
    if not parts:
        return None
    small = Image.fromarray(subject.colors).convert("L")
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    return rendering.Origin(np.asarray(small), (height, width), region, "; ".join(parts))


def _swept(
    asked: OneMap, pixels: Array, white: float | None, name: str, origin: rendering.Origin | None = None
) -> tuple[Sweep, rendering.Page]:
    if len(pixels) > MOST_CHANNELS:
        raise UsageError(
            f"{len(pixels)} channels would not fit on a page; at most {MOST_CHANNELS} do; "
            "`cnnviz explain` takes any number"
        )
    layer = fit(asked, pixels)
    _check_cells(layer.problem(pixels.shape).window.padded, _SMALLER if white is None else _PIECE)
    if layer.weight.size > MOST_WEIGHTS:
        raise UsageError(
            f"a kernel of {layer.weight.size} weights is too large to be watched; use a smaller one"
        )
    with named(asked.image):
        swept = sweep(pixels, layer)
        finite(swept.sums)
    return swept, rendering.Page((name, asked.names[1]), asked.done, white, origin)


def _check_reduced(asked: OneMap, whole: tuple[int, ...], reduced: tuple[int, ...]) -> None:
    """Refuse a layer that fits on the ``whole`` picture, but not on what it was reduced to."""
    if _fits(asked, reduced) or not _fits(asked, whole):
        return
    sizes = ((cells, _size(whole, cells)) for cells in range(max(reduced[1:]) + 1, MOST_CELLS + 1))
    for cells, size in sizes:
        if _fits(asked, (whole[0], *size), MOST_CELLS):
            way = f"give --cells {cells}"
            break
    else:
        way = "--region ROW,COL,H,W takes a piece of it"
    raise ShapeError(
        f"{asked.image}: the picture was reduced to {reduced[1]}x{reduced[2]} cells, too few for this kernel "
        f"or pooling; {way}"
    )


def _fits(asked: OneMap, shape: tuple[int, ...], most: float = float("inf")) -> bool:
    pixels = np.broadcast_to(np.uint8(0), shape)  # takes no memory
    try:
        return max(fit(asked, pixels).problem(shape).window.padded) <= most
    except CnnvizError:
        return False


def _check_cells(size: Pair, way_out: str) -> None:
    if max(size) > MOST_CELLS:
        raise UsageError(
            f"{size[0]}x{size[1]} cells, padding included, are too many to be watched, more than "
            f"{MOST_CELLS} a side; {way_out}"
        )


def _cut(pixels: Array, region: Region) -> Array:
    row, column, height, width = region
    rows, columns = pixels.shape[1:]
    given = f"--region {row},{column},{height},{width}"
    if min(height, width) < 1:
        raise UsageError(f"{given} is a piece of {height} rows and {width} columns; take at least 1 of each")
    if row + height > rows or column + width > columns:
        raise UsageError(f"{given} is not inside of the picture, which has {rows} rows and {columns} columns")
    return pixels[:, row : row + height, column : column + width]


def _check_reduction(pixels: Array, cells: int) -> None:
    height, width = pixels.shape[1:]
    if cells > max(height, width):
        raise UsageError(
            f"{height}x{width} of the picture are taken, so --cells {cells} would do nothing; leave it out"
        )


def _size(shape: tuple[int, ...], cells: int) -> Pair:
    """Height and width of ``shape`` when the longer of them is ``cells`` at the most."""
    scale = min(cells / max(shape[1:]), 1)
    return max(round(shape[1] * scale), 1), max(round(shape[2] * scale), 1)


def _reduced(pixels: Array, cells: int) -> Array:
    """Means of about equal areas; whole numbers stay whole."""
    height, width = _size(pixels.shape, cells)
    if (height, width) == pixels.shape[1:]:
        return pixels
    small = np.stack(
        [
            np.asarray(Image.fromarray(each.astype(np.float32)).resize((width, height), Image.Resampling.BOX))
            for each in pixels
        ]
    )
    return small if pixels.dtype.kind == "f" else np.rint(small).astype(pixels.dtype)
