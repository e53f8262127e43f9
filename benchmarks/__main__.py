"""``python -m benchmarks``: every table, one after the other."""

from benchmarks import engines, peers, png_writer

for module in (png_writer, engines, peers):
    print(module.run())
