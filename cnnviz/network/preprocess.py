"""How the pixels of a picture become the numbers that a network was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from cnnviz.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Layout = Literal["CHW", "HWC"]
LAYOUTS: Final = ("CHW", "HWC")
KEYS: Final = ("scale", "mean", "std", "layout")
"""What a file that describes a network may say."""


def layout_of(sizes: Sequence[int | None]) -> Layout:
    """What the three sizes of an input look like: TensorFlow's models have the channels last.

    >>> layout_of((224, 224, 3)), layout_of((3, 224, 3)), layout_of((None, None, 1))
    ('HWC', 'CHW', 'HWC')
    """
    return "HWC" if sizes[2] in (1, 3) and sizes[0] not in (1, 3) else "CHW"


class Preprocess(NamedTuple):
    """The network takes ``(pixels * scale - mean) / std``, of pixels from 0 to 255.

    ``mean`` and ``std`` hold one number, or one a channel; ``layout`` is the order of channels and sizes.
    ``numbers`` are those that it takes: floats, or whole ones (``uint8``), to which all is rounded.
    """

    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    layout: Layout = "CHW"
    numbers: str = "float32"

    @property
    def is_whole(self) -> bool:
        """Whether the network takes whole numbers."""
        return self.numbers.startswith(("int", "uint"))

    def check(self, channels: int) -> None:
        """Refuse means and deviations that do not fit ``channels``; raises `UsageError`."""
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, channels):
                several = f", or one for each of the {channels} channels" if channels > 1 else ""
                raise UsageError(f"{name} gives {len(values)} numbers; it takes one{several}")
        if min(self.std) <= 0:
            raise UsageError(f"std divides the pixels, and is {min(self.std):.6g}; give numbers above 0")
        for name, values in (("scale", (self.scale,)), ("mean", self.mean), ("std", self.std)):
            if self.is_whole and any(value != int(value) for value in values):
                raise UsageError(
                    f"{name} is {_numbers(values)}, but the input holds whole numbers ({self.numbers}); "
                    "give whole numbers, or none"
                )

    def __call__(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """The input (C, H, W) for ``pixels`` (C, H, W), of the type `numbers`.

        >>> import numpy as np
        >>> Preprocess(mean=(0.5,), std=(0.5,))(np.array([[[0, 255]]], np.uint8))
        array([[[-1.,  1.]]], dtype=float32)

        Raises
        ------
        UsageError
            When a number comes out that is beyond float32.
        """
        import numpy as np

        mean, std = self._by_channel
        with np.errstate(over="ignore", invalid="ignore"):
            exact = (pixels * float(self.scale) - mean) / std
            prepared: NDArray[Any] = exact.astype(np.float32)
        if not np.isfinite(prepared).all():
            raise UsageError("the input would hold numbers beyond float32; give another scale or std")
        if not self.is_whole:
            return prepared
        ends = np.iinfo(self.numbers)
        # The largest float that is no more than the last of 64 bits: 2**63 itself would wrap.
        last = np.nextafter(float(ends.max) + 1, 0)
        whole: NDArray[Any] = np.clip(np.rint(exact), ends.min, last).astype(self.numbers)
        return whole

    def undone(self, values: NDArray[Any]) -> NDArray[Any]:
        """The pixels (C, H, W) that ``values`` were made from, but for what was rounded or clipped.

        >>> import numpy as np
        >>> preprocess = Preprocess(1 / 255, mean=(0.5,), std=(0.5,))
        >>> preprocess.undone(preprocess(np.array([[[0, 51, 255]]], np.uint8))).round(3)
        array([[[  0.,  51., 255.]]])
        """
        mean, std = self._by_channel
        pixels: NDArray[Any] = (values * std + mean) / self.scale
        return pixels

    @property
    def _by_channel(self) -> tuple[NDArray[Any], NDArray[Any]]:
        import numpy as np

        mean, std = (np.array(each, np.float64).reshape(-1, 1, 1) for each in (self.mean, self.std))
        return mean, std

    @property
    def text(self) -> str:
        """In words.

        >>> Preprocess().text, Preprocess(1, (103.9, 116.8, 123.7)).text
        ('pixels / 255', 'pixels minus 103.9,116.8,123.7')
        >>> Preprocess(1, numbers="uint8").text
        'pixels, rounded and clipped to uint8'
        """
        said = (
            "pixels"
            if self.scale == 1
            else "pixels / 255"
            if self.scale == 1 / 255
            else f"pixels * {self.scale:.6g}"
        )
        said += f" minus {_numbers(self.mean)}" if any(self.mean) else ""
        said += f", divided by {_numbers(self.std)}" if any(each != 1 for each in self.std) else ""
        said += f", rounded and clipped to {self.numbers}" if self.is_whole else ""
        return said + (", channels last" if self.layout == "HWC" else "")


IMAGENET: Final = Preprocess(1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""What torchvision's models were trained on."""

BOTH_SIGNS: Final = Preprocess(1 / 255, (0.5,), (0.5,))
"""From -1 to 1: Google's, as torchvision has them, which its ``transform_input`` goes back to."""


def read_preprocess(content: Mapping[str, Any], problem: Callable[[str], None]) -> Preprocess | None:
    """What a file says of it, in any of `KEYS`; each mistake is told to ``problem``.

    >>> read_preprocess({"mean": [1, 2, 3]}, print)
    Preprocess(scale=0.00392156862745098, mean=(1.0, 2.0, 3.0), std=(1.0,), layout='CHW', numbers='float32')
    """
    given: dict[str, Any] = {}
    for key in (key for key in KEYS if key in content):
        value = content[key]
        values = value if isinstance(value, list) and value and key != "scale" else [value]
        numbers = [number for each in values if (number := _number(each)) is not None]
        several = "" if key == "scale" else ", or an array of one a channel"
        if key == "layout":
            given[key] = value
            if value not in LAYOUTS:
                problem(f"layout: is {value!r:.60}; it takes {' or '.join(LAYOUTS)}")
        elif len(numbers) != len(values):
            problem(f"{key}: is {value!r:.60}; it takes a finite number{several}")
        elif key != "mean" and min(numbers) <= 0:
            problem(f"{key}: is {value!r:.60}; it takes a number above 0{several}")
        else:
            given[key] = numbers[0] if key == "scale" else tuple(numbers)
    return Preprocess(**given) if given else None


def _number(value: object) -> float | None:
    """``value`` as a float, if it is a finite number of no more than its range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def read_labels(content: Mapping[str, Any], problem: Callable[[str], None]) -> tuple[str, ...]:
    """The names of classes that a file gives, if it does."""
    labels = content.get("labels", [])
    if isinstance(labels, list) and all(isinstance(each, str) for each in labels):
        return tuple(labels)
    problem("labels: needs an array of texts, a class each")
    return ()


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:.6g}" for value in values)
