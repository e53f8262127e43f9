"""``python -m tests.fuzz --seconds 600 --seed 7``: mutate, run, and keep what should not have happened."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.running import commands, inside, mutated_file, problem, report, texts
from tests.fuzz.seeds import FILES

CRASHES = Path(__file__).with_name("crashes")


def main() -> int:
    """Run until the time is over; the exit code is 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    values = random.Random(asked.seed)
    good = {name: make() for name, make in FILES.items()}
    runs: Counter[str] = Counter()
    found = 0
    until = time.monotonic() + asked.seconds
    slowest = 0.0
    with TemporaryDirectory() as folder, inside(Path(folder)):
        while time.monotonic() < until:
            name = values.choice([*good, "text", "text"])
            data = b"" if name == "text" else mutated_file(name, good[name], values)
            # Written before it is used: a crash of the interpreter leaves it behind.
            path = Path(folder, name)
            path.write_bytes(data)
            todo = [texts(values)] if name == "text" else commands(name, str(path))
            for args in todo:
                started = time.monotonic()
                wrong = problem(args)
                slowest = max(slowest, time.monotonic() - started)
                runs[name.partition(".")[0]] += 1
                if wrong is not None:
                    found += 1
                    kept = CRASHES / f"seed{asked.seed}-{sum(runs.values())}.{name}"
                    kept.write_bytes(data or "\0".join(args).encode("utf-8", "surrogateescape"))
                    report(f"{' '.join(args)}\n  {wrong}\n  kept as {kept}")
    counts = ", ".join(f"{count} {name}s" for name, count in sorted(runs.items()))
    report(
        f"seed {asked.seed}: {sum(runs.values())} runs ({counts}), {found} problems, slowest {slowest:.2f} s"
    )
    return 1 if found else 0


sys.exit(main())
