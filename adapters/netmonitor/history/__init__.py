"""What was measured, for ten years in bounded room: single rounds first, then rollups that grow coarser with age."""

from adapters.netmonitor.history.bound import bound
from adapters.netmonitor.history.outages import Outage, StateChange
from adapters.netmonitor.history.series import Points, Series
from adapters.netmonitor.history.sketch import ERROR
from adapters.netmonitor.history.store import History, Sizes, open_history
from adapters.netmonitor.history.uptime import SPANS, Uptime, mean

__all__ = ["ERROR", "SPANS", "History", "Outage", "Points", "Series", "Sizes", "StateChange", "Uptime", "bound", "mean", "open_history"]
