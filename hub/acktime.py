"""How long a notification takes from its arrival to the receipt of the page it was for.

One notification in flight is timed for each person: enough for a quantile, and bounded by who is connected.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

__all__ = ["AckTimes"]


class AckTimes:
    """Pairs arrivals with receipts. At most `bound` people are timed at once; the one waiting longest makes room."""

    def __init__(self, *, bound: int = 4096, per_event: int = 64, give_up_s: float = 8.0) -> None:
        self._bound, self._per_event, self._give_up = bound, per_event, give_up_s
        self._open: OrderedDict[int, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def sent(self, to: Iterable[tuple[int, int]], began_s: float) -> None:
        """Begins to time (user, seq) that arrived at `began_s` (steady seconds), of one event the first `per_event` people.

        Whoever has one in flight is left alone, until it is past `give_up_s`: then it was pushed, and its receipt may never come.
        """
        for (user_id, seq), _ in zip(to, range(self._per_event), strict=False):
            known = self._open.get(user_id)
            if known is not None and began_s - known[1] < self._give_up:
                continue
            self._open.pop(user_id, None)
            if len(self._open) >= self._bound:
                self._open.popitem(last=False)
            self._open[user_id] = (seq, began_s)

    def acked(self, user_id: int, seq: int, now_s: float) -> float | None:
        """The seconds that the timed notification took, when everything up to `seq` was received; None when it is not among them."""
        known = self._open.get(user_id)
        if known is None or known[0] > seq:
            return None
        del self._open[user_id]
        return now_s - known[1]
