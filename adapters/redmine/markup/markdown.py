"""Markdown of Redmine, both of its kinds, by markdown-it-py. Pure."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt

__all__ = ["markdown"]


@cache
def _parser(html: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"breaks": True, "html": html, "linkify": False, "maxNesting": 20})
    parser.enable(["table", "strikethrough"])
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # addresses are judged once, for all formats, behind it
    return parser


def markdown(text: str, *, html: bool) -> str:
    """HTML of `text`, not yet to be trusted; `html`: tags in it mean what they say, as in Redmine's CommonMark."""
    return str(_parser(html).render(text))
