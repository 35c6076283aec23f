"""What an agent asked for and nobody has confirmed yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.finesse.values import Failure

__all__ = ["Asked", "Ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request on its way, as the panel shows it."""

    request: str
    """The requestId that went along."""
    action: str
    """`sign_in`, `sign_out`, `state`, `make_call`, or what `finesse.dialog` takes."""
    dialog: str | None
    at: datetime
    """By the hub's clock."""
    detail: str = ""
    """Of `state`: `READY`, `NOT_READY` or `NOT_READY:16` with the reason's id; of a call's actions the number, the label or the party."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A request's end. It comes once; a failure that Finesse tells after it seemed done comes once more."""

    request: str
    code: str | None = None
    """Of `adapters.finesse.errors`; None: it was done."""
    failure: Failure | None = None
