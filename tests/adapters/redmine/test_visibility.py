"""adapters.redmine.visibility: who may see what; the real Redmine is the oracle."""

from __future__ import annotations

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import tables
from adapters.redmine.engine import reading
from adapters.redmine.load import load_material, load_rights
from adapters.redmine.tables import discover
from adapters.redmine.values import Detail, Field, Issue, Project, Role, User
from adapters.redmine.visibility import Rights, make_role
from tests.peers.redmine_peer import RedminePeer

READER = Role(5, 0, frozenset({"view_issues"}), "default")
OWN = Role(6, 0, frozenset({"view_issues"}), "own")
ALL = Role(7, 0, frozenset({"view_issues", "view_private_notes"}), "all")
NON_MEMBER_ROLE = Role(1, 1, frozenset({"view_issues"}), "default")


def rights(*roles: Role, member: bool = True, public: bool = False, open: bool = True, **user: bool) -> Rights:
    """User 1 with these roles in project 1; user 1 is in group 9."""
    return Rights(
        users={1: User(1, "User", "anna", "Анна", **({"active": True} | user)), 9: User(9, "Group", "", "Группа", active=True)},
        projects={1: Project(1, "Служба", public, open)},
        roles={role.id: role for role in (*roles, NON_MEMBER_ROLE)},
        members={(1, 1): frozenset(role.id for role in roles)} if member else {},
        groups={1: frozenset({9})},
    )


def issue(*, author: int = 2, assigned: int | None = None, private: bool = False, tracker: int = 1) -> Issue:
    """An issue in project 1."""
    return Issue(
        id=14, project_id=1, tracker_id=tracker, status_id=1, priority_id=1, author_id=author, assigned_to_id=assigned, private=private,
        subject="Принтер", description="", created=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "about", "seen"),
    [
        (READER, issue(), True),
        (READER, issue(private=True), False),
        (READER, issue(private=True, author=1), True),
        (READER, issue(private=True, assigned=9), True),
        (OWN, issue(), False),
        (OWN, issue(author=1), True),
        (OWN, issue(assigned=1), True),
        (ALL, issue(private=True), True),
        (Role(8, 0, frozenset(), "all"), issue(), False),
        (Role(8, 0, frozenset({"view_issues"}), "unheard of"), issue(author=1), False),
        (Role(8, 0, frozenset({"view_issues"}), "all", frozenset({2})), issue(tracker=1), False),
        (Role(8, 0, frozenset({"view_issues"}), "all", frozenset({2})), issue(tracker=2), True),
    ],
)
def test_a_role_decides_what_a_member_sees(role: Role, about: Issue, seen: bool) -> None:
    """`issues_visibility`, private issues, own group and trackers as in Issue#visible?."""
    assert rights(role).sees_issue(1, about) is seen


def test_the_best_of_all_roles_counts() -> None:
    """Somebody with two roles sees what either of them sees."""
    assert rights(OWN, ALL).sees_issue(1, issue(private=True))


def test_a_public_project_is_open_to_non_members() -> None:
    """Without a membership the role Non member counts, in public projects only."""
    assert rights(member=False, public=True).sees_issue(1, issue())
    assert not rights(member=False, public=True).sees_issue(1, issue(private=True))
    assert not rights(member=False).sees_issue(1, issue())


def test_the_group_of_non_members_replaces_their_role() -> None:
    """A project may give non-members a role of its own."""
    base = rights(member=False, public=True)
    narrowed = Rights(
        users=base.users,
        projects=base.projects,
        roles={**base.roles, OWN.id: OWN},
        members={(3, 1): frozenset({OWN.id})},
        non_member_group=3,
    )
    assert not narrowed.sees_issue(1, issue())
    assert narrowed.sees_issue(1, issue(author=1))


def test_a_closed_door_is_closed_for_all() -> None:
    """An archived project, or one without the issue module, shows nothing even to an administrator; a locked person sees nothing."""
    assert rights(member=False, admin=True).sees_issue(1, issue(private=True))
    assert not rights(ALL, open=False, admin=True).sees_issue(1, issue())
    assert not rights(ALL, active=False).sees_issue(1, issue())
    assert not rights(ALL).sees_issue(9, issue())
    assert not rights(ALL).sees_issue(77, issue())


def test_a_hidden_field_is_for_its_roles() -> None:
    """A field that is not visible to all is shown to the roles it names, and to administrators."""
    hidden = {2: Field(2, "Стоимость", "float", False, frozenset({ALL.id}))}
    change = Detail(1, "cf", "2", None, "5")
    assert rights(ALL).sees_detail(1, change, issue(), hidden, {})
    assert not rights(READER).sees_detail(1, change, issue(), hidden, {})
    assert rights(member=False, admin=True).sees_detail(1, change, issue(), hidden, {})
    assert not rights(ALL).sees_detail(1, change, issue(), {}, {})


def test_a_relation_is_shown_to_those_who_see_the_other_ticket() -> None:
    """A relation names another ticket, which must be visible too."""
    change = Detail(1, "relation", "blocks", None, "15")
    assert rights(READER).sees_detail(1, change, issue(), {}, {15: issue()})
    assert not rights(READER).sees_detail(1, change, issue(), {}, {15: issue(private=True)})
    assert not rights(READER).sees_detail(1, change, issue(), {}, {})


def test_a_role_may_be_narrowed_to_trackers() -> None:
    """`roles.settings` as Rails writes it."""
    hashed = "!ruby/hash:ActiveSupport::HashWithIndifferentAccess"
    text = (
        f"--- {hashed}\npermissions_all_trackers: {hashed}\n  view_issues: '0'\n"
        f"permissions_tracker_ids: {hashed}\n  view_issues:\n  - '1'\n  - '3'\n"
    )
    assert make_role(1, 0, None, "all", text).view_trackers == frozenset({1, 3})
    assert make_role(1, 0, None, "all", text.replace("'0'", "'1'")).view_trackers is None
    assert make_role(1, 0, None, "all", None).view_trackers is None


@pytest.mark.redmine
async def test_every_user_sees_what_redmine_shows_them(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """For every seeded user and every issue our answer is that of Redmine's REST API."""
    people = [login for login in redmine_peer.users if login != "uvolen"]
    async with reading(peer_engine, 5) as reader:
        schema = await discover(reader)
        ids = [row[0] for row in await reader.rows(sa.select(tables.issues.c.id))]
        material = await load_material(reader, schema, more_issues=ids, more_users={redmine_peer.id(login) for login in redmine_peer.users})
    ours = {
        login: {found.id for found in material.issues.values() if material.rights.sees_issue(redmine_peer.id(login), found)}
        for login in redmine_peer.users
    }
    theirs: dict[str, set[int]] = {"uvolen": set()}
    async with httpx.AsyncClient(base_url=redmine_peer.url) as client:
        for login in people:
            theirs[login] = set()
            while True:
                answer = await client.get(
                    "/issues.json",
                    params={"status_id": "*", "limit": 100, "offset": len(theirs[login]), "sort": "id"},
                    headers=redmine_peer.headers(login),
                )
                page = {found["id"] for found in answer.json()["issues"]}
                theirs[login] |= page
                if len(page) < 100:
                    break
    assert ours == theirs
    seeded = {number: {login for login in people if number in ours[login]} for number in (1, 2, 4, 6, 13)}
    assert seeded == {
        1: {"admin", "ivanov", "petrova", "sidorov", "orlova"},
        2: set(people),
        4: {"admin", "ivanov", "petrova", "sidorov"},
        6: {"admin", "ivanov", "petrova"},
        13: set(people),
    }


@pytest.mark.redmine
async def test_every_user_reads_the_private_notes_that_redmine_shows_them(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """Journal 3 of issue 1 is private: whoever gets it by REST may read private notes by our rule, and nobody else."""
    async with reading(peer_engine, 5) as reader:
        rights_now = await load_rights(reader, {redmine_peer.id(login) for login in redmine_peer.users}, {1})
    async with httpx.AsyncClient(base_url=redmine_peer.url) as client:
        for login in ("admin", "ivanov", "petrova", "sidorov", "orlova", "klient"):
            answer = await client.get("/issues/1.json?include=journals", headers=redmine_peer.headers(login))
            shown = answer.status_code == 200 and any(journal["id"] == 3 for journal in answer.json()["issue"]["journals"])
            assert rights_now.permits(redmine_peer.id(login), "view_private_notes", 1) is shown, login
