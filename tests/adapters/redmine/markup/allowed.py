"""What stands in a piece of HTML that a page may insert, told by a parser that shares nothing with the sanitiser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["Seen", "faults"]

_ELEMENTS = {
    *("p", "br", "hr", "pre", "blockquote", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "h3", "h4", "h5", "h6"),
    *("a", "img", "code", "kbd", "samp", "var", "b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup", "cite", "q", "span"),
    *("mark", "small"),
}
_ATTRIBUTES = {
    ("a", "href"): r"https?://[^\s\"]+|mailto:[^\s\"]+|/tasks/\d+(#note-\d+)?|/tasks/api/task/1/attachment/\d+/download",
    ("a", "title"): r"(?s).*",
    ("a", "rel"): r"noopener noreferrer nofollow",
    ("a", "target"): r"_blank",
    ("a", "class"): r"issue|attachment",
    ("img", "src"): r"/tasks/api/task/1/attachment/\d+/download",
    ("img", "alt"): r"(?s).*",
    ("img", "title"): r"(?s).*",
    ("img", "loading"): r"lazy",
    ("code", "class"): r"language-[\w+#-]+",
    ("span", "class"): r"mention|cut",
    ("ol", "start"): r"\d+",
    **{(cell, span): r"\d+" for cell in ("td", "th") for span in ("colspan", "rowspan")},
}


class Seen(HTMLParser):
    """Elements, texts and everything that does not belong."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.text = ""
        self.links: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ELEMENTS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            pattern = _ATTRIBUTES.get((tag, name))
            if pattern is None or value is None or re.fullmatch(pattern, value) is None:
                self.faults.append(f"<{tag} {name}={value!r}>")
        given = dict(attrs)
        if len(given) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag == "a":
            self.links.append(given)
            if given.get("href") is not None and given.get("rel") != "noopener noreferrer nofollow":
                self.faults.append(f"a link without rel: {given}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"<![{data}]>")


def faults(made: str) -> list[str]:
    """What in `made` a page may not insert."""
    seen = Seen()
    seen.feed(made)
    seen.close()
    return seen.faults
