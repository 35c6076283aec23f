"""The allow-list of HTML that a page may insert, held by nh3 (ammonia, on the parser that browsers agree on).

Twice: `clean` makes a well-formed, harmless text of whatever a formatter or an editor made; `gate` is the last thing that touches what a
page gets, and lets through nothing but our own links and pictures and the shapes that the first step's rewriting makes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import nh3

__all__ = ["ALLOWED", "clean", "gate"]

_BLOCKS = "p br hr pre blockquote ul ol li table thead tbody tr th td h1 h2 h3 h4 h5 h6"
_WORDS = "a img code kbd samp var b strong i em u s del ins sub sup cite q span mark small"
_GIVEN = frozenset(f"{_BLOCKS} {_WORDS}".split())
ALLOWED: dict[str, frozenset[str]] = {
    **{name: frozenset[str]() for name in _GIVEN - {"h1", "h2"}},
    "a": frozenset({"href", "title", "target", "class"}),  # and `rel`, which the gate writes itself
    "img": frozenset({"src", "alt", "title", "loading"}),
    "code": frozenset({"class"}),
    "span": frozenset({"class"}),
    "ol": frozenset({"start"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan"}),
}
"""What the output may hold: element -> its attributes."""

_FIRST: dict[str, set[str]] = {
    "*": set(), "a": {"href", "title"}, "img": {"src", "alt", "title"}, "code": {"class"}, "ol": {"start"},
    "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"},
}  # fmt: skip
_DROPPED = {"script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math", "textarea", "select", "xmp", "noembed"}
_VALUES: dict[str, re.Pattern[str]] = {
    "class": re.compile(r"language-[A-Za-z0-9_+#-]{1,30}|mention|issue|attachment|cut|plain"),
    "target": re.compile(r"_blank"),
    "loading": re.compile(r"lazy"),
    "start": re.compile(r"\d{1,6}"),
    "colspan": re.compile(r"\d{1,2}"),
    "rowspan": re.compile(r"\d{1,2}"),
}
_HREF = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20\"<>`]+|/tasks/\d{1,9}(?:#note-\d{1,9})?", re.IGNORECASE)


def clean(source: str) -> str:
    """Well-formed HTML of allowed elements; addresses are still to be judged, schemes other than http, https and mailto are gone."""
    return nh3.clean(
        source, tags=set(_GIVEN), clean_content_tags=_DROPPED, attributes=_FIRST, url_schemes={"http", "https", "mailto"}, link_rel=None
    )


def gate(source: str, own: frozenset[str]) -> str:
    """`source` with nothing in it but `ALLOWED`; `own` are the addresses of ours that links and pictures may have."""
    return nh3.clean(
        source,
        tags=set(ALLOWED),
        clean_content_tags=_DROPPED,
        attributes={"*": set(), **{name: set(names) for name, names in ALLOWED.items() if names}},
        attribute_filter=_filter(own),
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _filter(own: frozenset[str]) -> Callable[[str, str, str], str | None]:
    def checked(element: str, name: str, value: str) -> str | None:
        if name == "href":
            return value if value in own or _HREF.fullmatch(value) else None
        if name == "src":
            return value if value in own else None
        pattern = _VALUES.get(name)
        return value if pattern is None or pattern.fullmatch(value) else None

    return checked
