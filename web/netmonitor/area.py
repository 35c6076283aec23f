"""What the handlers of the network monitor share: its parts, shapes of answers, and mistakes as answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.netmonitor.inventory.faults import Fault
from adapters.netmonitor.inventory.loader import Loader
from adapters.netmonitor.inventory.store import HostStore
from adapters.netmonitor.values import Host, Round
from hub.event import rfc3339
from hub.principal import Principal
from web.errors import WebError
from web.i18n import N_

__all__ = ["HEADERS", "Measures", "Network", "answer", "faults_json", "mistaken", "network_of", "round_json"]

HEADERS = {"cache-control": "no-store"}
_MOST_FAULTS = 500
"""That an answer tells; the message has their number."""


class Measures(Protocol):
    """What measures a host now."""

    async def measure(self, host: Host) -> Round:
        """One round."""
        ...

    def explain(self) -> str | None:
        """Why pings do not work here, and how to mend it; None when they do."""
        ...


@dataclass(slots=True, kw_only=True)
class Network:
    """What the handlers need."""

    hosts: HostStore
    loader: Loader
    prober: Measures
    testing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))
    """Measurements at a time that people asked for; one more is answered `busy`."""


def network_of(request: Request[Any]) -> Network:
    """The monitor's parts. Raises WebError 503 where it is not set up."""
    found: Network | None = getattr(request.state, "network", None)
    if found is None:
        raise WebError(503, "netmonitor_off", N_("The network monitor is not set up on this server."))
    return found


def answer(content: Any, status: int = 200) -> Response:
    """JSON that nobody keeps."""
    return JSONResponse(content, status, HEADERS)


def round_json(found: Round) -> dict[str, Any]:
    """A round, as in the topic `net:{host}`, with what only whoever asked for it wants to know."""
    answered = found.answered
    return {
        "at": rfc3339(found.at),
        "p50": found.quantile(0.5),
        "p95": found.quantile(0.95),
        "min": min(answered, default=None),
        "max": max(answered, default=None),
        "loss": found.loss,
        "jitter": found.jitter,
        "sent": found.sent,
        "rtts": list(found.rtts),
        "late": found.late,
        "duplicates": found.duplicates,
        "address": found.address,
        "error": found.error,
        "warning": found.warning,
        "certificate_days": found.certificate_days,
    }


def faults_json(faults: Sequence[Fault], locale: str) -> list[dict[str, Any]]:
    """Mistakes in somebody's language, the first 500."""
    language = "en" if locale == "en" else "ru"
    return [
        {
            "code": one.code,
            "message": one.text[language],  # type: ignore[literal-required]  # one of its two keys
            "where": one.place(language) or None,  # type: ignore[arg-type]  # the same two
            "line": one.line,
            "host": one.host,
            "field": one.field,
        }
        for one in faults[:_MOST_FAULTS]
    ]


def mistaken(request: Request[Any], principal: Principal, faults: Sequence[Fault], *, many: bool = False, status: int = 422) -> Response:
    """The answer to hosts that cannot be taken: as every error, with all mistakes in `errors`. `many`: it is about more than one host."""
    errors = faults_json(faults, principal.locale)
    if many:
        message = N_("Nothing was changed. Mistakes: {count}.")
        text = request.state.i18n.text(principal.locale, message, count=len(faults))
        error: dict[str, Any] = {"code": "bad_hosts", "message": text}
    else:
        error = {"code": errors[0]["code"], "message": errors[0]["message"], "field": errors[0]["field"]}
    return answer({"error": {**error, "errors": errors}}, status)
