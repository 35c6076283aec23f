"""Signing in and out, and the settings of a person."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from hub.store import sessions, users
from tests.web.conftest import ORIGIN, PASSWORD, OpenSite, Site
from web.auth import COOKIE
from web.sign_in import SignIn
from web.throttle import Limit
from web.users import safe_next

LOGIN = "/users/login"


def cookie(answer: httpx.Response) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])


async def test_sign_in_by_json(site: Site) -> None:
    """A program gets its user and where to go, a cookie no script can read, and then knows itself."""
    answer = await site.browser.post(LOGIN, json={"username": " ANNA ", "password": PASSWORD, "next": "/?unread=1"})
    assert answer.status_code == 200
    body = answer.json()
    assert body["next"] == "/?unread=1"
    assert body["user"]["name"] == "anna"
    morsel = cookie(answer)[COOKIE]
    assert (morsel["httponly"], morsel["secure"], morsel["samesite"].lower(), morsel["path"]) == (True, True, "lax", "/")
    assert (morsel["max-age"], morsel["expires"]) == ("", "")
    me = await site.browser.get("/users/api/me")
    assert me.json()["user"] == body["user"]
    assert me.headers["cache-control"] == "no-store"
    assert set(me.json()) == {
        "user",
        "csrf",
        "socket",
        "push",
        "areas",
        "version",
        "theme",
        "demo",
        "sound",
        "quiet",
        "critical_pierces",
        "viewer",
    }
    assert {one["id"]: one["href"] for one in me.json()["areas"]} == {"inbox": "/", "tasks": "/tasks/", "profile": "/profile/"}


async def test_sign_in_by_form(site: Site) -> None:
    """The page posts its form and is sent on with 303; a wrong password shows the page again with the name kept."""
    page = await site.browser.get(LOGIN, params={"next": "/gallery"}, headers={"accept-language": "en"})
    assert 'value="/gallery"' in page.text
    wrong = await site.browser.post(
        LOGIN, data={"username": "<anna>", "password": "x", "next": "/gallery"}, headers={"accept-language": "en"}
    )
    assert wrong.status_code == 401
    assert "Wrong name or password." in wrong.text
    assert "&lt;anna&gt;" in wrong.text
    assert "set-cookie" not in wrong.headers
    right = await site.browser.post(LOGIN, data={"username": "anna", "password": PASSWORD, "next": "/gallery"})
    assert (right.status_code, right.headers["location"]) == (303, "/gallery")
    again = await site.browser.get(LOGIN, params={"next": "/gallery"})
    assert (again.status_code, again.headers["location"]) == (303, "/gallery")


async def test_only_the_demo_shows_logins(open_site: OpenSite, templates: Path) -> None:
    """The login page of the demo names the sandbox's people in the reader's language; any other one nobody."""
    (templates / "login.html").write_text(
        "{% for login in demo_logins %}{{ login.name }}:{{ login.password }}:{{ login.who }};{% endfor %}"
    )
    for demo in (True, False):
        async with open_site(demo=demo) as site:
            text = (await site.browser.get(LOGIN, headers={"accept-language": "en"})).text
            assert ("support agent" in text) is demo
            assert bool(text) is demo


async def test_the_cookie_is_secure_only_where_there_is_https(open_site: OpenSite) -> None:
    """On plain http a Secure cookie would never come back."""
    async with open_site(public_url="http://navigator.test") as site:
        await site.person()
        answer = await site.browser.post(LOGIN, json={"username": "anna", "password": PASSWORD})
        assert not cookie(answer)[COOKIE]["secure"]
        assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("kind", ["wrong password", "unknown name", "no local password", "disabled", "too long", "empty name"])
async def test_every_failure_has_one_answer(site: Site, kind: str) -> None:
    """Nobody learns from the answer which part was wrong."""
    await site.state["people"].add("erp-only")
    boris = await site.person("boris")
    await site.state["people"].set_active(boris, False)
    name, password = {
        "wrong password": ("anna", "wrong"),
        "unknown name": ("nobody", PASSWORD),
        "no local password": ("erp-only", PASSWORD),
        "disabled": ("boris", PASSWORD),
        "too long": ("anna", PASSWORD + "x" * 2000),
        "empty name": ("", PASSWORD),
    }[kind]
    answer = await site.browser.post(LOGIN, json={"username": name, "password": password}, headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()) == (401, {"error": {"code": "bad_credentials", "message": "Wrong name or password."}})
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_request"),
        (b"[]", "application/json", 400, "bad_request"),
        (b"[" * 10_000, "application/json", 400, "bad_request"),
        (b'{"username": 5, "password": "x"}', "application/json", 422, "bad_value"),
        (b"username=%ff", "application/x-www-form-urlencoded", 400, "bad_request"),
        ("username=é".encode(), "application/x-www-form-urlencoded", 400, "bad_request"),
        (b"x" * 17_000, "application/json", 413, "too_large"),
        (b"anna", "text/plain", 415, "unsupported_media_type"),
        (b"", "", 415, "unsupported_media_type"),
    ],
)
async def test_garbage_is_refused_in_words(site: Site, content: bytes, kind: str, status: int, code: str) -> None:
    """Whatever is posted, the answer is a stable code."""
    answer = await site.browser.post(LOGIN, content=content, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_guessing_is_throttled_for_known_and_unknown_names_alike(site: Site) -> None:
    """Past the limit of an account even the right password waits, with Retry-After; other accounts do not."""
    await site.person("boris")
    now = [100.0]
    throttled = SignIn(site.state["people"], site.state["sign_in"]._passwords, per_account=Limit(3, 60.0), clock=lambda: now[0])
    site.state["sign_in"] = throttled
    for name in ("anna", "nobody"):
        for _ in range(3):
            assert (await site.browser.post(LOGIN, json={"username": name, "password": "x"})).status_code == 401
        answer = await site.browser.post(LOGIN, json={"username": name.upper(), "password": PASSWORD}, headers={"accept-language": "ru"})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert answer.json()["error"] == {"code": "throttled", "message": "Слишком много попыток. Попробуйте ещё раз через 1 мин."}
        page = await site.browser.post(LOGIN, data={"username": name, "password": "x"})
        assert (page.status_code, page.headers["retry-after"]) == (429, "60")
    assert (await site.browser.post(LOGIN, json={"username": "boris", "password": PASSWORD})).status_code == 200
    now[0] += 60
    assert (await site.browser.post(LOGIN, json={"username": "anna", "password": PASSWORD})).status_code == 200


async def test_many_guesses_at_once_do_not_slip_past(site: Site) -> None:
    """An attempt counts before it is checked: of 20 at the same moment only as many are tried as the limit says."""
    site.state["sign_in"] = SignIn(site.state["people"], site.state["sign_in"]._passwords, per_account=Limit(5, 60.0))
    tried = await asyncio.gather(*(site.browser.post(LOGIN, json={"username": "anna", "password": "x"}) for _ in range(20)))
    assert sorted(answer.status_code for answer in tried) == [401] * 5 + [429] * 15


async def test_one_address_is_throttled_over_all_names(site: Site) -> None:
    """Trying one password on many names meets the limit of the address; signing in well is not held against it."""
    site.state["sign_in"] = SignIn(site.state["people"], site.state["sign_in"]._passwords, per_address=Limit(3, 60.0))
    for _ in range(5):
        assert (await site.browser.post(LOGIN, json={"username": "anna", "password": PASSWORD})).status_code == 200
    for name in ("a", "b", "c"):
        assert (await site.browser.post(LOGIN, json={"username": name, "password": "x"})).status_code == 401
    assert (await site.browser.post(LOGIN, json={"username": "anna", "password": PASSWORD})).status_code == 429


async def test_a_sign_in_renews_an_old_hash(site: Site) -> None:
    """A hash of other parameters is replaced when its password was right."""
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    person = await site.state["people"].find("anna")
    assert person is not None
    await site.state["people"].set_password(person.id, old)
    await site.sign_in()
    async with site.state["engine"].connect() as connection:
        now = await connection.scalar(sa.select(users.c.password_hash))
    assert now not in (old, None)


async def test_the_session_changes_at_each_sign_in(site: Site) -> None:
    """The cookie from before a sign-in is worth nothing after it, and its sockets are told."""
    told: list[str] = []
    site.state["sessions"].on_revoked.append(lambda hashes, _reason: told.extend(hashes))
    await site.sign_in()
    first = site.browser.cookies[COOKIE]
    await site.sign_in()
    second = site.browser.cookies[COOKIE]
    assert first != second
    assert len(told) == 1
    async with site.client(cookie=f"{COOKIE}={first}") as stale:
        assert (await stale.get("/users/api/me")).status_code == 401
    async with site.state["engine"].connect() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 1


async def test_signing_out_ends_the_session_and_its_sockets(site: Site) -> None:
    """The cookie goes, the stored session goes, and whoever holds its sockets is told."""
    told: list[str] = []
    site.state["sessions"].on_revoked.append(lambda hashes, _reason: told.extend(hashes))
    await site.sign_in()
    token = site.browser.cookies[COOKIE]
    answer = await site.browser.get("/users/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, LOGIN)
    assert cookie(answer)[COOKIE]["max-age"] == "0"
    assert len(told) == 1
    async with site.client(cookie=f"{COOKIE}={token}") as stale:
        assert (await stale.get("/users/api/me")).status_code == 401
    assert (await site.browser.get("/users/logout")).status_code == 303


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-purpose": "prefetch;prerender"}]
)
async def test_no_other_site_and_no_preview_signs_anybody_out(site: Site, headers: dict[str, str]) -> None:
    """A foreign link to the sign-out, or a browser that looks ahead, changes nothing."""
    await site.sign_in()
    assert (await site.browser.get("/users/logout", headers=headers)).headers["location"] == "/"
    assert (await site.browser.head("/users/logout")).status_code == 303
    assert (await site.browser.get("/users/api/me")).status_code == 200


NEXT = [
    ("/", "/"),
    ("/gallery?x=1&y=%2F#part", "/gallery?x=1&y=%2F#part"),
    ("//evil.test", "/"),
    ("///evil.test", "/"),
    ("/\\evil.test", "/"),
    ("/\t/evil.test", "/"),
    ("/\n/evil.test", "/"),
    ("https://evil.test", "/"),
    ("javascript:alert(1)", "/"),
    ("evil", "/"),
    ("", "/"),
    ("/users/logout", "/"),
    ("/users/login?next=/", "/"),
    ("/" + "x" * 3000, "/"),
]


async def test_nobody_is_sent_to_another_site(site: Site) -> None:
    """`next` is a path of this site or nothing, by form, JSON and page alike."""
    for given, kept in NEXT:
        assert safe_next(given) == kept
        answer = await site.browser.post(LOGIN, data={"username": "anna", "password": PASSWORD, "next": given})
        assert answer.headers["location"] == kept
        answer = await site.browser.post(LOGIN, json={"username": "anna", "password": PASSWORD, "next": given})
        assert answer.json()["next"] == kept
        assert (await site.browser.get(LOGIN, params={"next": given})).headers["location"] == kept


async def test_preferences_are_kept_and_shown(site: Site) -> None:
    """A wish is stored for its person; theme and language show in the boot object."""
    csrf = {"x-csrf-token": await site.sign_in()}
    for name, value in (("theme", "dark"), ("locale", "en"), ("rules", {"ticket": {"push": False}})):
        assert (await site.browser.put(f"/users/api/preferences/{name}", json={"value": value}, headers=csrf)).status_code == 204
    me = (await site.browser.get("/users/api/me")).json()
    assert (me["theme"], me["user"]["locale"]) == ("dark", "en")
    wrong = await site.browser.put("/users/api/preferences/theme", json={"value": "pink"}, headers=csrf)
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "value")
    assert wrong.json()["error"]["message"] == "This value cannot be used."
    assert (await site.browser.put("/users/api/preferences/theme", json={}, headers=csrf)).status_code == 422
    assert (await site.browser.put("/users/api/preferences/shoe_size", json={"value": 43}, headers=csrf)).status_code == 404


async def test_a_session_token_serves_as_bearer(site: Site) -> None:
    """A program that keeps no cookies sends the token itself; a bad one is not made up for by a good cookie."""
    await site.sign_in()
    token = site.browser.cookies[COOKIE]
    async with site.client(authorization=f"Bearer {token}") as program:
        assert (await program.get("/users/api/me")).json()["user"]["name"] == "anna"
        assert (await program.put("/users/api/preferences/theme", json={"value": "dark"})).status_code == 204
    assert (await site.browser.get("/users/api/me", headers={"authorization": "Bearer x"})).status_code == 401


async def test_signed_out_people_are_sent_to_the_login_and_programs_told(site: Site) -> None:
    """A page leads to the login and back; an interface answers 401 with a code."""
    page = await site.browser.get("/gallery?a=1&b=2", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/users/login?next=%2Fgallery%3Fa%3D1%26b%3D2")
    api = await site.browser.get("/users/api/me", headers={"accept": "text/html", "accept-language": "en"})
    assert (api.status_code, api.json()) == (401, {"error": {"code": "unauthenticated", "message": "Please sign in."}})
    assert str(page.url).startswith(ORIGIN)


async def test_rights_are_checked_on_the_server(site: Site) -> None:
    """Without the permission 403, with `admin` every door opens."""
    await site.sign_in()
    assert (await site.browser.get("/admin")).status_code == 403
    await site.person("root", permissions=["admin"])
    await site.sign_in("root")
    assert (await site.browser.get("/admin")).text == "welcome"
