"""What goes wrong, by ErrorType and the contact centre's own numbers; each with words in both languages."""

from __future__ import annotations

import pytest

from adapters.finesse import errors
from adapters.finesse.errors import WORDS, Busy, FinesseError, Locked, Refused, code_of, error_of
from adapters.finesse.feed import error_json
from adapters.finesse.platform import CCE, CCX, rules_of
from adapters.finesse.values import Failure
from hub.event import Text
from web.i18n import I18n


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Failure(type="Invalid State", message="CF_INVALID_OBJECT_STATE", data="22"), "finesse_invalid_state"),
        (Failure(type="Invalid State", data="265"), "finesse_mode_not_allowed"),
        (Failure(type="Generic Error", message="CF_RESOURCE_BUSY", data="33"), "finesse_device_busy"),
        (Failure(type="Generic Error", data="34"), "finesse_device_out_of_service"),
        (Failure(type="Generic Error", message="CF_INVALID_LOGON_DEVICE_SPECIFIED"), "finesse_device_invalid"),
        (Failure(type="Generic Error", data="20700"), "finesse_conference_full"),
        (Failure(type="Generic Error", data="20999"), "finesse_not_controller"),
        (Failure(type="Generic Error", data="3"), "finesse_out_of_range"),
        (Failure(type="Generic Error", data="4711"), "finesse_refused"),
        (Failure(type="Invalid Destination"), "finesse_invalid_destination"),
        (Failure(type="Parameter Missing", data="extension"), "finesse_missing"),
        (Failure(type="Parameter Missing", message="ReasonCodeId"), "finesse_reason_needed"),
        (Failure(type="Invalid Input", data="3"), "finesse_invalid_input"),
        (Failure(type="Maximum Exceeded"), "finesse_too_many"),
        (Failure(type="User Not Found", message="UNKNOWN_USER"), "finesse_not_found"),
        (Failure(type="  authorization failure "), "finesse_wrong_password"),
        (Failure(type=""), "finesse_refused"),
    ],
)
def test_codes(failure: Failure, code: str) -> None:
    """The centre's number says more than "Generic Error"; a class of Finesse's own says more than a number that means nothing there."""
    assert code_of(failure) == code
    assert Refused(failure).message == WORDS[code]


@pytest.mark.parametrize(
    ("failure", "status", "kind"),
    [
        (Failure(type="Invalid State"), 401, Refused),
        (Failure(type="Authorization Failure"), 401, errors.WrongPassword),
        (Failure(type="Invalid Authorization User Specified"), 401, errors.NotTheirs),
        (Failure(type="Forbidden"), 403, errors.NotTheirs),
        (Failure(type="Dialog Not Found"), 404, errors.NotFound),
        (Failure(type="Not Implemented"), 501, errors.NotOffered),
        (Failure(type="Service Unavailable"), 503, errors.OutOfService),
        (Failure(type="Finesse API Error"), 400, Refused),
        (None, 401, errors.WrongPassword),
        (None, 403, errors.NotTheirs),
        (None, 404, errors.NotFound),
        (None, 501, errors.NotOffered),
        (None, 503, errors.OutOfService),
        (None, 500, Refused),
        (None, 418, Refused),
    ],
)
def test_the_type_decides_and_not_the_status(failure: Failure | None, status: int, kind: type[FinesseError]) -> None:
    """401 is also a call in the wrong state; without a type the status has to do."""
    error = error_of(() if failure is None else (failure,), status)
    assert type(error) is kind
    assert error.code in WORDS
    assert str(error)


def test_every_code_has_words_in_both_languages() -> None:
    """Of the catalogs; the field that lacks stands in them."""
    i18n = I18n.load()

    def say(message: str) -> Text:
        return Text(ru=i18n.text("ru", message), en=i18n.text("en", message))

    for code in WORDS:
        told = error_json(code, say, {"data": "<extension>"})
        assert told["code"] == code
        assert told["message"]["en"] != told["message"]["ru"]
        assert "{" not in str(told["message"])[1:-1]
    assert "<extension>" in error_json("finesse_missing", say, {"data": "<extension>"})["message"]["ru"]
    assert error_json("finesse_of_tomorrow", say)["message"] == say("Finesse refused this.")
    kinds = [
        Busy(),
        Locked(),
        errors.Away("x"),
        errors.WrongPassword(),
        errors.NotTheirs(),
        errors.NotFound(),
        errors.NotOffered(),
        errors.OutOfService(),
    ]
    assert {error.code for error in kinds} <= WORDS.keys()
    assert all(str(error) and error.message and not error.fields for error in kinds)
    assert Refused(Failure(type="Parameter Missing", data="x")).fields == {"data": "x"}


def test_a_platform_that_nobody_named_may_less() -> None:
    """Until Finesse says which it is."""
    assert rules_of(None) is CCX
    assert rules_of("cce") is CCE
