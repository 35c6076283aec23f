"""Signing in through the ERP: the real driver, the sandbox's server, the real store."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.sandbox.redmine import open_sandbox_redmine
from hub.accounts import audit
from hub.store import permissions, sessions
from tests.clock import Clock
from tests.web.conftest import CHEAP, PASSWORD, OpenSite
from tests.web.erp_site import LOGIN, PETROVA, ErpSite, erp_site
from web.auth import COOKIE
from web.demo import _accounts, demo_logins
from web.people import People
from web.state import open_store

WITHIN_S = 8.0
"""What a request may take on a busy machine, whose limit for the ERP is 0.9 s."""
FAULTS = [
    ("@connect", "freeze"),
    ("@connect", "drop"),
    ("@login", "hang"),
    ("@login", "freeze"),
    ("@login", "drop"),
    ("@login", "truncate"),
    ("v_user", "hang"),
    ("v_user", "freeze"),
    ("v_user", "drop"),
    ("v_user", "truncate"),
    ("v_user", "delay"),
    ("v_user", "error"),
]


@pytest.fixture
async def erp(open_site: OpenSite, tmp_path: Path) -> AsyncIterator[ErpSite]:
    """A site whose people are in the ERP."""
    async with erp_site(open_site, tmp_path) as opened:
        opened.steer(grid_s=0.01)
        yield opened


async def test_the_first_sign_in_makes_the_account(erp: ErpSite) -> None:
    """A person of the ERP who was never here signs in, and is known by all that the ERP says of them."""
    answer = await erp.login(" Petrova ")
    assert answer.status_code == 200, answer.text
    assert answer.json()["erp_away"] is False
    row = await erp.user()
    assert (row.display_name, row.department, row.phone, row.standing) == (
        "Петрова Мария",
        "Департамент информационных технологий",
        "1106",
        "active",
    )
    assert row.signed_in_at == row.checked_at
    assert row.vpn_until is not None
    assert CHEAP.verify(row.password_hash, PETROVA)
    assert await erp.identities(row.id) == {"erp": "5006", "email": "petrova@tez.example"}


async def test_each_sign_in_brings_the_account_up_to_date(erp: ErpSite) -> None:
    """Whoever marries, moves and changes their address and login name stays the same person here."""
    await erp.login()
    before = await erp.user()
    for column, value in {
        "NAME": "ivanova",
        "FULL_NAME": "Иванова Мария",
        "EMAIL": "ivanova@tez.example",
        "DEPARTMENT_NAME": "Бухгалтерия",
    }.items():
        await erp.change(column, value)
    assert (await erp.login("ivanova")).status_code == 200
    row = await erp.user("ivanova")
    assert (row.id, row.display_name, row.department) == (before.id, "Иванова Мария", "Бухгалтерия")
    assert await erp.identities(row.id) == {"erp": "5006", "email": "ivanova@tez.example"}
    assert await erp.user("petrova") is None
    assert (await erp.login("petrova")).status_code == 401


async def test_a_login_name_given_to_somebody_else_brings_nothing_along(erp: ErpSite) -> None:
    """The new bearer of a name gets an account of their own; the former one keeps theirs, without the name and the password."""
    await erp.login()
    former = await erp.user()
    await erp.change("NAME", "petrova.old")
    await erp.change("NAME", "petrova", erp_id=5007)
    assert (await erp.login("petrova", "sidorov-pass")).status_code == 200
    assert (await erp.user()).id != former.id
    assert (await erp.user("petrova#5006")).password_hash is None
    assert (await erp.login("petrova.old")).status_code == 200
    assert (await erp.user("petrova.old")).id == former.id


async def test_a_prepared_account_becomes_the_persons(erp: ErpSite) -> None:
    """An account without a password waits for the person of that name with its permissions."""
    people = erp.site.state["people"]
    prepared = await people.add("petrova", permissions=["quality"])
    other = await people.add("orlova-anna", permissions=["reports"], identities={"erp": "5008"})
    assert (await erp.login()).json()["user"]["permissions"] == ["quality"]
    assert (await erp.login("orlova", "orlova-pass")).json()["user"]["permissions"] == ["reports"]
    assert ((await erp.user()).id, (await erp.user("orlova")).id) == (prepared, other)


async def test_a_local_account_is_checked_here_alone(erp: ErpSite) -> None:
    """The ERP is not asked about a local account, cannot take its name, and may be down for all it matters."""
    await erp.site.person("petrova")
    assert (await erp.login("petrova", PASSWORD)).status_code == 200
    assert (await erp.login("petrova", PETROVA)).status_code == 401
    assert not [text for _, _, text, _ in erp.erp.server.log if "v_user" in text.lower()]
    with erp.down():
        answer = await erp.login("petrova", PASSWORD)
    assert (answer.status_code, answer.json()["erp_away"]) == (200, False)


@pytest.mark.parametrize(
    "kind", ["wrong password", "unknown name", "blocked, wrong password", "local, wrong password", "disabled", "too long"]
)
async def test_every_refusal_is_the_same(erp: ErpSite, kind: str) -> None:
    """Whatever was wrong, status, text and headers are those of any other refusal."""
    await erp.site.person("anna")
    await erp.login()
    if kind == "disabled":
        await erp.site.state["people"].set_active((await erp.user()).id, False)
    name, password = {
        "wrong password": ("petrova", "wrong"),
        "unknown name": ("nobody", "wrong"),
        "blocked, wrong password": ("zhukov", "wrong"),
        "local, wrong password": ("anna", "wrong"),
        "disabled": ("petrova", PETROVA),
        "too long": ("petrova", PETROVA + "x" * 2000),
    }[kind]
    answer = await erp.login(name, password)
    assert (answer.status_code, answer.json()) == (401, {"error": {"code": "bad_credentials", "message": "Wrong name or password."}})
    assert not {"set-cookie", "retry-after"} & set(answer.headers)


async def test_refusals_take_the_same_time(erp: ErpSite) -> None:
    """The medians of many refusals lie together, whether the ERP knows the name, a local account has it, or nobody."""
    await erp.site.person("anna")
    await erp.login()
    erp.steer(grid_s=0.1)
    took: dict[str, list[float]] = {"petrova": [], "anna": [], "nobody": [], "zhukov": []}
    for _ in range(9):
        for name, times in took.items():
            began = time.perf_counter()
            await erp.login(name, "wrong")
            times.append(time.perf_counter() - began)
    medians = {name: statistics.median(times) for name, times in took.items()}
    assert max(medians.values()) < 1.3 * min(medians.values()), medians


@pytest.mark.parametrize(("words", "code"), [("Заблокированный сотрудник", "blocked"), (None, "no_access")])
async def test_who_may_not_come_in_is_told_so_when_the_password_is_right(erp: ErpSite, words: str | None, code: str) -> None:
    """The ERP's no ends the sessions that there are; it is said in words to nobody but who knows the password."""
    client = erp.site.client()
    await erp.login(client=client)
    await erp.change("AUTH_PERIOD_TYPE", words)
    answer = await erp.login()
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, code)
    assert (await client.get("/users/api/me")).status_code == 401
    assert (await erp.login(password="wrong")).status_code == 401
    with erp.down():
        answer = await erp.login()
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, code)
        assert (await erp.login(password="wrong")).json()["error"]["code"] == "erp_away"
    await erp.change("AUTH_PERIOD_TYPE", "Постоянный доступ")
    assert (await erp.login()).status_code == 200


@pytest.mark.parametrize(("match", "action"), FAULTS)
async def test_whatever_the_erp_does_a_sign_in_ends(erp: ErpSite, match: str, action: str) -> None:
    """With a copy of the password one comes in, without one it is said that the ERP is away; once it is back, it is asked again."""
    assert (await erp.login()).status_code == 200
    if match != "v_user":
        erp.erp.server.kill_sessions()
    with erp.fault(match, action, {"delay": 30, "error": "1033"}.get(action, 0)):
        async with asyncio.timeout(WITHIN_S):
            answer = await erp.login()
        assert (answer.status_code, answer.json().get("erp_away")) == (200, True)
        async with asyncio.timeout(WITHIN_S):
            answer = await erp.login("orlova", "orlova-pass")
        assert (answer.status_code, answer.json()["error"]["code"], answer.headers["retry-after"]) == (503, "erp_away", "30")
        async with asyncio.timeout(WITHIN_S):
            answer = await erp.login(password="wrong")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "erp_away")
    async with asyncio.timeout(WITHIN_S):
        answer = await erp.login("orlova", "orlova-pass")
    assert (answer.status_code, answer.json().get("erp_away")) == (200, False), answer.text


async def test_while_the_erp_is_down_refusals_are_the_same(erp: ErpSite) -> None:
    """A wrong password, a name without a copy, a local account's and an unknown one are answered alike; nobody is called wrong."""
    await erp.site.person("anna")
    await erp.login()
    with erp.down():
        answers = [await erp.login(name, "wrong") for name in ("petrova", "orlova", "nobody", "anna")]
    assert {answer.status_code for answer in answers} == {503}
    assert len({answer.text for answer in answers}) == 1
    assert "could not be checked" in answers[0].json()["error"]["message"]


async def test_the_copy_is_good_for_its_term(erp: ErpSite) -> None:
    """Seven days after the last sign-in that the ERP confirmed the copy opens nothing, and the one with the right password is told."""
    clock = Clock()
    erp.steer(clock)
    await erp.login()
    with erp.down():
        clock.advance(7 * 86_400 - 1)
        assert (await erp.login()).status_code == 200
        clock.advance(1)
        answer = await erp.login()
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "erp_away_term")
        assert "7 d." in answer.json()["error"]["message"]
        assert (await erp.login(password="wrong")).json()["error"]["code"] == "erp_away"
    assert (await erp.login()).status_code == 200
    with erp.down():
        clock.advance(86_400)
        assert (await erp.login()).status_code == 200


async def test_signing_in_by_the_copy_does_not_lengthen_its_term(erp: ErpSite) -> None:
    """Only the ERP's word starts the term anew."""
    clock = Clock()
    erp.steer(clock, term=timedelta(days=1))
    await erp.login()
    with erp.down():
        clock.advance(0.9 * 86_400)
        assert (await erp.login()).status_code == 200
        clock.advance(0.2 * 86_400)
        assert (await erp.login()).status_code == 503


async def test_a_password_changed_in_the_erp_takes_the_old_one_away(erp: ErpSite) -> None:
    """Once the ERP has refused the old password it opens nothing when the ERP is down; a typing error leaves the copy alone."""
    await erp.login()
    assert (await erp.login(password="typo")).status_code == 401
    assert (await erp.user()).password_hash is not None
    await erp.change("PASSWORD", "new-pass")
    assert (await erp.login()).status_code == 401
    assert (await erp.user()).password_hash is None
    with erp.down():
        assert (await erp.login()).status_code == 503
    assert (await erp.login(password="new-pass")).status_code == 200
    with erp.down():
        assert (await erp.login(password="new-pass")).status_code == 200
        assert (await erp.login()).status_code == 503


async def test_two_first_sign_ins_at_once_make_one_account(erp: ErpSite) -> None:
    """Two browsers of a person who was never here both come in, as the same account."""
    answers = await asyncio.gather(*(erp.login() for _ in range(4)))
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1


async def test_an_account_that_is_made_is_in_the_audit_log(erp: ErpSite) -> None:
    """Making and renaming are lines by the system; signing in again is none."""
    await erp.login()
    await erp.login()
    await erp.change("NAME", "ivanova")
    await erp.login("ivanova")
    async with erp.site.state["engine"].connect() as connection:
        rows = (await connection.execute(sa.select(audit).order_by(audit.c.id))).all()
    assert [(row.action, row.actor, row.subject, row.after) for row in rows] == [
        ("person.created", "navigator", "petrova", {"erp": 5006}),
        ("person.renamed", "navigator", "ivanova", {"name": "ivanova"}),
    ]


async def test_the_pages_say_that_the_erp_is_down(erp: ErpSite) -> None:
    """Without a script: the login page warns, a refusal says why, who came in by the copy reads until when; all ends with the outage."""
    browser = erp.site.browser
    await erp.login()
    assert "role=status" not in (await browser.get(LOGIN)).text
    with erp.down():
        refused = await browser.post(LOGIN, data={"username": "orlova", "password": "orlova-pass"}, headers={"accept-language": "ru"})
        assert refused.status_code == 503
        assert "ERP не отвечает" in refused.text
        assert "away 7" in (await browser.get(LOGIN)).text
        answer = await browser.post(LOGIN, data={"username": "petrova", "password": PETROVA, "next": "/gallery"})
        assert answer.status_code == 303
        page = await browser.get(answer.headers["location"])
        assert page.status_code == 200
        assert page.text.startswith("good until ")
        assert page.text.endswith("on to /gallery")
    await erp.login("orlova", "orlova-pass")
    answer = await browser.get("/users/erp-away", params={"next": "//evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("remember", [True, False])
async def test_to_be_remembered_is_a_wish(erp: ErpSite, remember: bool) -> None:
    """The cookie outlives the browser only by wish, and the session in the store ends with it; by form as by JSON."""
    by_json = await erp.site.client().post(LOGIN, json={"username": "petrova", "password": PETROVA, "remember": remember})
    form = {"username": "petrova", "password": PETROVA} | ({"remember": "1"} if remember else {})
    by_form = await erp.site.client().post(LOGIN, data=form)
    for answer in (by_json, by_form):
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith(f"{COOKIE}=")
        assert ("max-age=2592000" in cookie) is remember
        assert {"httponly", "secure", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "domain=" not in cookie
    async with erp.site.state["engine"].connect() as connection:
        rows = (await connection.execute(sa.select(sessions))).all()
    assert {row.remember for row in rows} == {remember}
    assert {row.expires_at - row.created_at for row in rows} == {timedelta(days=30) if remember else timedelta(hours=24)}


async def test_a_refused_form_keeps_the_wish(erp: ErpSite) -> None:
    """Who ticked the box and mistyped the password need not tick it again; by JSON the wish is true or false."""
    answer = await erp.site.browser.post(LOGIN, data={"username": "petrova", "password": "x", "remember": "1"})
    assert "ticked" in answer.text
    answer = await erp.site.browser.post(LOGIN, json={"username": "petrova", "password": PETROVA, "remember": "yes"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "remember")


async def test_a_planted_session_is_not_taken_over(erp: ErpSite) -> None:
    """Session fixation: the cookie a browser brought, known or made up, is not the one it leaves with, and opens nothing after."""
    attacker = erp.site.client()
    await erp.login("orlova", "orlova-pass", client=attacker)
    planted = attacker.cookies[COOKIE]
    for token in (planted, "made-up"):
        victim = erp.site.client(cookie=f"{COOKIE}={token}")
        answer = await erp.login(client=victim)
        assert answer.cookies[COOKIE] != token
        assert (await erp.site.client(cookie=f"{COOKIE}={token}").get("/users/api/me")).status_code == 401


async def test_a_cookie_replayed_after_signing_out_opens_nothing(erp: ErpSite) -> None:
    """Signing out ends the session in the store and not just the browser's cookie."""
    client = erp.site.client()
    await erp.login(client=client)
    token = client.cookies[COOKIE]
    await client.get("/users/logout")
    assert COOKIE not in client.cookies
    assert (await erp.site.client(cookie=f"{COOKIE}={token}").get("/users/api/me")).status_code == 401


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/users/login?next=//x"]
)
async def test_a_login_leads_to_this_site_alone(erp: ErpSite, target: str) -> None:
    """Open redirects: by form, by JSON and when already signed in one ends at the first page."""
    client = erp.site.client()
    by_form = await client.post(LOGIN, data={"username": "petrova", "password": PETROVA, "next": target})
    assert (by_form.status_code, by_form.headers["location"]) == (303, "/")
    by_json = await client.post(LOGIN, json={"username": "petrova", "password": PETROVA, "next": target})
    assert by_json.json()["next"] == "/"
    again = await client.get(LOGIN, params={"next": target})
    assert again.headers["location"] == "/"


async def test_who_one_is_in_redmine_is_found_by_login(open_site: OpenSite, tmp_path: Path) -> None:
    """The first sign-in finds the Redmine account of the same name, unless another person is it; Redmine away stops nobody."""
    async with open_sandbox_redmine(tmp_path / "redmine", life=False) as redmine:
        values = {"redmine_url": redmine.url, "redmine_db_url": redmine.db_url, "redmine_api_key": redmine.api_key}
        async with erp_site(open_site, tmp_path, **values) as erp:
            holder = await erp.site.person("anna", identities={"redmine": "8"})
            found = {}
            for name in ("petrova", "orlova", "gromova"):
                assert (await erp.login(name, f"{name}-pass")).status_code == 200
                found[name] = (await erp.identities((await erp.user(name)).id)).get("redmine")
            assert found == {"petrova": "6", "orlova": None, "gromova": None}
            assert await erp.identities(holder) == {"redmine": "8"}
    async with erp_site(open_site, tmp_path, **values) as erp:  # Redmine's database is still there; its server is not asked
        (tmp_path / "redmine").rename(tmp_path / "moved")
        assert (await erp.login("sidorov", "sidorov-pass")).status_code == 200
        assert "redmine" not in await erp.identities((await erp.user("sidorov")).id)


async def test_the_demos_people_sign_in_through_its_erp(erp: ErpSite) -> None:
    """What the demo prepares has no password of ours, and the manager is an administrator from the first sign-in on."""
    await _accounts(erp.site.state["settings"], local=False)
    for person in demo_logins():
        answer = await erp.login(person.login, person.password)
        assert answer.status_code == 200, answer.text
        assert ("admin" in answer.json()["user"]["permissions"]) is (person.role == "manager")
        assert (await erp.user(person.login)).erp_id == person.erp_id


async def test_a_right_that_is_new_comes_once_to_the_demos_people(erp: ErpSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo's store that is older than a right gets it; taken away there, it stays away."""
    settings = erp.site.state["settings"]
    manager = next(person.login for person in demo_logins() if person.role == "manager")
    monkeypatch.setattr("web.demo._RIGHTS", {"manager": ["admin"]})
    await _accounts(settings, local=False)
    async with open_store(settings) as engine:
        people = People(engine)
        user_id = (await erp.user(manager)).id
        assert (await people.get(user_id)).permissions == {"admin"}
        monkeypatch.setattr("web.demo._RIGHTS", {"manager": ["admin", "netmonitor"]})
        await _accounts(settings, local=False)
        assert (await people.get(user_id)).permissions == {"admin", "netmonitor"}
        async with engine.begin() as connection:
            await connection.execute(sa.delete(permissions).where(permissions.c.permission == "netmonitor"))
        await _accounts(settings, local=False)
        assert (await people.get(user_id)).permissions == {"admin"}
