"""adapters.redmine.plain: readable text from Textile, Markdown and HTML."""

from __future__ import annotations

import time

import pytest

from adapters.redmine.plain import cut, excerpt


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("*важно* и _курсив_, @код@", "важно и курсив, код"),
        ("**важно** и `код`, ~~нет~~", "важно и код, нет"),
        ('"Фото":https://example.org/a.png во вложении', "Фото во вложении"),
        ("[Фото](https://example.org) во вложении", "Фото во вложении"),
        ("см. [[Справка|страницу]]", "см. страницу"),
        ("h2. Итог\r\n\r\n\r\n\r\nготово", "Итог\n\nготово"),
        ("> После отпуска не открывается\r\n\r\nУточните имя", "Уточните имя"),
        ("> только цитата", "только цитата"),
        ("<p>Привет,<br>мир &amp; труд</p><script>alert(1)</script>", "Привет,\nмир & труд"),
        ("a < b и c > d, 2*3*4, snake_case_name", "a < b и c > d, 2*3*4, snake_case_name"),
        ("\x00строка\x1b[31m", "строка[31m"),
        (None, ""),
    ],
)
def test_markup_goes_and_words_stay(written: str | None, read: str) -> None:
    """An excerpt has the words without their markup."""
    assert excerpt(written) == read


def test_an_excerpt_is_cut() -> None:
    """Two thousand characters at most, and the cut is visible."""
    assert len(excerpt("слово " * 1000)) <= 2000
    assert cut("абвгд", 3) == "аб…"


@pytest.mark.parametrize(
    "text", ["*" * 20_000, "_a" * 10_000, '"' * 20_000, "[" * 20_000, "{{" * 10_000, "<" * 20_000, "<a " * 7_000, "*a " * 7_000]
)
def test_hostile_text_takes_no_time(text: str) -> None:
    """No pattern runs away on text made to make it."""
    began = time.perf_counter()
    excerpt(text)
    assert time.perf_counter() - began < 0.5
