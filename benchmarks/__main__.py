"""``python -m benchmarks``: the comparison with peers; ``engines`` and ``png`` for our own choices.

``--save`` keeps the comparison in docs/, where the README takes its tables and its chart from.
"""

import os
import sys

# As the command has it (cnnviz.cli.main says why), before anything loads NumPy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import batches, chart, engines, hostile, machine, peers, png_writer, processes, rows

COMPARISONS = {"peers": peers.run, "processes": processes.run, "batches": batches.run}
OTHERS = {
    "hostile": lambda: rows.hostile_table(hostile.run()),
    "engines": engines.run,
    "png": png_writer.run,
}

saving = "--save" in sys.argv
asked = [word for word in sys.argv[1:] if word != "--save"] or [*COMPARISONS, "hostile"]
if unknown := set(asked) - {*COMPARISONS, *OTHERS}:
    sys.exit(
        f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join([*COMPARISONS, *OTHERS])}"
    )
print(machine.description(), end="\n\n")
found = [row for name in asked if name in COMPARISONS for row in COMPARISONS[name]()]
if found:
    print(rows.table(found), end="\n\n")
for name in asked:
    if name in OTHERS:
        print(OTHERS[name](), end="\n\n")
if saving:
    rows.save(found, machine.description(), hostile.run())
    chart.draw(rows.SAVED.with_suffix(".png"))
