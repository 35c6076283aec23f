"""Finesse's XML as values: every trap of real dumps, and nothing that breaks the reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse import reading
from adapters.finesse.elements import MAX_DEPTH, MAX_ELEMENTS
from adapters.finesse.reading import MAX_BYTES, MAX_UPDATE_BYTES, Unreadable
from adapters.finesse.values import Contact, Dialog, Failure, Leg, Reason, SystemInfo, Team, Update, WrapUp, WrapUpReason
from tests.adapters.finesse.documents import (
    DIALOG,
    FAILURES,
    HIDDEN,
    PHONE_BOOKS,
    REASONS,
    SYSTEM,
    TEAM,
    USER,
    WRAP_UP_REASONS,
    asynchronous,
    update,
)

NODE = "/finesse/api/User/1001"


def read(xml: str | bytes, node: str = NODE) -> Update:
    """As a notification."""
    return reading.read_update(xml, node=node, item="i1")


def moment(second: int, milli: int = 0) -> datetime:
    """Of the documents' minute."""
    return datetime(2026, 11, 23, 7, 8, second, milli * 1000, tzinfo=UTC)


READERS: tuple[tuple[Callable[[bytes], Any], str], ...] = (
    (reading.read_user, USER),
    (reading.read_dialogs, f"<Dialogs>{DIALOG}{HIDDEN}</Dialogs>"),
    (reading.read_system, SYSTEM),
    (reading.read_reasons, REASONS),
    (reading.read_wrap_up_reasons, WRAP_UP_REASONS),
    (reading.read_phone_books, PHONE_BOOKS),
    (reading.read_team, TEAM),
    (read, update(f"<dialogs>{DIALOG}</dialogs>", "POST", f"{NODE}/Dialogs", "r1")),
)


def test_an_agent() -> None:
    """All members, entities taken out, a team without an id in words found by its address."""
    agent = reading.read_user(USER.encode())
    assert (agent.id, agent.login, agent.first_name, agent.last_name, agent.extension) == ("1001", "ada", "Ада", "L & Co", "4001")
    assert (agent.state, agent.since, agent.pending, agent.signed_in) == ("NOT_READY", moment(9, 123), "", True)
    assert agent.reason == Reason(id="16", code="10", label="Обед", category="NOT_READY")
    assert (agent.reason_id, agent.roles) == ("16", {"Agent", "Supervisor"})
    assert agent.team == Team(id="5000", name="Blue")
    assert agent.supervises == (Team(id="5001", name="Red"), Team(id="5002", name=""))
    assert agent.wrap_up == WrapUp(incoming="OPTIONAL", outgoing="NOT_ALLOWED", seconds=120)


def test_little_is_said_of_an_agent() -> None:
    """A summary; -1 is no reason; an empty time is none."""
    xml = "<user><uri>/finesse/api/User/1002</uri><reasonCodeId>-1</reasonCodeId><stateChangeTime/><state>LOGOUT</state></user>"
    agent = reading.read_user(xml.encode())
    assert (agent.id, agent.login, agent.since, agent.reason, agent.reason_id, agent.team) == ("1002", "1002", None, None, None, None)
    assert not agent.signed_in


def test_a_dialog() -> None:
    """All members; an empty variable is one; what stands in a name is text."""
    (dialog,) = reading.read_dialogs(f"<Dialogs>{DIALOG}</Dialogs>".encode())
    assert dialog == Dialog(
        id="16801",
        state="ALERTING",
        type="PREROUTE_ACD_IN",
        from_address="+15550100",
        to_address="7000",
        legs=(
            Leg(address="4001", state="ALERTING", kind="AGENT_DEVICE", since=moment(9, 123), started=moment(9, 123), actions=("ANSWER",)),
            Leg(address="+15550100", state="INITIATED", since=moment(5), started=moment(5), actions=("UPDATE_CALL_DATA", "DROP")),
        ),
        dnis="7000",
        dialed="7000",
        queue_id="5022",
        queue="Sales <b>",
        variables={"callVariable1": "C-4711", "user.ticket": ""},
    )
    assert dialog.leg("4001") is dialog.legs[0]


def test_a_hidden_caller() -> None:
    """One participant, no address, no id but in the address."""
    (dialog,) = reading.read_dialogs(f"<Dialogs>{HIDDEN}</Dialogs>".encode())
    assert (dialog.id, dialog.from_address, dialog.to_address, dialog.variables) == ("16802", "", "", {})
    assert [leg.address for leg in dialog.legs] == ["4001"]


def test_the_system_and_lists() -> None:
    """What else is read."""
    assert reading.read_system(SYSTEM.encode()) == SystemInfo(
        status="IN_SERVICE",
        now=moment(9, 123),
        platform="cce",
        auth="NON_SSO",
        domain="fin-a.lab.test",
        pubsub="pubsub.fin-a.lab.test",
        primary="fin-a.lab.test",
        secondary="fin-b.lab.test",
    )
    assert reading.read_system(SYSTEM.replace("UCCE", "UCCX").encode()).platform == "ccx"
    assert [(reason.id, reason.system) for reason in reading.read_reasons(REASONS.encode())] == [("16", False), ("17", True)]
    assert reading.read_wrap_up_reasons(WRAP_UP_REASONS.encode()) == (WrapUpReason(id="3", label="Продано"),)
    assert reading.read_phone_books(PHONE_BOOKS.encode()) == (
        Contact(first_name="Иван", last_name="Петров", number="+7 900 000-00-01", description="VIP", book="All"),
        Contact(first_name="", last_name="", number="7001", book="Blue"),
    )
    team, agents = reading.read_team(TEAM.encode())
    assert (team, [agent.id for agent in agents]) == (Team(id="5000", name="Blue"), ["1001", "1002"])
    for reader, root in (
        (reading.read_dialogs, "Dialogs"),
        (reading.read_reasons, "ReasonCodes"),
        (reading.read_phone_books, "PhoneBooks"),
    ):
        assert reader(f"<{root}/>".encode()) == ()


def test_failures() -> None:
    """At once in capitals, later in lower case; a page of a proxy is no failure of Finesse's."""
    assert reading.read_failures(FAILURES.encode()) == (Failure(type="Invalid Input", message="toAddress is not usable", data="toAddress"),)
    for other in (b"", b"<html><body>502", b"<html/>", USER.encode(), b"<ApiErrors/>", b"\xff"):
        assert reading.read_failures(other) == ()
    heard = read(update(asynchronous(), "put", request="7f3c"))
    assert (heard.kind, heard.request, heard.agent, heard.dialogs) == ("PUT", "7f3c", None, ())
    assert heard.failures == (Failure(type="Invalid State", message="CF_INVALID_OBJECT_STATE", data="22"),)


def test_objects_of_notifications() -> None:
    """Each object by its own reader."""
    assert read(update(USER)).agent == reading.read_user(USER.encode())
    (dialog,) = reading.read_dialogs(f"<Dialogs>{DIALOG}</Dialogs>".encode())
    gone = read(update(f"<dialogs>{DIALOG}</dialogs>", "DELETE", f"{NODE}/Dialogs"), f"{NODE}/Dialogs")
    assert (gone.kind, gone.dialogs, gone.source, gone.node, gone.item) == ("DELETE", (dialog,), f"{NODE}/Dialogs", f"{NODE}/Dialogs", "i1")
    assert read(update(f"<dialog>{DIALOG[8:-9]}</dialog>", source="/finesse/api/Dialog/16801")).dialogs == (dialog,)
    assert [agent.id for agent in read(update(TEAM)).team] == ["1001", "1002"]
    assert read("<Update><event>DELETE</event><source>/finesse/api/User/1001</source></Update>").agent is None
    unknown = read(update("<queue><uri>/finesse/api/Queue/1</uri></queue>"))
    assert (unknown.agent, unknown.dialogs, unknown.team, unknown.system, unknown.failures) == (None, (), (), None, ())


@pytest.mark.parametrize(
    "inside", ["<systemInfo><status>{}</status></systemInfo>", "<SYSTEM><status>{}</status></SYSTEM>", "<status>{}</status>"]
)
def test_the_state_of_the_system_under_any_name(inside: str) -> None:
    """Its root is shown nowhere public."""
    assert read(update(inside.format("OUT_OF_SERVICE"), source="/finesse/api/SystemInfo")).system == "OUT_OF_SERVICE"
    assert read(update(inside.format("OUT_OF_SERVICE"), source="x"), "/finesse/api/SystemInfo").system == "OUT_OF_SERVICE"
    assert read(update(inside.format("OUT_OF_SERVICE"))).system is None


@pytest.mark.parametrize(("reader", "document"), READERS)
def test_the_same_in_any_case_and_namespace(reader: Callable[[bytes], Any], document: str) -> None:
    """By local name; declared, prefixed, shouted or whispered."""
    plain = reader(document.encode())
    assert plain
    assert reader(re.sub(r"</?\w+", lambda found: found.group().upper(), document).encode()) == plain
    assert reader(re.sub(r"</?\w+", lambda found: found.group().lower(), document).encode()) == plain
    assert reader(re.sub(r"<(/?)(\w)", r"<\1f:\2", document).encode()) == plain
    spaced = re.sub(r"^<(\w+)", r'<\1 xmlns="urn:x"', document)
    assert reader(b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n<!-- x --><?y z?>" + spaced.encode()) == plain


@pytest.mark.parametrize(("reader", "document"), READERS)
def test_any_order_of_children(reader: Callable[[bytes], Any], document: str) -> None:
    """What stands together may stand the other way round; only lists keep their order."""
    shuffled = re.sub(r"(<(uri|state|loginId|status|name|label|event)>[^<]*</\2>)(\s*)(<(\w+)>[^<]*</\5>)", r"\4\3\1", document)
    assert reader(shuffled.encode()) == reader(document.encode())


def test_an_update_in_its_wrapper_or_as_text() -> None:
    """Serialised by whoever heard it, text or bytes."""
    plain = update(USER, "PUT", request="r")
    wrapped = f"<notification xmlns='urn:xmpp:push:0'>{plain}</notification>"
    assert read(plain) == read(plain.encode()) == read(wrapped)
    assert read(plain.replace("<event>PUT</event>", "")).kind == "PUT"


BOMB = '<!DOCTYPE User [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>' + USER.replace("Ада", "&b;")
REFUSED = {
    "nothing": b"",
    "words": b"Internal Server Error",
    "a bomb": BOMB.encode(),
    "a file": b'<!DOCTYPE User [<!ENTITY x SYSTEM "file:///etc/passwd">]><User><loginId>&x;</loginId></User>',
    "an external type": b'<!DOCTYPE User SYSTEM "http://127.0.0.1:1/x.dtd"><User><loginId>1</loginId></User>',
    "a parameter entity": b'<!DOCTYPE User [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p">%p;]><User><loginId>1</loginId></User>',
    "an empty type": b"<!DOCTYPE User><User><loginId>1</loginId></User>",
    "an entity of nobody": b"<User><loginId>&x;</loginId></User>",
    "cut off": USER.encode()[:-4],
    "two roots": USER.encode() * 2,
    "not UTF-8": USER.encode("cp1251", "replace"),
    "UTF-16": USER.encode("utf-16"),
    "a NUL": USER.encode().replace(b"ada", b"a\0a"),
    "too large": b"<User><loginId>1</loginId>" + b" " * MAX_BYTES + b"</User>",
    "too deep": b"<User>" + b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH + b"</User>",
    "far too deep": b"<a>" * 1_000_000,
    "too many": b"<User><loginId>1</loginId>" + b"<a/>" * MAX_ELEMENTS + b"</User>",
    "another root": DIALOG.encode(),
    "no id": b"<User><loginId/><uri/></User>",
}


@pytest.mark.parametrize("xml", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(xml: bytes) -> None:
    """Before anything is made of it, and without a word of its contents."""
    with pytest.raises(Unreadable) as refused:
        reading.read_user(xml)
    assert str(refused.value)
    assert "ada" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_what_is_refused_of_others() -> None:
    """Without what makes them usable."""
    with pytest.raises(Unreadable, match="status"):
        reading.read_system(b"<SystemInfo/>")
    with pytest.raises(Unreadable, match="team"):
        reading.read_team(b"<Team/>")
    for xml in (update(USER, "PATCH"), "<x/>", "\ud800", update("<dialog/>"), update("x" * MAX_UPDATE_BYTES)):
        with pytest.raises(Unreadable):
            read(xml)


def test_a_depth_that_is_allowed() -> None:
    """The bound is above what is needed."""
    assert reading.read_user(b"<User><loginId>1</loginId>" + b"<a>" * (MAX_DEPTH - 1) + b"</a>" * (MAX_DEPTH - 1) + b"</User>").id == "1"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T07:08:09.123Z", moment(9, 123)),
        ("2026-11-23T10:08:09.123+03:00", moment(9, 123)),
        ("2026-11-23T07:08:09.123", moment(9, 123)),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("1970-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times(text: str, at: datetime | None) -> None:
    """What is no time is none: a timer less, and not a call less."""
    assert reading.read_user(USER.replace("2026-11-23T07:08:09.123Z", text).encode()).since == at


@pytest.mark.parametrize(("text", "seconds"), [("0", None), ("-5", None), ("x", None), ("9" * 5000, None), ("٣", None), ("30", 30)])
def test_seconds(text: str, seconds: int | None) -> None:
    """Of wrap-up."""
    assert reading.read_user(USER.replace(">120<", f">{text}<").encode()).wrap_up.seconds == seconds


_WORDS = st.sampled_from([
    *(name for xml in (USER, DIALOG, SYSTEM, update("", "PUT"), asynchronous()) for name in re.findall(r"</?\w+>", xml)),
    "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&#0;", "&#xD800;", "&x;", "<!DOCTYPE x>",
    "<?xml version='1.0' encoding='utf-7'?>", "1001", "-1",
])  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(_WORDS, max_size=30).map(lambda words: "".join(words).encode())))
def test_any_bytes_give_a_value_or_unreadable(data: bytes) -> None:
    """And never another exception."""
    for reader, _ in READERS:
        with suppress(Unreadable):
            reader(data)
    reading.read_failures(data)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_document_broken_anywhere(data: st.DataObject) -> None:
    """Cut, doubled and overwritten anywhere."""
    reader, document = data.draw(st.sampled_from(READERS))
    raw = bytearray(document.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 20))] = data.draw(st.one_of(st.binary(max_size=4), _WORDS.map(str.encode)))
    with suppress(Unreadable):
        reader(bytes(raw))


def test_a_number_that_looks_like_a_reason_is_kept() -> None:
    """The id is named though the reason is left out: lists know its label."""
    agent = reading.read_user(re.sub(r"<ReasonCode>.*</ReasonCode>", "", USER, flags=re.DOTALL).encode())
    assert (agent.reason, agent.reason_id) == (None, "16")
    assert replace(agent, reason_id=None) != agent
