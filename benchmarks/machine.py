"""Where it was measured, and with what."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

from cnnviz.ops.threads import cores

_PACKAGES = ("numpy", "scipy", "pillow", "isal", "opencv-python-headless", "torch")
_PROGRAMS = {"vips": ["vips", "--version"], "ImageMagick": ["convert", "-version"], "gm": ["gm", "version"]}


def description() -> str:
    """Processor, cores, Python, and the versions of all that takes part."""
    parts = [f"{cores()} cores of {_processor()}", f"Python {platform.python_version()}"]
    parts += [f"{name} {number}" for name in _PACKAGES if (number := _version(name))]
    parts += [line for name, command in _PROGRAMS.items() if (line := _first_line(name, command))]
    return ", ".join(parts)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _first_line(name: str, command: list[str]) -> str | None:
    """Its version as the program says it: the word behind its name."""
    if shutil.which(command[0]) is None:
        return None
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    numbers = [word for word in said if word[0].isdigit() or word.startswith("vips-")]
    return f"{name} {numbers[0].removeprefix('vips-')}" if numbers else None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
