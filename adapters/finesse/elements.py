"""XML of others as plain elements: read whole, by local name, or refused before anything is made of it.

It is expat itself, with handlers that refuse, and not a package around it: two handlers do what is needed, nothing of a document type
reaches a tree, and bounds on depth and number, which no such package has, need handlers anyway. Encodings: UTF-8 only, whatever a
declaration says. Attributes, comments and processing instructions are passed over: Finesse puts nothing there.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from hub.turns import Stepwise, at_once

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_ELEMENTS", "Element", "Unreadable", "parse", "parsing"]

MAX_BYTES = 4 * 1024 * 1024
"""A phone book of 6,000 contacts has about 2.5 MB."""
MAX_DEPTH = 32
"""An Update with a dialog has 9."""
MAX_ELEMENTS = 100_000
"""6,000 contacts have about 40,000."""

_PIECE = 16 * 1024
"""Bytes that are read without a pause: a millisecond."""


class Unreadable(ValueError):
    """It is no XML that we read, or not what was expected; says what was wrong, never what it held."""


class Element:
    """One element: its local name in lower case, its text without the blanks around it, its children in their order."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.children: list[Element] = []

    def first(self, name: str) -> Element | None:
        """The first child of that (lower-case) name."""
        return next((child for child in self.children if child.name == name), None)

    def each(self, name: str) -> Iterator[Element]:
        """The children of that name."""
        return (child for child in self.children if child.name == name)

    def say(self, *path: str) -> str:
        """The text of a child, or of a child's child; empty for one that is empty or missing: Finesse makes no difference."""
        found: Element | None = self
        for name in path:
            found = found.first(name) if found is not None else None
        return found.text if found is not None else ""

    def everywhere(self, name: str) -> Iterator[Element]:
        """All of that name below this one, in the order of the document."""
        waiting = list(reversed(self.children))
        while waiting:
            element = waiting.pop()
            if element.name == name:
                yield element
            waiting += reversed(element.children)


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.count = 0
        self._open: list[tuple[Element, list[str]]] = []

    def start(self, name: str, _attributes: object) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise Unreadable(f"more than {MAX_ELEMENTS} elements")
        if len(self._open) == MAX_DEPTH:
            raise Unreadable(f"nested deeper than {MAX_DEPTH}")
        element = Element(name.rpartition(":")[2].lower())
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, []))

    def text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, _name: str) -> None:
        element, texts = self._open.pop()
        element.text = "".join(texts).strip()

    def refuse(self, *_: object) -> None:
        raise Unreadable("a document type or an entity is declared")


def parse(xml: bytes | str, *, most: int = MAX_BYTES) -> Element:
    """The root element. Raises Unreadable for what is not well-formed, not UTF-8, too large, too deep, or declares a document type."""
    return at_once(parsing(xml, most=most))


def parsing(xml: bytes | str, *, most: int = MAX_BYTES) -> Stepwise[Element]:
    """The same, with pauses between pieces of a long one."""
    if len(xml) > most:
        raise Unreadable(f"more than {most} bytes")
    try:
        data = xml.encode() if isinstance(xml, str) else xml
        data.decode()  # for a byte order mark of UTF-16 goes before what the parser is told
    except UnicodeError:
        raise Unreadable("not UTF-8") from None
    builder = _Builder()
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    try:
        for start in range(0, len(data), _PIECE):
            if start:
                yield
            parser.Parse(data[start : start + _PIECE], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable(f"not well-formed: {expat.ErrorString(error.code)} in line {error.lineno}") from None
    if builder.root is None:  # pragma: no cover – expat says "no element found"
        raise Unreadable("no element")
    return builder.root
