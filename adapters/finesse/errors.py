"""What can go wrong with Finesse, sorted by what helps, and the words for it.

FinesseError
├── Refused        the request is against the rules of the moment: `failure` says which; nothing was done
├── WrongPassword  401 Authorization Failure: a person must act; never tried again by itself, five of them lock the account
├── NotTheirs      401 or 403: this agent may not speak for that user, or not do this
├── Locked         too many wrong passwords: Finesse takes none for some minutes
├── NotFound       there is no such agent, call or team
├── NotOffered     501: the other platform has it, this one has not
├── OutOfService   503: this node serves nothing at the moment; the other one may
├── Away           no answer, or one that nobody can read: it may or may not have been done
└── Busy           we ourselves have too many requests of this agent waiting: nothing was sent
BadValue (a ValueError)
└── BadNumber      what somebody typed cannot be sent: `field` and the mend

`ErrorType` decides and never the status alone: 401 is also "Invalid State" (Developer Guide 12.5(1), "Dialog API errors").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.finesse.values import Failure

__all__ = [
    "N_",
    "WORDS",
    "Away",
    "BadNumber",
    "BadValue",
    "Busy",
    "FinesseError",
    "Locked",
    "NotFound",
    "NotOffered",
    "NotTheirs",
    "OutOfService",
    "Refused",
    "WrongPassword",
    "code_of",
    "error_of",
]


def N_(message: str) -> str:
    """Marks a message for the server's catalogs and returns it as it is. (`web.i18n` has the same; adapters do not import it.)"""
    return message


WORDS: Mapping[str, str] = {
    "finesse_refused": N_("Finesse refused this."),
    "finesse_invalid_state": N_("This is not possible in the present state. Look at what is shown and try again."),
    "finesse_invalid_destination": N_("This number cannot be dialled. Check it and try again."),
    "finesse_invalid_input": N_("Finesse does not accept this value."),
    "finesse_missing": N_("Finesse needs one more value: {data}."),
    "finesse_reason_needed": N_("Choose a reason: the contact centre requires one."),
    "finesse_out_of_range": N_("This value is outside what the contact centre takes."),
    "finesse_device_busy": N_("The phone is busy with something else. Try again in a moment."),
    "finesse_device_out_of_service": N_("The phone is not registered. Check that it is switched on and connected."),
    "finesse_device_invalid": N_("This extension cannot be used for signing in. Check it."),
    "finesse_mode_not_allowed": N_("The contact centre does not allow this state during a call. Choose it after the call."),
    "finesse_conference_full": N_("The conference is full."),
    "finesse_not_controller": N_("Only one consultation or conference at a time, and only by whoever began it."),
    "finesse_too_many": N_("Finesse allows no more of these."),
    "finesse_internal": N_("Finesse had a fault of its own. Try again."),
    "finesse_wrong_password": N_("Finesse does not accept this agent and password."),
    "finesse_locked": N_("Finesse has locked this account after several wrong passwords. Try again in five minutes."),
    "finesse_not_theirs": N_("Finesse does not allow this agent to do that."),
    "finesse_not_found": N_("Finesse does not know this agent or call: it may have ended."),
    "finesse_not_offered": N_("This contact centre does not offer that."),
    "finesse_out_of_service": N_("Finesse is out of service at the moment."),
    "finesse_away": N_("Finesse does not answer."),
    "finesse_busy": N_("Too many requests of this agent are waiting. Try again in a moment."),
    "finesse_replaced": N_("This agent was connected from elsewhere. Connect again to take the calls here."),
    "finesse_unconfirmed": N_("Finesse took the request, but nothing has changed. Look at what is shown and try again."),
}
"""A sentence for each code, as the catalogs know it; `{data}` is filled with `Failure.data`. Codes are stable: programs read them."""

_BY_NUMBER: Mapping[str, str] = {
    "3": "finesse_out_of_range",
    "22": "finesse_invalid_state",
    "33": "finesse_device_busy",
    "34": "finesse_device_out_of_service",
    "260": "finesse_device_invalid",
    "265": "finesse_mode_not_allowed",
    "20700": "finesse_conference_full",
    "20999": "finesse_not_controller",
}
"""The contact centre's own numbers, in the errorData of what it refused later."""
_BY_CONSTANT: Mapping[str, str] = {
    "CF_VALUE_OUT_OF_RANGE": "finesse_out_of_range",
    "CF_INVALID_OBJECT_STATE": "finesse_invalid_state",
    "CF_RESOURCE_BUSY": "finesse_device_busy",
    "CF_RESOURCE_OUT_OF_SERVICE": "finesse_device_out_of_service",
    "CF_INVALID_LOGON_DEVICE_SPECIFIED": "finesse_device_invalid",
    "CF_INVALID_AGENT_WORKMODE": "finesse_mode_not_allowed",
    "SERVER_OUT_OF_SERVICE": "finesse_out_of_service",
    "UNKNOWN_USER": "finesse_not_found",
}
_BY_TYPE: Mapping[str, str] = {
    "parameter missing": "finesse_missing",
    "invalid input": "finesse_invalid_input",
    "bad request": "finesse_invalid_input",
    "invalid destination": "finesse_invalid_destination",
    "invalid state": "finesse_invalid_state",
    "maximum exceeded": "finesse_too_many",
    "authorization failure": "finesse_wrong_password",
    "invalid authorization user specified": "finesse_not_theirs",
    "forbidden": "finesse_not_theirs",
    "user not found": "finesse_not_found",
    "not found": "finesse_not_found",
    "dialog not found": "finesse_not_found",
    "internal server error": "finesse_internal",
    "not implemented": "finesse_not_offered",
    "service unavailable": "finesse_out_of_service",
    "server_out_of_service": "finesse_out_of_service",
}
_BY_STATUS: Mapping[int, str] = {
    401: "finesse_wrong_password",
    403: "finesse_not_theirs",
    404: "finesse_not_found",
    500: "finesse_internal",
    501: "finesse_not_offered",
    503: "finesse_out_of_service",
}


def code_of(failure: Failure) -> str:
    """The stable code of a failure, `finesse_refused` for one that nobody knows. The contact centre's word goes before Finesse's."""
    numbers = failure.data.strip()
    found = _BY_CONSTANT.get(failure.message.strip()) or _BY_TYPE.get(failure.type.strip().lower())
    if found in (None, "finesse_invalid_state") and numbers in _BY_NUMBER:
        return _BY_NUMBER[numbers]
    if found == "finesse_missing" and "reasoncode" in f"{failure.data}{failure.message}".lower():
        return "finesse_reason_needed"
    return found or "finesse_refused"


class FinesseError(Exception):
    """Finesse did not do what was asked. No text of one holds a secret or the words of a person."""

    code = "finesse_refused"

    @property
    def message(self) -> str:
        """The sentence for people, to be looked up in the catalogs."""
        return WORDS[self.code]

    @property
    def fields(self) -> Mapping[str, str]:
        """What stands in the sentence's braces."""
        return {}


class Refused(FinesseError):
    """Against the rules of the moment. `status`: of the response, None when the refusal came later as a notification."""

    def __init__(self, failure: Failure, status: int | None = None) -> None:
        super().__init__(failure, status)
        self.failure = failure
        self.status = status
        self.code = code_of(failure)

    @property
    def fields(self) -> Mapping[str, str]:
        """See the base class."""
        return {"data": self.failure.data} if self.code == "finesse_missing" else {}

    def __str__(self) -> str:
        return f"Finesse refused it: {self.failure.type or 'no type'} ({self.code}, {self.status or 'later'})"


class WrongPassword(FinesseError):
    """Not this agent and password. Whoever repeats it locks the account."""

    code = "finesse_wrong_password"

    def __str__(self) -> str:
        return "Finesse refused the agent's password"


class NotTheirs(FinesseError):
    """The agent may not do this, or not to that user."""

    code = "finesse_not_theirs"

    def __str__(self) -> str:
        return "Finesse does not allow it to this agent"


class Locked(FinesseError):
    """No password is taken, right or wrong. `retry_after`: seconds, above 0, after which another try makes sense (guide: 5 minutes)."""

    code = "finesse_locked"

    def __init__(self, retry_after: float = 300.0) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return "the account is locked in Finesse"


class NotFound(FinesseError):
    """There is no such thing, or no longer."""

    code = "finesse_not_found"

    def __str__(self) -> str:
        return "Finesse has no such thing"


class NotOffered(FinesseError):
    """The other platform's."""

    code = "finesse_not_offered"

    def __str__(self) -> str:
        return "this platform of Finesse does not offer it"


class OutOfService(FinesseError):
    """The node is up and serves nothing; nothing was done. `retry_after`: seconds, above 0."""

    code = "finesse_out_of_service"

    def __init__(self, retry_after: float = 5.0) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return "Finesse is out of service"


class Away(FinesseError):
    """No answer, or none that can be read. `sent`: whether the request may have been done; then read before repeating."""

    code = "finesse_away"

    def __init__(self, reason: str, *, sent: bool = True, retry_after: float = 5.0) -> None:
        super().__init__(reason, sent, retry_after)
        self.reason = reason
        self.sent = sent
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"Finesse is away: {self.reason}"


class Busy(FinesseError):
    """Our own queue of this agent is full: nothing was sent."""

    code = "finesse_busy"

    def __str__(self) -> str:
        return "too many requests of this agent are waiting"


def error_of(failures: Sequence[Failure], status: int) -> FinesseError:
    """What a response that is no success means. Without a readable failure the status has to do.

    Locked is not told apart by Finesse itself: whoever counts wrong passwords raises it.
    """
    failure = failures[0] if failures else None
    code = code_of(failure) if failure is not None else _BY_STATUS.get(status, "finesse_refused")
    match code:
        case "finesse_wrong_password":
            return WrongPassword()
        case "finesse_not_theirs":
            return NotTheirs()
        case "finesse_not_found":
            return NotFound()
        case "finesse_not_offered":
            return NotOffered()
        case "finesse_out_of_service":
            return OutOfService()
        case _:
            return Refused(failure or Failure(type="Internal Server Error" if status >= 500 else ""), status)


class BadValue(ValueError):
    """What somebody gave cannot be sent: `message` names the mend and is looked up in the catalogs, `fields` stand in its braces."""

    code = "bad_value"

    def __init__(self, field: str, message: str, **fields: str | int) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message
        self.fields = fields

    def __str__(self) -> str:
        return f"{self.field}: {self.message.format(**self.fields)}"


class BadNumber(BadValue):
    """A number that no phone can dial."""
