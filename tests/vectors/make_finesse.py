"""Writes finesse_fold.json: states of `finesse:{agent}`, events, and what they make of it. The page's fold is tried by it too.

    python -m tests.vectors.make_finesse

Run it when the topic's shape changes, and read the difference before committing it.
"""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.finesse.feed import empty, fold
from hub.event import Event

__all__ = ["PATH", "cases"]

PATH = Path(__file__).with_name("finesse_fold.json")
_AT = "2026-11-29T10:00:00.000Z"
_LATER = "2026-11-29T10:00:05.250Z"

SERVICE: dict[str, Any] = {"state": "live", "since": _AT, "why": None, "node": "fin-a.lab.test"}
AGENT: dict[str, Any] = {
    "id": "1001",
    "login": "ada",
    "first_name": "Ада",
    "last_name": "Л",
    "extension": "4001",
    "state": "READY",
    "since": _AT,
    "pending": None,
    "reason": None,
    "team": {"id": "5000", "name": "Синие"},
    "supervises": [],
    "wrap_up": {"incoming": "OPTIONAL", "outgoing": "NOT_ALLOWED", "seconds": 120},
}
REASONS: dict[str, Any] = {
    "not_ready": [{"id": "16", "code": "10", "label": "Обед"}],
    "logout": [{"id": "21", "code": "1", "label": "Конец смены"}],
    "wrap_up": [{"id": "3", "label": "Продано"}],
}
RINGING: dict[str, Any] = {
    "id": "16801",
    "direction": "in",
    "state": "ALERTING",
    "type": "PREROUTE_ACD_IN",
    "number": "+15550100",
    "from": "+15550100",
    "to": "7000",
    "queue": "Продажи",
    "started": _AT,
    "leg": {"address": "4001", "state": "ALERTING", "since": _AT, "cause": "", "actions": ["ANSWER"]},
    "others": [{"address": "+15550100", "state": "INITIATED", "since": _AT, "kind": ""}],
    "variables": {"callVariable1": "C-4711", "user.ticket": "<b>TK-9</b>"},
    "wrap_up": "",
    "of": None,
}
TALKING: dict[str, Any] = {
    **RINGING,
    "state": "ACTIVE",
    "leg": {**RINGING["leg"], "state": "ACTIVE", "since": _LATER, "actions": ["HOLD", "DROP", "CONSULT_CALL"]},
}
HIDDEN: dict[str, Any] = {**RINGING, "id": "16802", "number": "", "from": "", "others": [], "variables": {}}
CONSULT: dict[str, Any] = {**HIDDEN, "id": "16803", "direction": "consult", "number": "4002", "to": "4002", "leg": None, "of": "16801"}
WHOLE: dict[str, Any] = {
    "service": SERVICE,
    "platform": "cce",
    "agent": AGENT,
    "reasons": REASONS,
    "dialogs": {"16801": RINGING},
    "asked": {},
    "missed": [],
}
ASKED: dict[str, Any] = {"action": "hold", "dialog": "16801", "at": _LATER, "detail": ""}
ERROR: dict[str, Any] = {"code": "finesse_invalid_state", "message": {"ru": "Сейчас нельзя.", "en": "Not now."}}
MISSED: dict[str, Any] = {"id": "16801", "number": "+15550100", "queue": "Продажи", "at": _LATER, "why": "abandoned"}


def _case(what: str, state: dict[str, Any], *events: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    result = copy.deepcopy(state)
    for type, data in events:
        fold(
            result,
            Event(source="/navigator/finesse", id="1", type=type, time=datetime(2026, 11, 29, 10, tzinfo=UTC), data=copy.deepcopy(data)),
        )
    return {"what": what, "state": state, "events": [{"type": type, "data": data} for type, data in events], "result": result}


def cases() -> list[dict[str, Any]]:
    """All of them, with results by the server's fold."""
    asked = {"request": "r1", **ASKED}
    held = {**TALKING, "leg": {**TALKING["leg"], "state": "HELD", "actions": ["RETRIEVE", "DROP"]}}
    done, refused = ("finesse.answered", {"request": "r1", "error": None}), ("finesse.answered", {"request": "r1", "error": ERROR})
    lost = {"state": "stale", "since": _LATER, "why": "finesse_away", "node": "fin-a.lab.test"}
    return [
        _case("the whole replaces everything", {**empty(), "missed": [MISSED]}, ("finesse.all", WHOLE)),
        _case("the whole with a part left out has that part empty", WHOLE, ("finesse.all", {"service": SERVICE, "platform": "ccx"})),
        _case("the connection is lost: what is shown stays", WHOLE, ("finesse.service", {"service": lost})),
        _case("an agent is replaced whole", WHOLE, ("finesse.agent", {"agent": {**AGENT, "state": "TALKING", "pending": "NOT_READY"}})),
        _case("an agent may be nobody", WHOLE, ("finesse.agent", {"agent": None})),
        _case("reasons are replaced whole", WHOLE, ("finesse.reasons", {"reasons": {"not_ready": [], "logout": [], "wrap_up": []}})),
        _case("a call that is not there appears", WHOLE, ("finesse.dialog", {"dialog": HIDDEN})),
        _case("a call that is there is replaced whole", WHOLE, ("finesse.dialog", {"dialog": TALKING})),
        _case("two calls, one beside the other", WHOLE, ("finesse.dialog", {"dialog": held}), ("finesse.dialog", {"dialog": CONSULT})),
        _case("a call goes", WHOLE, ("finesse.dialog_gone", {"id": "16801", "why": "answered_elsewhere"})),
        _case("a call that is not there goes: nothing", WHOLE, ("finesse.dialog_gone", {"id": "9", "why": "ended"})),
        _case("somebody asks", WHOLE, ("finesse.asked", asked)),
        _case("it was done", {**WHOLE, "asked": {"r1": ASKED}}, done),
        _case("it was refused", {**WHOLE, "asked": {"r1": ASKED}}, refused),
        _case("an answer comes twice", WHOLE, ("finesse.asked", asked), done, done),
        _case("asked, done and refused after all: gone once", WHOLE, ("finesse.asked", asked), done, refused),
        _case("an answer to what nobody asked", WHOLE, ("finesse.answered", {"request": "r9", "error": ERROR})),
        _case("missed calls are replaced whole", WHOLE, ("finesse.missed", {"missed": [MISSED]})),
        _case("missed calls are cleared", {**WHOLE, "missed": [MISSED]}, ("finesse.missed", {"missed": []})),
        _case("what nobody knows changes nothing", WHOLE, ("finesse.future", {"x": 1})),
    ]


if __name__ == "__main__":
    PATH.write_text(json.dumps(cases(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
