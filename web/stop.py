"""How a command ends when it cannot go on."""

from __future__ import annotations

__all__ = ["Stop"]


class Stop(Exception):
    """The text says why and what to do about it. `code`: the exit code, 1 it did not work, 2 wrong usage."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code
