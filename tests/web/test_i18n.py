"""The server's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from web.i18n import LOCALES, I18n

WEB = Path(__file__).parents[2] / "web"
FINESSE = WEB.parent / "adapters" / "finesse"
"""Worded where its errors are, for screens that read either language; the catalogs are the server's."""


def wanted() -> set[str]:
    """Every message in the source and the templates."""
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    keywords = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
    found = set()
    extracted = (*extract_from_dir(str(WEB), method_map=methods, keywords=keywords), *extract_from_dir(str(FINESSE), keywords=keywords))
    for _, _, message, _, _ in extracted:
        found.add(message[0] if isinstance(message, tuple) else message)
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_is_translated_and_none_left_over(locale: str) -> None:
    """Each catalog has exactly the messages in use, whole, with the same fields in braces."""
    with (WEB / "locales" / locale / "LC_MESSAGES" / "navigator.po").open("rb") as file:
        catalog = read_po(file, locale=locale)
    messages = {str(entry.id[0] if isinstance(entry.id, list | tuple) else entry.id): entry for entry in catalog if entry.id}
    assert set(messages) == wanted()
    for key, entry in messages.items():
        strings = [str(string or "") for string in (entry.string if isinstance(entry.string, list | tuple) else [entry.string])]
        assert all(strings), key
        assert not entry.fuzzy, key
        for string in strings:
            assert set(re.findall(r"\{\w+\}|%\(\w+\)s", string)) == set(re.findall(r"\{\w+\}|%\(\w+\)s", key)), key


def test_an_unknown_language_is_russian() -> None:
    """Whoever comes with a language that we do not have reads Russian."""
    i18n = I18n.load()
    assert i18n.text("de", "Inbox") == i18n.text("ru", "Inbox") == "Входящие"
    assert i18n.text("en", "Too many attempts. Try again in {minutes} min.", minutes=5) == "Too many attempts. Try again in 5 min."
