"""adapters.redmine.source on a little Redmine in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import compose, recipients, tables
from adapters.redmine.errors import RedmineRefused
from tests.adapters.redmine.little import ANNA, BORIS, GROUP, MANAGER, LittleRedmine
from tests.adapters.redmine.watching import Watching, addresses


async def started(engine: AsyncEngine, **options: Any) -> Watching:
    """A source that has taken its first look."""
    watching = Watching(engine, **options)
    await watching.source.start(None)
    assert await watching.look() == []
    return watching


async def test_history_is_not_announced(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """The first start takes its place at the end and stores it at once."""
    little.journal(little.issue(assigned_to_id=BORIS), ANNA, "старое")
    watching = await started(little_engine)
    assert watching.watermark is not None
    await watching.restart()
    assert await watching.look() == []


async def test_a_comment_reaches_those_concerned(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """The event has the time of Redmine's zone in UTC, the ticket as its subject and the people by their Redmine ids."""
    issue = little.issue(assigned_to_id=BORIS)
    watching = await started(little_engine, zone=ZoneInfo("Asia/Vladivostok"))
    journal = little.journal(issue, MANAGER, "Привет")
    (told,) = await watching.look()
    assert (told.event.source, told.event.id, told.event.type) == ("/redmine", f"journal:{journal}", "redmine.issue.commented")
    assert (told.event.subject, told.event.data["group"]) == (f"ticket:{issue}", f"ticket:{issue}")
    assert told.event.time == datetime(2024, 3, 3, 23, 12, tzinfo=UTC)
    assert addresses(told) == {("redmine", str(ANNA)), ("redmine", str(BORIS))}
    assert await watching.look() == []


async def test_a_new_ticket_for_a_group_reaches_its_members(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """Assigned at birth: the members are told that it is theirs."""
    watching = await started(little_engine)
    issue = little.issue(assigned_to_id=GROUP)
    (told,) = await watching.look()
    assert (told.event.id, told.event.type) == (f"issue:{issue}:assigned", "redmine.issue.assigned")
    assert addresses(told) == {("redmine", str(BORIS))}


async def test_a_requester_by_mail_is_told(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """`easy_email_to` may hold names, several addresses and capitals; an address of an account stands for the account."""
    watching = await started(little_engine)
    issue = little.issue(easy_email_to="Ольга <Olga@Example.org>; BORIS@example.org", author_id=MANAGER)
    little.journal(issue, MANAGER, "Приняли")
    created, commented = await watching.look()
    assert (created.event.type, commented.event.type) == ("redmine.issue.created", "redmine.issue.commented")
    assert addresses(created) == addresses(commented) == {("email", "olga@example.org"), ("redmine", str(BORIS))}


async def test_journals_of_other_things_and_of_vanished_tickets_are_passed_over(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """They take their place in the order of ids and tell nobody."""
    watching = await started(little_engine)
    little.journal(77, ANNA, "заявка удалена")
    little.journal(1, ANNA, "не заявка", journalized_type="EasyContact")
    assert await watching.look() == []
    assert watching.watermark is not None
    assert watching.watermark["feeds"]["journals"]["high"] == 2


async def test_an_uncommitted_batch_is_read_again(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """What was yielded and not committed comes again after a restart; what was committed does not."""
    issue = little.issue(assigned_to_id=BORIS)
    watching = await started(little_engine)
    little.journal(issue, ANNA, "раз")
    await watching.look(commit=False)
    await watching.restart()
    assert len(await watching.look()) == 1
    await watching.restart()
    assert await watching.look() == []


async def test_many_changes_come_in_pages_in_their_order(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """A long absence is caught up batch by batch, each with its own watermark."""
    issue = little.issue(assigned_to_id=BORIS)
    watching = await started(little_engine, page=10)
    journals = [little.journal(issue, ANNA, f"№ {n}") for n in range(35)]
    before = watching.batches
    told = await watching.look()
    assert [note.event.id for note in told] == [f"journal:{journal}" for journal in journals]
    assert watching.batches - before == 4


async def test_the_number_of_queries_does_not_grow(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """One query while nothing happens; a page of changes for many people costs no more than one change for one."""
    counted = 0

    def count(*_: Any) -> None:
        nonlocal counted
        counted += 1

    issue = little.issue(assigned_to_id=BORIS)
    watching = await started(little_engine)
    sa.event.listen(little_engine.sync_engine, "before_cursor_execute", count)
    await watching.look()
    assert counted == 1
    counted = 0
    little.journal(issue, ANNA, "один")
    await watching.look()
    one = counted
    for number in range(100, 200):
        little.insert("users", id=number, login=f"u{number}", firstname="U", lastname="", type="User", status=1, admin=1)
        little.insert("watchers", watchable_type="Issue", watchable_id=issue, user_id=number)
    for number in range(50):
        little.journal(issue, ANNA, f"№ {number}")
    counted = 0
    told = await watching.look()
    assert len(addresses(*told)) == 101
    assert counted == one
    assert one < 25


async def test_a_restored_backup_does_not_swallow_new_changes(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """Ids that come a second time make events with other names."""
    issue = little.issue(assigned_to_id=BORIS)
    watching = await started(little_engine)
    first = little.journal(issue, ANNA, "до восстановления")
    (before,) = await watching.look()
    little.run("DELETE FROM journals")
    assert await watching.look() == []
    await watching.restart()
    again = little.journal(issue, ANNA, "после восстановления", created_on="2024-03-05 10:00:00")
    assert again == first
    (after,) = await watching.look()
    assert after.event.data["body"] == "после восстановления"
    assert (before.event.id, after.event.id) == (f"journal:{first}", f"journal:{first}@20240305T100000")


async def test_one_change_that_trips_does_not_hold_up_the_others(
    little: LittleRedmine, little_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in telling one journal is logged, and the next one is told."""
    issue = little.issue(assigned_to_id=BORIS)
    watching = await started(little_engine)
    bad, good = little.journal(issue, ANNA, "плохой"), little.journal(issue, ANNA, "хороший")
    real = recipients.audiences_of_journal

    def trips(journal: Any, *rest: Any) -> Any:
        if journal.id == bad:
            raise KeyError("a bug")
        return real(journal, *rest)

    monkeypatch.setattr(compose, "audiences_of_journal", trips)
    assert [note.event.id for note in await watching.look()] == [f"journal:{good}"]


async def test_an_assignment_past_the_journal_is_told_by_the_sites_table(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """A row of `u_redmine_notifications` speaks when journal and new issue are silent, and only then."""
    little.create_site(tables.u_redmine_notifications)
    silent, journalled = little.issue(created_on="2024-03-01 09:00:00"), little.issue(created_on="2024-03-01 09:00:00")
    watching = await started(little_engine)
    row = {"user_id": BORIS, "author_name": "Мария", "created_at": "2024-03-04 10:00:00"}
    little.run("UPDATE issues SET assigned_to_id = ?", GROUP)
    spoken = little.insert("u_redmine_notifications", redmine_issue_id=silent, **row)
    little.journal(journalled, MANAGER, "", ("attr", "assigned_to_id", None, str(GROUP)))
    little.insert("u_redmine_notifications", redmine_issue_id=journalled, **row)
    born = little.issue(assigned_to_id=BORIS, created_on="2024-03-04 13:00:00")  # the trigger's clock stands in another zone
    little.insert("u_redmine_notifications", redmine_issue_id=born, **row)
    told = [note.event.id for note in await watching.look() if ("redmine", str(BORIS)) in addresses(note)]
    assert sorted(told) == [f"issue:{born}:assigned", "journal:1:assigned", f"u_notification:{spoken}"]
    assert await watching.look() == []


async def test_the_sites_tables_tell_only_requesters_that_nothing_else_reaches(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """Rows for accounts, for addresses of `easy_email_to`, of private notes and private tickets repeat or reveal: passed over."""
    little.create_site(tables.u_its_add_notes, tables.u_its_update_status)
    issue, private = little.issue(easy_email_to="known@example.org"), little.issue(is_private=1)
    little.journal(issue, MANAGER, "тайна", private_notes=1)
    watching = await started(little_engine)
    for author, number, notes in (
        ("Olga@example.org", issue, "готово"),
        ("olga@example.org", issue, " тайна\r\n"),
        ("olga@example.org", private, "готово"),
        ("known@example.org", issue, "готово"),
        ("boris@example.org", issue, "готово"),
        ("Ольга", issue, "готово"),
    ):
        little.insert("u_its_add_notes", issue_id=number, Author=author, notes=notes, date_created="2024-03-04 10:00:00")
    little.insert("u_its_update_status", IssueID=issue, Author="olga@example.org", OldStatus=1, NewStatus="5")
    note, status = await watching.look()
    assert (note.event.id, status.event.id) == ("u_note:1", "u_status:1")
    assert addresses(note, status) == {("email", "olga@example.org")}
    assert status.event.data["changes"][0]["new"] == {"ru": "Закрыта", "en": "Закрыта"}


async def test_a_table_that_appears_later_starts_silently(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """The site's tables are looked for at each start; an unknown one has no history to tell."""
    watching = await started(little_engine)
    little.create_site(tables.u_its_add_notes)
    little.insert("u_its_add_notes", issue_id=little.issue(), Author="olga@example.org", notes="старое")
    await watching.restart()
    assert [note.event.id for note in await watching.look()] == []


async def test_a_new_status_gets_its_name_at_once(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """Names are cached, but an unknown id makes them be read again; a dangling one stays a number."""
    issue = little.issue(assigned_to_id=BORIS)
    watching = await started(little_engine)
    little.insert("issue_statuses", id=8, name="На проверке", is_closed=0)
    little.journal(issue, ANNA, "", ("attr", "status_id", "77", "8"))
    (told,) = await watching.look()
    (change,) = told.event.data["changes"]
    assert (change["old"]["ru"], change["new"]["ru"]) == ("#77", "На проверке")


async def test_a_missing_table_is_named(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """Without a table there is nothing to retry: the error says which one."""
    little.run("DROP TABLE watchers")
    with pytest.raises(RedmineRefused, match="watchers"):
        await Watching(little_engine).source.start(None)


async def test_tables_that_only_help_may_be_missing(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """Without the roles of custom fields a hidden field stays hidden; the rest is told."""
    for table in ("custom_fields_roles", "versions", "issue_categories"):
        little.run(f"DROP TABLE {table}")
    issue = little.issue(assigned_to_id=MANAGER)
    watching = await started(little_engine)
    little.journal(issue, BORIS, "да", ("cf", "2", None, "100"), ("attr", "fixed_version_id", None, "4"))
    (told,) = await watching.look()
    assert [(change["field"], change["new"]["ru"]) for change in told.event.data["changes"]] == [("fixed_version", "#4")]


async def test_the_database_cannot_be_written_to(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """The engine itself refuses."""
    async with little_engine.connect() as connection:
        with pytest.raises(sa.exc.OperationalError, match="readonly"):
            await connection.execute(sa.text("DELETE FROM journals"))


async def test_a_foreign_watermark_is_refused(little_engine: AsyncEngine) -> None:
    """A watermark of another version is not guessed at."""
    with pytest.raises(ValueError, match="version"):
        await Watching(little_engine).source.start({"version": 99})
