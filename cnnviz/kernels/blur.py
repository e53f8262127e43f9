"""Blurs: every kernel here is a weighted average, so its coefficients sum to 1."""

from __future__ import annotations

from math import ceil, comb, cos, exp, floor, radians, sin

from cnnviz.errors import UsageError
from cnnviz.kernels.kernel import Family, Parameter
from cnnviz.kernels.rows import Rows, outer

MAX_SIZE = 1001
SIZE = Parameter("size", "2*ceil(3*sigma) + 1", "rows and columns", 1, MAX_SIZE, whole=True)
SIGMA = Parameter("sigma", "1, or size/6 when only size is given", "standard deviation, in cells", 0.1, 1000)


def box(size: int = 3) -> Rows:
    """The plain average of ``size`` x ``size`` cells.

    >>> box(2)
    ((0.25, 0.25), (0.25, 0.25))
    """
    return ((1 / size**2,) * size,) * size


def binomial(size: int = 3) -> Rows:
    """Binomial coefficients: (1 1) convolved with itself, the integer relative of the Gaussian.

    >>> binomial(3)[1]
    (0.125, 0.25, 0.125)
    """
    vector = [comb(size - 1, place) / 2 ** (size - 1) for place in range(size)]
    return outer(vector, vector)


def gaussian(size: int | None = None, sigma: float | None = None) -> Rows:
    """Sampled Gaussian ``exp(-r^2 / (2 sigma^2))``, divided by its sum.

    >>> [round(value, 4) for value in gaussian(3, 1)[1]]
    [0.1238, 0.2042, 0.1238]
    """
    if sigma is None:
        sigma = 1 if size is None else max(size / 6, SIGMA.least)
    vector = bell(size if size is not None else size_for(sigma), sigma)
    return outer(vector, vector)


def bell(size: int, sigma: float) -> list[float]:
    """Sample one axis of a Gaussian at ``size`` cells; the samples sum to 1."""
    # Relative to the largest sample, so that none is lost to underflow when sigma is small and size even.
    nearest = offsets(size)[size // 2] ** 2
    values = [exp((nearest - offset**2) / (2 * sigma**2)) for offset in offsets(size)]
    return [value / sum(values) for value in values]


def size_for(sigma: float) -> int:
    """Size that holds three standard deviations to each side: ``2 * ceil(3 * sigma) + 1``."""
    size = 2 * ceil(3 * sigma) + 1
    if size > MAX_SIZE:
        raise UsageError(
            f"a sigma of {sigma:g} makes a kernel of {size} rows, the limit is {MAX_SIZE}; "
            "use a smaller sigma, or give a size"
        )
    return size


def offsets(size: int) -> list[float]:
    """Distances of ``size`` cells from the middle.

    >>> offsets(3), offsets(2)
    ([-1.0, 0.0, 1.0], [-0.5, 0.5])
    """
    return [place - (size - 1) / 2 for place in range(size)]


def direction(degrees: float) -> tuple[float, float]:
    """Cosine and sine of an angle in degrees, exact where they are 0 or 1.

    >>> direction(90), direction(180)
    ((0, 1), (-1, 0))
    """
    exact: dict[float, tuple[float, float]] = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}
    return exact.get(degrees % 360) or (cos(radians(degrees)), sin(radians(degrees)))


def motion(length: int = 9, angle: float = 0) -> Rows:
    """Average ``length`` points one cell apart on a line; each is shared out bilinearly over its four cells.

    ``angle`` is in degrees, counter-clockwise from the row.

    >>> motion(length=4), motion(length=2, angle=90)
    (((0.25, 0.25, 0.25, 0.25),), ((0.5,), (0.5,)))
    """
    rightwards, upwards = direction(angle)
    height, width = _span(length, upwards), _span(length, rightwards)
    cells = [[0.0] * width for _ in range(height)]
    for step in offsets(length):
        # Rounded, so that a sine off by one bit does not reach for a cell outside.
        row = round((height - 1) / 2 - step * upwards, 9)
        column = round((width - 1) / 2 + step * rightwards, 9)
        for cell_row in {floor(row), ceil(row)}:
            for cell_column in {floor(column), ceil(column)}:
                share = (1 - abs(row - cell_row)) * (1 - abs(column - cell_column))
                cells[cell_row][cell_column] += share / length
    return tuple(map(tuple, cells))


def _span(length: int, slope: float) -> int:
    """Cells a line needs along one axis: odd, unless the line lies along the axis and fits exactly."""
    if abs(slope) == 1:
        return length
    return 2 * ceil(round((length - 1) / 2 * abs(slope), 9)) + 1


BLURS: tuple[Family, ...] = (
    Family(
        "box",
        (Parameter("size", "3", "rows and columns", 1, MAX_SIZE, whole=True),),
        box,
        "1 / size^2 everywhere: the average of the window",
        "Rosenfeld & Kak, Digital Picture Processing (1976)",
        "the picture blurred, with square traces of bright points",
        "blur",
    ),
    Family(
        "gaussian",
        (SIZE, SIGMA),
        gaussian,
        "exp(-r^2 / (2 sigma^2)) at every cell, divided by its sum",
        "Koenderink, The structure of images, Biological Cybernetics 50 (1984)",
        "the picture blurred evenly in all directions",
        "blur",
    ),
    Family(
        "binomial",
        (Parameter("size", "3", "rows and columns", 1, MAX_SIZE, whole=True),),
        binomial,
        "(1 1) convolved with itself size - 1 times, both ways: (1 2 1)ᵀ ⊗ (1 2 1) / 16 for size 3",
        "Burt & Adelson, The Laplacian pyramid as a compact image code, IEEE Trans. Communications 31 (1983)",
        "the picture blurred, as by a Gaussian of variance (size - 1) / 4",
        "blur",
    ),
    Family(
        "motion",
        (
            Parameter("length", "9", "points on the line, one cell apart", 1, MAX_SIZE, whole=True),
            Parameter("angle", "0", "degrees, counter-clockwise from the row", -360, 360),
        ),
        motion,
        "the average of `length` points on a line, each shared out bilinearly over its four cells",
        "Gonzalez & Woods, Digital Image Processing, chapter on restoration (4th ed., 2018)",
        "the picture as if the camera had moved along the line",
        "blur",
    ),
)
