"""adapters.redmine.rest.connector: what each seeded person reads of the real Redmine."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import SecretStr

from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn
from tests.adapters.redmine.rest.conftest import PEOPLE, House

pytestmark = pytest.mark.redmine

SEES = {
    1: {"admin", "ivanov", "petrova", "sidorov", "orlova"},
    2: {"admin", "ivanov", "petrova", "sidorov", "orlova", "klient"},
    4: {"admin", "ivanov", "petrova", "sidorov"},
    6: {"admin", "ivanov", "petrova"},
}
"""issue -> who sees it; redmine/FACTS.md section 6."""


@pytest.mark.parametrize("login", PEOPLE)
async def test_each_person_reads_what_redmine_lets_them(house: House, login: str) -> None:
    """A visible issue comes, a hidden one is NotAllowed, and `issues_seen` says the same for all at once, without the missing."""
    connector = await house.connect(login)
    assert connector.acting == "person"
    seen = {id for id, who in SEES.items() if login in who}
    assert await connector.issues_seen([*SEES, 999_999]) == seen
    for id in SEES:
        if id in seen:
            assert (await connector.issue(id)).id == id
        else:
            with pytest.raises(NotAllowed):
                await connector.issue(id)
    with pytest.raises(NotFound):
        await connector.issue(999_999)


async def test_an_issue_is_made_of_values(house: House) -> None:
    """Times are aware, dates are dates, absent things are None or empty, texts are as Redmine keeps them."""
    issue = await (await house.connect("ivanov")).issue(1)
    assert (issue.subject, issue.project.name, issue.author.name) == (
        "Не печатает принтер в бухгалтерии",
        "Служба поддержки",
        "Анна Орлова",
    )
    assert issue.created_on == datetime(2024, 3, 4, 6, 0, tzinfo=UTC)
    assert "\r\n" in issue.description
    assert (issue.fixed_version, issue.due_date, issue.parent, issue.closed_on) == (None, None, None, None)
    assert issue.status.closed is False
    file = next(file for file in issue.attachments if file.id == 1)
    assert (file.filename, file.size, file.content_type) == ("Снимок экрана.png", 156, "image/png")
    assert all(isinstance(journal.notes, str) for journal in issue.journals)
    assert any(detail.name == "status_id" for journal in issue.journals for detail in journal.details)
    assert issue.relations
    assert issue.watchers
    assert issue.allowed_statuses


async def test_dates_parents_and_children_are_read(house: House) -> None:
    """A subtask knows its parent, the parent its subtasks, and a date has no time."""
    parent = await house.issue()
    child = await house.issue(parent_issue_id=parent, due_date="2026-12-31", start_date="2026-12-01", subject="Часть")
    connector = await house.connect("ivanov")
    read = await connector.issue(child)
    assert (read.parent, read.due_date, read.start_date) == (parent, date(2026, 12, 31), date(2026, 12, 1))
    assert [(one.id, one.subject) for one in (await connector.issue(parent)).children] == [(child, "Часть")]


async def test_private_notes_and_hidden_fields_are_left_out(house: House) -> None:
    """Whoever may not see private notes gets none, and a hidden custom field is not there."""
    id = await house.issue("orlova")
    assert await house.put("ivanov", id, notes="между нами", private_notes=True) == 204
    assert [j.private for j in (await (await house.connect("ivanov")).issue(id)).journals] == [True]
    read = await (await house.connect("orlova")).issue(id)
    assert read.journals == ()
    assert "Стоимость" not in {custom.name for custom in read.custom_fields}


async def test_me_has_the_roles_with_their_permissions(house: House) -> None:
    """Memberships come with each role's permissions; groups count; an administrator may everything."""
    petrova = await (await house.connect("petrova")).me()
    assert (petrova.id, petrova.login, petrova.admin) == (house.peer.id("petrova"), "petrova", False)
    assert petrova.permits("edit_issues", 1)
    assert petrova.permits("edit_issues", 2)
    assert not petrova.permits("edit_issues", 3)
    assert not petrova.permits("manage_members", 1)
    assert (await (await house.connect("admin")).me()).permits("set_notes_private", 3)


async def test_accounts_are_kept_for_a_while(house: House) -> None:
    """A second look at the same account costs no request; a fresh one does."""
    connector = await house.connect("petrova")
    await connector.me()
    before = house.client.sent
    await connector.me()
    assert house.client.sent == before
    await connector.me(fresh=True)
    assert house.client.sent > before


async def test_a_locked_person_is_not_signed_in(house: House) -> None:
    """A locked account is refused."""
    connector = await house.connect("uvolen")
    with pytest.raises(NotSignedIn):
        await connector.issue(2)


async def test_somebody_elses_key_is_noticed(house: House) -> None:
    """A key of another account than the person's own does not act in their name."""

    class Wrong:
        async def get(self, redmine_id: int) -> SecretStr | None:
            return SecretStr(str(house.peer.users["ivanov"]["api_key"]))

        async def forget(self, redmine_id: int) -> None:
            pass

    connector = await house.connect("orlova", keys=Wrong())
    with pytest.raises(NotSignedIn):
        await connector.issue(1)
