"""Misbehaviour on request: what happens to requests and to events that match."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Fault", "take"]

Action = Literal[
    "delay",
    "hang",
    "drop",
    "lost",
    "status",
    "redirect",
    "late",
    "early",
    "twice",
    "again",
    "never",
    "unparsable",
    "raw",
    "namespace",
    "upper",
    "lower",
    "shuffled",
    "anonymous",
]


@dataclass(slots=True)
class Fault:
    """What happens to requests, or to events, whose text matches.

    A request's text is `PUT /finesse/api/User/1001`; an event's `event PUT /finesse/api/User/1001/Dialogs` and, of an error, ` failed` at
    its end.
    """

    match: str
    """A regular expression, searched in the text without regard to case."""
    action: Action
    """Of requests: `delay`: done and answered late. `hang`: not done, never answered. `drop`: not done, the connection breaks.
    `lost`: done, but the connection breaks before the answer. `status`: not done, answered so. `redirect`: 301 to `arg`.

    Of events: `late`; `early`: before the 202; `twice` with one item id; `again`: twice, with two of them; `never`; `unparsable`;
    `raw`: a child and not text; `namespace`; `upper`, `lower`: the word of the event; `shuffled`: the order of the children;
    `anonymous`: without the request's id."""
    arg: float | str = 0
    """Seconds for `delay` and `late`, the number for `status`, the address for `redirect`, the name for `namespace`, the seed for
    `shuffled`."""
    kind: str = ""
    """The ErrorType for `status`; empty: the one that the number usually has."""
    times: int = 1
    """How often; below 0 means always."""


def take(faults: list[Fault], text: str) -> list[Fault]:
    """The faults that match and are not used up; each is used once by this."""
    found = [fault for fault in faults if fault.times and re.search(fault.match, text, re.IGNORECASE)]
    for fault in found:
        fault.times -= 1
    return found
