"""The pictures that come with cnnviz: ``sample:NAME``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cnnviz.errors import UsageError
from cnnviz.expressions import did_you_mean

SAMPLE_PREFIX: Final = "sample:"


def samples() -> tuple[str, ...]:
    """The names that may stand behind ``sample:``.

    >>> "cat" in samples()
    True
    """
    return tuple(sorted(path.stem for path in _sample_folder().glob("*.png")))


def title(path: str) -> str:
    """What a picture is called in headings: never by its folder.

    >>> title("photos/cat.png"), title("sample:cat"), title("-")
    ('cat.png', 'sample:cat', 'standard input')
    """
    return "standard input" if path == "-" else os.path.basename(path)


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


def sample_like(path: str) -> str | None:
    """The sample of the name that ``path`` has without its suffix.

    >>> sample_like("photos/cat.jpg"), sample_like("dog.jpg")
    ('sample:cat', None)
    """
    stem = Path(path).stem
    return f"{SAMPLE_PREFIX}{stem}" if stem in samples() else None


def _sample_folder() -> Path:
    package = Path(__file__).parents[1]
    installed = package / "sample_images"
    return installed if installed.is_dir() else package.with_name("sample_images")
