"""Words as the search knows them: folded, so that case, `ё` and `е`, and the form of a letter make no difference. Pure.

A word is a run of letters, digits and `_`. What is typed matches the beginnings of words: Russian endings change, beginnings seldom do.
Both indexes hold words that were folded here and are asked with words that were folded here, so neither's own rules of letters count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["MAX_WORDS", "Piece", "Query", "fold", "missing", "parse", "snippet", "words_of"]

MAX_WORDS = 12
"""Words of one question; more are ignored: each narrows, and nobody types more."""
MAX_QUERY = 200
"""Characters of one question that are looked at."""
_LONGEST = 40
"""Letters of a word that are kept. MariaDB indexes none longer than 84, and what is longer is base64."""
_WORD = re.compile(r"\w+")
_SHORTEST = 3
"""MariaDB's innodb_ft_min_token_size: shorter words are kept with `_` behind them, which a search for their beginning finds."""
_STOP = frozenset(
    {"about", "and", "are", "com", "das", "der", "die", "for", "from", "how", "ist", "that", "the", "this", "und", "was", "what"}
    | {"when", "where", "who", "will", "with", "www"}
)
"""Words that MariaDB's own list (INNODB_FT_DEFAULT_STOPWORD) leaves out: kept with `_` behind them likewise."""


def fold(text: str) -> str:
    """Lower case, `е` for `ё`, compatible forms as one."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")


def _kept(word: str) -> str:
    cut = word[:_LONGEST]
    return cut.ljust(_SHORTEST, "_") if len(cut) < _SHORTEST else f"{cut}_" if cut in _STOP else cut


def words_of(*texts: str) -> str:
    """The words of these texts for an index: folded, each once, in the order they come."""
    return " ".join(dict.fromkeys(_kept(word) for text in texts for word in _WORD.findall(fold(text))))


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed."""

    words: tuple[str, ...]
    """The beginnings that all must be found, folded, letters and digits only; none that another one begins with."""
    number: int | None
    """The issue's number, when one was typed alone, with or without `#`."""


def parse(text: str) -> Query:
    """Reads what a person typed; signs mean nothing, so nothing that is typed can be an error."""
    typed = text[:MAX_QUERY].strip()
    found = list(dict.fromkeys(word[:_LONGEST] for word in _WORD.findall(fold(typed)) if word.strip("_")))
    words = [word for word in found if not any(other != word and other.startswith(word) for other in found)]
    digits = typed.removeprefix("#").strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 and 0 < int(digits) < 2**31 else None
    return Query(tuple(words[:MAX_WORDS]), number)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet."""

    text: str
    hit: bool


def _found(text: str, words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Where words of the text begin with one of these: start, end of the beginning, which."""
    for match in _WORD.finditer(text):
        folded = fold(match[0])
        for word in words:
            if folded.startswith(word):
                # folding may change lengths (`ﬁ` is two letters): then the whole word is marked
                length = len(word) if len(folded) == len(match[0]) else len(match[0])
                yield match.start(), match.start() + length, word
                break


def missing(text: str, words: Sequence[str]) -> tuple[str, ...]:
    """Which of these begin no word of the text."""
    there = fold(text)
    held = [word for word in words if word in there]  # most often this alone tells
    found = {word for word in held for match in _WORD.finditer(there) if match[0].startswith(word)} if held else set()
    return tuple(word for word in words if word not in found)


def snippet(text: str, words: Sequence[str], *, around: int = 60, length: int = 200) -> tuple[Piece, ...]:
    """A part of the text round the first hit, hits marked; from the beginning when there is none. Lines are joined."""
    flat = unicodedata.normalize("NFC", " ".join(text[:20_000].split()))
    hits = list(_found(flat, words))
    begin = max(0, hits[0][0] - around) if hits else 0
    if begin:  # from the beginning of a word
        begin = flat.find(" ", begin, hits[0][0]) + 1 or begin
    end = min(len(flat), begin + length)
    pieces: list[Piece] = [Piece("…", hit=False)] if begin else []
    at = begin
    for start, stop, _word in hits:
        if start < at or stop > end:
            continue
        if start > at:
            pieces.append(Piece(flat[at:start], hit=False))
        pieces.append(Piece(flat[start:stop], hit=True))
        at = stop
    tail = flat[at:end] + ("…" if end < len(flat) else "")
    return (*pieces, Piece(tail, hit=False)) if tail else tuple(pieces)
