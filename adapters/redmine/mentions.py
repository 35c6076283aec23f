"""Who is addressed in a text: Redmine's `@login`, and its link `user#id`. Pure."""

from __future__ import annotations

import re

__all__ = ["mentioned"]

_MAX_CHARS = 100_000
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_FENCE = re.compile(r"<(/?)(pre|code)>|```|~~~", re.IGNORECASE)
_LOGIN = re.compile(r"(?<![A-Za-z0-9_@])@([A-Za-z0-9_\-@.]{1,255})")
_ID = re.compile(r"(?<![A-Za-z0-9_#])user#([0-9]{1,9})(?![A-Za-z0-9_])")
_TAIL = ".-_@"  # a login may contain these; at the end of a sentence they are punctuation


def mentioned(text: str | None) -> tuple[frozenset[str], frozenset[int]]:
    """The logins (lower case) and user ids that `text` addresses, without what stands in quotations and code.

    A login is taken both as written and without the punctuation behind it: only those that exist count.
    """
    if not text:
        return frozenset(), frozenset()
    text = _without_code(_QUOTED.sub(" ", text[:_MAX_CHARS]))
    logins: set[str] = set()
    for found in _LOGIN.findall(text):
        logins.add(found.lower())
        logins.add(found.rstrip(_TAIL).lower())
    logins.discard("")
    return frozenset(logins), frozenset(map(int, _ID.findall(text)))


def _without_code(text: str) -> str:
    """`text` without what stands between fences of one kind; a fence that nothing closes is text. One pass, however many fences."""
    marks = list(_FENCE.finditer(text))
    closers = [_name(mark, closing=True) for mark in marks]
    last = {name: place for place, name in enumerate(closers)}
    kept: list[str] = []
    at, until = 0, None
    for place, mark in enumerate(marks):
        if until is not None:
            if closers[place] == until:
                at, until = mark.end(), None
            continue
        name = _name(mark, closing=False)
        if name is not None and last.get(name, -1) > place:
            kept.append(text[at : mark.start()])
            until = name
    return " ".join([*kept, text[at:]])


def _name(mark: re.Match[str], *, closing: bool) -> str | None:
    """What the fence opens or closes; None when it does not."""
    if mark[2] is None:
        return mark[0]
    return mark[2].lower() if bool(mark[1]) is closing else None
