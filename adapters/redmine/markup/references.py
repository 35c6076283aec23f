"""Links that Redmine makes of words: addresses, issues, files, people, wiki pages. Pure."""

from __future__ import annotations

import re

from adapters.redmine.markup.context import Context
from adapters.redmine.markup.shelf import attribute

__all__ = ["anchor", "linked"]

_TAIL = ".,;:!?…'\"»)]}*_~"
_WORD = re.compile(
    r"(?P<url>(?<![\w/@.])(?:https?://|www\.)[^\s<>\"\[\]{}|\\^`\x00-\x1f]{1,2000})"
    r"|(?P<mail>(?<![\w.+/:@-])[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})"
    r"|(?P<file>(?<!\w)attachment:(?:\"[^\"\n]{1,255}\"|[^\s\"<>,;()]{1,255}))"
    r"|(?P<no>!)?(?P<issue>(?:(?<![\w&/#.])|(?<=№))#(?P<id>[1-9]\d{0,8})(?:(?:#note)?-(?P<note>\d{1,6}))?(?![\w#]))"
    r"|(?P<named>(?<!\w)[Ii]ssue (?P<number>[1-9]\d{0,8})(?![\w.]|-\d))"
    r"|(?P<login>(?<![\w@/.])@[A-Za-z0-9_][A-Za-z0-9_.@-]{0,59})"
    r"|(?P<wiki>\[\[(?:[^|\[\]\n]{0,200}\|)?(?P<label>[^|\[\]\n]{1,200})\]\])"
)
_SIGN = re.compile(r"[#@]|://|www\.|\[\[|attachment:|ssue ")
"""Without one of these there is nothing to link; most pieces of text have none."""


def linked(text: str, context: Context) -> str:
    """The HTML of `text`, which is plain, with links in it."""
    if _SIGN.search(text) is None:
        return attribute(text)
    done: list[str] = []
    at = 0
    for found in _WORD.finditer(text):
        kind = found.lastgroup
        start, end, piece = found.start(), found.end(), None
        if kind is None:
            continue
        if found["url"]:
            url = _trimmed(found["url"])
            end = start + len(url)
            piece = anchor(url, attribute(url), context)
        elif found["mail"]:
            piece = anchor(f"mailto:{found['mail']}", attribute(found["mail"]), context)
        elif found["file"]:
            piece, end = _file(found["file"], start, context)
        elif found["no"] and found["issue"]:
            piece = attribute(found["issue"])  # `!#12` is how Redmine is told not to link
        elif found["issue"] or found["named"]:
            number = found["id"] or found["number"]
            note = f"#note-{found['note']}" if found["note"] else ""
            piece = f'<a class="issue" href="/tasks/{number}{note}">{attribute(found["issue"] or found["named"])}</a>'
        elif found["login"]:
            login = found["login"].rstrip(".-_@") if found["login"][-1] in ".-@" else found["login"]
            end = start + len(login)
            piece = f'<span class="mention">{attribute(login)}</span>' if len(login) > 1 else None
        elif found["label"]:
            piece = attribute(found["label"])
        if piece is not None and start >= at:
            done += attribute(text[at:start]), piece
            at = end
    return "".join(done) + attribute(text[at:])


def anchor(target: str, label: str, context: Context, title: str = "") -> str | None:
    """A link to `target` round `label`, which is HTML; None when it may not be one. Links that leave us open a tab of their own."""
    href = context.href(target)
    if href is None:
        return None
    inner = href.startswith("/tasks/") and href not in context.own
    kind = ' class="issue"' if inner else ' class="attachment"' if href in context.own else ' target="_blank"'
    hint = f' title="{attribute(title)}"' if title else ""
    return f'<a{kind} href="{attribute(href)}"{hint}>{label}</a>'


def _file(word: str, start: int, context: Context) -> tuple[str | None, int]:
    name = word.partition(":")[2]
    if not name.startswith('"'):
        name = name.rstrip(_TAIL)
    url = context.attachment(name.strip('"'))
    if url is None:
        return None, start
    return f'<a class="attachment" href="{attribute(url)}">{attribute(name.strip(chr(34)))}</a>', start + len("attachment:") + len(name)


def _trimmed(url: str) -> str:
    """The address without the sentence's punctuation; a bracket that the address opens itself stays."""
    while url and url[-1] in _TAIL:
        if url[-1] == ")" and url.count("(") >= url.count(")"):
            break
        url = url[:-1]
    return url
