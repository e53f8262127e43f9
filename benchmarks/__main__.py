"""``python -m benchmarks``: the comparison with peers; ``engines`` and ``png`` for our own choices.

``--save`` keeps the comparison in docs/, where the README takes its table and its chart from.
"""

import sys

from benchmarks import chart, engines, machine, peers, png_writer, processes, rows

asked = set(sys.argv[1:]) - {"--save"} or {"peers", "processes"}
if unknown := asked - {"peers", "processes", "engines", "png"}:
    sys.exit(f"no benchmark named {', '.join(sorted(unknown))}; there are peers, processes, engines and png")
print(machine.description(), end="\n\n")
if "png" in asked:
    print(png_writer.run())
if "engines" in asked:
    print(engines.run())
found = (peers.run() if "peers" in asked else []) + (processes.run() if "processes" in asked else [])
if found:
    print(rows.table(found))
if "--save" in sys.argv:
    rows.save(found, machine.description())
    chart.draw(rows.SAVED.with_suffix(".png"))
