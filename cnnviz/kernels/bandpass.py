"""Blobs and stripes of one width: LoG, DoG and Gabor. Their coefficients sum to 0, exactly."""

from __future__ import annotations

from math import cos, exp, frexp, fsum, ldexp, pi, radians
from typing import TYPE_CHECKING, TypeAlias

from cnnviz.errors import UsageError
from cnnviz.kernels.blur import MAX_SIZE, bell, direction, offsets, size_for
from cnnviz.kernels.kernel import Family, Parameter
from cnnviz.kernels.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable

Cells: TypeAlias = list[list[float]]

_MARR = "Marr & Hildreth, Theory of edge detection, Proc. Royal Society B 207 (1980)"
_NEGLIGIBLE = 1e-9


def log(sigma: float = 1.4, size: int | None = None) -> Rows:
    """Laplacian of Gaussian, ``(r^2 - 2 sigma^2) / sigma^4 * gaussian``, less its mean.

    >>> log(sigma=1, size=3)[1][1] < 0
    True
    """
    places = offsets(size if size is not None else size_for(sigma))
    weight = dict(zip(places, bell(len(places), sigma), strict=True))

    def curvature(row: float, column: float) -> float:
        return (row**2 + column**2 - 2 * sigma**2) / sigma**4 * (weight[row] * weight[column])

    values = _cells(curvature, places)
    mean = _sum(values) / len(places) ** 2
    return _balanced([[value - mean for value in row] for row in values])


def dog(sigma: float = 1, ratio: float = 1.6, size: int | None = None) -> Rows:
    """Difference of Gaussians: the one of ``sigma`` less the one of ``ratio * sigma``.

    >>> dog(size=3)[1][1] > 0
    True
    """
    places = offsets(size if size is not None else size_for(sigma * ratio))
    narrow = dict(zip(places, bell(len(places), sigma), strict=True))
    wide = dict(zip(places, bell(len(places), sigma * ratio), strict=True))
    return _balanced(_cells(lambda r, c: narrow[r] * narrow[c] - wide[r] * wide[c], places))


def gabor(
    theta: float = 0,
    wavelength: float = 8,
    sigma: float | None = None,
    gamma: float = 0.5,
    phase: float = 0,
    size: int | None = None,
) -> Rows:
    """Cosine of one wavelength under a Gaussian envelope, so that a flat region gives 0.

    With ``u`` along the direction ``theta`` (degrees, counter-clockwise from the row) and ``v`` across it:
    ``envelope * (cos(2 pi u / wavelength + phase) - mean)``, ``envelope = exp(-(u^2 + gamma^2 v^2) /
    (2 sigma^2))`` and ``mean`` weighted by it. The positive coefficients sum to 1.

    >>> middle = gabor(wavelength=4, size=5)[2]
    >>> middle[2] > 0 > middle[0] == middle[4]
    True
    """
    spread = 0.56 * wavelength if sigma is None else sigma
    places = offsets(size if size is not None else size_for(spread))
    rightwards, upwards = direction(theta)

    def envelope(row: float, column: float) -> float:
        u, v = column * rightwards - row * upwards, column * upwards + row * rightwards
        return exp(-(u**2 + (gamma * v) ** 2) / (2 * spread**2))

    def carrier(row: float, column: float) -> float:
        return cos(2 * pi * (column * rightwards - row * upwards) / wavelength + radians(phase))

    envelopes, carriers = _cells(envelope, places), _cells(carrier, places)
    total = _sum(envelopes)
    mean = _sum(_times(envelopes, carriers)) / total
    values = _times(envelopes, [[value - mean for value in row] for row in carriers])
    positive = fsum(max(value, 0) for row in values for value in row)
    _check_substance(positive / total)
    return _balanced([[value / positive for value in row] for row in values])


def _cells(function: Callable[[float, float], float], places: list[float]) -> Cells:
    return [[function(row, column) for column in places] for row in places]


def _times(left: Cells, right: Cells) -> Cells:
    return [[a * b for a, b in zip(*rows, strict=True)] for rows in zip(left, right, strict=True)]


def _sum(values: Cells) -> float:
    return fsum(value for row in values for value in row)


def _check_substance(amount: float) -> None:
    if amount < _NEGLIGIBLE:
        raise UsageError("with these parameters it is zero everywhere; use a larger size or sigma")


def _balanced(values: Cells) -> Rows:
    """``values`` (square, summing to nearly 0) made to sum to 0 exactly, in any order of adding.

    Every value is rounded to a multiple of one power of two, fine enough (2^-50 of their total) not to matter
    and coarse enough for all sums to be exact; what is left over goes to the middle: one cell, or four.
    """
    total = fsum(abs(value) for row in values for value in row)
    _check_substance(total)
    grain = frexp(total)[1] - 50
    whole = [[round(ldexp(value, -grain)) for value in row] for row in values]
    rest = sum(map(sum, whole))
    middle = sorted({(len(whole) - 1) // 2, len(whole) // 2})
    cells = [[ldexp(value, grain) for value in row] for row in whole]
    for row in middle:
        for column in middle:
            cells[row][column] -= ldexp(rest, grain) / len(middle) ** 2
    return tuple(map(tuple, cells))


_SIZE = Parameter("size", "2*ceil(3*sigma) + 1", "rows and columns", 2, MAX_SIZE, whole=True)

BLOBS: tuple[Family, ...] = (
    Family(
        "log",
        (Parameter("sigma", "1.4", "standard deviation, in cells", 0.1, 1000), _SIZE),
        log,
        "the Laplacian of a Gaussian, (r^2 - 2 sigma^2) / sigma^4 x gaussian, less its mean",
        _MARR,
        "blobs of radius sigma x sqrt(2): negative on bright ones; a change of sign on edges",
        "blobs",
    ),
    Family(
        "dog",
        (
            Parameter("sigma", "1", "standard deviation of the narrow Gaussian, in cells", 0.1, 1000),
            Parameter("ratio", "1.6", "the wide one's sigma / the narrow one's", 1.01, 10),
            Parameter("size", "2*ceil(3*ratio*sigma) + 1", "rows and columns", 2, MAX_SIZE, whole=True),
        ),
        dog,
        "gaussian of sigma - gaussian of ratio x sigma; at ratio 1.6 close to the LoG with its sign turned",
        _MARR,
        "bright blobs about as wide as sigma",
        "blobs",
    ),
)

GABOR = Family(
    "gabor",
    (
        Parameter("theta", "0", "direction across the stripes, degrees counter-clockwise", -360, 360),
        Parameter("wavelength", "8", "width of a bright and a dark stripe, in cells", 2, 1000),
        Parameter("sigma", "0.56*wavelength", "standard deviation of the envelope, in cells", 0.1, 1000),
        Parameter("gamma", "0.5", "width of the envelope / its length along the stripes", 0.01, 4),
        Parameter("phase", "0", "degrees; 90 makes an edge detector of it", -360, 360),
        Parameter("size", "2*ceil(3*sigma) + 1", "rows and columns", 2, MAX_SIZE, whole=True),
    ),
    gabor,
    "a cosine of one wavelength under a Gaussian envelope, less its mean; positive coefficients sum to 1",
    "Daugman, Uncertainty relation for resolution in space, spatial frequency, and orientation, "
    "J. Optical Society of America A 2 (1985)",
    "stripes of one width and one direction; theta=0: vertical ones",
    "gabor",
)
