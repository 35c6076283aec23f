"""The index is filled, follows and sweeps; the search shows what may be read, and nothing else: on the real Redmine, over both stores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import reading
from adapters.redmine.tickets.index import TicketIndex, Wanted
from adapters.redmine.tickets.indexer import Indexer
from adapters.redmine.tickets.listing import Filter, Kinds, conditions, page_ids
from adapters.redmine.tickets.search import Hit, search
from adapters.redmine.tickets.words import fold, parse
from hub.tickets import ticket_index
from tests.adapters.redmine.tickets.world import SECRET, World
from tests.clock import START

KINDS = Kinds(frozenset({1, 2, 3, 4, 7}), frozenset({5, 6}))
pytestmark = pytest.mark.redmine


class Clock:
    """Monotonic, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


class Site:
    """An index over the world, with its job."""

    def __init__(self, world: World, redmine: AsyncEngine, store: AsyncEngine) -> None:
        self.world, self.redmine, self.store = world, redmine, store
        self.clock = Clock()
        self.index = TicketIndex(store, now=lambda: START)
        self.indexer = self.restarted()

    def restarted(self, *, batch: int = 50) -> Indexer:
        """The job after a restart."""
        self.indexer = Indexer(self.redmine, self.index, batch=batch, clock=self.clock)
        return self.indexer

    async def fill(self) -> None:
        """Until everything is in."""
        await self.indexer.look()
        while not self.indexer.filled:
            await self.indexer.look()

    async def kept(self) -> dict[int, tuple[Any, ...]]:
        """What the index holds of the world's issues."""
        async with self.store.connect() as connection:
            rows = await connection.execute(sa.select(ticket_index).where(ticket_index.c.issue_id.in_(self.world.issues)))
            return {row.issue_id: tuple(row) for row in rows}

    async def look(self) -> int:
        """One look of the job; how many of the world's issues it wrote. (What others do in the same Redmine is followed as well.)"""
        before = await self.kept()
        await self.indexer.look()
        after = await self.kept()
        return sum(before.get(id) != after.get(id) for id in before | after)

    async def note(self, issue: int, notes: str) -> int:
        """The administrator writes a public note; its number."""
        text = (
            "INSERT INTO journals (journalized_id, journalized_type, user_id, notes, created_on, private_notes)"
            " VALUES (:i, 'Issue', 1, :n, NOW(), 0)"
        )
        (number,) = await self.world.sql(text, i=issue, n=notes)
        return int(number)

    async def own_secrets(self, number: int) -> set[int]:
        """Issues with a private note of this person."""
        return {
            row[0] for row in await self.world.sql("SELECT journalized_id FROM journals WHERE private_notes AND user_id = :u", u=number)
        }

    async def find(self, name: str, typed: str, *, limit: int = 200) -> Sequence[Hit]:
        """What somebody finds in the world."""
        async with reading(self.redmine, 10) as reader:
            viewer = await self.world.viewer(reader, self.world.people[name][0])
            return (await search(reader, self.index, viewer, parse(typed), limit=limit, requesters=False)).hits


@pytest.fixture
async def site(world: World, peer_engine: AsyncEngine, store: AsyncEngine) -> Site:
    """A filled index, for tests that leave the world as it is."""
    made = Site(world, peer_engine, store)
    await made.fill()
    return made


@pytest.fixture
async def own_site(own_world: World, peer_engine: AsyncEngine, store: AsyncEngine) -> Site:
    """A filled index over a world that the test may change."""
    made = Site(own_world, peer_engine, store)
    await made.fill()
    return made


async def test_everybody_finds_what_they_may_read(site: Site) -> None:
    """For each person and word the hits are the tickets in whose subject, description or notes, as REST shows them, a word begins so."""
    words = ("принт", "ёлк", "0x8007", SECRET, "готово")
    found = dict.fromkeys(words, 0)
    for name, (number, key) in site.world.people.items():
        may: dict[str, set[int]] = {word: set() for word in words}
        must: dict[str, set[int]] = {word: set() for word in words}
        async with httpx.AsyncClient(base_url=site.world.peer.url, headers={"X-Redmine-API-Key": key}, timeout=30) as client:
            for id in set(await site.world.seen(name)) & set(site.world.issues):
                issue = (await client.get(f"/issues/{id}.json?include=journals")).json()["issue"]
                notes = [
                    (journal["notes"] or "", journal["private_notes"] and journal["user"]["id"] == number) for journal in issue["journals"]
                ]
                # one's own private notes, where one may not read others', are shown but not searched
                for into, texts in ((may, [text for text, _own in notes]), (must, [text for text, own in notes if not own])):
                    there = f" {fold(' '.join((issue['subject'], issue['description'], *texts)))}"
                    for word in words:
                        if re.search(rf"\b{fold(word)}", there):
                            into[word].add(id)
        for word in words:
            hits = {hit.id for hit in await site.find(name, word)} & set(site.world.issues)
            assert must[word] <= hits <= may[word], (name, word)
            found[word] += len(hits)
    assert all(found.values())


async def test_a_word_of_a_private_note_is_no_oracle(site: Site) -> None:
    """Whoever may not read the notes finds nothing by their words, alone or beside words that they may read."""
    hits = await site.find("anna", SECRET)
    assert hits
    assert all(hit.where == "note" and hit.journal for hit in hits)
    assert await site.find("gleb", SECRET) == []
    assert await site.find("boris", f"{SECRET} принтер") == []


@pytest.mark.parametrize("newest", [3, 12, 40])
async def test_what_is_not_among_the_newest_is_found_all_the_same(site: Site, newest: int) -> None:
    """MariaDB looks through the newest, and more of them, before it asks its index: together they give what each alone would, in order."""
    few = TicketIndex(site.store, now=lambda: START, newest=newest)
    async with reading(site.redmine, 10) as reader:
        viewers = [await site.world.viewer(reader, number) for number, _key in site.world.people.values()]
    found = 0
    for viewer in viewers:
        for words in (("принтер",), ("пр",), ("о", "принт"), ("принтер", "щ"), ("за", "вн"), ("ъъъ",)):
            whole = await site.index.find(words, viewer, part="body", limit=200)
            assert await few.find(words, viewer, part="body", limit=200) == whole == sorted(whole, reverse=True)
            pages = [await few.find(words, viewer, part="body", below=below, limit=5) for below in (None, *whole[4::5])]
            assert [id for page in pages for id in page] == whole
            found += len(whole)
    assert found > 100


async def test_the_best_come_first(site: Site) -> None:
    """By number, then in the subject, then elsewhere; the newest first in each; each once."""
    number = (await site.find("anna", "принтер"))[0].id
    assert (await site.find("anna", f"#{number}"))[0].where == "id"
    hits = [hit for hit in await site.find("anna", "принтер") if hit.id in site.world.issues]
    places = [hit.where == "subject" for hit in hits]
    assert places == sorted(places, reverse=True)
    for where in (True, False):
        ids = [hit.id for hit in hits if (hit.where == "subject") is where]
        assert ids == sorted(set(ids), reverse=True)
    assert len(await site.find("anna", "принтер", limit=3)) == 3


async def test_a_filling_goes_on_where_it_was(site: Site) -> None:
    """After a restart in the middle nothing is left out; a whole index is not filled again."""
    await site.index.put([], await site.index.above(0, limit=10_000))
    await site.index.keep("fill", {"below": max(site.world.issues) + 1})
    first = site.restarted(batch=20)
    await first.look()
    assert 0 < len(await site.kept()) <= 20
    site.restarted(batch=20)
    await site.fill()
    assert set(site.world.issues) == set(await site.kept())
    again = site.restarted()
    assert (await site.look(), again.filled) == (0, True)


async def test_a_new_note_is_found_at_the_next_look(own_site: Site) -> None:
    """And a new ticket; the job reads only what changed."""
    id = (await own_site.world.seen("anna"))[-1]
    await own_site.note(id, "Кварцевый резонатор")
    assert await own_site.find("anna", "кварц") == []
    assert await own_site.look() == 1
    (hit,) = await own_site.find("anna", "кварц")
    assert (hit.id, hit.where) == (id, "note")
    assert [piece.text for piece in hit.pieces if piece.hit] == ["Кварц"]
    assert await own_site.look() == 0


async def test_what_leaves_no_journal_is_noticed_by_the_sweep(own_site: Site) -> None:
    """An edited note is found by its new words, a deleted ticket is forgotten; until then nothing untrue is shown."""
    id = (await own_site.world.seen("anna"))[-1]
    journal = await own_site.note(id, "Кварцевый резонатор")
    gone = own_site.world.issues[0]
    await own_site.indexer.look()
    await own_site.world.sql("UPDATE journals SET notes = 'Титановый сплав' WHERE id = :j", j=journal)
    await own_site.world.sql("DELETE FROM issues WHERE id = :i", i=gone)
    assert await own_site.find("anna", "кварц") == []
    assert await own_site.find("anna", f"#{gone}") == []
    assert await own_site.look() == 0
    for _ in range(await own_site.index.size() // 20):  # twice round and more, by fifties
        own_site.clock.now += 6
        await own_site.indexer.look()
        if await own_site.find("anna", "титан") and gone not in await own_site.kept():
            break
    assert [hit.id for hit in await own_site.find("anna", "титан")] == [id]
    assert gone not in await own_site.kept()


async def test_a_note_that_was_made_private_is_hidden_at_once(own_site: Site) -> None:
    """Before the index knows of it: what is shown is read in Redmine at that moment."""
    hits = {name: await own_site.find(name, "смотрю") for name in ("boris", "vera")}
    name, hit = next((name, found[0]) for name, found in hits.items() if found)
    await own_site.world.sql("UPDATE journals SET private_notes = 1, user_id = 1 WHERE journalized_id = :i", i=hit.id)
    assert hit.id not in [one.id for one in await own_site.find(name, "смотрю")]


async def test_the_index_lists_as_redmine_does(site: Site) -> None:
    """By the time of the last change, for each person what REST lists in that order; narrowed and counted alike."""
    for name, (number, key) in site.world.people.items():
        async with reading(site.redmine, 10) as reader:
            viewer = await site.world.viewer(reader, number)
        cases: list[tuple[Wanted, dict[str, Any]]] = [
            (Wanted(), {}),
            (Wanted(statuses=frozenset({5, 6})), {"status_id": "closed"}),
            (Wanted(tracker=frozenset({1}), assignee="me"), {"tracker_id": 1, "assigned_to_id": "me"}),
            (Wanted(author="me"), {"author_id": "me"}),
            (Wanted(assignee="none"), {"assigned_to_id": "!*"}),
        ]
        for wanted, params in cases:
            for descending in (True, False):
                direction = ":desc" if descending else ""
                theirs = await site.world.listed(key, sort=f"updated_on{direction},id{direction}", **params)
                pages = [await site.index.latest(viewer, wanted, descending=descending, offset=at, limit=50) for at in range(0, 400, 50)]
                assert [id for page in pages for id in page] == theirs, (name, params)
            assert await site.index.count(viewer, wanted) == len(theirs)
        waits = Filter(waiting=True)
        async with reading(site.redmine, 10) as reader:
            where = conditions(viewer, waits, KINDS, ZoneInfo("Europe/Moscow"), requesters=False)
            exact = await page_ids(reader, where, sort="updated", descending=True, offset=0, limit=200)
        told = await site.index.latest(viewer, Wanted(statuses=KINDS.open, waiting=True), descending=True, offset=0, limit=200)
        # one's own private notes, where one may not read others', are not in the index
        assert set(told) ^ set(exact) <= await site.own_secrets(number)


async def test_a_change_of_facts_alone_is_followed(own_site: Site) -> None:
    """A ticket that is closed by a journal without words moves in the index; its words stay found."""
    id = (await own_site.world.seen("anna"))[-1]
    word = (await own_site.world.sql("SELECT subject FROM issues WHERE id = :i", i=id))[0][0].split()[0]
    await own_site.world.sql("UPDATE issues SET status_id = 5, updated_on = '2026-01-01' WHERE id = :i", i=id)
    await own_site.note(id, "")
    assert await own_site.look() == 1
    async with reading(own_site.redmine, 10) as reader:
        viewer = await own_site.world.viewer(reader, own_site.world.people["anna"][0])
    assert id in await own_site.index.latest(viewer, Wanted(statuses=frozenset({5})), descending=True, offset=0, limit=200)
    assert id in [hit.id for hit in await own_site.find("anna", word)]
