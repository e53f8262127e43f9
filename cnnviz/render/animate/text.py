"""A sweep in words and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from PIL import Image

from cnnviz.expressions import shape_text
from cnnviz.files import printable
from cnnviz.lessons.animate import Sweep
from cnnviz.render.animate.frames import Page
from cnnviz.render.schema import json_line


def summary(
    sweep: Sweep, page: Page, paths: Sequence[str], numbers: Sequence[int], written: Sequence[bytes]
) -> str:
    """What was swept, the sizes that came of it, and the files."""
    window = sweep.window
    pads = f", {shape_text(sweep.padded.shape[1:])} with padding" if any(map(any, window.pads)) else ""
    taken = "" if page.origin is None else f" ({page.origin.text})"
    swept = f"input {shape_text(window.size)}{taken}{pads}"
    lines = [
        printable(page.title),
        f"{swept}; kernel {shape_text(window.kernel)}; feature map {shape_text(window.output)}",
    ]
    if sweep.pooling is not None:
        lines[-1] += f"; pooled {shape_text(sweep.pooling.output)}"
    if len(numbers) < len(sweep):
        lines.append(f"{len(numbers)} of the {len(sweep)} places the kernel takes")
    lines += [f"{printable(path)}: {_about(data)}" for path, data in zip(paths, written, strict=True)]
    return "\n".join(lines)


def document(sweep: Sweep, page: Page, paths: Sequence[str], numbers: Sequence[int]) -> str:
    """Sizes, and the place, window, sum and value of every frame that was drawn, as JSON on one line."""
    steps = [sweep.frame(number) for number in numbers]
    return json_line(
        {
            "files": list(paths),
            "picture": page.origin and page.origin.size,
            "region": page.origin and page.origin.piece,
            "input": sweep.window.size,
            "pads": sweep.window.pads,
            "kernel": sweep.window.kernel,
            "stride": sweep.window.stride,
            "dilation": sweep.window.dilation,
            "output": sweep.window.output,
            "pooled": sweep.pooling and sweep.pooling.output,
            "frames": [
                {
                    "number": step.number,
                    "at": step.at,
                    "rows": step.rows,
                    "columns": step.columns,
                    "sum": step.total,
                    "value": step.value,
                }
                for step in steps
            ],
        }
    )


def _about(data: bytes) -> str:
    with Image.open(BytesIO(data)) as image:
        frames = getattr(image, "n_frames", 1)
        count = f"{frames} frames of " if frames > 1 else ""
        return f"{count}{image.width}x{image.height} pixels, {len(data) / 1024:,.0f} KiB"
