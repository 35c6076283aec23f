"""Finished pieces of HTML kept out of a text that is still being worked on. Pure."""

from __future__ import annotations

import html
import re

__all__ = ["PLACE", "Shelf", "escape"]

OPEN, CLOSE = "\x02", "\x03"
PLACE = re.compile(r"\x02(\d{1,7})\x03")
_BARE_AMPERSAND = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)")


def escape(text: str) -> str:
    """`text` as HTML text. Entities that somebody wrote stay entities, as in Redmine."""
    return _BARE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class Shelf:
    """Pieces by number. A place in the text is two control characters round the number; texts are rid of these, so none is forged."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._blocks: set[int] = set()

    def put(self, piece: str, *, block: bool = False) -> str:
        """Keeps `piece` and returns its place. A block ends the paragraph round it."""
        self._pieces.append(piece)
        number = len(self._pieces) - 1
        if block:
            self._blocks.add(number)
        return f"{OPEN}{number}{CLOSE}"

    def is_block(self, number: int) -> bool:
        """True when the piece of that number ends the paragraph round it."""
        return number in self._blocks

    def restore(self, text: str) -> str:
        """`text` with the pieces in their places; a piece may hold places of pieces made before it."""
        return PLACE.sub(lambda place: self.restore(self._pieces[int(place[1])]), text)


def attribute(value: str) -> str:
    """`value` between the quotes of an attribute."""
    return html.escape(value, quote=True)
