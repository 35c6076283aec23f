"""Misbehaviour on request: what happens to requests that match."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Fault", "take"]

Action = Literal["delay", "hang", "freeze", "drop", "truncate", "lost", "error"]


@dataclass(slots=True)
class Fault:
    """What happens to requests whose text matches.

    The text is the SQL, or `@connect SERVICE`, `@login USER`, `@ping`, `@commit`, `@rollback`, `@logoff`, `@fetch SQL`.
    """

    match: str
    """A regular expression, searched in the text without regard to case."""
    action: Action
    """`delay`: a late answer. `hang`: none, but a break is answered. `freeze`: nothing any more, not even to a break.
    `drop`: the socket closes before the answer. `truncate`: half an answer, then it closes. `lost`: it is done,
    and the answer never comes, nor any other. `error`: an ORA- error."""
    arg: float | str = 0
    """Seconds for `delay`; for `error` a number, or "number text"."""
    times: int = 1
    """How often; below 0 means always."""


def take(faults: list[Fault], text: str) -> Fault | None:
    """The first fault that matches and is not used up; it is used once by this."""
    for fault in faults:
        if fault.times and re.search(fault.match, text, re.IGNORECASE | re.DOTALL):
            fault.times -= 1
            return fault
    return None
