"""Rounds for tests of the history."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from adapters.netmonitor.history.kept import STATES, Kept
from adapters.netmonitor.history.sketch import MOST_US
from adapters.netmonitor.values import Round

__all__ = ["HOUR_S", "KEPT", "hours_rounds", "round_of"]

HOUR_S = 1_795_424_400
"""A full hour, and no beginning of a day: 2026-11-23 09:00 UTC."""

_CODE = st.sampled_from(["", "no_route", "refused", "certificate_ends", "x" * 24])
KEPT = st.builds(
    Kept,
    at=st.integers(HOUR_S * 1000, HOUR_S * 1000 + 3_599_999),
    state=st.integers(0, len(STATES) - 1),
    rtts=st.lists(st.one_of(st.none(), st.integers(1, MOST_US)), max_size=20).map(tuple),
    late=st.integers(0, 255),
    duplicates=st.integers(0, 255),
    error=_CODE,
    warning=_CODE,
)
"""Any round of that hour."""


def hours_rounds() -> st.SearchStrategy[list[Kept]]:
    """Rounds of that hour at moments of their own, in any order."""
    return st.lists(KEPT, max_size=40, unique_by=lambda one: one.at)


def round_of(at: datetime, *rtts: float | None, after_s: float = 0, error: str | None = None) -> Round:
    """A round of these milliseconds."""
    return Round(at=at + timedelta(seconds=after_s), rtts=rtts, error=error)
