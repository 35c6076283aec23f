"""What is sent to Finesse: exactly this, or an error that names the field."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse import bodies
from adapters.finesse.bodies import ACTIONS, MAX_NUMBER, BadNumber, BadValue, dialable
from adapters.finesse.platform import CCE, CCX


@pytest.mark.parametrize(
    ("body", "xml"),
    [
        (bodies.sign_in("40-01"), "<User><state>LOGIN</state><extension>4001</extension></User>"),
        (bodies.set_state("READY"), "<User><state>READY</state></User>"),
        (bodies.set_state("NOT_READY", "16"), "<User><state>NOT_READY</state><reasonCodeId>16</reasonCodeId></User>"),
        (bodies.sign_out(), "<User><state>LOGOUT</state></User>"),
        (bodies.sign_out("21"), "<User><state>LOGOUT</state><reasonCodeId>21</reasonCodeId></User>"),
        (
            bodies.make_call("4001", "+7 (900) 000-00-01"),
            "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>4001</fromAddress><toAddress>+79000000001</toAddress></Dialog>",
        ),
        (
            bodies.dialog_action("4001", "answer"),
            "<Dialog><requestedAction>ANSWER</requestedAction><targetMediaAddress>4001</targetMediaAddress></Dialog>",
        ),
        (
            bodies.dialog_action("4001", "consult", to="4002"),
            "<Dialog><requestedAction>CONSULT_CALL</requestedAction><toAddress>4002</toAddress><targetMediaAddress>4001</targetMediaAddress></Dialog>",
        ),
        (
            bodies.dialog_action("4001", "direct_transfer", to="4002"),
            "<Dialog><requestedAction>TRANSFER_SST</requestedAction><toAddress>4002</toAddress><targetMediaAddress>4001</targetMediaAddress></Dialog>",
        ),
        (
            bodies.dialog_action("4001", "dtmf", digits="12#a"),
            "<Dialog><requestedAction>SEND_DTMF</requestedAction><targetMediaAddress>4001</targetMediaAddress><actionParams><ActionParam>"
            "<name>dtmfString</name><value>12#A</value></ActionParam></actionParams></Dialog>",
        ),
        (
            bodies.dialog_action("4001", "drop_party", target="4002"),
            "<Dialog><requestedAction>PARTICIPANT_DROP</requestedAction><targetMediaAddress>4002</targetMediaAddress></Dialog>",
        ),
        (
            bodies.call_data("Продано & <b>", {"callVariable3": "", "user.ticket[2]": "TK-9"}),
            "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties>"
            "<wrapUpReason>Продано &amp; &lt;b&gt;</wrapUpReason>"
            "<callvariables><CallVariable><name>callVariable3</name><value></value></CallVariable>"
            "<CallVariable><name>user.ticket[2]</name><value>TK-9</value></CallVariable></callvariables></mediaProperties></Dialog>",
        ),
    ],
)
def test_bodies(body: bytes, xml: str) -> None:
    """As the guide shows them, in UTF-8."""
    assert body.decode() == xml
    ET.fromstring(body)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: bodies.sign_in(""), "extension"),
        (lambda: bodies.set_state("LOGOUT"), "state"),
        (lambda: bodies.set_state("READY", "16"), "reason"),
        (lambda: bodies.set_state("NOT_READY", "lunch"), "reason"),
        (lambda: bodies.sign_out("²"), "reason"),
        (lambda: bodies.make_call("4001", ""), "to"),
        (lambda: bodies.dialog_action("4001", "explode"), "action"),
        (lambda: bodies.dialog_action("4001", "ANSWER"), "action"),
        (lambda: bodies.dialog_action("4001", "consult"), "to"),
        (lambda: bodies.dialog_action("4001", "hold", to="1"), "to"),
        (lambda: bodies.dialog_action("4001", "dtmf"), "digits"),
        (lambda: bodies.dialog_action("4001", "dtmf", digits=""), "digits"),
        (lambda: bodies.dialog_action("4001", "dtmf", digits="1" * 33), "digits"),
        (lambda: bodies.dialog_action("4001", "dtmf", digits="A", letters=CCX.dtmf_letters), "digits"),
        (lambda: bodies.dialog_action("4001", "drop_party"), "party"),
        (lambda: bodies.dialog_action("4001", "drop_party", target=" "), "party"),
        (lambda: bodies.dialog_action("4001", "drop_party", target="a\0"), "party"),
        (lambda: bodies.call_data(), "wrap_up"),
        (lambda: bodies.call_data(" "), "wrap_up"),
        (lambda: bodies.call_data("a\x01"), "wrap_up"),
        (lambda: bodies.call_data(variables={"callVariable11": ""}), "variables.callVariable11"),
        (lambda: bodies.call_data(variables={"BACampaign": ""}), "variables.BACampaign"),
        (lambda: bodies.call_data(variables={"callVariable1": "ё" * 21}), "variables.callVariable1"),
        (lambda: bodies.call_data(variables={"callVariable1": "\ud800"}), "variables.callVariable1"),
        (lambda: bodies.call_data(variables={"user.a": "x" * 1000, "user.b": "x" * 1000}), "variables"),
    ],
)
def test_what_cannot_be_sent_names_its_field(make: Callable[[], bytes], field: str) -> None:
    """And the mend: a sentence of the catalogs."""
    with pytest.raises(BadValue) as bad:
        make()
    assert bad.value.field == field
    assert str(bad.value).startswith(f"{field}: ")
    assert bad.value.message.format(**bad.value.fields)


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        ("+7 (900) 000-00-01", "+79000000001"),
        ("8\u00a0900\u2011000.00/01", "89000000001"),
        ("\u202a+79000000001\u202c", "+79000000001"),
        ("*21#", "*21#"),
        (" 4001\n", "4001"),
    ],
)
def test_numbers_as_people_write_them(number: str, plain: str) -> None:
    """Finesse would dial the blanks."""
    assert dialable(number) == plain


@pytest.mark.parametrize(
    "number", ["", " - ", "7+9", "++7", "+", "0800-TAXI", "٣٤", "1,2", "1;ext=2", "a@b", "<1>", "1" * (MAX_NUMBER + 1), " " * 9999]
)
def test_what_is_no_number(number: str) -> None:
    """Refused with its field, whatever it is called."""
    with pytest.raises(BadNumber) as bad:
        dialable(number, "phone")
    assert bad.value.field == "phone"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.sampled_from(sorted(ACTIONS)))
def test_any_text_is_sent_whole_or_refused(text: str, action: str) -> None:
    """No words of a person become markup, and none is lost on the way."""
    for make, path in (
        (lambda: bodies.call_data(text), "mediaProperties/wrapUpReason"),
        (lambda: bodies.call_data(variables={"user.x": text}), "mediaProperties/callvariables/CallVariable/value"),
        (lambda: bodies.dialog_action("4001", "drop_party", target=text), "targetMediaAddress"),
        (lambda: bodies.make_call("4001", text), "toAddress"),
        (lambda: bodies.dialog_action(text, action), "targetMediaAddress"),
    ):
        try:
            body = make()
        except BadValue:
            continue
        found = ET.fromstring(body).findtext(path) or ""
        if path.startswith("media"):
            assert found == text
        else:
            assert found
            assert set(found) <= set(text)


def test_letters_are_the_platforms() -> None:
    """A to D on CCE only."""
    assert bodies.dialog_action("1", "dtmf", digits="abcd", letters=CCE.dtmf_letters)
