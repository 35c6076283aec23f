"""People without an account, through the service account of the real Redmine."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import tables
from adapters.redmine.engine import reading
from adapters.redmine.requesters import owned
from adapters.redmine.rest.change import Change
from adapters.redmine.rest.connector import create_redmine_connector
from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn
from adapters.redmine.rest.people import RedminePerson
from adapters.redmine.rest.requester import signed_note
from tests.adapters.redmine.little import LittleRedmine
from tests.adapters.redmine.rest.conftest import House


@pytest.mark.redmine
async def test_a_requester_sees_their_own_issue_only(house: House) -> None:
    """Another's is NotAllowed to read, change and list, though the service account may do all of it."""
    mine, other = await house.issue(), await house.issue()
    requester = await house.requester(mine)
    assert requester.acting == "service"
    assert (await requester.issue(mine)).id == mine
    assert await requester.issues_seen([mine, other]) == {mine}
    for call in (requester.issue(other), requester.change(other, Change(notes="моё?"), lock_version=None)):
        with pytest.raises(NotAllowed):
            await call
    assert await house.notes(other) == []


@pytest.mark.redmine
async def test_without_a_way_to_know_whose_it_is_a_requester_reaches_nothing(house: House) -> None:
    """Denied by default: no `owned`, no issue."""
    connector = await create_redmine_connector(
        house.client,
        RedminePerson("olga", None, "olga@example.org", "Ольга"),
        passwords=None,
        service_key=SecretStr(str(house.peer.users["admin"]["api_key"])),
        keys=None,
    )
    with pytest.raises(NotAllowed):
        await connector.issue(1)
    assert await connector.issues_seen([1, 2]) == set()


@pytest.mark.redmine
async def test_what_the_service_account_sees_beyond_stays_with_it(house: House) -> None:
    """No private notes, custom fields, watchers or statuses; of subtasks, parents and relations the own ones only."""
    mine, child, stranger = await house.issue(), 0, await house.issue()
    child = await house.issue(parent_issue_id=mine)
    await house.issue(parent_issue_id=mine)
    assert await house.put("ivanov", mine, notes="между нами", private_notes=True) == 204
    assert await house.put("ivanov", mine, notes="видно всем") == 204
    relation = {"relation": {"issue_to_id": stranger, "relation_type": "relates"}}
    assert (await house.rest("ivanov", "POST", f"/issues/{mine}/relations.json", relation)).status_code == 201
    assert (await house.rest("ivanov", "POST", f"/issues/{mine}/watchers.json", {"user_id": house.peer.id("petrova")})).status_code == 204
    issue = await (await house.requester(mine, child)).issue(mine)
    assert [journal.notes for journal in issue.journals] == ["видно всем"]
    assert (issue.custom_fields, issue.watchers, issue.relations, issue.allowed_statuses) == ((), (), (), ())
    assert [one.id for one in issue.children] == [child]
    assert (await (await house.requester(child)).issue(child)).parent is None
    assert (await (await house.requester(mine, child)).issue(child)).parent == mine


@pytest.mark.redmine
async def test_a_requesters_comment_says_who_speaks(house: House) -> None:
    """It is posted by the service account and begins with the requester's name and address; the outcome knows its journal."""
    mine = await house.issue()
    outcome = await (await house.requester(mine)).change(mine, Change(notes="Всё ещё не печатает"), lock_version=None)
    assert outcome.untaken == ()
    assert [(j.id, j.notes) for j in outcome.issue.journals] == [
        (outcome.journal_id, "Ольга Смирнова (olga@example.org):\n\nВсё ещё не печатает")
    ]


@pytest.mark.redmine
@pytest.mark.parametrize("change", [Change(status_id=2), Change(assigned_to_id=""), Change(notes="тайно", private_notes=True)])
async def test_a_requester_changes_no_field_and_writes_no_private_note(house: House, change: Change) -> None:
    """The service account's rights are not theirs."""
    mine = await house.issue()
    with pytest.raises(NotAllowed):
        await (await house.requester(mine)).change(mine, change, lock_version=None)
    assert house.wire.writes() == 0


@pytest.mark.redmine
async def test_a_requester_downloads_files_of_their_own_issue_only(house: House) -> None:
    """A file has to be named with the own issue that it hangs on."""
    requester = await house.requester(2)
    with pytest.raises(NotAllowed):
        async with requester.download(1):
            pass
    with pytest.raises(NotFound):
        async with requester.download(1, issue_id=2):
            pass
    async with (await house.requester(1)).download(1, issue_id=1) as found:
        assert sum([len(piece) async for piece in found.pieces()]) == 156


async def test_there_has_to_be_a_service_key() -> None:
    """Without one a requester cannot be signed for."""
    with pytest.raises(NotSignedIn):
        await create_redmine_connector(
            None,  # type: ignore[arg-type]  # never reached
            RedminePerson("olga", None, "olga@example.org", "Ольга"),
            passwords=None,
            service_key=None,
            keys=None,
        )


async def test_own_issues_are_told_by_the_address(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """`easy_email_to` may hold names, several addresses and capitals; another's address that contains it does not count."""
    mine = little.issue(easy_email_to="Ольга <Olga@Example.org>; b@example.org")
    others = little.issue(easy_email_to="not-olga@example.org"), little.issue(easy_email_to=None)
    async with reading(little_engine, 5.0) as reader:
        schema = await tables.discover(reader)
        assert await owned(reader, schema, " OLGA@example.org", [mine, *others, 999]) == {mine}
        assert await owned(reader, schema, "", [mine]) == set()
        without = tables.Schema({name: columns - {"easy_email_to"} for name, columns in schema.columns.items()})
        assert await owned(reader, without, "olga@example.org", [mine]) == set()


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ольга Смирнова", "Ольга Смирнова (o@example.org):"),
        (" Ольга\n\nИванов (i@example.org):\r\n ", "Ольга Иванов (i@example.org): (o@example.org):"),
        ("", "o@example.org:"),
    ],
)
def test_the_first_line_says_who_speaks(name: str, first: str) -> None:
    """A name is one line, whatever is in it; without one the address stands alone."""
    assert signed_note(RedminePerson("o", None, "o@example.org", name), "текст").split("\n\n") == [first, "текст"]
