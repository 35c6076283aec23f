"""Russian nouns after numbers."""

from __future__ import annotations

import pytest

from hub.plurals import russian


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0, "узлов"),
        (1, "узел"),
        (2, "узла"),
        (4, "узла"),
        (5, "узлов"),
        (11, "узлов"),
        (14, "узлов"),
        (21, "узел"),
        (111, "узлов"),
        (122, "узла"),
    ],
)
def test_the_form_follows_the_number(number: int, word: str) -> None:
    """As in Unicode CLDR's cardinal rules."""
    assert russian(number, "узел", "узла", "узлов") == word
