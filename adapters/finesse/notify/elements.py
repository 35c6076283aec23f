"""XML as XMPP allows it: elements and text. DTDs, entities, comments and processing instructions are refused (RFC 6120, section 11.1).

expat with handlers that refuse rather than defusedxml: the latter has no parser that can be fed a stream piece by piece and bounded, and
we need that for TCP. The encoding is UTF-8 whatever the XML claims; depth and size are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder, tostring
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

__all__ = ["Element", "Puller", "TooBig", "Unreadable", "child", "children", "escape", "local", "parse", "quote", "serialised", "text_of"]

_MAX_DEPTH = 64
"""XMPP's own stanzas are some eight deep; a real `<Update>` child adds as many."""
quote = quoteattr


class Unreadable(ValueError):
    """Not XML, or XML that XMPP forbids. Says what, never the contents."""


class TooBig(Unreadable):
    """A stanza over the bound."""


class _Tree:
    """Builds elements of what expat reads; `events` takes the starts and ends, as ElementTree's pull parser has them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Element]] = []
        self.depth = 0
        self.marks = 0
        """How often a stream began or a stanza in it ended."""
        self._builder = TreeBuilder()
        parser = self._parser = expat.ParserCreate("utf-8", "}")
        parser.buffer_text = True  # of an escaped Update every &lt; would be a call
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._builder.data
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.EntityDeclHandler = _no_doctype
        parser.CommentHandler = _no_comment
        parser.ProcessingInstructionHandler = _no_instruction

    def feed(self, data: bytes, *, last: bool = False) -> None:
        """Raises Unreadable; nothing may be fed after that."""
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            raise Unreadable(f"not XML: {expat.ErrorString(error.code)}") from None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.marks += self.depth == 1
        if self.depth > _MAX_DEPTH:
            raise Unreadable("nested too deep")
        self.events.append(("start", self._builder.start(_name(tag), {_name(key): value for key, value in attributes.items()})))

    def _end(self, tag: str) -> None:
        self.depth -= 1
        self.marks += self.depth == 1
        self.events.append(("end", self._builder.end(_name(tag))))


def parse(text: str, max_bytes: int) -> Element:
    """One whole element (a WebSocket's frame, RFC 7395, section 3.3.3). Raises Unreadable."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise Unreadable("half a character") from None
    if len(data) > max_bytes:
        raise TooBig("over the bound")
    tree = _Tree()
    tree.feed(data, last=True)
    return tree.events[0][1]


class Puller:
    """ElementTree's XMLPullParser as slixmpp uses it, for a stream whose children are stanzas (RFC 6120, section 4), bounded."""

    def __init__(self, max_bytes: int) -> None:
        self._tree = _Tree()
        self._max, self._since = max_bytes, 0

    def feed(self, data: bytes) -> None:
        """Raises Unreadable; TooBig when a stanza does not end within the bound."""
        marks = self._tree.marks
        self._tree.feed(data)
        self._since = len(data) if self._tree.marks != marks else self._since + len(data)
        if self._since > self._max:
            raise TooBig("over the bound")

    def read_events(self) -> Iterator[tuple[str, Element]]:
        """What came since the last call: `start` and `end` of elements."""
        events, self._tree.events = self._tree.events, []
        return iter(events)


def local(element: Element) -> str:
    """The name without its namespace: servers differ in those."""
    return element.tag.rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """Those of this local name."""
    return (one for one in element if local(one) == name)


def child(element: Element, name: str) -> Element | None:
    """The first of this local name."""
    return next(children(element, name), None)


def text_of(element: Element | None) -> str:
    """Its own text, without blanks around; empty for none."""
    return "" if element is None or element.text is None else element.text.strip()


def serialised(element: Element) -> str:
    """As XML of its own."""
    tail, element.tail = element.tail, None
    try:
        return tostring(element, encoding="unicode")
    finally:
        element.tail = tail


def _name(expanded: str) -> str:
    return "{" + expanded if "}" in expanded else expanded


def _no_doctype(*_: object) -> NoReturn:
    raise Unreadable("a DTD")


def _no_comment(*_: object) -> NoReturn:
    raise Unreadable("a comment")


def _no_instruction(*_: object) -> NoReturn:
    raise Unreadable("a processing instruction")
