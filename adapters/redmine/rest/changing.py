"""How a change is made: look, check what Redmine would drop without a word, send once, read back, tell.

Redmine 5.0 has no idempotency key and answers 204 to what it ignores, so neither "sent" nor "204" says that anything was done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from adapters.redmine.rest.change import UNCHANGED, Change, Outcome
from adapters.redmine.rest.compare import effective, findings, shows
from adapters.redmine.rest.errors import NotAllowed, RestAway, Stale, Unclear
from adapters.redmine.rest.issue import Issue
from adapters.redmine.rest.people import Me
from adapters.redmine.rest.rights import edits

__all__ = ["LOOKS_S", "LockOf", "make_change"]

LockOf = Callable[[int], Awaitable[int | None]]
"""An issue's `lock_version` as the database has it now; None when there is no such issue."""
LOOKS_S = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each look for the effect of a write whose answer was lost: it may still be at work."""
_AGAIN = 2
"""Repetitions of a change without a version that met another one: nothing of it was stored."""


async def make_change(
    read: Callable[[], Awaitable[Issue]],
    put: Callable[[dict[str, Any]], Awaitable[object]],
    change: Change,
    *,
    me: Me,
    lock_version: int | None,
    lock_of: Callable[[], Awaitable[int | None]] | None = None,
    looks_s: tuple[float, ...] | None = None,
) -> Outcome:
    """Makes a change of the issue that `read` gives by `put`, as the account `me`. Raises as `RedmineConnector.change` says.

    Three requests to Redmine as a rule: before, the change, after. One that would alter nothing is not sent, unless a version has to
    be proven.
    """
    for attempt in range(_AGAIN + 1):
        before = await read()
        await _check(change, before, me, lock_version, lock_of)
        if lock_version is None and not effective(change, before):
            return Outcome(issue=before, journal_id=None)
        try:
            await put(_body(change, lock_version))
        except Unclear:
            return await _after_lost_answer(read, change, before, me, LOOKS_S if looks_s is None else looks_s)
        except Stale:
            # Redmine says so to concurrent writes even when no version was sent
            if lock_version is not None or attempt == _AGAIN:
                raise
        else:
            return _outcome(change, before, await _read_back(read), me)
    raise AssertionError("unreachable")


async def _check(
    change: Change, before: Issue, me: Me, lock_version: int | None, lock_of: Callable[[], Awaitable[int | None]] | None
) -> None:
    """Raises NotAllowed for what Redmine would drop, or would publish: nothing has been sent then, not even the comment."""
    lacking = _lacking(change, before, me)
    if lacking is None:
        return
    if lock_version is not None and lock_of is not None and await lock_of() != lock_version:
        raise Stale()  # it was allowed in the version that the person saw, perhaps
    raise NotAllowed(lacking)


def _lacking(change: Change, before: Issue, me: Me) -> str | None:
    project = before.project.id
    if change.notes and change.private_notes and not me.permits("set_notes_private", project):
        return "set_notes_private"
    if change.notes and not me.permits("add_issue_notes", project):
        return "add_issue_notes"
    if change.fields() and not edits(me, before):
        return "edit_issues"
    status = change.status_id
    listed = before.status.closed is not None  # servers before 5.0 give neither this nor the list
    if listed and status not in (UNCHANGED, before.status.id, *(allowed.id for allowed in before.allowed_statuses)):
        return "workflow"
    return None


def _body(change: Change, lock_version: int | None) -> dict[str, Any]:
    issue = change.fields()
    if change.notes:
        issue["notes"] = change.notes
        if change.private_notes:
            issue["private_notes"] = True
    if change.uploads:
        issue["uploads"] = [
            {"token": upload.token, "filename": upload.filename, "content_type": upload.content_type} for upload in change.uploads
        ]
    if lock_version is not None:
        issue["lock_version"] = lock_version
    return {"issue": issue}


async def _read_back(read: Callable[[], Awaitable[Issue]]) -> Issue:
    """The issue after a 204. Unclear when it cannot be read: what Redmine took of the change is not known then."""
    try:
        return await read()
    except RestAway:
        pass
    try:
        return await read()
    except RestAway as error:
        raise Unclear() from error


async def _after_lost_answer(
    read: Callable[[], Awaitable[Issue]], change: Change, before: Issue, me: Me, looks_s: tuple[float, ...]
) -> Outcome:
    for wait_s in looks_s:
        await asyncio.sleep(wait_s)
        try:
            after = await read()
        except RestAway:
            continue
        if shows(change, before, after, me.id):
            return _outcome(change, before, after, me)
    # not there proves nothing: Redmine may still be at it
    raise Unclear()


def _outcome(change: Change, before: Issue, after: Issue, me: Me) -> Outcome:
    journal, untaken = findings(change, before, after, me.id)
    return Outcome(issue=after, journal_id=journal, untaken=untaken)
