"""Badges: a label and a value in a small picture, to be shown in other pages (UX B15). Own drawing, SVG. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from html import escape
from typing import Literal

__all__ = ["TONES", "Tone", "badge", "width_of"]

Tone = Literal["up", "degraded", "down", "unreachable", "unknown", "maintenance", "paused", "plain"]

TONES: Mapping[Tone, tuple[str, str]] = {
    "up": ("#18794a", '<circle cx="4.5" cy="4.5" r="4"/>'),
    "degraded": ("#8a5300", '<path d="M4.5 .5 9 8.5H0z"/>'),
    "down": ("#b3261e", '<path d="M.5 .5h8v8h-8z"/>'),
    "unreachable": ("#7a3b69", '<path d="M4.5 0 9 4.5 4.5 9 0 4.5z"/>'),
    "unknown": ("#495266", '<circle cx="4.5" cy="4.5" r="3.4" fill="none" stroke="#fff" stroke-width="1.6"/>'),
    "maintenance": ("#2f56c8", '<path d="M0 1.5h9v2H0zM0 5.5h9v2H0z"/>'),
    "paused": ("#495266", '<path d="M1 .5h2.5v8H1zM5.5 .5H8v8H5.5z"/>'),
    "plain": ("#2f4a6d", ""),
}
"""tone -> colour, on which white text has a contrast of at least 4.5, and the shape that tells the state without colour."""

_LABEL = "#3b4252"
_MOST = 60
"""Characters of a text; the rest is cut with an ellipsis."""
_PAD, _SHAPE, _HEIGHT = 6, 13, 20
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDTHS = (
    ("iljI.,:;'|!()[] tfr/-", 4.6),
    ("mwMWШЩЖЮФЫшщжюмфы@%—", 10.2),
    ("ABCDEFGHKLNOPQRSTUVXYZАБВГДЕЁЗИЙКЛМНОПРСТУХЦЧЪЬЭЯ", 8.2),
)
_BY_LETTER = {letter: width for letters, width in _WIDTHS for letter in letters}


def badge(label: str, value: str, tone: Tone, locale: str) -> bytes:
    """The picture, 20 high: `label` on the left, `value` on the right in the tone's colour and behind its shape.

    `locale` is the texts' language. The texts are drawn as wide as they are thought to be, whichever font there is.
    """
    label, value = _clean(label), _clean(value)
    colour, shape = TONES[tone]
    ahead = _SHAPE if shape else 0
    left, right = _PAD * 2 + width_of(label), _PAD * 2 + ahead + width_of(value)
    title = escape(f"{label}: {value}" if label else value, quote=True)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img" aria-label="{title}" '
        f'xml:lang="{escape(locale, quote=True)}"><title>{title}</title>',
        f'<clipPath id="r"><rect width="{left + right}" height="{_HEIGHT}" rx="3"/></clipPath><g clip-path="url(#r)">',
        f'<rect width="{left}" height="{_HEIGHT}" fill="{_LABEL}"/>',
        f'<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{colour}"/></g>',
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">',
        f'<g transform="translate({left + _PAD} 5.5)">{shape}</g>' if shape else "",
        _text(label, _PAD),
        _text(value, left + _PAD + ahead),
        "</g></svg>",
    ]
    return "".join(parts).encode()


def width_of(text: str) -> int:
    """How wide a text is at 11 px in Verdana, about: letters are narrow, usual or wide, and East Asian ones full."""
    total = 0.0
    for letter in text:
        wide = 11.0 if unicodedata.east_asian_width(letter) in "WF" else 7.0
        total += _BY_LETTER.get(letter, 0.0 if unicodedata.combining(letter) else wide)
    return round(total)


def _clean(text: str) -> str:
    text = " ".join(_NO_XML.sub("", text).split())
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


def _text(text: str, x: int) -> str:
    if not text:
        return ""
    return f'<text x="{x}" y="14" textLength="{width_of(text)}" lengthAdjust="spacingAndGlyphs">{escape(text, quote=False)}</text>'
