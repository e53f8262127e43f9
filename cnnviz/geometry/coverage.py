"""Which cells of an input a sliding window falls on, and which it never does."""

from __future__ import annotations

from math import gcd


def unseen(n: int, k: int, s: int, low: int, d: int, places: int) -> int:
    """How many of the ``n`` cells no tap ever falls on: left over at the end, or stepped over in between.

    >>> unseen(224, 11, 4, 0, 1, places=54), unseen(9, 1, 3, 0, 1, places=3), unseen(7, 3, 2, 1, 1, 4)
    (1, 6, 0)
    """
    # A tap falls on cells s apart; taps that fall on the same ones lie ``every`` taps, ``gap`` places apart.
    every, gap = s // gcd(s, d), d // gcd(s, d)
    seen = 0
    for tap in range(min(k, every)):
        first, start = (tap * d - low) % s, (tap * d - low) // s
        taps = (k - 1 - tap) // every + 1
        seen += _covered(start, places, gap, taps, (n - 1 - first) // s + 1)
    return n - seen


def _covered(start: int, length: int, gap: int, count: int, n: int) -> int:
    """How many of ``n`` cells lie in the ``count`` stretches of ``length`` that begin ``gap`` apart."""
    if gap <= length:  # they touch
        return max(min(start + (count - 1) * gap + length, n) - max(start, 0), 0)
    # Those that lie inside whole, from the first that begins at 0 or later to the last that ends by n ...
    first = max(-(start // gap), 0)
    last = min((n - length - start) // gap, count - 1)
    inside = max(last - first + 1, 0) * length
    # ... and those that a border cuts; one may be cut by both.
    cut = {each for each in (first - 1, last + 1) if 0 <= each < count and not first <= each <= last}
    return inside + sum(
        max(min(start + each * gap + length, n) - max(start + each * gap, 0), 0) for each in cut
    )
