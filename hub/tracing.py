"""Spans: how long a step took, and as a part of what. Off by default, and then it costs a call that does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

__all__ = ["OFF", "Attribute", "Tracer"]

Attribute = str | int | float | bool
"""What a span may carry: counts, names of ours, outcomes. Never a text, a name or an address of a person."""


class Tracer(Protocol):
    """Takes spans. Never raises and never waits: what it cannot keep it drops."""

    def span(self, name: str, carrier: Mapping[str, str] | None = None, /, **attributes: Attribute) -> AbstractContextManager[object]:
        """A span around a block; spans made inside it, also in tasks started there, are its parts.

        `carrier`: the headers of the request that this answers; its W3C `traceparent` makes the span a part of the caller's trace.
        """
        ...

    def record(self, name: str, seconds: float, /, **attributes: Attribute) -> None:
        """A span that has just ended and took so long."""
        ...


class _Off:
    """No tracing."""

    def __init__(self) -> None:
        self._nothing = nullcontext()

    def span(self, name: str, carrier: Mapping[str, str] | None = None, /, **attributes: Attribute) -> AbstractContextManager[object]:
        return self._nothing

    def record(self, name: str, seconds: float, /, **attributes: Attribute) -> None:
        pass


OFF: Tracer = _Off()
"""Keeps nothing."""
