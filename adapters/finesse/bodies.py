"""The XML of requests: what is sent is checked here, so that a mistake names its field before Finesse sees it.

Source: Developer Guide 12.5(1), "User" and "Dialog"; call variables: "Dialog – update call variable data".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias
from xml.sax.saxutils import escape

from adapters.finesse.errors import N_, BadNumber, BadValue
from adapters.finesse.platform import CCE
from adapters.finesse.values import READY_STATES

__all__ = [
    "ACTIONS",
    "MAX_NUMBER",
    "BadNumber",
    "BadValue",
    "call_data",
    "dialable",
    "dialog_action",
    "make_call",
    "set_state",
    "sign_in",
    "sign_out",
]

ACTIONS: Mapping[str, str] = {
    "answer": "ANSWER",
    "hold": "HOLD",
    "retrieve": "RETRIEVE",
    "drop": "DROP",
    "consult": "CONSULT_CALL",
    "conference": "CONFERENCE",
    "transfer": "TRANSFER",
    "direct_transfer": "TRANSFER_SST",
    "dtmf": "SEND_DTMF",
    "drop_party": "PARTICIPANT_DROP",
}
"""What may be done to a call, as the interface and as Finesse name it. Wrap-up and variables go by `call_data`."""
MAX_NUMBER = 64
"""Characters of a number; E.164 has 15 digits, prefixes and account codes come on top."""
MAX_VARIABLE_BYTES = 40
"""Of each of callVariable1 … callVariable10."""
MAX_ECC_BYTES = 2000
"""Of all `user.` variables together, names and values."""
_BETWEEN = re.compile(r"[\s().\[\]/\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060\u2066-\u2069\u2212\ufeff-]+")
"""What people and their clipboards put between digits: Finesse would dial it."""
_NUMBER = re.compile(r"\+?[0-9*#]+")
_CALL_VARIABLE = re.compile(r"callVariable([1-9]|10)")
_ECC = re.compile(r"user\.[A-Za-z0-9_.]{1,32}(\[\d{1,3}\])?")
_UNSENDABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (section 2.2)."""

_KEPT = {"\r": "&#13;"}
"""Else XML makes it a line feed (section 2.11)."""

_Child: TypeAlias = "tuple[str, str | Iterable[_Child]]"


def _text(value: str, field: str) -> str:
    if _UNSENDABLE.search(value):
        raise BadValue(field, N_("Remove the characters that cannot be printed."))
    return value


def _element(name: str, content: str | Iterable[_Child], field: str = "") -> str:
    if isinstance(content, str):
        return f"<{name}>{escape(_text(content, field or name), _KEPT)}</{name}>"
    return f"<{name}>{''.join(_element(child, inside, field) for child, inside in content)}</{name}>"


def _body(name: str, children: Iterable[_Child], field: str = "") -> bytes:
    return _element(name, children, field).encode()


def _id(value: str, field: str) -> str:
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise BadValue(field, N_("Choose one of the list."))
    return value


def dialable(number: str, field: str = "to") -> str:
    """The number as it can be dialled: blanks, brackets, hyphens and points taken out; digits, * and # kept, + at the beginning.

    Raises BadNumber that names the field for what is then no number: letters are not mapped to digits, neither here nor by Finesse.
    """
    if len(number) > 4 * MAX_NUMBER:
        raise BadNumber(field, N_("A number has {most} digits at most."), most=MAX_NUMBER)
    plain = _BETWEEN.sub("", number)
    if not plain:
        raise BadNumber(field, N_("Give a number."))
    if len(plain) > MAX_NUMBER:
        raise BadNumber(field, N_("A number has {most} digits at most."), most=MAX_NUMBER)
    if not _NUMBER.fullmatch(plain):
        raise BadNumber(field, N_("A number has digits, * and #, and + only at its beginning."))
    return plain


def sign_in(extension: str) -> bytes:
    """Signs the agent in at a phone."""
    return _body("User", [("state", "LOGIN"), ("extension", dialable(extension, "extension"))])


def set_state(state: str, reason_id: str | None = None) -> bytes:
    """READY or NOT_READY; `reason_id` is the database id of a reason, for NOT_READY only."""
    if state not in READY_STATES:
        raise BadValue("state", N_("Choose one of the list."))
    children: list[_Child] = [("state", state)]
    if reason_id is not None:
        if state != "NOT_READY":
            raise BadValue("reason", N_("Being ready has no reason: leave it out."))
        children.append(("reasonCodeId", _id(reason_id, "reason")))
    return _body("User", children)


def sign_out(reason_id: str | None = None) -> bytes:
    """Signs the agent out; a reason is required as soon as the contact centre has some."""
    reason: list[_Child] = [] if reason_id is None else [("reasonCodeId", _id(reason_id, "reason"))]
    return _body("User", [("state", "LOGOUT"), *reason])


def make_call(from_: str, to: str) -> bytes:
    """A new call from the agent's extension."""
    own, other = dialable(from_, "extension"), dialable(to, "to")
    return _body("Dialog", [("requestedAction", "MAKE_CALL"), ("fromAddress", own), ("toAddress", other)])


def dialog_action(
    extension: str,
    action: str,
    *,
    to: str | None = None,
    digits: str | None = None,
    target: str | None = None,
    letters: str = CCE.dtmf_letters,
) -> bytes:
    """Does something to a call. `action` as the interface names it (`ACTIONS`): by Finesse's own name nobody would know it again.

    `to`: for consult and direct transfer; `digits`: for DTMF, of `letters` (`Rules.dtmf_letters`), 32 at most; `target`: the address of
    the party for `drop_party`. Raises BadValue for what lacks or is too much.
    """
    name = ACTIONS.get(action)
    if name is None:
        raise BadValue("action", N_("Choose one of the list."))
    wants = {"CONSULT_CALL": "to", "TRANSFER_SST": "to", "SEND_DTMF": "digits", "PARTICIPANT_DROP": "party"}.get(name)
    for field, given in (("to", to), ("digits", digits), ("party", target)):
        if given is not None and field != wants:
            raise BadValue(field, N_("This does not belong to the action: leave it out."))
        if given is None and field == wants:
            raise BadValue(field, N_("This is required."))
    own = dialable(extension, "extension")
    children: list[_Child] = [("requestedAction", name)]
    if to is not None:
        children.append(("toAddress", dialable(to)))
    children.append(("targetMediaAddress", own if target is None else _party(target)))
    if digits is not None:
        children.append(("actionParams", [("ActionParam", [("name", "dtmfString"), ("value", _digits(digits, letters))])]))
    return _body("Dialog", children)


def _party(address: str) -> str:
    if not address.strip() or len(address) > MAX_NUMBER:
        raise BadValue("party", N_("Choose one of the list."))
    return _text(address.strip(), "party")


def _digits(digits: str, letters: str) -> str:
    plain = digits.upper()
    if not 1 <= len(plain) <= 32 or not set(plain) <= set(letters):
        raise BadValue("digits", N_("Send up to 32 of these: {letters}"), letters=letters)
    return plain


def call_data(wrap_up: str | None = None, variables: Mapping[str, str] | None = None) -> bytes:
    """Classifies a call (`wrap_up`: the label) or sets its variables; an empty value is a value.

    Raises BadValue with field `wrap_up` or `variables.NAME`: Finesse would pass over a wrong name in silence and cut what is too long.
    """
    if wrap_up is None and not variables:
        raise BadValue("wrap_up", N_("This is required."))
    inside: list[_Child] = []
    if wrap_up is not None:
        if not wrap_up.strip() or len(wrap_up.encode("utf-8", "surrogatepass")) > 160:
            raise BadValue("wrap_up", N_("Choose one of the list."))
        inside.append(("wrapUpReason", _text(wrap_up, "wrap_up")))
    if variables:
        _check_variables(variables)
        inside.append(("callvariables", [("CallVariable", [("name", name), ("value", value)]) for name, value in variables.items()]))
    return _body("Dialog", [("requestedAction", "UPDATE_CALL_DATA"), ("mediaProperties", inside)])


def _check_variables(variables: Mapping[str, str]) -> None:
    extended = 0
    for name, value in variables.items():
        field = f"variables.{name}"[:80]
        if not (_CALL_VARIABLE.fullmatch(name) or _ECC.fullmatch(name)):
            raise BadValue(field, N_("A call variable is named callVariable1 to callVariable10, or begins with user."))
        size = len(_text(value, field).encode())
        if _CALL_VARIABLE.fullmatch(name):
            if size > MAX_VARIABLE_BYTES:
                raise BadValue(field, N_("This call variable holds {most} bytes at most: shorten it."), most=MAX_VARIABLE_BYTES)
        else:
            extended += len(name) + size
    if extended > MAX_ECC_BYTES:
        raise BadValue("variables", N_("The extended call variables hold {most} bytes together: shorten them."), most=MAX_ECC_BYTES)
