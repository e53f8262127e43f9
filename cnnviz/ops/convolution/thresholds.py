"""The planner's numbers, each beside the measurement it comes from: one table, and nothing else decides.

Measured on two cores with 2 MB of level-2 cache each; ``python -m benchmarks engines`` prints the
comparisons again, for any machine.
"""

from __future__ import annotations

from typing import Final

# How much a band holds

TAPS_BAND: Final = 1 << 18
"""Bytes of a band of sums that taps are added to: it should stay in the cache.

5x5, stride 4, 12 megapixels: 40 ms in bands of 2 output rows, 26 of 4, 16 of 16, 18 of 65.
"""

THREADED_TAPS_BAND: Final = 1 << 20
"""The same on two threads, which contend for the interpreter between their short passes.

3x3 floats, 12 megapixels: 50 ms on one thread, 51 on two in bands of 256 KB, 40 in bands of 1 MB.
"""

COLUMNS_BAND: Final = 1 << 19
"""Bytes of the columns that one BLAS product reads."""

MOST_COLUMNS: Final = 1 << 24
"""Up to here columns may grow to the size of the weights they meet.

512 maps of 512x14x14, 3x3: 8.1 ms in bands of 512 KB, which read 9 MB of weights seven times; 4.7 in two.
"""

WINOGRAD_BAND: Final = 4 << 20
"""Bytes of the transformed tiles of a band; fewer leave BLAS too few columns.

64x224x224 into 64 maps: 14.5 ms at 2 MB, 15.3 at 3 MB, 15.3 at 4 MB; 128x112x112: 10.8, 10.1, 9.2; 256x56x56:
8.5, 8.8, 7.4.
"""

FOURIER_TILE: Final = 256
"""Pixels along a side of a tile that is transformed.

31x31 on 12 megapixels: 5.5 ns a pixel and transform; tiles of 512 fall out of the cache and take 12.
"""

MOST_SPECTRA: Final = 256
"""Spectra that are kept, one for each kernel and channel: 256 of 256x256 take 68 MB."""

# Which engine

MAPS_FOR_MATMUL: Final = {"exact": 4, "floats": 2}
"""Columns are worth building once this many maps share them.

3x3 on 12 megapixels, one thread, taps and matmul in ms: integers 81 and 91 for 3 maps, 162 and 123 for 5;
floats 61 and 63 for 1, 140 and 95 for 2. Integers are added as int16 where that is exact, twice as fast.
"""

TAPS_FOR_FOURIER: Final = 121
"""Taps from which transforms win on one map of 12 megapixels, one thread."""

WORK_FOR_FOURIER: Final = 2 * 10**8
"""Products below which they do not: importing SciPy's takes 0.2 s, as long as these by taps."""

SIDE_FOR_WINOGRAD: Final = {"prepared": 28, "once": 56}
CHANNELS_FOR_WINOGRAD: Final = 16
WORK_FOR_WINOGRAD: Final = 25 * 10**6
"""Winograd's tiles pay from all three on; matmul and winograd in ms, as many maps as channels.

14x14, 512 channels: 4.5 and 5.7. 28x28, 64: 0.95 and 0.91; 128: 2.3 and 1.5. 56x56, 16: 0.43 and 0.52; 32:
2.0 and 1.1. 112x112, 16: 3.1 and 1.6. 224x224, 64: 29 and 17. These are with kernels transformed before; to
transform 512 x 512 of them takes 7 ms, where 28x28 saves 3 and 56x56 saves 10.
"""

# How many threads

WORK_FOR_THREADS: Final = 2 * 10**7
"""Products below which a second thread takes longer to wake than it saves."""

WORK_FOR_THREADED_TAPS: Final = 10**8
"""The same for taps, whose passes are short.

On one thread and on two, 12 megapixels: sobel of uint8 19.8 and 13.6 ms, three dense 3x3 of uint8 72 and 55,
floats 7x7 200 and 168. On 640x480, floats 7x7: 5.2 and 7.0.
"""
