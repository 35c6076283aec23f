"""Whom we tell against whom Redmine itself writes a mail: the differences are these, and each has its reason.

Redmine 5 mails the author, the assignee, the previous assignee, watchers and the mentioned too, so only what stands in `DIFFERENCES`
may differ. Nobody is told who may not know: for each told person the change is asked for by REST as that person.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import tables
from adapters.redmine.engine import reading
from hub.notification import Notification
from tests.adapters.redmine.watching import Watching
from tests.peers.redmine_peer import RedminePeer

_MESSAGE_ID = re.compile(r"^Message-ID: <redmine\.((?:journal|issue)-\d+)\.\d+\.(\d+)@", re.MULTILINE)
PREFERENCE = "Redmine: their mail_notification leaves this out; ours: the Navigator's own rules decide, not those for e-mail"
EVERYTHING = "Redmine: mails project members with mail_notification=all; ours: only those concerned"

DIFFERENCES: dict[tuple[str, str], tuple[str, str]] = {
    **{
        (step, "ivanov"): ("mail", EVERYTHING)
        for step in (
            *("A new", "A assignee comments", "A author comments", "A private note by developer", "A taken by petrova", "A status"),
            *(
                "A visible field",
                "A author comments in private",
                "C new, unassigned",
                "C comment",
                "C from sidorov to petrova",
                "C mention",
            ),
            *("F new with a mention", "G new by an administrator"),
        )
    },
    ("F comment", "petrova"): ("ours", PREFERENCE),  # only_assigned, and she is the author
    ("F to orlova", "petrova"): ("ours", PREFERENCE),
    ("F to orlova", "orlova"): ("ours", PREFERENCE),  # only_owner, and it is assigned to her
    ("G comment", "admin"): ("ours", PREFERENCE),  # none
}
"""(step, login) -> (who tells them: ours or mail, why)."""


@dataclass(slots=True)
class Play:
    """The script's stage: REST calls as different people, one after the other, with our source looking on."""

    peer: RedminePeer
    client: httpx.AsyncClient
    engine: AsyncEngine
    watching: Watching
    issues: dict[str, int] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    """`journal-52` or `issue-14`, as Redmine's Message-ID names it -> step."""
    ours: dict[str, set[str]] = field(default_factory=dict)

    async def create(self, step: str, name: str, login: str, **values: Any) -> None:
        """A new issue."""
        values = {"tracker_id": 1, "subject": f"Проба {name}"} | values
        answer = await self.client.post("/issues.json", headers=self.peer.headers(login), json={"issue": values})
        assert answer.status_code == 201, (step, answer.text)
        self.issues[name] = answer.json()["issue"]["id"]
        await self._see(step)

    async def change(self, step: str, name: str, login: str, **values: Any) -> None:
        """A change of an issue; it must have done something."""
        answer = await self.client.put(f"/issues/{self.issues[name]}.json", headers=self.peer.headers(login), json={"issue": values})
        assert answer.status_code == 204, (step, answer.text)
        await self._see(step)

    async def watch(self, name: str, login: str, user: int) -> None:
        """A watcher, set by an administrator or manager; leaves no trace in the journal."""
        answer = await self.client.post(
            f"/issues/{self.issues[name]}/watchers.json", headers=self.peer.headers(login), json={"user_id": user}
        )
        assert answer.status_code == 204, answer.text

    async def relate(self, step: str, name: str, login: str, other: str) -> None:
        """A relation: one journal on each side."""
        answer = await self.client.post(
            f"/issues/{self.issues[name]}/relations.json",
            headers=self.peer.headers(login),
            json={"relation": {"issue_to_id": self.issues[other], "relation_type": "relates"}},
        )
        assert answer.status_code == 201, answer.text
        await self._see(step)

    async def _see(self, step: str) -> None:
        async with reading(self.engine, 5) as reader:
            journals = await reader.rows(sa.select(tables.journals.c.id).where(tables.journals.c.journalized_id.in_(self.issues.values())))
        origins = {f"issue-{issue}" for issue in self.issues.values()} | {f"journal-{row.id}" for row in journals}
        self.steps |= dict.fromkeys(origins - self.steps.keys(), step)
        mine = {f"ticket:{issue}" for issue in self.issues.values()}
        told = [note for note in await self.watching.look() if note.event.subject in mine]
        self.ours[step] = set()
        seen: set[tuple[str, str]] = set()
        for note in told:
            origin = "-".join(note.event.id.split(":")[:2])
            for address in note.to:
                login = next(login for login, user in self.peer.users.items() if str(user["id"]) == address.key)
                assert (origin, login) not in seen, f"{login} is told twice of {origin}"
                seen.add((origin, login))
                self.ours[step].add(login)
                await self._may_know(note, login, origin)

    async def _may_know(self, note: Notification, login: str, origin: str) -> None:
        """Fails unless REST shows the person this ticket, this note and each of these changes."""
        issue = str(note.event.subject).removeprefix("ticket:")
        answer = await self.client.get(f"/issues/{issue}.json?include=journals", headers=self.peer.headers(login))
        assert answer.status_code == 200, f"{login} may not see {issue}"
        if origin.startswith("issue"):
            return
        shown = [journal for journal in answer.json()["issue"]["journals"] if f"journal-{journal['id']}" == origin]
        assert shown, f"{login} may not see {origin}"
        assert len(note.event.data.get("changes", ())) <= len(shown[0]["details"]), f"{login} is told hidden details of {origin}"
        assert bool(note.event.data.get("body")) <= bool(shown[0]["notes"])

    async def mails(self) -> dict[str, set[str]]:
        """step -> logins that Redmine mailed, once it has written nothing for two seconds."""
        logins = {str(user["id"]): login for login, user in self.peer.users.items()}
        found: dict[str, set[str]] = {step: set() for step in self.ours}
        last: dict[str, int] = {}
        while (sizes := {path.name: path.stat().st_size for path in self.peer.mail_dir.iterdir()}) != last:
            last = sizes
            await asyncio.sleep(2)
        for path in self.peer.mail_dir.iterdir():
            for origin, user in _MESSAGE_ID.findall(path.read_text(errors="replace")):
                if origin in self.steps:
                    found[self.steps[origin]].add(logins[user])
        return found


async def script(play: Play) -> None:
    """Forty changes by different people: comments, private notes, people, groups, fields, mentions, relations."""
    id = play.peer.id
    group = 11
    await play.create("A new", "A", "orlova", project_id=1, assigned_to_id=id("petrova"), custom_fields=[{"id": 1, "value": "312"}])
    await play.create("B new for a group", "B", "ivanov", project_id=2, assigned_to_id=group)
    await play.create("C new, unassigned", "C", "klient", project_id=1)
    await play.create("D new and private", "D", "ivanov", project_id=2, assigned_to_id=id("petrova"), is_private=True)
    await play.create("E new in public", "E", "orlova", project_id=3, assigned_to_id=id("ivanov"))
    await play.create("F new with a mention", "F", "petrova", project_id=1, description="@sidorov, @klient и @uvolen: взгляните")
    for name, user in (("A", "sidorov"), ("A", "klient"), ("D", "sidorov"), ("E", "petrova"), ("E", "uvolen")):
        await play.watch(name, "admin", id(user))
    await play.change("A assignee comments", "A", "petrova", notes="Беру в работу")
    await play.change("A author comments", "A", "orlova", notes="Спасибо")
    await play.change("A private note by manager", "A", "ivanov", notes="пароль 1234", private_notes=True)
    await play.change("A private note by developer", "A", "petrova", notes="пароль 4321", private_notes=True)
    await play.change("A to sidorov", "A", "ivanov", assigned_to_id=id("sidorov"))
    await play.change("A taken by petrova", "A", "petrova", assigned_to_id=id("petrova"))
    await play.change("A status", "A", "petrova", status_id=2)
    await play.change("A priority", "A", "ivanov", priority_id=4)
    await play.change("A hidden field", "A", "ivanov", custom_fields=[{"id": 2, "value": "100"}])
    await play.change("A hidden field and note", "A", "ivanov", notes="посчитано", custom_fields=[{"id": 2, "value": "200"}])
    await play.change("A visible field", "A", "petrova", custom_fields=[{"id": 1, "value": "313"}])
    await play.change("A mention of one who cannot see", "A", "ivanov", notes="@klient, @uvolen: вот")
    await play.change("A private note with status", "A", "ivanov", notes="между нами", private_notes=True, status_id=4)
    await play.change("C comment", "C", "klient", notes="Ау")
    await play.change("C to sidorov", "C", "ivanov", assigned_to_id=id("sidorov"))
    await play.change("C from sidorov to petrova", "C", "sidorov", assigned_to_id=id("petrova"), notes="передаю")
    await play.change("C mention", "C", "petrova", notes="@sidorov, @orlova подскажите")
    await play.change("C date", "C", "ivanov", due_date="2030-01-01")
    await play.change("C unassigned", "C", "ivanov", assigned_to_id="")
    await play.change("C closed", "C", "ivanov", status_id=5)
    await play.change("B comment", "B", "petrova", notes="чищу")
    await play.change("B status", "B", "sidorov", status_id=2)
    await play.change("B from group to sidorov", "B", "ivanov", assigned_to_id=id("sidorov"))
    await play.change("B hidden field by an administrator", "B", "admin", custom_fields=[{"id": 2, "value": "300"}])
    await play.change("D comment by assignee", "D", "petrova", notes="проверяю")
    await play.change("D mention of a watcher who cannot see", "D", "ivanov", notes="@sidorov, зайдите")
    await play.relate("A related to private D", "A", "ivanov", "D")
    await play.change("E comment by a non-member", "E", "petrova", notes="вижу")
    await play.change("F comment", "F", "ivanov", notes="взглянули")
    await play.change("F to orlova", "F", "ivanov", assigned_to_id=id("orlova"))
    await play.create("G new by an administrator", "G", "admin", project_id=1)
    await play.change("G comment", "G", "ivanov", notes="спасибо")
    await play.change("A made private", "A", "ivanov", is_private=True)
    await play.change("A author comments in private", "A", "orlova", notes="ещё жду")


@pytest.mark.redmine
async def test_we_tell_whom_redmine_mails_but_for_a_list_of_reasons(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """Forty changes by REST: our recipients against Redmine's mails, and nobody is told who may not know."""
    watching = Watching(peer_engine)
    await watching.source.start(None)
    await watching.look()
    async with httpx.AsyncClient(base_url=redmine_peer.url, timeout=30) as client:
        play = Play(redmine_peer, client, peer_engine, watching)
        await script(play)
        mails = await play.mails()
    found = {(step, login): "ours" for step, people in play.ours.items() for login in people - mails[step]}
    found |= {(step, login): "mail" for step, people in mails.items() for login in people - play.ours[step]}
    assert found == {key: side for key, (side, _) in DIFFERENCES.items()}
    hidden = {step: play.ours[step] for step in ("A hidden field", "B hidden field by an administrator")}
    assert hidden == {"A hidden field": set(), "B hidden field by an administrator": {"ivanov"}}
