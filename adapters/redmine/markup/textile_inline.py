"""Textile within a line or a paragraph: code, pictures, links, emphasis. Pure; time grows with the length and no faster.

Written after what Redmine's own formatter does with the same text (docs/markup.md), not after the Textile standard: no curly quotes,
dashes or signs are made of what people typed, for these are commands and paths as often as prose.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from adapters.redmine.markup.shelf import Shelf, attribute, escape

__all__ = ["inline"]

_TAGS = {
    "**": "b", "*": "strong", "??": "cite", "-": "del", "__": "i", "_": "em", "%": "span", "+": "ins", "^": "sup", "~": "sub",
}  # fmt: skip
_MARK = re.compile(r"\*\*|\?\?|__|--+|[*_\-%+^~]")
_MARKS = frozenset("*?_-%+^~")
_BEFORE = frozenset(" \t\n>(\x03")  # what an opening mark may stand behind, besides the beginning
_ATTRIBUTES = re.compile(r"(?:\([^()\n]{1,80}\)|\{[^{}\n]{1,200}\}|\[[a-z_-]{1,20}\]){1,3}(?=\S)")
_CLOSING_CODE = re.compile(r"@(?!\w)")
_OPENING_CODE = re.compile(r"(?<!\w)@(?=[^\s@])")
_IMAGE = re.compile(
    r"(?:(?<=[\s>(])|(?<![^\x00]))!(?:[<>=])?(?:\{[^{}\n]{0,200}\}|\([^()\n]{0,80}\))?([^\s(!\x02]{1,500}) ?(?:\(([^()\n!]{1,300})\))?!"
    r"(?::((?:https?://|mailto:|www\.|/)[^\s<>\"\x02]{1,2000}))?"
)
_URL = re.compile(r"(?:[a-zA-Z]{2,10}://|www\.|mailto:|/)[\w/][^\s<>\"\x02]{0,2000}")
_URL_TAIL = re.compile(r"[^\w=/;()\-]{1,20}\Z")
_TITLE = re.compile(r"\s?\(([^()\n]{1,300})\)\Z")
_LINK_ATTRIBUTES = re.compile(r"\A(?:\([^()\n]{1,80}\)|\{[^{}\n]{1,200}\}){1,2}(?=.)")
_FOOTNOTE = re.compile(r"(?<=\w)\[(\d{1,3})\]")


def inline(text: str, shelf: Shelf) -> str:
    """The HTML of `text`, with places of `shelf` in it; newlines break lines."""
    text = _code(text, shelf)
    text = _IMAGE.sub(lambda found: _image(found, shelf), text) if "!" in text else text
    text = _links(text, shelf)
    text = _emphasis(text)
    return _FOOTNOTE.sub(r"<sup>\1</sup>", text).replace("\n", "<br>\n")


def _code(text: str, shelf: Shelf) -> str:
    """`@code@` in one line; what is in it is kept as it stands."""
    closing = [mark.start() for mark in _CLOSING_CODE.finditer(text)]
    if not closing:
        return text
    done: list[str] = []
    at = 0
    for mark in _OPENING_CODE.finditer(text):
        start = mark.start()
        if start < at:
            continue
        place = bisect_right(closing, start + 1)
        if place == len(closing):
            break
        end = closing[place]
        if text.find("\n", start, end) >= 0:
            continue
        done += text[at:start], shelf.put(f"<code>{escape(text[start + 1 : end])}</code>")
        at = end + 1
    return "".join(done) + text[at:]


def _image(found: re.Match[str], shelf: Shelf) -> str:
    source, title, target = found[1], found[2], found[3]
    piece = f'<img src="{attribute(source)}" alt="{attribute(title or "")}">'
    return shelf.put(f'<a href="{attribute(target)}">{piece}</a>' if target else piece)


def _links(text: str, shelf: Shelf) -> str:
    """`"text(title)":address`; the text between stays open to emphasis."""
    done: list[str] = []
    at = 0
    place = text.find('":')
    while place >= 0:
        start = text.rfind('"', at, place)
        url = _URL.match(text, place + 2)
        words = text[start + 1 : place]
        before = text[start - 1 : start] if start > at else ""
        if start < 0 or url is None or not words.strip() or "\n" in words or before.isalnum():
            place = text.find('":', place + 1)
            continue
        target, behind = _trimmed(url[0])
        words = _LINK_ATTRIBUTES.sub("", words)
        title = _TITLE.search(words[-304:])
        label = words[: -len(title[0])] if title and len(title[0]) < len(words) else words
        hint = f' title="{attribute(title[1])}"' if title else ""
        done += text[at:start], shelf.put(f'<a href="{attribute(target)}"{hint}>'), label, shelf.put("</a>")
        at = url.end() - len(behind)
        place = text.find('":', at)
    return "".join(done) + text[at:]


def _trimmed(url: str) -> tuple[str, str]:
    """The address and the punctuation behind it, which is the sentence's."""
    tail = _URL_TAIL.search(url[-21:])
    cut = len(url) - (len(tail[0]) if tail else 0)
    if url[:cut].endswith(")") and url.count("(", 0, cut) < url.count(")", 0, cut):
        cut -= 1
    return url[:cut], url[cut:]


def _emphasis(text: str) -> str:
    """Marks in pairs become tags, others stay what they are. One pass with a stack: a pair drops what is open inside it."""
    out: list[str] = []
    waiting: list[tuple[str, int]] = []  # mark, its place in `out`
    count = dict.fromkeys(_TAGS, 0)
    at, opened_at = 0, -1
    for found in _MARK.finditer(text):
        mark, start, end = found[0], *found.span()
        if mark not in _TAGS or start < at:
            continue
        before, behind = text[start - 1] if start else "", text[end] if end < len(text) else ""
        closes = count[mark] > 0 and before not in " \t\n" and not (behind.isalnum() or behind == "\x02")
        opens = (not before or before in _BEFORE or opened_at == start) and behind not in " \t\n" and behind != ""
        if closes and opened_at != start:
            out.append(escape(text[at:start]))
            while True:
                other, place = waiting.pop()
                count[other] -= 1
                if other == mark:
                    break
            out[place] = f"<{_TAGS[mark]}>"
            out.append(f"</{_TAGS[mark]}>")
            at = end
        elif opens:
            out += escape(text[at:start]), mark
            waiting.append((mark, len(out) - 1))
            count[mark] += 1
            attributes = _ATTRIBUTES.match(text, end)
            at = attributes.end() if attributes else end
            opened_at = at
    return "".join(out) + escape(text[at:])
