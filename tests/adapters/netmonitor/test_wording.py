"""How long, how many, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.netmonitor.wording import REASONS, behind, lasting


@pytest.mark.parametrize(
    ("seconds", "ru", "en"),
    [
        (-3, "0 с", "0 s"),
        (0.4, "0 с", "0 s"),
        (59, "59 с", "59 s"),
        (60, "1 мин", "1 min"),
        (754, "12 мин 34 с", "12 min 34 s"),
        (3600, "1 ч", "1 h"),
        (3600 + 300, "1 ч 5 мин", "1 h 5 min"),
        (86400 * 3 + 60, "3 д", "3 d"),
        (86400 * 2 + 3600 * 5, "2 д 5 ч", "2 d 5 h"),
    ],
)
def test_how_long_it_lasted(seconds: float, ru: str, en: str) -> None:
    """The two greatest units, none of them nought."""
    assert lasting(timedelta(seconds=seconds)) == {"ru": ru, "en": en}


@pytest.mark.parametrize(
    ("count", "ru", "en"),
    [(1, "и ещё 1 узел", "and 1 more host"), (3, "и ещё 3 узла", "and 3 more hosts"), (14, "и ещё 14 узлов", "and 14 more hosts")],
)
def test_how_many_are_behind(count: int, ru: str, en: str) -> None:
    """The form of the noun follows the number."""
    assert behind(count) == {"ru": ru, "en": en}


def test_every_reason_has_its_words() -> None:
    """Whatever the judge or a round may give as a reason is worded in both languages, as it continues "the host …"."""
    rounds = {
        "no_name",
        "no_route",
        "no_permission",
        "probe_error",
        "refused",
        "http_status",
        "body_mismatch",
        "certificate",
        "timeout",
        "tls",
    }
    judged = {"silent", "loss", "p95", "certificate_ends", "parent", "new", "no_rounds", "blind"}
    assert rounds | judged == REASONS.keys()
    assert all(words["ru"] and words["en"] and words["ru"] != words["en"] for words in REASONS.values())
