"""Colleagues with a life of their own: they comment, assign, change, close and open tickets through the sandbox's REST API.

Nobody here is a person of the demo: whoever signs in sees others act, and is told of it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from adapters.sandbox.people import PEOPLE, SERVICE, Person, person
from adapters.sandbox.redmine import story, texts

__all__ = ["Act", "Life"]

_log = logging.getLogger(__name__)

_FIRST_S, _SHORTEST_S, _LONGEST_S = 2.0, 6.0, 12.0
_MOST_OPEN = 90
"""With more open tickets than this, colleagues close instead of opening: a demo may run for weeks."""
_TIMEOUT_S = 10.0

_FOCUS = (("ivanov", 3), ("petrova", 4), ("orlova", 2), ("gromova", 1))
_KINDS = (
    ("comment", 30),
    ("assign", 16),
    ("status", 18),
    ("priority", 7),
    ("close", 7),
    ("mention", 8),
    ("private", 3),
    ("open", 8),
    ("mail", 3),
)
_NEXT = {
    story.NEW: (story.PROGRESS,),
    story.PROGRESS: (story.RESOLVED, story.WAITING, story.RESOLVED),
    story.RESOLVED: (story.CLOSED, story.FEEDBACK),
    story.FEEDBACK: (story.PROGRESS,),
    story.WAITING: (story.PROGRESS,),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did."""

    kind: str
    """`comment`, `assign`, `status`, `priority`, `close`, `mention`, `private`, `open` or `mail`."""
    login: str
    """Who did it."""
    issue: int
    """To which ticket; 0 when Redmine did not take it."""
    sent: dict[str, Any]
    """The members of `issue` in the request."""
    taken: bool
    """Whether Redmine answered with success."""


class Life:
    """Acts one after another. The same seed on the same database gives the same acts; the pauses too."""

    def __init__(self, client: httpx.AsyncClient, *, number: int = 0, pace: float = 1.0) -> None:
        """`client` has the sandbox's base URL; `pace` stretches the pauses (1: 6 to 12 s, 0: none)."""
        self._client = client
        self._pace = pace
        self._number = number
        self._chance: random.Random | None = None
        self.acts = 0

    async def run(self) -> None:
        """Acts until cancelled. Something going wrong is logged and does not end it."""
        pause = _FIRST_S
        while True:
            await asyncio.sleep(pause * self._pace)
            try:
                await self.act()
            except Exception:
                _log.exception("a colleague of the sandbox stumbled")
            pause = (self._chance or random.Random(self._number)).uniform(_SHORTEST_S, _LONGEST_S)  # noqa: S311 - a story, not a secret

    async def act(self) -> Act:
        """One act, taken by Redmine or not."""
        chance = await self._luck()
        kind = chance.choices([name for name, _ in _KINDS], [weight for _, weight in _KINDS])[0]
        if kind in ("open", "mail"):
            full = (await self._list(status_id="open", limit="1"))["total_count"] >= _MOST_OPEN
            act = await (self._close(chance) if full else self._open(chance, kind))
        elif kind == "close":
            act = await self._close(chance)
        else:
            act = await self._change(chance, kind)
        self.acts += 1
        return act

    async def _luck(self) -> random.Random:
        """The dice. With number 0 the newest ticket's state is in them, so that a second start does not repeat the first one's throws."""
        if self._chance is None:
            newest = (await self._list(status_id="*", sort="updated_on:desc", limit="1"))["issues"]
            stamp = f"{newest[0]['id']}:{newest[0]['updated_on']}" if newest and self._number == 0 else ""
            self._chance = random.Random(f"{self._number}:{stamp}")  # noqa: S311 - a story, not a secret
        return self._chance

    # -- what they do

    async def _change(self, chance: random.Random, kind: str) -> Act:
        who = person(chance.choices([name for name, _ in _FOCUS], [weight for _, weight in _FOCUS])[0])
        if kind == "assign":
            who = person("petrova") if chance.random() < 0.7 else person("ivanov")
        issue = await self._concerning(chance, who, kind)
        if issue is None:
            return await self._open(chance, "open")
        project, status = issue["project"]["id"], issue["status"]["id"]
        staff = [person(login) for login in story.PROJECT_STAFF[project] if not person(login).demo]
        worker = chance.choice(staff)
        boss = person("fedorov")
        match kind:
            case "assign":
                target = who.redmine_id if chance.random() < 0.75 or project == texts.BOOKING else story.SECOND_LINE
                return await self._put(kind, boss, issue, assigned_to_id=target, notes=chance.choice(texts.HANDOVERS))
            case "status":
                target = chance.choice(_NEXT.get(status, (story.PROGRESS,)))
                actor = boss if target == story.CLOSED else worker
                words = (
                    texts.RESOLVED if target == story.RESOLVED else texts.QUESTIONS if target == story.WAITING else ("", *texts.PROGRESS)
                )
                return await self._put(kind, actor, issue, status_id=target, notes=chance.choice(words))
            case "priority":
                higher = {1: 2, 2: 3, 3: 4, 4: 3, 5: 4}.get(issue["priority"]["id"], 3)
                return await self._put(
                    kind, boss, issue, priority_id=higher, notes=chance.choice(("", "Меняю приоритет: вылет уже скоро."))
                )
            case "mention":
                named = person(chance.choice(["ivanov", "petrova"]))
                return await self._put(kind, worker, issue, notes=chance.choice(texts.MENTIONS).format(login=named.login))
            case "private":
                return await self._put(kind, worker, issue, notes=chance.choice(texts.PRIVATE), private_notes=True)
        asker = self._author(issue)
        if asker is not None and not asker.demo and chance.random() < 0.5:
            return await self._put(kind, asker, issue, notes=chance.choice((*texts.ASKS, *texts.ANSWERS)))
        return await self._put(kind, worker, issue, notes=chance.choice((*texts.PROGRESS, *texts.QUESTIONS)))

    async def _close(self, chance: random.Random) -> Act:
        found = (await self._list(status_id=str(story.RESOLVED), limit="100"))["issues"] or (await self._list(limit="100", sort="id"))[
            "issues"
        ]
        if not found:
            return await self._open(chance, "open")
        notes = chance.choice(("", "Закрываю, спасибо!", "Подтверждено заявителем, закрываю."))
        return await self._put("close", person("fedorov"), chance.choice(found), status_id=story.CLOSED, notes=notes)

    async def _open(self, chance: random.Random, kind: str) -> Act:
        subject = chance.choice(texts.BY_MAIL if kind == "mail" else texts.FRESH)
        sent: dict[str, Any] = {
            "project_id": subject.project,
            "tracker_id": subject.tracker,
            "subject": subject.subject,
            "description": subject.description,
            "priority_id": subject.priority,
        }
        if kind == "mail":
            author = SERVICE
            sent |= {"easy_email_to": person("gromova").email, "assigned_to_id": person("petrova").redmine_id}
        elif subject.project in (texts.INFRA, texts.SITE):
            author = person("lebedeva")
            sent |= {"assigned_to_id": story.SECOND_LINE, "watcher_user_ids": [person("ivanov").redmine_id]}
        else:
            author = person(chance.choice(["kuznetsov", "morozova"]))
            if subject.project == texts.HELP:  # the form of the helpdesk sends what comes in to its line
                sent |= {"assigned_to_id": story.SECOND_LINE}
        answer = await self._client.post("/issues.json", json={"issue": sent}, auth=_auth(author), timeout=_TIMEOUT_S)
        number = answer.json()["issue"]["id"] if answer.status_code == 201 else 0
        return Act(kind, author.login, number, sent, answer.status_code == 201)

    # -- how they find and do it

    async def _concerning(self, chance: random.Random, who: Person, kind: str) -> dict[str, Any] | None:
        """An open ticket that `who` has to do with; for an assignment, one that is not theirs yet."""
        everything = (await self._list(status_id="open", limit="100", sort="created_on:desc"))["issues"]
        number = who.redmine_id
        if kind == "assign":
            may_have = [one for one, staff in story.PROJECT_STAFF.items() if who.login in (*staff, "ivanov")]
            found = [one for one in everything if one.get("assigned_to", {}).get("id") != number and one["project"]["id"] in may_have]
        elif number is None:
            found = [one for one in everything if one.get("easy_email_to") == who.email]
        else:
            found = [one for one in everything if number in (one["author"]["id"], one.get("assigned_to", {}).get("id"))]
            found += (await self._list(status_id="open", limit="100", watcher_id=str(number)))["issues"]
        if kind == "status":
            found = [one for one in found if one["status"]["id"] in _NEXT] or found
        found = found or everything
        return chance.choice(found) if found else None

    def _author(self, issue: dict[str, Any]) -> Person | None:
        return next((one for one in PEOPLE if one.redmine_id == issue["author"]["id"] and one is not SERVICE), None)

    async def _list(self, **query: str) -> dict[str, Any]:
        answer = await self._client.get("/issues.json", params=query, auth=_auth(SERVICE), timeout=_TIMEOUT_S)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def _put(self, kind: str, actor: Person, issue: dict[str, Any], **sent: Any) -> Act:
        body = {"issue": sent}
        answer = await self._client.put(f"/issues/{issue['id']}.json", json=body, auth=_auth(actor), timeout=_TIMEOUT_S)
        return Act(kind, actor.login, issue["id"], sent, answer.status_code == 204)


def _auth(one: Person) -> tuple[str, str]:
    return one.login, one.password


def logins() -> Sequence[str]:
    """Who may act."""
    return [one.login for one in PEOPLE if not one.demo and not one.blocked and one.redmine_id is not None]
