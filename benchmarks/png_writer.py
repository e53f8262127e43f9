"""Why there is a PNG writer: Pillow's against ours, on a 12-megapixel feature map."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from benchmarks.pictures import twelve_megapixels
from benchmarks.timing import medians, table
from cnnviz import kernels, ops
from cnnviz.render import png, tone


def run() -> str:
    """Measure, check that the pixels are the same, and return the table."""
    sobel_x = kernels.read(["sobel-x"])[0].kernels[0].weight[np.newaxis, np.newaxis]
    maps = ops.conv2d(twelve_megapixels(), sobel_x)
    codes = tone.encode(maps, tone.fit(maps, "symmetric"))[0]
    if not np.array_equal(np.asarray(Image.open(BytesIO(png.encode(codes)))), codes):
        raise AssertionError("the written picture decodes to other pixels")
    sizes: dict[str, int] = {}

    def pillow(level: int) -> None:
        buffer = BytesIO()
        Image.fromarray(codes).save(buffer, "PNG", compress_level=level)
        sizes[f"Pillow, level {level}"] = len(buffer.getvalue())

    def ours() -> None:
        sizes["cnnviz"] = len(png.encode(codes))

    taken = medians(
        {"cnnviz": ours, "Pillow, level 6": lambda: pillow(6), "Pillow, level 1": lambda: pillow(1)}, runs=3
    )
    rows = [(name, f"{ms:.0f} ms", f"{sizes[name] / 1e6:.1f} MB") for name, ms in taken.items()]
    return table("Writing a 12-megapixel map as PNG", ("writer", "median", "size"), rows)
