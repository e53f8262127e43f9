"""``python -m benchmarks``: every table, one after the other."""

from benchmarks import engines, png_writer

for module in (png_writer, engines):
    print(module.run())
