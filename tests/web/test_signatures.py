"""The part of Markdown that signatures have."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from web.signatures import Signature, comment_with_signature, to_html, to_text

ALLOWED = {"p": set(), "br": set(), "strong": set(), "em": set(), "code": set(), "ul": set(), "ol": {"start"}, "li": set()}
ALLOWED["a"] = {"href", "rel", "target"}


class Inspector(HTMLParser):
    """Fails on anything that a signature must not become."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        assert {name for name, _ in attrs} <= ALLOWED[tag], attrs
        for name, value in attrs:
            if name == "href":
                assert re.match(r"(?i)(https?://|mailto:)", value or ""), value

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<!-- --><!DOCTYPE x><?php ?>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](%6aavascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/users/logout)",
    '[x](https://a.example/"onmouseover=alert(1))',
    "[x](https://a.example 'a\" onclick=alert(1)')",
    "[<img src=x onerror=alert(1)>](https://a.example)",
    "![x](https://tracker.example/1.gif)",
    "![x](javascript:alert(1))",
    '<https://a.example"onclick=alert(1)>',
    "[x]: javascript:alert(1)\n[x]",
    "`</code><script>alert(1)</script>`",
    "**<b onclick=alert(1)>**",
    "- <iframe src=//evil.example>",
    "# heading\n\n> quote\n\n---\n\n| a |\n|---|\n",
    "```\n<script>\n```",
    "[" * 900 + "](" * 500,
    "*" * 2000,
    "- " * 900,
    "\u202e[x](https://a.example)\u0000",
]


@pytest.mark.parametrize("text", ATTACKS, ids=range(len(ATTACKS)))
def test_nothing_but_the_subset_comes_out(text: str) -> None:
    """Whatever is written, the HTML has only the tags, attributes and kinds of links that signatures have."""
    Inspector().feed(to_html(text))


def test_the_subset_is_shown_and_written_as_text() -> None:
    """Bold, italics, code, links, line breaks and lists become HTML, and readable plain text for Redmine."""
    text = "**Анна** _Петрова_ `7-11`\nпишите: [почта](mailto:anna@tez.example)\n\n- a\n  - b\n\n3. c\n4. [d](https://tez.example)"
    html = to_html(text)
    for part in ("<strong>Анна</strong>", "<em>Петрова</em>", "<code>7-11</code><br>", 'href="mailto:anna@tez.example"', '<ol start="3">'):
        assert part in html
    expected = "Анна Петрова 7-11\nпишите: почта (anna@tez.example)\n\n- a\n  - b\n\n3. c\n4. d (https://tez.example)"
    assert to_text(text) == expected


def test_a_link_named_by_its_address_is_written_once() -> None:
    """An address in the text is not repeated in parentheses."""
    assert to_text("[anna@tez.example](mailto:anna@tez.example)") == "anna@tez.example"


@pytest.mark.parametrize(
    ("comment", "signature", "expected"),
    [
        ("Готово.\n", Signature(text="**Анна**", on_comments=True), "Готово.\n\nАнна"),
        ("Готово.\n", Signature(text="**Анна**", on_comments=False), "Готово.\n"),
        ("Готово.", Signature(text="  ", on_comments=True), "Готово."),
        ("Готово.", None, "Готово."),
        ("", Signature(text="Анна", on_comments=True), ""),
    ],
)
def test_a_comment_carries_the_signature_where_it_is_switched_on(comment: str, signature: Signature | None, expected: str) -> None:
    """A comment without words, and one of a person who has switched it off or has none, stays as it is."""
    assert comment_with_signature(comment, signature) == expected
