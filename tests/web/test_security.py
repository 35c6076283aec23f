"""Hosts, origins, CSRF tokens and headers."""

from __future__ import annotations

from tests.web.conftest import ORIGIN, PASSWORD, OpenSite, Site, make_settings
from web.auth import COOKIE, publisher

TOKEN = "0123456789abcdef01234567"


ORIGINS: list[tuple[dict[str, str], bool]] = [
    ({}, True),
    ({"sec-fetch-site": "same-origin", "origin": ORIGIN}, True),
    ({"sec-fetch-site": "none"}, True),
    ({"origin": ORIGIN}, True),
    ({"sec-fetch-site": "cross-site", "origin": "https://portal.test"}, True),
    ({"sec-fetch-site": "cross-site", "origin": "https://evil.test"}, False),
    ({"sec-fetch-site": "same-site", "origin": "https://other.navigator.test"}, False),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"origin": "https://evil.test"}, False),
    ({"origin": "null"}, False),
    ({"origin": "http://navigator.test"}, False),
    ({"origin": ORIGIN + ".evil.test"}, False),
    ({"origin": ORIGIN + ":8443"}, False),
    ({"origin": ""}, False),
]


async def test_who_may_send_unsafe_requests(open_site: OpenSite) -> None:
    """Own pages, listed origins and programs may; other sites' pages may not, not even to the login."""
    async with open_site(allowed_origins=["https://portal.test"]) as site:
        await site.person()
        for headers, allowed in ORIGINS:
            answer = await site.browser.post("/users/login", json={"username": "anna", "password": PASSWORD}, headers=headers)
            assert answer.status_code == (200 if allowed else 403), headers
            if not allowed:
                assert answer.json()["error"]["code"] == "foreign_origin"
                assert "set-cookie" not in answer.headers


async def test_a_cookie_alone_changes_nothing(site: Site) -> None:
    """An unsafe request that lives on the cookie needs its session's CSRF token, and no other session's."""
    csrf = await site.sign_in()
    await site.person("boris")
    async with site.client() as other:
        foreign = await site.sign_in("boris", other)
    for given in (None, "", "x", "é".encode(), foreign, csrf[:-1]):
        headers = {} if given is None else {"x-csrf-token": given}
        answer = await site.browser.post("/change", headers=headers)  # type: ignore[arg-type]  # bytes and text are both taken
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_csrf")
    assert (await site.browser.post("/change", headers={"x-csrf-token": csrf})).text == "changed"


async def test_what_needs_no_csrf_token(site: Site) -> None:
    """Nobody's request and a program's bearer token carry no ambient rights; a URL's name and password are no bearer token."""
    assert (await site.browser.post("/change")).text == "changed"
    await site.sign_in()
    token = site.browser.cookies[COOKIE]
    basic = await site.browser.post("/change", headers={"authorization": "Basic eDp5"})
    assert basic.status_code == 403
    async with site.client(authorization=f"Bearer {token}", origin="https://evil.test") as program:
        assert (await program.post("/change")).text == "changed"


HOSTS = [
    ("navigator.test", 200),
    ("navigator.test:443", 200),
    ("NAVIGATOR.test", 200),
    ("127.0.0.1:8000", 200),
    ("[::1]:8000", 200),
    ("localhost", 200),
    ("evil.test", 421),
    ("navigator.test.evil.test", 421),
    ("navigator.test@evil.test", 421),
    ("", 421),
    ("navigator.test; script-src *", 421),
]


async def test_only_our_own_name_is_answered_to(site: Site) -> None:
    """A name that somebody made to point here (DNS rebinding) gets nothing; health checks by loopback names do."""
    for host, status in HOSTS:
        assert (await site.browser.get("/offline", headers={"host": host})).status_code == status, host


async def test_without_a_public_url_the_address_that_was_asked_counts(open_site: OpenSite) -> None:
    """On the embedded default both names of this machine work, each with its own origin; a foreign one does not."""
    async with open_site(public_url=None, listen="127.0.0.1:0") as site:
        await site.person()

        async def post(host: str, origin: str) -> int:
            credentials = {"username": "anna", "password": PASSWORD}
            return (await site.browser.post("/users/login", json=credentials, headers={"host": host, "origin": origin})).status_code

        assert await post("127.0.0.1:5000", "http://127.0.0.1:5000") == 200
        assert await post("localhost:5000", "http://localhost:5000") == 200
        assert await post("localhost:5000", "http://127.0.0.1:5000") == 403
        assert await post("evil.test", "http://evil.test") == 421


async def test_a_server_open_to_the_network_without_a_name_answers_to_any(open_site: OpenSite) -> None:
    """LISTEN on every address without PUBLIC_URL cannot know its names; the origin must still be the asked one."""
    async with open_site(public_url=None, listen="0.0.0.0:8000") as site:
        headers = {"host": "box.lan:8000", "origin": "http://box.lan:8000"}
        assert (await site.browser.post("/change", headers=headers)).status_code == 200
        assert (await site.browser.post("/change", headers=headers | {"origin": "http://evil.test"})).status_code == 403


async def test_every_answer_carries_its_headers(open_site: OpenSite) -> None:
    """Pages, errors and files are not sniffed or framed by others, run nothing inline, and insist on https."""
    async with open_site(frame_ancestors=["'self'", "https://portal.test"]) as site:
        for path in ("/offline", "/nowhere", "/sw.js", "/static/manifest.json", "/users/api/me"):
            headers = (await site.browser.get(path, headers={"accept": "text/html"})).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert "camera=()" in headers["permissions-policy"]
            assert headers["strict-transport-security"] == "max-age=31536000"
        policy = (await site.browser.get("/offline")).headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; connect-src 'self' wss://navigator.test; img-src 'self' data:;")
        assert "frame-ancestors 'self' https://portal.test" in policy
        assert "unsafe" not in policy
        refused = await site.browser.get("/offline", headers={"host": "evil.test", "accept": "text/html"})
        assert "default-src 'self'" in refused.headers["content-security-policy"]


def test_publishers_are_known_by_their_tokens() -> None:
    """A token names its publisher; nothing else does."""
    settings = make_settings(publish_tokens=[f"erp:{TOKEN}", f"probe:x{TOKEN}", f"erp:new{TOKEN}"])
    assert [publisher(settings, token) for token in (TOKEN, f"x{TOKEN}", f"new{TOKEN}", TOKEN[:-1], "", None, "\ud800")] == [
        "erp",
        "probe",
        "erp",
        None,
        None,
        None,
        None,
    ]
