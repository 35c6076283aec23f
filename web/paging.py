"""What a list is asked for in the address: which page, in what order, what to look for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from web.errors import BadField
from web.i18n import N_

__all__ = ["MAX_LIMIT", "Page", "choice", "contains", "number", "page_of"]

MAX_LIMIT = 200
_MAX_OFFSET = 10_000_000
_MAX_WORDS = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Rows `offset` to `offset + limit`, from 0."""

    offset: int
    limit: int


def page_of(given: Mapping[str, str]) -> Page:
    """The page asked for: `offset` (0 if not given) and `limit` (50; 200 at most). Raises BadField."""
    return Page(number(given, "offset", 0, 0, _MAX_OFFSET), number(given, "limit", 50, 1, MAX_LIMIT))


def number(given: Mapping[str, str], field: str, default: int, least: int, most: int) -> int:
    """A whole number within its bounds. Raises BadField."""
    text = given.get(field, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) <= most):
        raise BadField(field, N_("A whole number within the bounds is needed."))
    return int(text)


def choice(given: Mapping[str, str], field: str, among: Collection[str], default: str = "") -> str:
    """One of `among`, or the default when nothing is given. Raises BadField."""
    value = given.get(field, "") or default
    if value and value not in among:
        raise BadField(field)
    return value


def contains(words: str, *columns: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
    """Conditions that each word stands in one of the columns, in whatever case, `ё` like `е`.

    `lower` knows every alphabet: MariaDB's by itself, SQLite's by `hub.store.create_engine`.
    """
    text: sa.ColumnElement[str] = sa.func.lower(columns[0])
    for column in columns[1:]:
        text = text.concat("\n").concat(sa.func.lower(sa.func.coalesce(column, "")))
    folded = sa.func.replace(text, "ё", "е")
    parts = words[:_MAX_WORDS].lower().replace("ё", "е").split()
    return [folded.contains(part, autoescape=True) for part in parts[:8]]
