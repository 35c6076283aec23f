"""Whether a host comes and goes (UX B4).

Counted are changes of the state behind the hysteresis, not of single rounds: they are what would be announced, and a host that loses every
other round is simply down. The hysteresis lets at most two changes through in `raise_bad + clear_good` rounds; the share is that of the
most there could be, each counted alike. (Nagios weighs newer changes more; with marks this far apart it only makes the rule harder to say.)
With the limits as they come: from the fifth change in 21 rounds on a host flaps, with two or fewer it is calm.
"""

from __future__ import annotations

from adapters.netmonitor.values import Limits

__all__ = ["Flapping"]


class Flapping:
    """Of one host."""

    __slots__ = ("changes", "on")

    def __init__(self, changes: int = 0, on: bool = False) -> None:
        self.changes = changes
        """A bit for each of the last rounds, the newest lowest: set where the state changed."""
        self.on = on

    def take(self, *, changed: bool, limits: Limits) -> bool:
        """Counts a round; True when the host begins to flap or has calmed."""
        if not changed and not self.changes and not self.on:
            return False
        self.changes = (self.changes << 1 | changed) & ((1 << limits.flap_rounds) - 1)
        share = self.share(limits)
        if self.on:
            if share >= limits.flap_low and self.changes:
                return False
        elif share <= limits.flap_high:
            return False
        self.on = not self.on
        return True

    def share(self, limits: Limits) -> float:
        """Changes in the last rounds among the most there could be, 0 to 1."""
        return min(1.0, self.changes.bit_count() * (limits.raise_bad + limits.clear_good) / (2 * limits.flap_rounds))
