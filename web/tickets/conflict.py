"""What others did to an issue since a person looked, field by field. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.redmine.versions import Version
from web.tickets.shapes import Clash, Conflict, Task

__all__ = ["conflict_of"]


def conflict_of(seen: Version, task: Task, mine: Mapping[str, str | None]) -> Conflict | None:
    """What the person has to know before they write; None when nothing that they may see has happened since `seen`.

    `mine`: what they want to change: field -> the wanted value in words (None: nobody). Steps that are hidden from them (private notes)
    and changes that leave no step (roll-ups of subtasks) are no conflict: there is nothing that they could decide about.
    """
    since = [journal for journal in task.journals if journal.id > seen.last_journal]
    if not since:
        return None
    clashes: dict[str, Clash] = {}
    for journal in since:
        for change in journal.changes:
            first = clashes.get(change.field)
            clashes[change.field] = Clash(
                field=change.field,
                label=change.label,
                seen=first.seen if first else change.old,
                mine=mine.get(change.field),
                theirs=change.new,
                who=journal.author.name,
                at=journal.at,
            )
    # there and back again is no change, unless it is of what the person wants to set
    fields = [clash for clash in clashes.values() if clash.seen != clash.theirs or clash.seen is None or clash.field in mine]
    return Conflict(version=task.version, fields=fields, comments=[journal for journal in since if journal.source], task=task)
