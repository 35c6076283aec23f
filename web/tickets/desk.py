"""The desk: reads issues for people, and writes what they decide; everything that the routes need stands on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal
from weakref import WeakValueDictionary

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from adapters.erp.redmine_passwords import RedminePasswords
from adapters.redmine.errors import RedmineError
from adapters.redmine.rest import issue as rest
from adapters.redmine.rest.change import Change
from adapters.redmine.rest.client import RedmineClient
from adapters.redmine.rest.connector import RedmineConnector, create_redmine_connector
from adapters.redmine.rest.errors import NotFound, RestAway, RestError, Stale, Unclear
from adapters.redmine.rest.requester import neighbours
from adapters.redmine.rest.rights import settable_statuses
from adapters.redmine.task_facts import TaskReader
from adapters.redmine.ticket_feed import changed_event, list_events
from adapters.redmine.versions import Version, parse
from hub.hub import Hub
from hub.principal import Principal
from web.settings import Settings
from web.tickets.actors import Actors
from web.tickets.cache import Answer, TicketCache
from web.tickets.compose import Surroundings, compose
from web.tickets.conflict import conflict_of
from web.tickets.shapes import Conflict, Task, Untaken
from web.tickets.turns import Turns
from web.tickets.wording import untaken_in_words

__all__ = ["Clashed", "Desk", "Done", "Lost", "Sheet"]

READ_S = 25.0
"""Seconds for reading one issue with all that belongs to it: a Redmine that answers each request slowly is away, too."""
TURN_S = 25.0
"""Seconds that a change waits for the changes of the same issue before it, whose own deadlines add up while Redmine hangs."""
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Sheet:
    """What is kept of one issue for one person."""

    task: Task
    issue: rest.Issue
    """As REST gave it, without its texts."""
    statuses: tuple[rest.Status, ...]
    """Those that the person may set."""
    related: tuple[int, ...]

    @cached_property
    def json(self) -> bytes:
        """The task, encoded once."""
        return _encode(self.task)


class Clashed(Exception):
    """Others were first: nothing was written."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__(conflict.version)
        self.conflict = conflict


class Lost(Exception):
    """Nobody knows whether the change was made. `task` is how the issue looks now, None when that cannot be read either."""

    def __init__(self, task: Task | None) -> None:
        super().__init__("the outcome is not known")
        self.task = task


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a change."""

    task: Task
    journal: int | None
    untaken: list[Untaken]


class Desk:
    """One a process. Reading may raise RestError and RedmineError, writing also Clashed and Lost."""

    def __init__(
        self,
        *,
        settings: Settings,
        hub: Hub,
        client: RedmineClient,
        reader: TaskReader,
        actors: Actors,
        cache: TicketCache[Sheet],
        passwords: RedminePasswords | None,
        turns: Turns,
    ) -> None:
        """`client` and `reader` stay the caller's."""
        self.reader, self.cache, self.actors = reader, cache, actors
        self._settings, self._hub, self._client, self._passwords, self._turns = settings, hub, client, passwords, turns
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def connector(self, principal: Principal) -> RedmineConnector:
        """The person's way to Redmine."""
        person = await self.actors.find(principal)

        async def owned(ids: object) -> set[int]:
            return await self.reader.owned(person.email, list(ids))  # type: ignore[call-overload]  # a sequence of ids

        return await create_redmine_connector(
            self._client,
            person,
            passwords=self._passwords,
            service_key=self._settings.redmine_api_key,
            keys=None,
            owned=owned,
            lock_of=self.reader.lock_of,
        )

    async def sheet(self, principal: Principal, id: int) -> Answer[Sheet]:
        """The issue as the person sees it: from the cache where it is no older than what the hub was told."""
        return await self.cache.cached_response(id, (principal.user_id, principal.locale), lambda: self._read(principal, id))

    async def _read(self, principal: Principal, id: int) -> Sheet:
        as_of = self._hub.now()
        try:
            async with asyncio.timeout(READ_S):
                connector = await self.connector(principal)
                version = await self.reader.version(id)  # before the issue: a change in between makes it look old, never new
                if version is None:
                    raise NotFound()
                return await self._compose(principal, connector, await connector.issue(id), version, as_of)
        except TimeoutError:
            raise RestAway("it answers too slowly") from None

    async def _compose(
        self, principal: Principal, connector: RedmineConnector, issue: rest.Issue, version: Version, as_of: datetime
    ) -> Sheet:
        near = sorted(neighbours(issue))
        may = await connector.may(issue)
        related = sorted(await connector.issues_seen(near)) if near else []
        facts = await self.reader.facts(issue, related=related)
        known = await self.actors.known(set(facts.people), facts.requesters)
        around = Surroundings(
            locale=locale_of(principal),
            me=connector.person.redmine_id,
            facts=facts,
            priorities=await self.reader.priorities(),
            may=may,
            formatting=await self.reader.formatting(),
            redmine_url=self._settings.redmine_url or "",
            as_of=as_of,
            avatars=known.avatars,
            names=known.names,
        )
        task = await asyncio.to_thread(compose, issue, version, around)
        statuses: tuple[rest.Status, ...] = ()
        if may.status:
            statuses = settable_statuses(await connector.me(), issue)
        slim = msgspec.structs.replace(issue, description="", journals=(), attachments=(), watchers=(), custom_fields=())
        return Sheet(task, slim, statuses, tuple(near))

    async def change(self, principal: Principal, id: int, change: Change, *, seen: Version, mine: Mapping[str, str | None]) -> Done:
        """Makes a change by somebody who saw the issue as of `seen`. `mine`: the wanted values in words, for the conflict.

        Raises Clashed when others were first, Lost when nobody knows what became of it; RestError, StoreUnavailable: nothing was written.
        """
        connector = await self.connector(principal)
        async with self._turn(id):
            for attempt in range(3):
                version = await self.reader.version(id)
                if version is None:
                    raise NotFound()
                if version != seen:
                    conflict = conflict_of(seen, await self._now(principal, id, version), mine)
                    if conflict is not None:
                        raise Clashed(conflict)
                try:
                    outcome = await connector.change(id, change, lock_version=version.lock_version)
                except Stale:
                    if attempt == 2:
                        raise
                    continue
                except Unclear:
                    self.cache.invalidate(id)
                    raise Lost(await self._perhaps(principal, id)) from None
                break
        self.cache.invalidate(id)
        try:
            await self._tell(id, connector.person.redmine_id, private=change.private_notes)
            sheet = (await self.sheet(principal, id)).value
            untaken = untaken_in_words(outcome.untaken, await self.reader.catalog(), sheet.task, locale_of(principal))
        except (RestError, RedmineError, SQLAlchemyError):  # it is done, and cannot be shown
            raise Lost(None) from None
        return Done(sheet.task, outcome.journal_id, untaken)

    @asynccontextmanager
    async def _turn(self, id: int) -> AsyncIterator[None]:
        """One change of an issue at a time, at all nodes: Redmine refuses writes that meet, also those that do not hurt each other, and
        keeps both of two that change no field. Raises RestAway, StoreUnavailable.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(TURN_S):
                    await stack.enter_async_context(self._locks.setdefault(id, asyncio.Lock()))
                    await stack.enter_async_context(self._turns.turn(id))
            except TimeoutError:
                raise RestAway("changes before this one are not done yet") from None
            yield

    async def _now(self, principal: Principal, id: int, version: Version) -> Task:
        """The task at this version or a later one: the source may not have told of the change yet."""
        found = (await self.sheet(principal, id)).value.task
        if found.version != str(version):
            self.cache.invalidate(id)
            found = (await self.sheet(principal, id)).value.task
        return found

    async def _perhaps(self, principal: Principal, id: int) -> Task | None:
        try:
            return (await self.sheet(principal, id)).value.task
        except (RestError, RedmineError):
            return None

    async def _tell(self, id: int, by: int | None, *, private: bool) -> None:
        """Tells everybody at once, before the source looks: pages and the other nodes' caches."""
        version = await self.reader.version(id)
        if version is not None:
            now = self._hub.now()
            each = changed_event(id, version, by=None if private else by, now=now, source="/navigator")
            for item in (each, *list_events({id: version}, now, source="/navigator")):
                self._hub.publish_topic(item.topic, item.event)

    def changed(self, id: int, version: str) -> None:
        """The hub tells of a change: what was read before it is not shown any more. A version is read before its issue: so one that is
        no older in both its numbers has the change."""
        told = parse(version)

        def has_it(sheet: Sheet) -> bool:
            own = parse(sheet.task.version)
            return own.lock_version >= told.lock_version and own.last_journal >= told.last_journal

        self.cache.invalidate(id, has_it)

    async def may_read(self, principal: Principal, id: int) -> bool:
        """Whether Redmine shows the issue to this person; no, when it cannot be asked."""
        try:
            await self.sheet(principal, id)
        except (RestError, RedmineError):
            return False
        return True


def locale_of(principal: Principal) -> Literal["ru", "en"]:
    """The language for names."""
    return "en" if principal.locale == "en" else "ru"
