"""How much room the history can take at most, whatever is measured.

    a round       14 bytes and 4 for each echo, as in the plain block
    a rollup      26 bytes, and 2 for each answer in it or one count for each of the 778 buckets, whichever is less
    a row         75 bytes and 9 for each echo, of the rounds that have not moved: three hours of them, which is what lies there while
                  an hour closes and the next one moves

Real measurements take about a tenth of it (docs/network.md, "History"): neighbouring echoes are alike.
"""

from __future__ import annotations

from adapters.netmonitor.history.blocks import RAW, ROLLUPS
from adapters.netmonitor.history.sketch import EDGES

__all__ = ["bound", "point_bytes", "round_bytes"]

_OPEN_S = 3 * 3600


def round_bytes(echoes: int) -> int:
    """Of a round in a block."""
    return 14 + 4 * echoes


def point_bytes(answers: float) -> float:
    """Of a rollup of so many answers in a block of the widest counts that they can need."""
    # Counts of a block are all of one width, but high bytes that are nearly all zero deflate to next to nothing.
    width = 1
    while answers / len(EDGES) * 4 >= 256**width:
        width += 1
    return 26 + min(2 * answers, width * len(EDGES))


def bound(hosts: int, *, interval_s: float = 10.0, echoes: int = 5) -> int:
    """Bytes of blocks and rows of so many hosts once the history is full, in ten years; intervals and outages are not in it."""
    rounds = (RAW.keep_s + 2 * RAW.span_s) / interval_s * round_bytes(echoes)
    rows = _OPEN_S / interval_s * (75 + 9 * echoes)
    points = sum(
        (tier.keep_s + 2 * tier.span_s) / tier.step_s * point_bytes(max(echoes, tier.step_s / interval_s * echoes)) for tier in ROLLUPS
    )
    return round(hosts * (rounds + rows + points))
