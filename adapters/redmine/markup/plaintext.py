"""Plain text as HTML: paragraphs, line breaks and quotations, no more. Pure; what is too long for a formatter is shown so."""

from __future__ import annotations

import re
from itertools import groupby

from adapters.redmine.markup.shelf import attribute

__all__ = ["plaintext"]

_MAX_DEPTH = 8
_MARKS = re.compile(r"(?:> ?){1,8}")


def plaintext(text: str) -> str:
    """HTML of `text`, escaped."""
    return "\n".join(
        f"{'<blockquote>' * depth}{_paragraphs(lines)}{'</blockquote>' * depth}"
        for depth, lines in (
            (depth, [line for _, line in group]) for depth, group in groupby(map(_line, text.split("\n")), lambda at: at[0])
        )
    )


def _line(line: str) -> tuple[int, str]:
    """The depth of quotation and the words."""
    marks = _MARKS.match(line)
    return (marks[0].count(">"), line[marks.end() :]) if marks else (0, line)


def _paragraphs(lines: list[str]) -> str:
    filled = ("<br>\n".join(map(attribute, group)) for blank, group in groupby(lines, lambda line: not line.strip()) if not blank)
    return "\n".join(f"<p>{paragraph}</p>" for paragraph in filled)
