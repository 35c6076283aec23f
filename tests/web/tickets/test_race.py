"""Two people change one issue at once through the interface, a hundred times: at one node, and at two that share their turns alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.peers.redmine_peer import RedminePeer
from tests.web.tickets.conftest import Office, open_office

pytestmark = [pytest.mark.redmine, pytest.mark.timeout(170)]

ROUNDS = 25
"""Of each of the four writing paths."""
PEOPLE = ("ivanov", "petrova")


@dataclass(frozen=True)
class Field:
    """What a path sets, by Redmine's name and ours, and three values that it may have. A comment sets nothing."""

    path: str
    theirs: str = ""
    values: tuple[int, ...] = ()

    def bodies(self, round: int, current: int) -> list[dict[str, Any]]:
        """What the two send: every third round the very same value, and always another than there is."""
        notes = [f"{login} {round}" for login in PEOPLE]
        if not self.values:
            return [{"text": note} for note in notes]
        wanted = [value for value in self.values if value != current]
        if round % 3 == 0:
            wanted[1] = wanted[0]
        return [{f"{self.path}_id": value, "comment": note} for value, note in zip(wanted, notes, strict=False)]


async def _series(field: Field, here: Office, there: Office) -> list[str]:
    """Rounds on an issue of their own; who won each."""
    id = await here.issue(assigned_to_id=here.peer.id("petrova"))
    task = await here.task("ivanov", id)
    winners: list[str] = []
    for round in range(ROUNDS):
        offices = (here, there if round % 2 else here)
        method = "PUT" if field.values else "POST"
        current = (task[field.path] or {"id": 0})["id"] if field.values else 0
        bodies = field.bodies(round, current)
        calls = [
            office.send(login, method, f"/task/{id}/{field.path}", body | {"version": task["version"]})
            for office, login, body in zip(offices, PEOPLE, bodies, strict=True)
        ]
        turned = round % 4 > 1  # neither is always the first to ask
        answers = await asyncio.gather(*(reversed(calls) if turned else calls))
        if turned:
            answers.reverse()
        assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.text[:400] for answer in answers]
        won = 0 if answers[0].status_code == 200 else 1
        done, lost = answers[won].json(), answers[1 - won].json()
        winners.append(PEOPLE[won])
        assert done["untaken"] == []
        assert lost["error"]["code"] == "conflict"
        assert lost["conflict"]["version"] == done["task"]["version"] != task["version"]
        assert [one["source"] for one in lost["conflict"]["comments"]] == [f"{PEOPLE[won]} {round}"]
        if field.values:
            assert done["task"][field.path]["id"] == bodies[won][f"{field.path}_id"]
            assert [(one["field"], one["theirs"]) for one in lost["conflict"]["fields"]] == [(field.path, done["task"][field.path]["name"])]
        task = done["task"]
    assert await here.notes(id) == [f"{login} {round}" for round, login in enumerate(winners)]
    if field.values:
        assert (await here.truth(id))[field.theirs]["id"] == task[field.path]["id"]
    return winners


async def test_two_people_at_once_never_lose_an_update(redmine_peer: RedminePeer, tmp_path: Path, store_file: Path) -> None:
    """A hundred rounds by all four writing paths: one is stored, the other gets the conflict, no note is lost or doubled."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    takers = tuple(redmine_peer.id(login) for login in ("ivanov", "petrova", "sidorov"))
    fields = (
        Field("status", "status", (2, 3, 4)),
        Field("priority", "priority", (2, 3, 4)),
        Field("assignee", "assigned_to", takers),
        Field("comments"),
    )
    async with (
        open_office(redmine_peer, tmp_path / "here", store_file) as here,
        open_office(redmine_peer, tmp_path / "there", store_file) as there,
    ):
        # two nodes of one store: only the turns are told through it, no change is heard over a bus
        there.node.state["tickets"].desk._turns = here.node.state["tickets"].desk._turns
        for office in (here, there):
            for login in PEOPLE:
                await office.seat(login)
        won = await asyncio.gather(*(_series(field, here, there) for field in fields))
    winners = [winner for series in won for winner in series]
    assert len(winners) == 100
    assert set(winners) == set(PEOPLE)
