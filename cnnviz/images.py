"""Pictures -> arrays (C, H, W) with their stored values. The only module that opens pictures.

Formats are those of an allow-list and are told by content, never by name: left to itself Pillow would hand
a PostScript file named ``x.png`` to Ghostscript.
"""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnviz import files
from cnnviz.errors import FileError, UsageError
from cnnviz.expressions import did_you_mean

Channels = Literal["gray", "color", "stored"]

FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM")
MAX_PIXELS: Final = 200_000_000
SAMPLE_PREFIX: Final = "sample:"

# Pillow only warns up to twice its own limit; ours is checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
logging.getLogger("PIL").addHandler(logging.NullHandler())
logging.getLogger("PIL").propagate = False

# What Pillow's decoders let through on damaged files: struct.error from a GIF, RuntimeError from an AVIF.
_DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, NotImplementedError, OverflowError, EOFError, TypeError, IndexError,
    KeyError, AttributeError, ZeroDivisionError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip
_GRAY_MODES = ("1", "L", "LA", "La")
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_ORIENTATION = 0x0112  # the EXIF tag
_ON_THEIR_SIDE = (5, 6, 7, 8)  # its values that swap height and width


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture, upright and without transparency; ``notes`` say what the user should know of it."""

    _source: Image.Image | NDArray[Any]  # mode L or RGB, or (C, H, W)
    notes: tuple[str, ...] = ()

    def pixels(self, channels: Channels = "gray") -> NDArray[Any]:
        """The stored values as (C, H, W): uint8, uint16, wider integers or floats.

        Parameters
        ----------
        channels : str
            ``gray`` (1, H, W), Pillow's integer L for colours; ``color`` (3, H, W); ``stored``: as it is.

        Raises
        ------
        FileError
            When an array has other channels than those asked for.
        """
        if isinstance(self._source, np.ndarray):
            return _as_channels(self._source, channels)
        if channels == "gray" or (channels == "stored" and self._source.mode == "L"):
            return np.asarray(self._source.convert("L"))[np.newaxis]
        colors = np.asarray(self._source.convert("RGB"))
        return np.ascontiguousarray(colors.transpose(2, 0, 1))

    @property
    def is_color(self) -> bool:
        """Whether its three channels are one colour picture (the channels of an array are maps)."""
        return isinstance(self._source, Image.Image) and self._source.mode == "RGB"


def read(path: str, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a picture or an NPY array of shape (H, W) or (C, H, W).

    EXIF orientation is applied, transparency laid over white, and only the first frame read.

    Parameters
    ----------
    path : str
        A file name, ``-`` for standard input, or ``sample:NAME``.
    max_pixels : int
        A larger picture is refused before it is decoded.

    Raises
    ------
    FileError
        For anything that cannot be read as a picture, is damaged, too large, or holds NaN or infinity.
    UsageError
        For a sample that does not exist.

    Examples
    --------
    >>> cat = read("sample:cat")
    >>> cat.pixels("gray").shape, cat.pixels("color").shape
    ((1, 300, 451), (3, 300, 451))
    """
    with _opened(path, max_pixels) as source:
        if isinstance(source, np.ndarray):
            return Picture(source)
        notes = _frame_notes(source)
        source.load()
        image = ImageOps.exif_transpose(source) if _orientation(source) != 1 else source
        if image.mode in _DEEP_MODES:
            deep = np.asarray(image)[np.newaxis]
            if source.format == "PPM" and deep.dtype.kind == "i":
                deep = deep.astype(np.uint16)  # Pillow widens the 16 bits of a PGM to 32
            return Picture(_check_finite(deep.astype(deep.dtype.newbyteorder("="), copy=False)), notes)
        if image.has_transparency_data:
            image, transparent = _over_white(image)
            notes += ("transparent: laid over white",) if transparent else ()
        plain = image.convert("L" if image.mode in _GRAY_MODES else "RGB")
        plain.load()
        return Picture(plain, notes)


@dataclass(frozen=True)
class Header:
    """What a picture's header says: ``channels`` as stored, height and width upright."""

    channels: int
    height: int
    width: int
    is_color: bool


def probe(path: str, *, max_pixels: int = MAX_PIXELS, upright: bool = True) -> Header:
    """What `read` would give, from the file's header alone; raises as `read`.

    Without ``upright`` height and width are as stored, which spares some formats a whole decoding: Pillow
    looks for a PNG's orientation behind its pixels.

    >>> probe("sample:cat")
    Header(channels=3, height=300, width=451, is_color=True)
    """
    with _opened(path, max_pixels) as source:
        if isinstance(source, np.ndarray):
            channels, height, width = source.shape
            return Header(channels, height, width, is_color=False)
        width, height = source.size
        # Of a TIFF, Pillow gives the size upright already.
        if upright and source.format != "TIFF" and _orientation(source) in _ON_THEIR_SIDE:
            width, height = height, width
        gray = source.mode in (*_GRAY_MODES, *_DEEP_MODES)
        return Header(1 if gray else 3, height, width, is_color=not gray)


def samples() -> tuple[str, ...]:
    """The names that may stand behind ``sample:``.

    >>> "cat" in samples()
    True
    """
    return tuple(sorted(path.stem for path in _sample_folder().glob("*.png")))


def locate(path: str) -> str:
    """The file behind ``sample:NAME``; any other path as it is.

    Raises
    ------
    UsageError
        For a sample that does not exist.
    """
    if not path.startswith(SAMPLE_PREFIX):
        return path
    name = path.removeprefix(SAMPLE_PREFIX)
    if name not in samples():
        raise UsageError(f"no sample named {name!r}; {did_you_mean(name, samples(), most=5)}")
    return str(_sample_folder() / f"{name}.png")


def _sample_folder() -> Path:
    installed = Path(__file__).with_name("sample_images")
    return installed if installed.is_dir() else Path(__file__).parent.with_name("sample_images")


@contextmanager
def _opened(path: str, max_pixels: int) -> Iterator[Image.Image | NDArray[Any]]:
    """Open ``path`` within its limits; whatever a decoder throws at a damaged file becomes a `FileError`."""
    with files.open_source(locate(path)) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            start = file.read(6)
            file.seek(0)
            source = _read_npy(file) if start == b"\x93NUMPY" else _open_image(file)
            width, height = source.size if isinstance(source, Image.Image) else source.shape[:-3:-1]
            if width * height > max_pixels:
                raise FileError(
                    f"{width}x{height} is {width * height} pixels, the limit is {max_pixels}; "
                    "raise it with --max-pixels if you trust the file"
                )
            yield source
        except UnidentifiedImageError:
            known = ", ".join(FORMATS)
            raise FileError(f"not a supported image; the formats are {known} and NPY") from None
        except _DECODER_ERRORS as error:
            raise FileError(f"damaged image: {error or type(error).__name__}") from error


def _open_image(file: BinaryIO) -> Image.Image:
    image = Image.open(file, formats=FORMATS)
    if image.format != "PNG":
        return image
    image.verify()  # Pillow leaves out the pixels' checksums unless asked, and needs a fresh start then
    file.seek(0)
    return Image.open(file, formats=("PNG",))


def _read_npy(file: BinaryIO) -> NDArray[Any]:
    array = files.npy_array(file.read(), limit=files.MAX_FILE_BYTES)
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise FileError(f"the array holds {array.dtype} values; a picture holds integers or floats")
    if array.ndim == 3 and array.shape[2] in (3, 4) and array.shape[0] > 4:
        raise FileError(
            f"the array has shape {array.shape}, which looks like (H, W, C); "
            "channels come first here: save array.transpose(2, 0, 1)"
        )
    if array.ndim not in (2, 3):
        raise FileError(f"the array has shape {array.shape}; a picture is (H, W) or (C, H, W)")
    return _check_finite(array if array.ndim == 3 else array[np.newaxis])


def _as_channels(array: NDArray[Any], channels: Channels) -> NDArray[Any]:
    wanted = {"gray": 1, "color": 3, "stored": len(array)}[channels]
    if len(array) == wanted:
        return array
    if len(array) == 1:
        return np.repeat(array, wanted, axis=0)
    if wanted == 1 and len(array) == 3 and array.dtype == np.uint8:
        return Picture(Image.fromarray(np.ascontiguousarray(array.transpose(1, 2, 0)))).pixels("gray")
    raise FileError(
        f"the array has {len(array)} channels where {wanted} {'is' if wanted == 1 else 'are'} needed; "
        "use --channels each or sum, or a bank of that depth"
    )


def _over_white(image: Image.Image) -> tuple[Image.Image, bool]:
    gray = image.mode in _GRAY_MODES
    image = image.convert("RGBA")
    transparent = image.getchannel("A").getextrema() != (255, 255)
    if transparent:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    # The colour channels of a grey picture are equal: any of them is the picture.
    return image.getchannel("R") if gray else image.convert("RGB"), transparent


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except (SyntaxError, ValueError, TypeError):  # broken notes about a picture do not spoil the picture
        return 1


def _frame_notes(image: Image.Image) -> tuple[str, ...]:
    if not getattr(image, "is_animated", False) or image.format == "MPO":
        return ()
    return (f"{getattr(image, 'n_frames', 'several')} frames, using the first",)


def _check_finite(pixels: NDArray[Any]) -> NDArray[Any]:
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        channel, row, column = np.argwhere(~np.isfinite(pixels))[0]
        value = pixels[channel, row, column]
        raise FileError(
            f"channel {channel} holds {value} at row {row}, column {column}; replace NaN and infinity first"
        )
    return pixels
