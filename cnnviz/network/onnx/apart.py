"""Work that may crash done in a process of its own: ONNX's shape inference is C++, and aborts on some files.

(Measured: of 250,000 small mutations of a model some end in a failed assertion of its `std::clamp`.)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Final

from cnnviz.network.onnx.folding import fold

SECONDS: Final = 8
"""The longest that shape inference may take."""

MEMORY_BYTES: Final = 2 * 2**30
"""The most memory that it may take, where the system can hold it to that."""

_PROGRAM: Final = "from cnnviz.network.onnx.apart import main; main()"


def folded(model: Any) -> tuple[Any, int, str]:
    """As `fold`; when the process dies or takes too long, the model as it was and a note that says so."""
    import onnx

    failed = "ONNX's shape inference failed on this graph; some sizes may be missing"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(  # noqa: S603  # ourselves
            [sys.executable, "-P", "-c", _PROGRAM],
            input=model.SerializeToString(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode != 0:
            return model, 0, failed
        head, _, data = done.stdout.partition(b"\n")
        replaced, note = json.loads(head)
        return onnx.ModelProto.FromString(data), replaced, note
    except (subprocess.TimeoutExpired, ValueError, OSError):
        return model, 0, failed


def main() -> None:
    """The other process: a model comes in, and goes out folded behind a line of JSON."""
    import onnx

    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):  # not on this system
        pass
    model, replaced, note = fold(onnx.ModelProto.FromString(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(json.dumps([replaced, note]).encode() + b"\n" + model.SerializeToString())
