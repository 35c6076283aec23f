"""Textile as Redmine means it: blocks. Pure; one pass over the lines, so time grows with the length and no faster.

Of our own because the library there is (textile 4.0.4) takes 0.7 s for 8 kB of `*a *a …` and 14 ms for each kB of prose, raises on some
lists, and speaks another dialect: no `> ` quotations, curly quotes and × in commands. Measured in docs/markup.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from adapters.redmine.markup.shelf import PLACE, Shelf, attribute, escape
from adapters.redmine.markup.textile_inline import inline

__all__ = ["textile"]

_MAX_DEPTH = 8
"""Of quotations and lists; deeper ones stay at this depth."""
_MAX_ROW_LINES = 20
_MAX_CELLS = 100
_RAW = re.compile(r"<(/?)(pre|code|kbd|notextile)\b([^<>\n]{0,200})>", re.IGNORECASE)
_LANGUAGE = re.compile(r"""class=["']([A-Za-z0-9_+#-]{1,30})["']""")
_ATTRIBUTES = r"((?:\([^()\n]{1,80}\)|\{[^{}\n]{1,200}\}|\[[a-z_-]{1,20}\]|[<>=()~^-]){0,6})"
_PREFIX = re.compile(rf"(h[1-6]|p|bq|fn\d{{1,3}}){_ATTRIBUTES}\.(?::\S{{1,500}})? (?=\S)")
_ITEM = re.compile(r"([*#]{1,30})(?:\([^()\n]{1,80}\)|\{[^{}\n]{1,200}\}|[<>=]){0,3} +(\S.*)")
_RULE = re.compile(r"(?:(?: ?-){3,}|(?: ?\*){3,}|(?: ?_){3,}) *\Z")
_QUOTE = re.compile(r"> ?")
_TABLE = re.compile(rf"table{_ATTRIBUTES}\. *\Z")
_ROW = re.compile(rf"{_ATTRIBUTES}\.? ?\|")
_CELL = re.compile(r"(_)?((?:\\\d{1,2}|/\d{1,2}){0,2})" + _ATTRIBUTES + r"\. ")
_SPAN = re.compile(r"([\\/])(\d{1,2})")
_WIKI_PIPE = re.compile(r"(\[\[[^\[\]|\n]{1,200})\|([^\[\]|\n]{1,200}\]\])")


def textile(text: str) -> str:
    """HTML of `text`, not yet to be trusted: it goes through the sanitiser."""
    shelf = Shelf()
    return shelf.restore("\n".join(_blocks(_shelved(text.replace("\t", "    "), shelf).split("\n"), shelf, 0)))


def _shelved(text: str, shelf: Shelf) -> str:
    """`text` with what stands in `pre`, `code`, `kbd`, `notextile` put away and comments gone."""
    marks = list(_RAW.finditer(text))
    last = {mark[2].lower(): number for number, mark in enumerate(marks) if mark[1]}
    done: list[str] = []
    at = number = 0
    while number < len(marks):
        mark = marks[number]
        name = mark[2].lower()
        number += 1
        if mark[1]:
            continue
        end = last.get(name, -1)
        if end < number:
            if name != "pre":
                continue
            end = len(marks)  # a `pre` that nothing closes goes to the end, as in Redmine
        else:
            end = next(place for place in range(number, end + 1) if marks[place][1] and marks[place][2].lower() == name)
        inside = text[mark.end() : marks[end].start() if end < len(marks) else len(text)]
        done += _without_comments(text[at : mark.start()]), _raw(name, mark[3], inside, shelf)
        at = marks[end].end() if end < len(marks) else len(text)
        number = end + 1
    return "".join([*done, _without_comments(text[at:])])


def _raw(name: str, attributes: str, inside: str, shelf: Shelf) -> str:
    if name == "notextile":
        return shelf.put(escape(inside))
    if name == "pre":
        inner = _RAW.match(inside)
        if inner is not None and inner[2].lower() == "code" and not inner[1]:
            language = _LANGUAGE.search(inner[3])
            body = inside[inner.end() :].removesuffix("\n")
            body = body[: -len("</code>")] if body.lower().endswith("</code>") else body
            kind = f' class="language-{attribute(language[1])}"' if language else ""
            return shelf.put(f"<pre><code{kind}>{escape(body.removeprefix(chr(10)))}</code></pre>", block=True)
        return shelf.put(f"<pre>{escape(inside.removeprefix(chr(10)))}</pre>", block=True)
    return shelf.put(f"<{name}>{escape(inside)}</{name}>")


def _without_comments(text: str) -> str:
    done: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        done.append(text[at:start])
        at = end + 3
    return "".join(done) + text[at:]


def _blocks(lines: list[str], shelf: Shelf, depth: int) -> Iterator[str]:
    """The blocks that `lines` make, in order."""
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif line.startswith(">"):
            end = _while(lines, at, lambda other: other.startswith(">"))
            if depth < _MAX_DEPTH:
                inner = [_QUOTE.sub("", other, count=1) for other in lines[at:end]]
                yield from ("<blockquote>", *_blocks(inner, shelf, depth + 1), "</blockquote>")
            else:
                yield _paragraph([other.lstrip("> ") for other in lines[at:end]], shelf)
            at = end
        elif _RULE.match(line):
            yield "<hr>"
            at += 1
        elif _is_item(line):
            end = _while(lines, at + 1, lambda other: bool(other.strip()) and not _starts_block(other, in_list=True))
            yield _list(lines[at:end], shelf)
            at = end
        elif (end := _table_end(lines, at)) > at:
            yield _table(lines[at + bool(_TABLE.match(line)) : end], shelf)
            at = end
        else:
            end = _while(lines, at + 1, lambda other: bool(other.strip()) and not _starts_block(other))
            yield _prefixed(lines[at:end], shelf)
            at = end


def _while(lines: list[str], at: int, fits: Callable[[str], bool]) -> int:
    while at < len(lines) and fits(lines[at]):
        at += 1
    return at


def _is_item(line: str) -> bool:
    return line[:1] in "*#" and _ITEM.match(line) is not None


def _starts_block(line: str, *, in_list: bool = False) -> bool:
    return line.startswith((">", "|")) or _RULE.match(line) is not None or (not in_list and _is_item(line))


def _prefixed(lines: list[str], shelf: Shelf) -> str:
    prefix = _PREFIX.match(lines[0])
    if prefix is None:
        return _paragraph(lines, shelf)
    name = prefix[1]
    rest = [lines[0][prefix.end() :], *lines[1:]]
    if name == "p":
        return _paragraph(rest, shelf)
    body = inline("\n".join(rest), shelf)
    if name == "bq":
        return f"<blockquote><p>{body}</p></blockquote>"
    if name.startswith("fn"):
        return f"<p><sup>{name[2:]}</sup> {body}</p>"
    return f"<{name}>{body}</{name}>"


def _paragraph(lines: list[str], shelf: Shelf) -> str:
    """A paragraph, or several with the blocks of `shelf` between them."""
    out, text, at = [], "\n".join(lines), 0
    pieces: list[str] = []
    for place in PLACE.finditer(text):
        if shelf.is_block(int(place[1])):
            pieces += text[at : place.start()], place[0]
            at = place.end()
    for number, piece in enumerate([*pieces, text[at:]]):
        if number % 2:
            out.append(piece)
        elif piece.strip():
            out.append(f"<p>{inline(piece.strip(), shelf)}</p>")
    return "\n".join(out)


def _list(lines: list[str], shelf: Shelf) -> str:
    """Nested lists of items; a line that is none goes on with the item before it."""
    items: list[tuple[str, list[str]]] = []
    for line in lines:
        item = _ITEM.match(line) if _is_item(line) else None
        if item is not None:
            items.append((item[1][:_MAX_DEPTH], [item[2]]))
        else:
            items[-1][1].append(line.strip())
    out: list[str] = []
    stack: list[str] = []
    for marks, texts in items:
        while stack and (len(stack) > len(marks)):
            out.append(f"</li></{stack.pop()}>")
        kind = "ol" if marks[-1] == "#" else "ul"
        if len(stack) == len(marks):
            if stack[-1] == kind:
                out.append("</li><li>")
            else:
                out.append(f"</li></{stack.pop()}><{kind}><li>")
                stack.append(kind)
        while len(stack) < len(marks):
            kind = "ol" if marks[len(stack)] == "#" else "ul"
            out.append(f"<{kind}><li>")
            stack.append(kind)
        out.append(inline("\n".join(texts), shelf))
    out.extend(f"</li></{kind}>" for kind in reversed(stack))
    return "".join(out)


def _table_end(lines: list[str], at: int) -> int:
    """The line behind the table that begins at `at`; `at` when none does. A row goes up to a line that ends in `|`, blank lines end it."""
    end, good = at + bool(_TABLE.match(lines[at])), at
    while end < len(lines) and _ROW.match(lines[end]):
        row = (number for number in range(end, min(end + _MAX_ROW_LINES, len(lines))))
        last = next((number for number in row if not lines[number].strip() or lines[number].rstrip().endswith("|")), None)
        if last is None or not lines[last].strip():
            break
        good = end = last + 1
    return good


def _table(lines: list[str], shelf: Shelf) -> str:
    rows: list[str] = []
    open_row = ""
    for line in lines:
        open_row = f"{open_row}\n{line.rstrip()}" if open_row else line.rstrip()
        if open_row.endswith("|") and _ROW.match(open_row):
            rows.append(_row(open_row, shelf))
            open_row = ""
    return f"<table>{''.join(rows)}</table>"


def _row(text: str, shelf: Shelf) -> str:
    text = _WIKI_PIPE.sub(lambda link: f"{link[1]}{shelf.put('|')}{link[2]}", text[text.index("|") + 1 : -1])
    cells = []
    for source in text.split("|", _MAX_CELLS):
        settings = _CELL.match(source)
        name, spans = "td", ""
        if settings is not None:
            name = "th" if settings[1] else "td"
            spans = "".join(f' {"colspan" if way == chr(92) else "rowspan"}="{n}"' for way, n in _SPAN.findall(settings[2]))
            source = source[settings.end() :]
        elif source.startswith("_. "):
            name, source = "th", source[3:]
        cells.append(f"<{name}{spans}>{inline(source.strip(), shelf)}</{name}>")
    return f"<tr>{''.join(cells)}</tr>"
