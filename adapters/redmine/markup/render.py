"""What people wrote in Redmine as HTML that a page may insert. Pure, and bounded in time and size."""

from __future__ import annotations

import re
from typing import Literal

from adapters.redmine.markup.context import Context
from adapters.redmine.markup.markdown import markdown
from adapters.redmine.markup.plaintext import plaintext
from adapters.redmine.markup.rewrite import rewrite
from adapters.redmine.markup.sanitise import clean, gate
from adapters.redmine.markup.textile import textile

__all__ = ["MAX_CHARS", "MAX_RICH_CHARS", "Formatting", "render"]

Formatting = Literal["textile", "common_mark", "markdown", "html", ""]
"""Redmine's `text_formatting`; `html` is what Easy Redmine's editor writes, the empty one is plain text."""

MAX_RICH_CHARS = 10_000
"""Longer texts are shown as plain ones, without links: a formatter would keep the event loop for tens of milliseconds. (Descriptions are
a few hundred characters long; what is longer is a log that somebody pasted.)"""
MAX_CHARS = 200_000
"""Longer texts end in an ellipsis there; the page has a link to the whole in Redmine."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_TAG = re.compile(r"<[a-zA-Z/!?]")
_MAX_TAGS = 600
"""Unclosed tags make a parser open them again in every paragraph behind: n tags may become n² elements."""


def render(text: str | None, formatting: Formatting, context: Context) -> str:
    """Safe HTML of `text`; empty for nothing."""
    if not text or not text.strip():
        return ""
    cut = len(text) > MAX_CHARS
    text = _CONTROL.sub("", text[:MAX_CHARS].replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) <= MAX_RICH_CHARS:
        return gate(rewrite(clean(_formatted(text, formatting)), context), context.own)
    return gate(plaintext(text) + ('<p><span class="cut">…</span></p>' if cut else ""), context.own)


def _formatted(text: str, formatting: Formatting) -> str:
    if formatting == "textile":
        return textile(text)
    if formatting == "markdown":
        return markdown(text, html=False)
    if formatting in ("common_mark", "html"):
        tags = sum(1 for _ in _TAG.finditer(text))
        if formatting == "common_mark":
            return markdown(text, html=tags <= _MAX_TAGS)
        return text if tags <= _MAX_TAGS else plaintext(text)
    return plaintext(text)
