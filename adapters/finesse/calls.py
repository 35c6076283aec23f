"""A dialog as one agent has it: whose leg is theirs, who called whom, with whom they speak, how it ended for them.

What the label of a call says is not believed: on CCX a call from agent to agent is "outgoing" on both sides (CiscoSE/finesseGadgets#24).
Whose leg was ALERTING first says it, and that only who saw the beginning knows: so it is remembered, and guessed else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adapters.finesse.values import Call, Dialog, Direction, Leg, Over

__all__ = ["is_taken", "learned", "seen", "why_gone"]

_DIALLING = frozenset({"INITIATING", "INITIATED", "FAILED"})
_IN_TALK = frozenset({"ACTIVE", "HELD", "WRAP_UP"})


def seen(dialog: Dialog, extension: str, known: Call | None, calls: Mapping[str, Call], *, asked_of: str | None = None) -> Call:
    """The call that this newest state of a dialog makes of what was `known` of it.

    `calls`: those of the agent, and those that are gone but remembered; `asked_of`: the call that a consultation was asked for.
    """
    leg = dialog.leg(extension)
    ringing = leg is not None and leg.state == "ALERTING"
    direction, sure, of = _direction(dialog, leg, extension, known, calls, asked_of)
    rings = ringing and direction == "in"
    call = Call(
        dialog=dialog,
        leg=leg,
        direction=direction,
        of=of,
        number=_number(dialog, leg, extension, direction),
        sure=sure,
        rang=rings or (known is not None and known.rang),
        rang_at=leg.since if rings and leg is not None else known.rang_at if known is not None else None,
        answered=(known is not None and known.answered) or (leg is not None and leg.state in _IN_TALK),
        handed=known is not None and known.handed,
    )
    if leg is not None and leg.state != "DROPPED":
        return call
    if leg is None and dialog.state != "DROPPED" and (known is None or known.leg is None):
        return call  # in the list without a leg of theirs, as long as nobody knows better: a mobile agent, an extension not yet known
    if known is not None and known.over is not None and not (known.over in ("missed", "abandoned") and is_taken(dialog, extension, call)):
        return replace(call, over=known.over)
    return replace(call, over=why_gone(call, known.dialog if known is not None else dialog, dialog, extension, calls))


def learned(known: Call, late: Dialog, extension: str) -> Call:
    """What an older state of a call tells that came too late to be shown: who called."""
    leg = late.leg(extension)
    if leg is None:
        return known
    if leg.state == "ALERTING" and not known.sure:
        number = _number(known.dialog, known.leg, extension, "in")
        return replace(known, direction="in", of=None, sure=True, rang=True, rang_at=leg.since, number=number)
    if leg.state in _DIALLING and not known.sure:
        direction: Direction = "consult" if known.direction == "consult" else "out"
        return replace(known, direction=direction, sure=True, number=_number(known.dialog, known.leg, extension, direction))
    return known


def _direction(
    dialog: Dialog, leg: Leg | None, extension: str, known: Call | None, calls: Mapping[str, Call], asked_of: str | None
) -> tuple[Direction, bool, str | None]:
    """Direction, whether it was seen, and the call that a consultation belongs to."""
    if known is not None and known.sure:
        direction, sure, of = known.direction, True, known.of
    elif leg is not None and leg.state == "ALERTING":
        direction, sure, of = "in", True, None
    elif leg is not None and leg.state in _DIALLING:
        direction, sure, of = "out", True, known.of if known is not None else None
    elif known is not None:
        direction, sure, of = known.direction, False, known.of
    else:
        direction, sure, of = _guess(dialog, leg, extension), False, None
    other = calls.get(dialog.secondary_id) if dialog.secondary_id != dialog.id else None
    if other is not None and (known is None or known.dialog.secondary_id != dialog.secondary_id):
        if known is None and not (sure and direction == "in"):  # the survivor of a transfer to us: it was the other call that rang
            direction, sure, of = other.direction, other.sure, other.of
        if direction == "consult" and (root := other if other.direction != "consult" else calls.get(other.of or "")) is not None:
            direction, sure, of = root.direction, root.sure, None
        return direction, sure, of
    if direction == "out" and not dialog.secondary_id and (_parent(dialog) or asked_of or dialog.type == "CONSULT"):
        direction = "consult"
    return direction, sure, (of or _parent(dialog) or asked_of) if direction == "consult" else None


def _parent(dialog: Dialog) -> str | None:
    return dialog.associated_id if dialog.associated_id not in ("", dialog.id) else None


def _guess(dialog: Dialog, leg: Leg | None, extension: str) -> Direction:
    """First seen in the middle: whose leg began first, else what the addresses and the type say."""
    if leg is not None and leg.started is not None:
        others = [other.started for other in dialog.legs if other is not leg and other.started is not None]
        if others and min(others) != leg.started:
            return "in" if min(others) < leg.started else "out"
    if extension and extension in (dialog.from_address, dialog.to_address):
        return "out" if dialog.from_address == extension else "in"
    return "out" if dialog.type in ("OUT", "AGENT_INSIDE", "AGENT_OUT", "CONSULT") else "in"


def _number(dialog: Dialog, leg: Leg | None, extension: str, direction: Direction) -> str:
    """The other party's. Of the survivor of a transfer the address may be of somebody who has left: then whoever is there alone."""
    number = dialog.from_address if direction == "in" else dialog.to_address
    if number == extension:
        number = ""
    others = [other.address for other in dialog.legs if other is not leg and other.live and other.address not in ("", extension)]
    if len(others) == 1 and (not number or (dialog.secondary_id and number not in others)):
        return others[0]
    return number


def is_taken(dialog: Dialog, extension: str, call: Call) -> bool:
    """Whether somebody else than the agent and the caller is in this call, and came into it since it rang here."""
    inside = [leg for leg in dialog.legs if leg.address != extension and leg.state in _IN_TALK and _since(leg, call)]
    if any(leg.address != dialog.from_address and (leg.address or leg.kind) for leg in inside if dialog.from_address):
        return True
    if any(leg.kind == "AGENT_DEVICE" and leg.address != dialog.from_address for leg in inside):
        return True
    own = dialog.leg(extension)
    return dialog.state == "ACTIVE" and (own is None or own.state == "DROPPED") and sum(leg.state != "WRAP_UP" for leg in inside) >= 2


def _since(leg: Leg, call: Call) -> bool:
    return leg.since is None or call.rang_at is None or leg.since > call.rang_at


def why_gone(call: Call, before: Dialog, last: Dialog | None, extension: str, calls: Mapping[str, Call]) -> Over:
    """How it ended for the agent. `before`: as it was; `last`: what was told with its end; `calls`: the others, remembered ones too."""
    parent = calls.get(call.of or "")
    if call.handed or (parent is not None and parent.over == "transferred") or (last is not None and _replaced(call, before, last)):
        return "transferred"
    if any(_merges(other, call, last or before) for other in calls.values() if other.over is None):
        return "merged"
    if call.direction == "in" and call.rang and not call.answered:
        if is_taken(before, extension, call) or (last is not None and is_taken(last, extension, call)):
            return "answered_elsewhere"
        return "abandoned" if last is not None and _given_up(last, extension) else "missed"
    return "ended"


def _merges(other: Call, call: Call, last: Dialog) -> bool:
    """Whether a call lives on as the other one: one of them names the other, and it was so since this one rang."""
    named = call.dialog.id == other.dialog.secondary_id or other.dialog.id == last.secondary_id
    return named and (other.leg is None or _since(other.leg, call))


def _replaced(call: Call, before: Dialog, last: Dialog) -> bool:
    """Somebody took the agent's place in a call that goes on: a transfer, with the phone's own keys too."""
    were, live = {leg.address for leg in before.legs}, [leg.address for leg in last.legs if leg.live]
    return call.answered and len(live) >= 2 and any(address not in were for address in live)


def _given_up(last: Dialog, extension: str) -> bool:
    others = [leg for leg in last.legs if leg.address != extension]
    return not any(leg.live for leg in others) and (bool(others) or last.state in ("DROPPED", "FAILED"))
