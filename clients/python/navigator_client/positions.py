"""Where a reader stands in its inbox: the rules as plain functions, and where the position is kept between two runs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Literal, Protocol

from navigator_client.errors import NavigatorError
from navigator_client.messages import Gap

__all__ = ["FilePositions", "Positions", "PositionsError", "Verdict", "after_gap", "verdict"]

Verdict = Literal["new", "old", "hole"]
"""`new`: take it. `old`: known already. `hole`: something before it is missing."""


def verdict(last: int, position: int) -> Verdict:
    """What an event at `position` is to a reader that has taken everything up to `last`: positions are contiguous."""
    if position <= last:
        return "old"
    return "new" if position == last + 1 else "hole"


def after_gap(last: int, gap: Gap) -> int | None:
    """The position after a gap; None when the gap itself does not join on to what is known."""
    return None if gap.first > last + 1 else max(last, gap.last)


class PositionsError(NavigatorError):
    """The kept position cannot be read or written; the text says where and what to do."""


class Positions(Protocol):
    """Keeps one inbox position between two runs of a program. Each may take its time, and neither may block the loop."""

    async def load(self) -> int | None:
        """The last seq handled, None when there is none yet."""

    async def save(self, seq: int) -> None:
        """Remembers `seq`. Called with the latest one, a few times a second at most, and once at the end."""


class FilePositions:
    """One position in a small text file, replaced whole, so that a crash leaves the old one or the new one.

    Not synced to the disk: after a power cut the last few seconds' notifications may come once more.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    async def load(self) -> int | None:
        """The position in the file, None when there is no file. Raises PositionsError for anything else in it."""
        return await asyncio.to_thread(self._load)

    async def save(self, seq: int) -> None:
        """Replaces the file. Raises PositionsError when it cannot be written."""
        await asyncio.to_thread(self._save, seq)

    def _load(self) -> int | None:
        try:
            text = self._path.read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise PositionsError(f"{self._path} cannot be read as a position: {error}") from error
        if not (text.isdecimal() and len(text) <= 16):
            raise PositionsError(f"{self._path} holds no position: remove it to begin from now, or name another file")
        return int(text)

    def _save(self, seq: int) -> None:
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        try:
            beside.write_text(f"{seq}\n", "ascii")
            beside.replace(self._path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise PositionsError(f"the position cannot be written to {self._path}: {error.strerror}") from error
