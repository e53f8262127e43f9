"""The principal components of patches: a table, signs on a terminal, a sheet, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnviz import colormaps
from cnnviz.files import printable
from cnnviz.lessons.patches import Components
from cnnviz.render import contact_sheet, tone
from cnnviz.render.kernels.lines import block, lay
from cnnviz.render.schema import json_line

if TYPE_CHECKING:
    from rich.text import Text

_SIDE: Final = 168  # pixels of a kernel's longer side, about
COLUMNS: Final = ("component", "share", "running")
_PALETTE: Final = colormaps.choose("vik", symmetric=True).palette


def text(found: Components, picture: str, notes: Sequence[str], width: int) -> Text:
    """The kernels by their signs, each under its share of the variance."""
    from rich.text import Text

    height, across = found.kernels.shape[1:]
    result = Text()
    result.append(f"{printable(picture)}: what its {height}x{across} patches are made of\n\n", "bold")
    for note in notes:
        result.append(printable(note) + "\n")
    result.append(
        "The mean patch is subtracted; these are the directions in which the rest varies most, strongest "
        "first: the eigenvectors of the covariance of all patches. Nobody designed them.\n\n"
    )
    blocks = [
        block(kernel, (f"{number}: {_percent(share)}", f"together {_percent(total)}"))
        for number, (kernel, share, total) in enumerate(
            zip(found.kernels, found.shares, found.running, strict=True)
        )
    ]
    lay(result, blocks, width)
    result.append("++ and -- are at least half of the largest cell of a component, + and - a sixth.")
    return result


def plain(found: Components) -> list[str]:
    """A line a component, cells apart by tabs: its number, its share of the variance, the share so far."""
    rows = zip(found.shares, found.running, strict=True)
    return [
        "\t".join(COLUMNS),
        *(f"{number}\t{share:.6f}\t{total:.6f}" for number, (share, total) in enumerate(rows)),
    ]


def document(found: Components, picture: str, notes: Sequence[str]) -> str:
    """The components as one JSON document, one line."""
    rows = zip(found.shares, found.running, found.kernels.tolist(), strict=True)
    entries = [{"share": share, "running": total, "kernel": kernel} for share, total, kernel in rows]
    return json_line({"picture": picture, "notes": list(notes), "components": entries})


def sheet(found: Components, picture: str, *, dark: bool = False) -> NDArray[np.uint8]:
    """The kernels on one page (H, W, 3), each with its share, under a scale of its own."""
    height, width = found.kernels.shape[1:]
    tiles = [
        contact_sheet.Tile(str(number), _percent(share), *_drawn(kernel))
        for number, (kernel, share) in enumerate(zip(found.kernels, found.shares, strict=True))
    ]
    detail = (
        f"{len(tiles)} principal components of {height}x{width} patches, {_percent(found.running[-1])} of "
        "the variance together"
    )
    return contact_sheet.draw(picture, detail, tiles, dark=dark)


def _drawn(kernel: NDArray[Any]) -> tuple[NDArray[np.uint8], tone.Tone, bytes]:
    largest = float(np.abs(kernel).max())
    scale = tone.Tone("symmetric", 0.0 - largest, largest, 0)
    factor = max(_SIDE // max(kernel.shape), 1)
    codes = tone.encode(kernel, scale).repeat(factor, axis=0).repeat(factor, axis=1)
    return np.ascontiguousarray(codes), scale, _PALETTE


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
