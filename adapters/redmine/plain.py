"""Plain text from what people write in Redmine: Textile, Markdown, or the HTML of Easy Redmine's editor. Pure.

Light on purpose: an excerpt that reads well, not a renderer. The result is text, never markup to be trusted.
"""

from __future__ import annotations

import html
import re

__all__ = ["cut", "excerpt"]

_MAX_INPUT = 8_000  # patterns below bound what they span, so time grows with the length and no faster
_TAGS = (
    "a|b|blockquote|br|code|del|div|em|figure|h[1-6]|hr|i|img|ins|li|mark|ol|p|pre|s|section|span|strong|sub|sup|table|tbody|td|th"
    "|thead|tr|u|ul"
)
_SCRIPT = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6]|blockquote|pre|ul|ol|table)\s*>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\{\{[^{}\n]{0,300}(?:\}\}|$)|^\}\}$", re.MULTILINE), ""),  # macros
    (re.compile(r"^(?:```|~~~).*$", re.MULTILINE), ""),  # fences of code
    (re.compile(r"!\[([^\[\]\n]{0,300})\]\([^()\n]{0,500}\)"), r"\1"),  # Markdown image
    (re.compile(r"\[([^\[\]\n]{1,300})\]\((?:https?:|mailto:|/|#)[^()\n]{0,500}\)"), r"\1"),  # Markdown link
    (re.compile(r"\[\[(?:[^|\[\]\n]{0,200}\|)?([^\[\]\n]{1,300})\]\]"), r"\1"),  # wiki link
    (re.compile(r'"([^"\n]{1,300})":(?:https?://|mailto:|/)[^\s<>"]*'), r"\1"),  # Textile link
    (re.compile(r"(?<!\S)!(?:[<>=]?)[^\s!(]+\.(?:png|jpe?g|gif|webp|svg|bmp)(?:\([^)\n]*\))?!", re.IGNORECASE), ""),  # Textile image
    (re.compile(r"^(?:h[1-6]|bq|p)(?:\([^)\n]*\))?\.[ \t]+", re.MULTILINE), ""),  # Textile block
    (re.compile(r"^#{1,6}[ \t]+(?=\S)", re.MULTILINE), ""),  # Markdown heading, Textile numbered list
    (re.compile(r"(?<![\w*])\*{1,3}(?=[^\s*])([^*\n]*[^\s*])\*{1,3}(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_{1,3}(?=[^\s_])([^_\n]*[^\s_])_{1,3}(?![\w_])"), r"\1"),
    (re.compile(r"(?<![\w~])~~(?=[^\s~])([^~\n]*[^\s~])~~(?![\w~])"), r"\1"),
    (re.compile(r"(?<![\w`])`{1,2}([^`\n]+)`{1,2}(?![\w`])"), r"\1"),
    (re.compile(r"(?<![\w@])@(?=[^\s@])([^@\n]*[^\s@])@(?![\w@])"), r"\1"),  # Textile code
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANKS = re.compile(r"\n{3,}")


def excerpt(text: str | None, limit: int = 2000) -> str:
    """`text` without markup and quotations, at most `limit` characters; quotations stay when there is nothing else."""
    if not text:
        return ""
    text = text[:_MAX_INPUT].replace("\r\n", "\n").replace("\r", "\n")
    if _TAG.search(text) or _SCRIPT.search(text):
        text = html.unescape(_TAG.sub("", _BREAK.sub("\n", _SCRIPT.sub("", text)))).replace("\xa0", " ")
    text = _CONTROL.sub("", text)
    lines = text.split("\n")
    own = [line for line in lines if not line.lstrip().startswith(">")]
    text = "\n".join(own if any(line.strip() for line in own) else (line.lstrip("> \t") for line in lines))
    for pattern, by in _RULES:
        text = pattern.sub(by, text)
    return cut(_BLANKS.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip(), limit)


def cut(text: str, limit: int) -> str:
    """`text` with at most `limit` characters, ending in an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
