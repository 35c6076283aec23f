"""The form of a noun after a number, where a notification is worded: in Russian there are three."""

from __future__ import annotations

__all__ = ["russian"]


def russian(number: int, one: str, few: str, many: str) -> str:
    """`1 узел`, `2 узла`, `5 узлов`: the cardinal plural rules of Unicode CLDR for whole numbers."""
    if number % 100 not in (11, 12, 13, 14):
        if number % 10 == 1:
            return one
        if number % 10 in (2, 3, 4):
            return few
    return many
