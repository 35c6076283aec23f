"""A change of an issue, what became of it, and how the two are compared. Values and pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Any, Final, Literal

from adapters.redmine.rest.issue import Issue

__all__ = ["UNCHANGED", "Change", "Outcome", "Unchanged", "Untaken", "Upload"]


class Unchanged(Enum):
    """The type of UNCHANGED."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED
"""The field is not part of the change."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded before and is attached with the change."""

    token: str
    filename: str
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to become of an issue. Fields that are not named stay as they are."""

    status_id: int | Unchanged = UNCHANGED
    priority_id: int | Unchanged = UNCHANGED
    assigned_to_id: int | Literal[""] | Unchanged = UNCHANGED
    """The id of a person or group; "" takes the issue from whoever has it (null would be ignored by Redmine)."""
    done_ratio: int | Unchanged = UNCHANGED
    """Percent, 0 to 100 by tens."""
    start_date: date | Unchanged | None = UNCHANGED
    due_date: date | Unchanged | None = UNCHANGED
    notes: str = ""
    private_notes: bool = False
    """The note is for those only who may see private notes. Without the right to write such a note nothing is sent."""
    uploads: tuple[Upload, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for files with a private note: whoever sees the issue sees its files, and the step that names them."""
        if self.private_notes and self.uploads:
            raise ValueError("files cannot be private")

    def with_notes(self, notes: str) -> Change:
        """The same change with another note."""
        return replace(self, notes=notes)

    def fields(self) -> dict[str, Any]:
        """The named fields as Redmine wants them."""
        named: dict[str, Any] = {
            name: value
            for name in ("status_id", "priority_id", "assigned_to_id", "done_ratio", "start_date", "due_date")
            if (value := getattr(self, name)) is not UNCHANGED
        }
        return {name: _wire(value) for name, value in named.items()}


def _wire(value: Any) -> Any:
    if value is None:
        return ""  # null is ignored
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class Untaken:
    """A part of a change that Redmine dropped without a word.

    `field`: the name in `Change`, `notes`, `private_notes` and `uploads` included. Values are ids, percents, ISO dates, tuples of
    file names; None: nobody, none.
    """

    field: str
    wanted: Any
    is_now: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a change came to, by the issue as it was read afterwards."""

    issue: Issue
    journal_id: int | None
    """The journal that this change made: the one with the note where there is one. None: nothing was journalled."""
    untaken: tuple[Untaken, ...] = ()

    def with_issue(self, issue: Issue) -> Outcome:
        """The same outcome, with the issue as somebody else may see it."""
        return replace(self, issue=issue)
