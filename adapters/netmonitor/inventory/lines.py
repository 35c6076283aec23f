"""Where in a TOML text a member stands: `tomllib` gives values without their lines. Pure, and read only when something is wrong."""

from __future__ import annotations

import re

__all__ = ["Lines"]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*(["']?)([\w.-]+)\1\s*=""")
_TRIPLE = re.compile(r'"""|\'\'\'')


class Lines:
    """Lines by table, position in its array, and key, as far as the text is written in the usual way, a member to a line.

    What is written otherwise (inline tables, quoted paths) has the line of its table, or none: a line is a help and no promise.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, int, str | None], int] = {}
        counts: dict[str, int] = {}
        table, prefix, quote = "", "", ""
        for number, line in enumerate(text.split("\n"), 1):
            if quote:  # within a text of several lines nothing is a key
                quote = "" if line.count(quote) % 2 else quote
                continue
            if header := _HEADER.match(line):
                name = header[2].replace(" ", "")
                table, _, prefix = name.partition(".")
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                self._lines.setdefault((table, counts.get(table, 0), prefix or None), number)
            elif key := _KEY.match(line):
                path = ".".join(part for part in (prefix, key[2]) if part)
                at = (table, counts.get(table, 0), path) if table else (path, 0, None)
                self._lines.setdefault(at, number)
            if (triple := _TRIPLE.search(line)) and line.count(triple[0]) % 2:
                quote = triple[0]

    def of(self, table: str, position: int, field: str | None) -> int | None:
        """The line of a member, else of what it stands in."""
        while field:
            if (found := self._lines.get((table, position, field))) is not None:
                return found
            field = field.rpartition(".")[0]
        return self._lines.get((table, position, None))
