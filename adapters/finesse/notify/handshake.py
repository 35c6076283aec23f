"""From an open connection to a bound resource, without I/O: feed it elements, send what it gives (RFC 7395, RFC 6120 sections 5 to 7)."""

from __future__ import annotations

from typing import Literal

from adapters.finesse.notify import stanzas
from adapters.finesse.notify.elements import Element, child, children, local, text_of
from adapters.finesse.notify.line import End, Lost, Replaced, WrongPassword
from adapters.finesse.values import Credentials

__all__ = ["Handshake", "Step", "condition_of", "end_of_auth", "end_of_stream"]

Step = Literal["open", "features", "starttls", "tls", "auth", "reopen", "refeatures", "bind", "session", "bound"]
_NEXT_OPEN: dict[Step, Step] = {"open": "features", "reopen": "refeatures"}
_NOT_THE_PASSWORD = frozenset(
    {
        "aborted",
        "encryption-required",
        "incorrect-encoding",
        "invalid-mechanism",
        "malformed-request",
        "mechanism-too-weak",
        "temporary-auth-failure",
    }
)
"""What a server may refuse an authentication for beside who it is (RFC 6120, section 6.5). All else, unknown words too, is the password's
fault: a wrong guess then costs a question to the agent, the other way round it would lock the account."""


class Handshake:
    """One negotiation. `step` says what is waited for, `out` what is to be sent, `end` whether it failed, `jid` who we are when bound."""

    def __init__(self, credentials: Credentials, *, opening: str, resource: str, starttls: bool = False) -> None:
        """`opening`: what begins a stream, over WebSocket `<open/>`; a stream of TCP needs a new parser, too, when the step is `reopen`.

        `starttls`: insists on TLS before the password; at the step `tls` the owner makes it, and calls `secured`.
        """
        self._credentials, self._opening, self._resource = credentials, opening, resource
        self._starttls = starttls
        self._wants_session = False
        self.step: Step = "open"
        self.jid = ""
        self.end: End | None = None
        self.out: list[str] = [opening]
        """What is to be sent; the owner empties it."""

    def receive(self, element: Element) -> None:
        """One more element from the server. What comes out of turn ends the try, what is nobody's business (messages) is passed over."""
        name = local(element)
        if name in ("error", "close"):
            self.end = end_of_stream(element)
        elif name in ("open", "stream") and self.step in _NEXT_OPEN:
            self.step = _NEXT_OPEN[self.step]
        elif name == "features" and self.step == "features":
            self._authenticate(element)
        elif name in ("proceed", "failure") and self.step == "starttls":
            if name == "failure":
                self.end = Lost("refused", "no TLS")
            else:
                self.step = "tls"
        elif name == "failure" and self.step == "auth":
            self.end = end_of_auth(element)
        elif name == "success" and self.step == "auth":
            self._say("reopen", self._opening)
        elif name == "features" and self.step == "refeatures":
            self._bind(element)
        elif name == "iq" and self.step == "bind" and element.get("id") == "bind":
            self._bound(element)
        elif name == "iq" and self.step == "session" and element.get("id") == "session":
            self._answered(element)
        elif name not in ("message", "presence", "iq"):
            self.end = Lost("garbage", f"{name[:32]} at {self.step}")

    def secured(self) -> None:
        """TLS is made: the stream begins anew."""
        self._starttls = False
        self._say("open", self._opening)

    def _authenticate(self, features: Element) -> None:
        if self._starttls:
            if child(features, "starttls") is None:
                self.end = Lost("refused", "no TLS")
            else:
                self._say("starttls", stanzas.STARTTLS)
            return
        offered = child(features, "mechanisms")
        if offered is None or "PLAIN" not in {text_of(one).upper() for one in children(offered, "mechanism")}:
            self.end = Lost("refused", "no PLAIN")  # Finesse checks the password against the contact centre: nothing else can work there
        else:
            self._say("auth", stanzas.auth(self._credentials.agent, self._credentials.password))

    def _bind(self, features: Element) -> None:
        offered = child(features, "session")
        self._wants_session = offered is not None and child(offered, "optional") is None
        self._say("bind", stanzas.bind("bind", self._resource))

    def _bound(self, answer: Element) -> None:
        bound = child(answer, "bind")
        jid = text_of(child(bound, "jid")) if bound is not None else ""
        if answer.get("type") != "result" or not jid:
            # `conflict` too: the connection in our way is as a rule our own, of which the server does not know yet that it is dead
            self.end = Lost("refused", f"bind: {condition_of(answer)}")
            return
        self.jid = jid
        if self._wants_session:
            self._say("session", stanzas.session("session"))
        else:
            self.step = "bound"

    def _answered(self, answer: Element) -> None:
        if answer.get("type") == "result":
            self.step = "bound"
        else:
            self.end = Lost("refused", f"session: {condition_of(answer)}")

    def _say(self, step: Step, text: str) -> None:
        self.step = step
        self.out.append(text)


def condition_of(element: Element) -> str:
    """XMPP's name for what went wrong, of a stanza or stream error; `unknown` where there is none."""
    error = element if local(element) == "error" else child(element, "error")
    names = [] if error is None else [local(one) for one in error if local(one) != "text"]
    return names[0][:64] if names else "unknown"


def end_of_stream(element: Element) -> End:
    """What the server's `<stream:error>` or `<close>` means. Another address in it (`see-other-uri`) is not followed."""
    if local(element) == "close":
        return Lost("closed", "close")
    condition = condition_of(element)
    return Replaced() if condition == "conflict" else Lost("closed", condition)


def end_of_auth(failure: Element) -> End:
    """What SASL's `<failure>` means."""
    condition = next((local(one) for one in failure if local(one) != "text"), "unknown")
    return Lost("refused", condition) if condition in _NOT_THE_PASSWORD else WrongPassword()
