"""The score card: what a reviewer judges, and how a filled one is read. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["DEFAULT_CRITERIA", "BadScore", "Criterion", "criterion", "distinct", "percent", "read_scores"]

_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_MOST_POINTS = 10


class BadScore(ValueError):
    """The points for the criterion `key` are missing or out of bounds."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return f"no usable points for {self.key}"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the card."""

    key: str
    """Stable: stands in stored reviews."""
    ru: str
    en: str
    points: int
    """The best mark; 1 is the worst."""

    def __str__(self) -> str:
        return f"{self.key}:{self.ru}:{self.en}:{self.points}"


DEFAULT_CRITERIA = (
    Criterion("speed", "Скорость реакции", "Speed of reaction", 5),
    Criterion("understanding", "Понимание вопроса", "Understanding of the question", 5),
    Criterion("solution", "Полнота решения", "Completeness of the solution", 5),
    Criterion("clarity", "Ясность и грамотность", "Clarity and language", 5),
    Criterion("courtesy", "Вежливость", "Courtesy", 5),
)


def criterion(value: Any) -> Criterion:
    """`key:русское название:English name:points`. Raises ValueError with a sentence that says what is wrong."""
    if isinstance(value, Criterion):
        return value
    parts = [part.strip() for part in value.split(":")] if isinstance(value, str) else []
    if len(parts) != 4 or not all(parts):
        raise ValueError("must be key:русское название:English name:points")
    key, ru, en, points = parts
    if not _KEY.match(key):
        raise ValueError("the key must be of a-z 0-9 _ and begin with a letter")
    if not (points.isascii() and points.isdecimal() and 2 <= int(points[:4]) <= _MOST_POINTS):
        raise ValueError(f"the points must be a whole number from 2 to {_MOST_POINTS}")
    return Criterion(key, ru[:100], en[:100], int(points))


def distinct(card: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
    """The card itself. Raises ValueError when two lines have one key."""
    if len({line.key for line in card}) < len(card):
        raise ValueError("two criteria have the same key")
    return card


def read_scores(given: Any, card: Sequence[Criterion]) -> dict[str, list[int]]:
    """{key: points} as a client sends it -> {key: [points, best]} as it is stored: a later change of the card changes no old review.

    Every criterion needs whole points from 1 to its best, and there are no others. Raises BadScore with the first that is wrong.
    """
    if not isinstance(given, Mapping):
        raise BadScore("scores")
    stored = {}
    for line in card:
        points = given.get(line.key)
        if not isinstance(points, int) or isinstance(points, bool) or not 1 <= points <= line.points:
            raise BadScore(line.key)
        stored[line.key] = [points, line.points]
    for key in given:
        if key not in stored:
            raise BadScore(str(key)[:32])
    return stored


def percent(scores: Mapping[str, Sequence[int]]) -> int:
    """Of all points that could be had, rounded half up."""
    best = sum(pair[1] for pair in scores.values())
    return (200 * sum(pair[0] for pair in scores.values()) + best) // (2 * best) if best else 0
