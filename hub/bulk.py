"""Statements over many rows at once: the rows travel as one JSON array, in one parameter.

The text of such a statement never changes with the number of rows, so each database parses it once; it is one step for the
driver however many rows there are (in SQLite each further step would give up and win back the interpreter's lock, against a busy
event loop up to 5 ms a row), and no database bounds its parameters. SQLite reads the array by `json_each`, MariaDB by `JSON_TABLE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

__all__ = ["Bulk", "Kind"]

Kind = Literal["int", "name", "text"]
"""What a column holds: a whole number, a text of at most 255 characters, a text of any length; or None."""

_MARIADB = {
    "int": "BIGINT",
    "name": "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    "text": "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
}
_MAX_BYTES = 4 * 1024 * 1024
"""Of one parameter: MariaDB takes packets of 16 MiB, and escaping may double a text."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[list[Any]]).decode


class Bulk:
    """One statement over rows of these columns.

    In its text `{rows}` stands where the rows are read from, and `{0}`, `{1}` … for their columns. `mariadb` replaces the text there.
    Values are what JSON and the store both know: int, str (of kind `name` at most 255 characters), None. What is the same in all rows
    need not be in each of them: `{same}` stands for such a value, as often as there are some, all before `{rows}`.
    """

    def __init__(self, columns: Sequence[Kind], text: str, *, mariadb: str | None = None, gives: int = 0) -> None:
        """`gives`: how many columns a query has; they must be called c0, c1 …"""
        self._single = len(columns) == 1  # the array then holds the values themselves: half the work for SQLite
        here = ["r.value"] if self._single else [f"json_extract(r.value, '$[{n}]')" for n in range(len(columns))]
        self._sqlite = text.format(*here, same="?", rows="json_each(?) AS r")
        if gives:  # all in one row: one step
            names = ", ".join(f"c{n}" for n in range(gives))
            self._sqlite = f"SELECT json_group_array(json_array({names})) FROM ({self._sqlite})"
        there = [f"r.c{n}" for n in range(len(columns))]
        paths = ["$"] if self._single else [f"$[{n}]" for n in range(len(columns))]
        table = ", ".join(f"c{n} {_MARIADB[kind]} PATH '{path}'" for n, (kind, path) in enumerate(zip(columns, paths, strict=True)))
        # `%` doubled: the driver formats the text
        self._mariadb = (
            (mariadb or text).replace("%", "%%").format(*there, same="%s", rows=f"JSON_TABLE(%s, '$[*]' COLUMNS ({table})) AS r")
        )

    def run(self, connection: sa.Connection, rows: Sequence[Sequence[Any]], same: Sequence[Any] = ()) -> int:
        """Runs the statement, with the values of `{same}`; how many rows it changed (MariaDB counts an upsert of a known row as two)."""
        changed = 0
        for part in self._parts(rows):
            changed += connection.exec_driver_sql(self._text(connection), (*same, part)).rowcount
        return changed

    def fetch(self, connection: sa.Connection, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """Runs the query; its rows. They come in no order."""
        found: list[Sequence[Any]] = []
        for part in self._parts(rows):
            result = connection.exec_driver_sql(self._text(connection), (part,))
            found += _decode(result.scalar_one()) if connection.dialect.name == "sqlite" else result.all()
        return found

    def _parts(self, rows: Sequence[Sequence[Any]]) -> list[str]:
        return _parts([row[0] for row in rows] if self._single else rows)

    def _text(self, connection: sa.Connection) -> str:
        return self._sqlite if connection.dialect.name == "sqlite" else self._mariadb


def _parts(rows: Sequence[Any]) -> list[str]:
    """`rows` as JSON arrays of at most `_MAX_BYTES` each, or of one row."""
    if not rows:
        return []
    whole = _encode(rows)
    if len(whole) <= _MAX_BYTES or len(rows) == 1:
        return [whole.decode()]
    half = len(rows) // 2
    return _parts(rows[:half]) + _parts(rows[half:])
