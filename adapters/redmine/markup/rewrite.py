"""From clean HTML to ours: links and pictures judged, headings under the page's own, words linked. Pure; one pass.

Reads only what `sanitise.clean` wrote (html5ever's own writing: tags in lower case, attributes in double quotes, no comments), so a
simple pattern is a whole parser here. What it makes goes through `sanitise.gate`, which trusts none of it.
"""

from __future__ import annotations

import html
import re

from adapters.redmine.markup.context import Context
from adapters.redmine.markup.references import anchor, linked
from adapters.redmine.markup.shelf import attribute

__all__ = ["rewrite"]

_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [a-z-]+=\"[^\"]*\")*)>|([^<]+)|<")
_ATTRIBUTE = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
"""The page has the issue's subject as `h1` and its own sections as `h2`."""
_UNLINKED = frozenset({"a", "code", "pre", "kbd", "samp", "var"})
_LANGUAGE = re.compile(r"(?:language-)?([A-Za-z0-9_+#-]{1,30})(?: syntaxhl)?")


def rewrite(source: str, context: Context) -> str:
    """`source` as a page of ours shows it."""
    out: list[str] = []
    quiet = 0  # how many elements are open in which words are not linked
    anchors: list[bool] = []  # for each open `a`: was it written
    for token in _TOKEN.finditer(source):
        closing, name, text = token[1], token[2], token[4]
        if text is not None:
            plain = html.unescape(text)
            out.append(attribute(plain) if quiet else linked(plain, context))
            continue
        if name is None:
            out.append("&lt;")
            continue
        if name in _UNLINKED:
            quiet += -1 if closing else 1
        if closing:
            if name != "a" or (anchors and anchors.pop()):
                out.append(f"</{_HEADINGS.get(name, name)}>")
            continue
        given = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(token[3])}
        if name == "a":
            opening = anchor(given.get("href", ""), "", context, given.get("title", ""))
            anchors.append(opening is not None)
            if opening is not None:
                out.append(opening.removesuffix("</a>"))
        elif name == "img":
            out.append(_picture(given, context, linked_already=bool(anchors and anchors[-1])))
        else:
            out.append(f"<{_HEADINGS.get(name, name)}{_kept(name, given)}>")
    return "".join(out)


def _picture(given: dict[str, str], context: Context, *, linked_already: bool) -> str:
    """The issue's own picture, or the address of a foreign one: loading it would tell others who reads."""
    source, words = given.get("src", ""), given.get("alt") or given.get("title") or ""
    url = context.attachment(source)
    if url is not None:
        title = f' title="{attribute(given["title"])}"' if given.get("title") else ""
        return f'<img src="{attribute(url)}" alt="{attribute(words or source)}"{title} loading="lazy">'
    label = attribute(words or source)
    return label if linked_already else anchor(source, label, context) or label


def _kept(name: str, given: dict[str, str]) -> str:
    if name == "code":
        language = _LANGUAGE.fullmatch(given.get("class", ""))
        return f' class="language-{language[1]}"' if language else ""
    return "".join(f' {key}="{attribute(value)}"' for key, value in given.items() if key in {"start", "colspan", "rowspan"})
