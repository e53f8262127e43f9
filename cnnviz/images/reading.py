"""Reading a picture upright and without transparency, or only what its header says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from cnnviz.errors import FileError
from cnnviz.images.opening import MAX_PIXELS, check_finite, check_size, opened
from cnnviz.images.picture import Picture, as_array

_GRAY_MODES = ("1", "L", "LA", "La")
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_ORIENTATION = 0x0112  # the EXIF tag
_ON_THEIR_SIDE = (5, 6, 7, 8)  # its values that swap height and width


def read(path: str, *, max_pixels: int = MAX_PIXELS, frame: int = 0) -> Picture:
    """Read a picture or an NPY array of shape (H, W) or (C, H, W).

    EXIF orientation is applied, transparency laid over white, and only one frame read.

    Parameters
    ----------
    path : str
        A file name, ``-`` for standard input, or ``sample:NAME``.
    max_pixels : int
        A larger picture is refused before it is decoded.
    frame : int
        Which frame of an animation or page of a file; 0 is the first.

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
    with opened(path, max_pixels) as source:
        if isinstance(source, np.ndarray):
            _check_frame(frame, 1)
            return Picture(source)
        notes = _frame_notes(source) if frame == 0 else ()
        _go_to_frame(source, frame, max_pixels)
        source.load()
        image = ImageOps.exif_transpose(source) if _orientation(source) != 1 else source
        if image.mode in _DEEP_MODES:
            deep = np.asarray(image)[np.newaxis]
            if source.format == "PPM" and deep.dtype.kind == "i":
                deep = deep.astype(np.uint16)  # Pillow widens the 16 bits of a PGM to 32
            return Picture(check_finite(deep.astype(deep.dtype.newbyteorder("="), copy=False)), notes)
        if image.has_transparency_data:
            image, transparent = _over_white(image)
            notes += ("transparent: laid over white",) if transparent else ()
        mode = "L" if image.mode in _GRAY_MODES else "RGB"
        plain = image if image.mode == mode else image.convert(mode)
        return Picture(as_array(plain) if mode == "L" else plain, notes)


@dataclass(frozen=True)
class Header:
    """What a picture's header says: ``channels`` as stored, height and width upright."""

    channels: int
    height: int
    width: int
    is_color: bool


def probe(path: str, *, max_pixels: int = MAX_PIXELS, upright: bool = True, frame: int = 0) -> Header:
    """What `read` would give, from the file's header alone; raises as `read`.

    Without ``upright`` height and width are as stored, which spares some formats a whole decoding: Pillow
    looks for a PNG's orientation behind its pixels.

    >>> probe("sample:cat")
    Header(channels=3, height=300, width=451, is_color=True)
    """
    with opened(path, max_pixels) as source:
        if isinstance(source, np.ndarray):
            _check_frame(frame, 1)
            channels, height, width = source.shape
            return Header(channels, height, width, is_color=False)
        _go_to_frame(source, frame, max_pixels)
        width, height = source.size
        # Of a TIFF, Pillow gives the size upright already.
        if upright and source.format != "TIFF" and _orientation(source) in _ON_THEIR_SIDE:
            width, height = height, width
        gray = source.mode in (*_GRAY_MODES, *_DEEP_MODES)
        return Header(1 if gray else 3, height, width, is_color=not gray)


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


def _go_to_frame(image: Image.Image, frame: int, max_pixels: int) -> None:
    """Make ``frame`` the one that is looked at; a page may have a size of its own, an animation paints it."""
    if frame == 0:
        return
    _check_frame(frame, getattr(image, "n_frames", 1))
    image.seek(frame)
    check_size(*image.size, max_pixels)


def _check_frame(frame: int, count: int) -> None:
    if frame >= count:
        raise FileError(
            f"there is no frame {frame}; it has {count}, counted from 0"
            if count > 1
            else f"there is no frame {frame}; it has only one, frame 0"
        )


def _frame_notes(image: Image.Image) -> tuple[str, ...]:
    if not getattr(image, "is_animated", False) or image.format == "MPO":
        return ()
    return (f"{getattr(image, 'n_frames', 'several')} frames, using the first",)
