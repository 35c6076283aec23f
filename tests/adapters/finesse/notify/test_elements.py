"""XML from a stranger: what is read is what was written, in whatever pieces it comes, and nothing dangerous is read at all."""

from __future__ import annotations

import contextlib
from xml.etree.ElementTree import tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.finesse.notify.elements import Element, Puller, TooBig, Unreadable, child, escape, local, parse, quote, serialised, text_of
from tests.adapters.finesse.notify.test_misbehaving import BOMB

HEADER = "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'>"
# what XML 1.0 can hold (section 2.2), without the carriage return that it turns into a line's end (section 2.11)
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n")
TEXTS = st.text(CHARACTERS, max_size=40)


@given(TEXTS, TEXTS)
def test_what_is_escaped_is_read_again(text: str, value: str) -> None:
    """Texts and attributes come through whole, whatever is in them."""
    element = parse(f"<a b={quote(value.replace(chr(10), ' ').replace(chr(9), ' '))}><c>{escape(text)}</c></a>", 10_000)
    assert "".join(element[0].itertext()) == text
    assert element.get("b") == value.replace("\n", " ").replace("\t", " ")


@given(st.lists(TEXTS, max_size=5), st.data())
def test_pieces_make_the_same_stanzas_as_the_whole(texts: list[str], data: st.DataObject) -> None:
    """A stream may be cut anywhere, within a letter, too."""
    stanzas = [f'<message n="{n}"><body>{escape(text)}</body></message>' for n, text in enumerate(texts)]
    whole = (HEADER + "".join(stanzas)).encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=8)))
    puller, depth, found = Puller(10_000), 0, list[Element]()
    for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        puller.feed(whole[start:stop])
        for event, element in puller.read_events():
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 1:
                found.append(element)
    assert [element.get("n") for element in found] == [str(n) for n in range(len(texts))]
    assert ["".join(element.itertext()) for element in found] == texts


@given(st.one_of(st.text(max_size=200), st.text("<>/!?&;a ='\"[]-", max_size=60)))
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    """There is no third way, for frames and for streams."""
    with contextlib.suppress(Unreadable):
        assert isinstance(parse(text, 1000), Element)
    puller = Puller(1000)
    with contextlib.suppress(Unreadable):
        puller.feed(HEADER.encode())
        puller.feed(text.encode("utf-8", "surrogatepass"))
        list(puller.read_events())


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1/x.dtd'><a/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<a><!-- c --></a>",
        "<?go away?><a/>",
        "<a>&nbsp;</a>",
        "<a" + "><a" * 70 + ">",
        "<a/><b/>",
        "<a>",
        "",
        "\ud800",
    ],
)
def test_what_xmpp_forbids_is_refused(text: str) -> None:
    """Without a word of what stood in it."""
    with pytest.raises(Unreadable) as caught:
        parse(text, 1_000_000)
    assert "passwd" not in str(caught.value)


def test_the_declared_encoding_is_not_heeded() -> None:
    """XMPP is UTF-8. A byte order mark makes expat read UTF-16 all the same: nobody hides a DTD in that either."""
    assert text_of(parse("<?xml version='1.0' encoding='utf-16'?><a>é</a>", 100)) == "é"
    with pytest.raises(Unreadable):
        Puller(10_000).feed(BOMB.encode("utf-16"))


def test_the_bound_is_for_a_stanza_and_not_for_a_stream() -> None:
    """A long life of small stanzas is fine, in pieces that never end where a stanza does, too; one big one is not."""
    puller = Puller(1000)
    puller.feed(HEADER.encode())
    half, other = b"<m><b>" + b"x" * 300, b"</b></m>"
    puller.feed(half)
    for _ in range(100):
        puller.feed(other + half)
        assert len([1 for event, _ in puller.read_events() if event == "end"]) == 2
    puller.feed(b"x" * 300)
    with pytest.raises(TooBig):
        puller.feed(b"x" * 1000)
    with pytest.raises(TooBig):
        parse("<a>é</a>", 8)


def test_names_without_their_spaces() -> None:
    """Children are found by local name; what is serialised is the element and not what follows it."""
    element = parse("<a xmlns='u:1'><b xmlns='u:2'>x</b>tail<c/></a>", 100)
    found = child(element, "b")
    assert found is not None
    assert (local(found), text_of(found), text_of(child(element, "none"))) == ("b", "x", "")
    assert "tail" not in serialised(found)
    assert b"tail" in tostring(element)
