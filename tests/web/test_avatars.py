"""Pictures of people: giving one, serving it, taking it away."""

from __future__ import annotations

import asyncio
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

import web.pictures as pictures
from hub.accounts import audit, avatars
from tests.web.conftest import Site
from web.avatars import Workshop, open_workshop
from web.errors import WebError


def picture(colour: tuple[int, int, int] = (255, 0, 0), form: str = "PNG") -> bytes:
    """A file of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (90, 70), colour).save(out, form)
    return out.getvalue()


async def put(site: Site, content: bytes, csrf: str) -> httpx.Response:
    """Gives the picture."""
    return await site.browser.put("/users/api/avatar", content=content, headers={"x-csrf-token": csrf, "content-type": "image/png"})


async def test_a_picture_is_given_served_and_taken_away(site: Site) -> None:
    """It has an address for each size, is in the boot data and the profile, and nowhere after its removal; both are audited."""
    csrf = await site.sign_in()
    given = (await put(site, picture(), csrf)).json()["avatar"]
    assert list(given["urls"]) == [str(size) for size in pictures.SIZES]
    assert (await site.browser.get("/users/api/profile")).json()["avatar"] == given
    assert (await site.browser.get("/users/api/me")).json()["user"]["avatar"] == given["urls"]["64"]
    for size, url in given["urls"].items():
        served = await site.browser.get(url)
        assert Image.open(io.BytesIO(served.content)).size == (int(size), int(size))
    removed = await site.browser.delete("/users/api/avatar", headers={"x-csrf-token": csrf})
    assert removed.status_code == 204
    assert (await site.browser.get("/users/api/profile")).json()["avatar"] is None
    assert (await site.browser.get(given["urls"]["64"])).status_code == 404
    async with site.state["engine"].connect() as connection:
        lines = (await connection.execute(sa.select(audit.c.action, audit.c.actor, audit.c.address).order_by(audit.c.id))).all()
    assert [tuple(line) for line in lines] == [("avatar.changed", "anna", "192.0.2.1"), ("avatar.removed", "anna", "192.0.2.1")]


async def test_a_picture_is_kept_by_browsers_as_long_as_it_is_the_same(site: Site) -> None:
    """With the version in the address for a year, without it only after asking; another picture has another address."""
    csrf = await site.sign_in()
    first = (await put(site, picture(), csrf)).json()["avatar"]
    served = await site.browser.get(first["urls"]["96"])
    assert served.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert served.headers["content-type"] == "image/webp"
    assert served.headers["x-content-type-options"] == "nosniff"
    again = await site.browser.get(first["urls"]["96"], headers={"if-none-match": f'"x", W/{served.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert (await site.browser.get("/users/avatar/1/96")).headers["cache-control"] == "private, no-cache"
    second = (await put(site, picture((0, 0, 255)), csrf)).json()["avatar"]
    assert second["version"] != first["version"]
    old = await site.browser.get(first["urls"]["96"])
    assert (old.status_code, old.headers["cache-control"]) == (200, "private, no-cache")
    async with site.state["engine"].connect() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(avatars)) == len(pictures.SIZES)


@pytest.mark.parametrize(
    ("content", "status", "code", "word"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "picture_svg", "PNG"),
        (b"hello", 415, "picture_format", "JPEG"),
        (b"", 415, "picture_format", "JPEG"),
        (picture()[:100], 422, "picture_broken", "PNG"),
        (bytes(10 * 1024 * 1024 + 1), 413, "picture_large", "10"),
    ],
    ids=["svg", "text", "nothing", "cut", "large"],
)
async def test_a_file_that_will_not_do_is_refused_with_the_mend(site: Site, content: bytes, status: int, code: str, word: str) -> None:
    """The answer names the field, a stable code, and what to do; the picture that was there stays."""
    csrf = await site.sign_in()
    before = (await put(site, picture(), csrf)).json()["avatar"]
    answer = await put(site, content, csrf)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (status, code, "file")
    assert word in error["message"]
    assert (await site.browser.get("/users/api/profile")).json()["avatar"] == before


async def test_only_who_is_signed_in_sees_pictures(site: Site) -> None:
    """Without a session there is no picture, and without a token none is changed."""
    csrf = await site.sign_in()
    url = (await put(site, picture(), csrf)).json()["avatar"]["urls"]["64"]
    async with site.client() as stranger:
        assert (await stranger.get(url)).status_code == 401
        assert (await stranger.put("/users/api/avatar", content=picture())).status_code == 401
    assert (await put(site, picture(), "wrong")).status_code == 403
    for path in ("/users/avatar/1/65", "/users/avatar/999/64"):
        assert (await site.browser.get(path)).status_code == 404


async def test_two_tabs_at_once_leave_one_whole_picture(site: Site) -> None:
    """Of pictures that are given at the same time one stays, in all its sizes."""
    csrf = await site.sign_in()
    colours = [(255, 0, 0), (0, 0, 255), (0, 255, 0)]
    answers = await asyncio.gather(*(put(site, picture(colour), csrf) for colour in colours))
    assert [answer.status_code for answer in answers] == [200] * 3
    async with site.state["engine"].connect() as connection:
        rows = (await connection.execute(sa.select(avatars.c.size, avatars.c.version))).all()
    assert sorted(row.size for row in rows) == list(pictures.SIZES)
    assert len({row.version for row in rows}) == 1


@pytest.mark.parametrize(
    "program",
    ["import time; time.sleep(60)", "import os; os.abort()", "print('ok 5')", "print('nonsense')", "raise MemoryError", "print('ok x')"],
    ids=["hangs", "crashes", "short", "nonsense", "memory", "words"],
)
async def test_a_decoder_that_hangs_or_dies_takes_nothing_along(program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that kills or hangs its decoder is called damaged within the deadline, and the next one is taken."""
    bad = tmp_path / "bad.py"
    bad.write_text(program)
    async with open_workshop(deadline_s=1.0) as workshop:
        with monkeypatch.context() as patched:
            patched.setattr(pictures, "__file__", str(bad))
            with pytest.raises(WebError) as caught:
                await workshop.squares(picture())
            assert caught.value.code == "picture_broken"
    async with open_workshop() as workshop:
        assert len(await workshop.squares(picture())) == 5


async def test_uploads_beyond_the_bound_are_turned_away() -> None:
    """With as many under way as may wait the next is told to come again, and is taken when one is done."""
    with ThreadPoolExecutor(1) as threads:
        workshop = Workshop(threads, waiting=1, deadline_s=10.0)
        first = asyncio.create_task(workshop.squares(picture()))
        await asyncio.sleep(0)
        with pytest.raises(WebError) as caught:
            await workshop.squares(picture())
        assert (caught.value.status, caught.value.code) == (503, "busy")
        await first
        assert len(await workshop.squares(picture())) == 5


async def test_the_decoder_shares_nothing_with_the_server() -> None:
    """The program imports nothing of the product, so that a decoder never sits beside its secrets."""
    script = (
        "import sys, runpy; runpy.run_path(sys.argv[1]); print({name.split('.')[0] for name in sys.modules} & {'web', 'hub', 'adapters'})"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-P", "-c", script, pictures.__file__, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert out.strip() == b"set()"
