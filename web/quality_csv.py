"""Figures as a table for spreadsheets: UTF-8 with a byte order mark and semicolons, as Excel in Russian opens them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["to_csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the begin of a formula (OWASP "CSV Injection"), the wide forms too."""


def to_csv(rows: Iterable[Sequence[str | int | float | None]]) -> bytes:
    """The file. Numbers stand bare; a text that would run as a formula gets an apostrophe before it."""
    return "\ufeff".encode() + "".join(";".join(map(_cell, row)) + "\r\n" for row in rows).encode()


def _cell(value: str | int | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value).replace(".", ",")
    if value.startswith(_FORMULA):
        value = "'" + value
    return '"' + value.replace('"', '""') + '"'
