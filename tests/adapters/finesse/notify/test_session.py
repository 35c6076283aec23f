"""The conversation without a network: whatever the server says, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from adapters.finesse.notify.elements import Element, escape, parse
from adapters.finesse.notify.handshake import Handshake
from adapters.finesse.notify.inbox import Inbox
from adapters.finesse.notify.line import Connected, Event, FinessePresence, Heard, Lost, Terms
from adapters.finesse.notify.session import Answered, Session
from adapters.finesse.values import Credentials
from tests.adapters.finesse.notify.test_elements import TEXTS

PUBSUB, DOMAIN, JID = "pubsub.finesse.test", "finesse.test", "1001@finesse.test/navigator"
NAMES = ["open", "stream", "features", "mechanisms", "mechanism", "success", "failure", "not-authorized", "iq", "bind", "jid", "session"]
NAMES += [
    "message",
    "presence",
    "event",
    "items",
    "item",
    "notification",
    "Update",
    "error",
    "conflict",
    "close",
    "pubsub",
    "subscriptions",
]
NAMES += ["subscription", "ping", "optional", "proceed", "starttls"]
ATTRIBUTES = {
    "id": ["hello", "bind", "session", "clean1", "ask1", ""],
    "from": [PUBSUB, DOMAIN, "finesse@finesse.test", "finesse@finesse.test/a", "finesse@finesse.test/b", "x@y"],
    "type": ["get", "set", "result", "error", "unavailable", "subscribe"],
    "jid": [JID, "1001@finesse.test", "1001@finesse.test/navigator2", "1001@finesse.test/desktop"],
    "node": ["n", "m"],
}


USUAL = [
    "<open/>",
    "<features><starttls/><mechanisms><mechanism>PLAIN</mechanism></mechanisms></features>",
    "<success/>",
    "<open/>",
    "<features><bind/><session/></features>",
    f"<iq type='result' id='bind'><bind><jid>{JID}</jid></bind></iq>",
    "<iq type='result' id='session'/>",
    f"<iq type='result' id='hello' from='{PUBSUB}'>"
    f"<pubsub><subscriptions><subscription node='n' jid='{JID}'/></subscriptions></pubsub></iq>",
    f"<iq type='result' id='clean1' from='{PUBSUB}'/>",
    f"<presence from='finesse@{DOMAIN}/a'/>",
    f"<presence from='finesse@{DOMAIN}/a' type='unavailable'/>",
]


def anything(luck: Random, depth: int = 4) -> Element:
    """What looks a little like XMPP."""
    element = Element(luck.choice(["", "{jabber:client}", "{urn:x}"]) + luck.choice(NAMES))
    for name in luck.sample(list(ATTRIBUTES), luck.randrange(len(ATTRIBUTES))):
        element.set(name, luck.choice(ATTRIBUTES[name]))
    element.text = luck.choice([None, "PLAIN", JID, "<Update/>"])
    if depth:
        element.extend(anything(luck, depth - 1) for _ in range(luck.randrange(4)))
    return element


def conversation(seed: int) -> list[Element]:
    """What a server usually says, with something left out here, repeated there, and anything in between."""
    luck = Random(seed)
    said = []
    for text in USUAL:
        said += [parse(text, 1000)] * luck.choice([0, 1, 1, 1, 1, 1, 2])
        if luck.random() < 0.1:
            said.append(anything(luck))
    return said


SEEDS = st.integers(0, 2**32).map(conversation)


def session(terms: Terms | None = None) -> Session:
    """One that has begun."""
    made = Session(JID, domain=DOMAIN, pubsub=PUBSUB, terms=terms or Terms())
    made.begin()
    return made


@given(SEEDS)
def test_no_server_confuses_a_session(said: Sequence[Element]) -> None:
    """It stands at most once, tells changes of presence only, asks for what can be sent, and what it sends is XML."""
    one = session()
    told = [event for element in said for event in one.receive(element)]
    assert sum(isinstance(event, Connected) for event in told) <= 1
    presences = [event.available for event in told if isinstance(event, FinessePresence)]
    assert all(a is not b for a, b in pairwise(presences))
    one.leave()
    for text in one.out:
        parse(text, 10_000)


@given(SEEDS)
def test_no_server_gets_the_password_out_of_turn(said: Sequence[Element]) -> None:
    """It is said once at most, and only where PLAIN was offered; with STARTTLS not before TLS."""
    for starttls in (False, True):
        ada = Credentials(agent="1001", password="secret")
        one = Handshake(ada, opening="<open/>", resource="navigator", starttls=starttls)
        auths = 0
        for element in said:
            if one.end is None:
                one.receive(element)
            auths = sum("<auth" in text for text in one.out)
            if auths:
                assert "PLAIN" in "".join(text for earlier in said for text in earlier.itertext())
        assert auths <= (0 if starttls else 1)


@given(TEXTS, TEXTS, TEXTS, st.sampled_from(["http://jabber.org/protocol/pubsub", "urn:xmpp:push:0", ""]))
def test_whatever_is_published_is_heard(node: str, item: str, text: str, space: str) -> None:
    """Node, item and text as they were."""
    one = session()
    node, item = (" ".join(part.split()) for part in (node, item))
    stanza = parse(
        f"<message from='{PUBSUB}'><event><items node='{escape(node, {chr(39): '&apos;'})}'><item id='{escape(item, {chr(39): '&apos;'})}'>"
        f"<notification xmlns='{space}'>{escape(text)}</notification></item></items></event></message>",
        100_000,
    )
    assert one.receive(stanza) == [Heard(node, item, text.strip())]


def test_several_items_come_in_their_order() -> None:
    """Of one message; retracted ones are none; an Update in the item's own place is found, too."""
    one = session()
    inside = "<retract id='0'/><item id='1'><Update><a/></Update></item><item id='2'/><item id='3'><notification>t</notification></item>"
    told = one.receive(parse(f"<message from='{PUBSUB}'><event><items node='n'>{inside}</items></event></message>", 10_000))
    assert told == [Heard("n", "1", "<Update><a /></Update>"), Heard("n", "2", ""), Heard("n", "3", "t")]


def test_old_subscriptions_are_cleaned_before_it_stands() -> None:
    """By their numbers, where the server has them; a bounded lot at a time; refusals do not hold it up."""
    one = session(Terms(max_unsubscribes=2))
    one.out.clear()
    listed = "".join(f"<subscription node='n{n}' jid='{JID}' subid='s{n}' subscription='subscribed'/>" for n in range(5))
    answer = f"<iq type='result' id='hello' from='{PUBSUB}'><pubsub><subscriptions>{listed}</subscriptions></pubsub></iq>"
    assert one.receive(parse(answer, 10_000)) == []
    asked = [parse(text, 10_000) for text in one.out]
    assert [ask[0][0].get("subid") for ask in asked] == ["s0", "s1"]
    assert one.receive(parse(f"<iq type='error' id='{asked[1].get('id')}' from='{PUBSUB}'/>", 1000)) == []
    assert one.receive(parse(f"<iq type='result' id='{asked[0].get('id')}' from='{PUBSUB}'/>", 1000)) == [Connected(JID)]
    assert one.receive(parse(answer, 10_000)) == [Answered("hello", None)]


def test_finesse_is_there_while_one_of_its_resources_is() -> None:
    """A service that moves shows two for a moment."""
    one = session()
    told: list[Event | Answered] = []
    for resource, kind in (
        ("/a", ""),
        ("/b", ""),
        ("/a", "unavailable"),
        ("/b", "unavailable"),
        ("/c", ""),
        ("/d", ""),
        ("", "unavailable"),
    ):
        typed = f" type='{kind}'" if kind else ""
        told += one.receive(parse(f"<presence from='Finesse@{DOMAIN}{resource}'{typed}/>", 1000))
    assert told == [FinessePresence(True), FinessePresence(False), FinessePresence(True), FinessePresence(False)]


@given(st.lists(st.one_of(st.none(), st.integers(0, 60)), max_size=40))
async def test_an_inbox_is_bounded_in_number_and_size(steps: list[int | None]) -> None:
    """What is read is what was put, until it is too much; then that is all that is said."""
    terms = Terms(max_events=5, max_queued=100)
    inbox, waiting = Inbox(terms), list[Event]()
    reader = inbox.read()
    for step in steps:
        if step is None:
            if waiting:
                assert await anext(reader) == waiting.pop(0)
            continue
        event = Heard("n", "i", "x" * step)
        fits = len(waiting) < 5 and step + sum(len(one.payload) for one in waiting if isinstance(one, Heard)) <= 100
        assert inbox.put(event) is fits
        if not fits:
            assert [one async for one in reader] == [Lost("behind")]
            assert not inbox.put(event)
            return
        waiting.append(event)
    inbox.close(Lost("closed"))
    inbox.close(Lost("silent"))
    assert [one async for one in reader] == [*waiting, Lost("closed")]
