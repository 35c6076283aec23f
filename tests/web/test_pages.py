"""The pages around the areas, and the built files."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.web.conftest import OpenSite, Site, make_settings
from web.assets import Assets, encodings
from web.boot import NavArea, build_boot, vapid_public_key
from web.errors import NotBuilt
from web.rendering import TEMPLATES, script_json
from web.settings import Settings

HTML = {"accept": "text/html"}


async def test_the_shell_tells_the_script_who_looks(site: Site) -> None:
    """The boot object stands in the page as inert JSON, equal to /users/api/me, and no name can break out of it."""
    await site.person("mallory", display_name="</script><script>alert(1)</script>&<!--")
    await site.sign_in("mallory")
    page = await site.browser.get("/", headers=HTML)
    assert page.headers["cache-control"] == "no-store"
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page.text)
    assert found is not None
    assert json.loads(found[1]) == (await site.browser.get("/users/api/me")).json()
    assert page.text.count("<script") == 2
    assert 'src="/static/assets/app-Ab12Cd34.js"' in page.text or "src=" in page.text


async def test_pages_speak_the_persons_language(site: Site) -> None:
    """A signed-in person's own language wins over the browser's; before, the browser's or `lang` counts, else Russian."""
    await site.sign_in()
    assert '<html lang="ru"' in (await site.browser.get("/", headers={"accept-language": "en"})).text
    for headers, query, locale in (
        ({"accept-language": "en-GB,en;q=0.9,ru;q=0.5"}, "", "en"),
        ({"accept-language": "de, fr"}, "", "ru"),
        ({"accept-language": "en;q=0.2, ru-RU;q=0.8"}, "", "ru"),
        ({"accept-language": "en;q=x, ;;;"}, "", "ru"),
        ({"accept-language": "ru"}, "?lang=en", "en"),
        ({}, "?lang=xx", "ru"),
    ):
        assert (await site.browser.get("/offline" + query, headers=headers)).text == f"offline {locale}"


async def test_errors_are_pages_for_people_and_codes_for_programs(site: Site) -> None:
    """The same fault is a page in the person's language, or JSON; what broke inside stays inside."""
    page = await site.browser.get("/nowhere", headers=HTML)
    assert page.status_code == 404
    assert "<h1>Такой страницы нет</h1><p>Возможно, в адресе ошибка" in page.text
    assert (await site.browser.get("/nowhere")).json()["error"]["code"] == "not_found"
    assert (await site.browser.put("/users/login")).json()["error"]["code"] == "method_not_allowed"
    with pytest.raises(RuntimeError, match="secret"):
        await site.browser.get("/broken")
    site.browser._transport.raise_app_exceptions = False  # type: ignore[attr-defined]  # as a real server does
    broken = await site.browser.get("/broken", headers=HTML | {"accept-language": "en"})
    assert broken.status_code == 500
    assert "It was written to the log" in broken.text
    assert '<a href="/broken">Reload</a>' in broken.text
    assert "secret" not in broken.text
    assert "default-src 'self'" in broken.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "status", "title", "href"),
    [
        ("/nowhere", 404, "Такой страницы нет", "/"),
        ("/netmonitor/hosts/gone", 404, "Такого узла нет", "/netmonitor/"),
        ("/tasks/twelve", 404, "Такой заявки нет", "/tasks/"),
        ("/admin", 403, "Эта страница вам недоступна", "/"),
        ("/broken?a=1&b=2", 500, "У нас что-то сломалось", "/broken?a=1&amp;b=2"),
    ],
)
async def test_errors_have_the_frame_for_whoever_is_signed_in(site: Site, path: str, status: int, title: str, href: str) -> None:
    """What went wrong comes with the navigation, in words, with what one can do next; a program gets what it always got."""
    site.browser._transport.raise_app_exceptions = False  # type: ignore[attr-defined]  # as a real server does
    assert "framed" not in (await site.browser.get(path, headers=HTML)).text
    await site.sign_in()
    page = await site.browser.get(path, headers=HTML)
    assert (page.status_code, page.headers["cache-control"]) == (status, "no-store")
    assert page.text.startswith(f"framed <h1>{title}</h1>")
    assert f'<a href="{href}">' in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert set((await site.browser.get(path)).json()) == {"error"}
    under_api = await site.browser.get("/users/api/nothing", headers=HTML)
    assert (under_api.status_code, under_api.json()["error"]["code"]) == (404, "not_found")


async def test_an_error_is_told_when_the_frame_cannot_be(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store that the frame needs may be what is broken: the page then comes without it, and is the same error."""
    await site.sign_in()

    async def away(_token: str) -> None:
        raise TimeoutError

    monkeypatch.setattr(site.state["sessions"], "find", away)
    page = await site.browser.get("/nowhere", headers=HTML)
    assert page.status_code == 404
    assert "framed" not in page.text
    assert "<h1>Такой страницы нет</h1>" in page.text


async def test_a_fault_before_any_route_has_the_policy_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes is looked up first, and the store may be away: the answer keeps its headers."""
    site.browser._transport.raise_app_exceptions = False  # type: ignore[attr-defined]  # as a real server does
    csrf = await site.sign_in()

    async def away(_token: str) -> None:
        raise TimeoutError

    monkeypatch.setattr(site.state["sessions"], "find", away)
    answer = await site.browser.put("/users/api/preferences/locale", json={"value": "ru"}, headers=HTML | {"x-csrf-token": csrf})
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_front_end_that_is_not_built_says_so(open_site: OpenSite, static: Path, templates: Path) -> None:
    """Pages name the command to run, also when the error page itself needs the front end; the interface still works."""
    shutil.rmtree(static)
    (templates / "error.html").write_text("{{ asset('app').js }}")
    async with open_site() as site:
        await site.person()
        await site.sign_in()
        page = await site.browser.get("/", headers=HTML)
        assert page.status_code == 503
        assert "make build" in page.text
        assert (await site.browser.get("/static/x.js")).status_code == 404
        assert (await site.browser.get("/sw.js")).status_code == 404


async def test_built_files_are_kept_for_ever_and_sent_small(site: Site) -> None:
    """Hashed names never change; the ready-made brotli or gzip form is sent to whoever takes it, with the right type."""
    path = "/static/assets/app-Ab12Cd34.js"
    for header, body, encoding in (
        ("gzip, deflate, br", b"brotli", "br"),
        ("gzip", b"gzip", "gzip"),
        ("br;q=0, *", b"gzip", "gzip"),
        ("identity", b"plain", None),
    ):
        async with site.browser.stream("GET", path, headers={"accept-encoding": header}) as answer:
            assert b"".join([part async for part in answer.aiter_raw()]) == body
        assert answer.headers.get("content-encoding") == encoding
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        tag = answer.headers["etag"]
        again = await site.browser.get(path, headers={"accept-encoding": header, "if-none-match": tag})
        assert again.status_code == 304
    assert (await site.browser.get("/static/manifest.json")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["/static/../settings.py", "/static/%2e%2e/settings.py", "/static/..%2f..%2fetc/passwd", "/static/", "/static/a%00b", "/static/assets"],
)
async def test_nothing_else_is_served_as_a_file(site: Site, path: str) -> None:
    """Only files below the built front end, whatever the path."""
    assert (await site.browser.get(path)).status_code == 404


async def test_the_worker_and_the_install_manifest(site: Site) -> None:
    """The worker lies at the root and is asked for again each time; the manifest has an id, icons and the person's language."""
    worker = await site.browser.get("/sw.js")
    assert (worker.text, worker.headers["cache-control"]) == ("worker", "no-cache")
    assert worker.headers["content-type"] == "text/javascript; charset=utf-8"
    manifest = await site.browser.get("/manifest.webmanifest", headers={"accept-language": "ru"})
    assert manifest.headers["content-type"] == "application/manifest+json"
    content = manifest.json()
    assert (content["id"], content["lang"], content["display"], content["start_url"]) == ("/", "ru", "standalone", "/")
    assert {icon["sizes"] for icon in content["icons"]} == {"192x192", "512x512"}
    assert content["shortcuts"][0]["name"] == "Входящие"


def test_an_entry_brings_the_sheets_of_what_it_imports(static: Path) -> None:
    """Style sheets of shared parts come first, each once; an entry that is not there is told of."""
    assets = Assets.load(static)
    assert assets.asset("app") == {
        "js": "/static/assets/app-Ab12Cd34.js",
        "css": ["/static/assets/shared-55556666.css", "/static/assets/app-Zz99Yy88.css"],
        "imports": ["/static/assets/shared-33334444.js"],
    }
    assert assets.asset("src/entries/gallery.ts")["css"] == ["/static/assets/shared-55556666.css"]
    with pytest.raises(NotBuilt):
        assets.asset("nothing")


def test_encodings_follow_the_header() -> None:
    """Zero quality means no, the smaller form is preferred whatever the order."""
    assert encodings("") == []
    assert encodings("gzip;q=1.0, br;q=0.5") == ["br", "gzip"]
    assert encodings("br; q=0.000, gzip") == ["gzip"]
    assert encodings("*") == ["br", "gzip"]


async def test_navigation_follows_permissions(site: Site) -> None:
    """A person sees the areas that are for everybody and those they have the right to."""
    areas = (NavArea("inbox", "/"), NavArea("net", "/net", "netmonitor"), NavArea("quality", "/quality", "quality"))
    await site.person("boris", permissions=["netmonitor"])
    made = await site.state["sessions"].create((await site.state["people"].find("boris")).id)  # type: ignore[union-attr]  # just made
    principal = await site.state["sessions"].find(made.token)
    assert principal is not None
    boot = build_boot(principal, Settings(), areas=areas)
    assert [area["id"] for area in boot["areas"]] == ["inbox", "net"]


def test_the_public_key_is_told_only_with_web_push_on() -> None:
    """The browser gets the public half of VAPID_PRIVATE_KEY, 65 bytes as base64url."""
    from adapters.push import vapid

    private, public = vapid.generate()
    assert vapid_public_key(Settings()) is None
    assert vapid_public_key(make_settings(vapid_private_key=private, vapid_subject="mailto:a@example.org")) == public


def test_json_in_a_page_cannot_end_its_element() -> None:
    """No character that HTML could read as markup is left, and the value is the same."""
    value = {"a": "</script><!--<script>&\u2028", "б": 1}
    text = script_json(value)
    assert not set("<>&") & set(text)
    assert json.loads(text) == value


async def test_the_products_own_templates_render_in_both_languages(open_site: OpenSite, static: Path) -> None:
    """Every page of the product renders with what the routes give it, in both languages and on errors."""
    manifest = {
        f"src/entries/{name}.ts": {"file": f"assets/{name}-00000000.js", "css": [f"assets/{name}-00000000.css"]}
        for name in ("app", "error", "gallery", "login")
    }
    (static / "manifest.json").write_text(json.dumps(manifest))
    async with open_site(templates=TEMPLATES, demo=True) as site:
        await site.person()
        for lang, word in (("ru", "Войти"), ("en", "Sign in")):
            page = await site.browser.get(f"/users/login?lang={lang}&next=/gallery")
            assert page.status_code == 200
            assert f'<html lang="{lang}"' in page.text
            assert word in page.text
            assert 'value="/gallery"' in page.text
            wrong = await site.browser.post(f"/users/login?lang={lang}", data={"username": "anna", "password": "x"})
            assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (401, True)
            password = wrong.text[wrong.text.index('id="password"') :].partition(">")[0].split()
            assert {"autofocus", 'aria-describedby="login-error"', 'aria-invalid="true"'} <= set(password)
            offline = await site.browser.get(f"/offline?lang={lang}")
            assert offline.status_code == 200
            parts = re.findall(r'(?:<script src|<img src|rel="stylesheet" href|svg\+xml" href)="([^"]+)"', offline.text)
            assert len(parts) == 4
            assert all(part.startswith("/static/") and part.endswith("?kept") for part in parts)  # or the worker would not keep it
        csrf = await site.sign_in()
        for locale in ("ru", "en"):
            await site.browser.put("/users/api/preferences/locale", json={"value": locale}, headers={"x-csrf-token": csrf})
            for path, status in (("/", 200), ("/gallery", 200), ("/nowhere", 404), ("/admin", 403)):
                page = await site.browser.get(path, headers=HTML)
                assert page.status_code == status
                assert "style=" not in page.text
                assert not re.search(r"<script(?![^>]*(src=|application/json))", page.text)
                assert not re.search(r"\son\w+=", page.text)
                assert f'<html lang="{locale}"' in page.text
                assert ("tez-shell" in page.text) is (path != "/gallery")
