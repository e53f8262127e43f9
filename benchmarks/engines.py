"""Where the planner's threshold comes from: taps against matmul (and SciPy) by the number of maps."""

from __future__ import annotations

import numpy as np

from benchmarks.pictures import twelve_megapixels
from benchmarks.timing import medians, table
from cnnviz import ops


def run() -> str:
    """Measure 3x3 kernels on a 12-megapixel picture, integers and floats, and return the table."""
    random = np.random.default_rng(0)
    bytes_ = twelve_megapixels()
    rows = []
    for kind, picture in (("uint8", bytes_), ("float32", bytes_.astype(np.float32))):
        for maps in (1, 2, 4, 8):
            whole = random.integers(-3, 4, (maps, 1, 3, 3))
            weight = whole if kind == "uint8" else whole + random.random(whole.shape).astype(np.float32)
            taken = medians(
                {
                    "taps": lambda x=picture, w=weight: ops.conv2d(x, w, engine="taps"),  # type: ignore[misc]  # a lambda's defaults have no types
                    "matmul": lambda x=picture, w=weight: ops.conv2d(x, w, engine="matmul"),  # type: ignore[misc]  # as above
                },
                runs=3,
            )
            rows.append((kind, str(maps), *(f"{ms:.0f} ms" for ms in taken.values())))
    return table("3x3 kernels on 12 megapixels", ("pixels", "maps", "taps", "matmul"), rows)
