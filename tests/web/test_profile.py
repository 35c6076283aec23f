"""The profile's API: what the ERP says, renewing VPN access, the signature, preferences."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from adapters.erp.errors import ErpRule, ErpSlow, ErpUnavailable
from hub.accounts import audit
from tests.web.conftest import OpenSite, Site
from tests.web.erp_ends import TODAY, OneRow, keep_profile

CHECKED = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
WISHED = (TODAY + timedelta(days=60)).isoformat()
KEY = "key-00000001"


class Anna:
    """Anna at her browser, signed in, with the ERP's end."""

    def __init__(self, site: Site, erp: OneRow, csrf: str) -> None:
        self.site, self.erp, self._csrf = site, erp, csrf

    async def profile(self, **query: str) -> httpx.Response:
        return await self.site.browser.get("/users/api/profile", params=query)

    async def put(self, path: str, body: object) -> httpx.Response:
        headers = {"x-csrf-token": self._csrf, "accept-language": "en"}
        return await self.site.browser.put(f"/users/api/{path}", json=body, headers=headers)

    async def post(self, path: str, body: object) -> httpx.Response:
        return await self.site.browser.post(f"/users/api/{path}", json=body, headers={"x-csrf-token": self._csrf})

    async def renew(self, until: str = WISHED, key: str = KEY) -> httpx.Response:
        return await self.put("profile/vpn", {"until": until, "key": key})


@pytest.fixture
async def anna(open_site: OpenSite) -> AsyncIterator[Anna]:
    """English, so that sentences can be looked for."""
    erp = OneRow()
    async with open_site(directory=erp) as site:
        user_id = await site.person(display_name="Анна Петрова", locale="en")
        await keep_profile(site.state["engine"], user_id, erp.row, at=CHECKED)
        yield Anna(site, erp, await site.sign_in())


async def test_the_profile_tells_what_the_erp_said_and_when(anna: Anna) -> None:
    """It answers from what is kept, so that it comes at once and also while the ERP is down."""
    anna.erp.before_read = [ErpUnavailable("DPY-6005")]
    answer = await anna.profile()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "erp": {
            "full_name": "Анна Петрова",
            "email": "anna@tez.example",
            "office": "Москва",
            "department": "Служба поддержки",
            "post": "Инженер",
            "phone": "7-11",
            "standing": "active",
            "checked_at": "2026-11-27T08:30:00+00:00",
        },
        "vpn": {
            "has": True,
            "until": "2026-12-08",
            "days_left": 10,
            "may_renew": True,
            "min_until": "2026-12-09",
            "max_until": "2027-02-26",
            "from_day": None,
            "why": None,
            "rules": {"ahead_days": 90, "early_days": 30},
            "today": "2026-11-28",
            "last": None,
        },
        "avatar": None,
        "signature": {"text": "", "html": "", "on_comments": False},
        "preferences": {"locale": "en", "zone": "Europe/Moscow"},
    }


async def test_a_fresh_look_asks_the_erp_and_keeps_the_answer(anna: Anna) -> None:
    """New attributes stand in the answer, with the time they were told, and in the next answer from what is kept."""
    anna.erp.row = replace(anna.erp.row, post="Ведущий инженер", vpn_until=None)
    fresh = (await anna.profile(fresh="1")).json()
    assert (fresh["erp"]["post"], fresh["vpn"]["until"], fresh["vpn"]["days_left"]) == ("Ведущий инженер", None, None)
    assert fresh["erp"]["checked_at"] > CHECKED.isoformat()
    assert (await anna.profile()).json() == fresh


async def test_a_fresh_look_at_an_erp_that_is_down_is_an_error_and_changes_nothing(anna: Anna) -> None:
    """The page shows what is kept and says that the ERP does not answer."""
    kept = (await anna.profile()).json()
    anna.erp.before_read = [ErpUnavailable("DPY-6005")]
    answer = await anna.profile(fresh="1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "erp_unavailable")
    assert (await anna.profile()).json() == kept


async def test_a_person_who_is_gone_from_the_erp_is_shown_so(anna: Anna) -> None:
    """Their attributes stay as last known, their standing says that they are gone, and VPN cannot be renewed."""
    anna.erp.row = replace(anna.erp.row, erp_id=999)
    fresh = (await anna.profile(fresh="1")).json()
    assert (fresh["erp"]["standing"], fresh["erp"]["post"]) == ("gone", "Инженер")
    assert (fresh["vpn"]["may_renew"], fresh["vpn"]["why"]) == (False, "not_active")


async def test_a_local_account_has_no_erp_part(site: Site) -> None:
    """Where the person is none of the ERP's, erp and vpn are null and a renewal is refused."""
    csrf = await site.sign_in()
    profile = (await site.browser.get("/users/api/profile")).json()
    assert (profile["erp"], profile["vpn"]) == (None, None)
    answer = await site.browser.put("/users/api/profile/vpn", json={"until": WISHED, "key": KEY}, headers={"x-csrf-token": csrf})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_erp")


async def test_renewing_answers_with_the_new_date(anna: Anna) -> None:
    """The date stands in the ERP, the profile and the answer; the same request again answers the same."""
    first, again = await anna.renew(), await anna.renew()
    assert (first.status_code, again.status_code) == (200, 200)
    vpn = first.json()["vpn"]
    assert (vpn["until"], vpn["days_left"], vpn["last"]["state"], vpn["last"]["open"]) == (WISHED, 60, "done", False)
    assert again.json() == first.json()
    assert (await anna.profile()).json()["vpn"] == vpn
    assert len(anna.erp.writes) == 1


async def test_an_outcome_that_is_unknown_is_answered_so(anna: Anna) -> None:
    """202 with the state, the old date, and no new wish until the word comes; the retry gives it."""
    anna.erp.before_write = [ErpSlow("DPY-4024")]
    answer = await anna.renew()
    vpn = answer.json()["vpn"]
    assert answer.status_code == 202
    assert (vpn["until"], vpn["may_renew"], vpn["why"]) == ("2026-12-08", False, "unsettled")
    assert (vpn["last"]["state"], vpn["last"]["open"], vpn["last"]["until"], vpn["last"]["key"]) == ("unknown", True, WISHED, KEY)
    other = await anna.renew((TODAY + timedelta(days=61)).isoformat(), "key-00000002")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "unsettled")
    retry = await anna.renew()
    assert (retry.status_code, retry.json()["vpn"]["until"]) == (200, WISHED)
    assert len(anna.erp.writes) == 1


async def test_a_fresh_look_that_finds_the_date_settles_the_wish(anna: Anna) -> None:
    """When the ERP is back and the date stands there, the page need not ask for anything."""
    anna.erp.after_write, anna.erp.silent_after_write = [ErpSlow("DPY-4024")], [ErpUnavailable("DPY-6005")]
    assert (await anna.renew()).status_code == 202
    vpn = (await anna.profile(fresh="1")).json()["vpn"]
    assert (vpn["until"], vpn["last"]["state"], vpn["last"]["open"]) == (WISHED, "done", False)
    assert len(anna.erp.writes) == 1


async def test_the_sentence_of_the_erp_is_shown(anna: Anna) -> None:
    """What the ERP's own rule says reaches the person word for word, braces and all, also after a reload."""
    anna.erp.before_write = [ErpRule("ORA-20001", "Продление {только} через отдел ИБ.")]
    answer = await anna.renew()
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, "erp_rule", "until")
    assert "Продление {только} через отдел ИБ." in error["message"]
    last = (await anna.profile()).json()["vpn"]["last"]
    assert (last["state"], last["message"]) == ("refused", "Продление {только} через отдел ИБ.")


@pytest.mark.parametrize("until", ["2026-12-08", "2026-11-28", "2027-02-27", "9999-12-31"])
async def test_days_outside_the_rules_are_refused_and_not_written(anna: Anna, until: str) -> None:
    """The answer names the days one can choose from."""
    answer = await anna.renew(until)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, "bad_value", "until")
    assert "2026-12-09" in error["message"]
    assert "2027-02-26" in error["message"]
    assert anna.erp.writes == []


async def test_the_rules_are_checked_against_the_erp_of_this_moment(anna: Anna) -> None:
    """A page that was opened yesterday cannot renew what was taken away since."""
    anna.erp.row = replace(anna.erp.row, vpn=False)
    answer = await anna.renew()
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "no_vpn")
    assert anna.erp.writes == []


async def test_without_the_erp_nothing_is_asked_and_the_answer_says_so(anna: Anna) -> None:
    """503, no wish is left behind, and the same key works later."""
    anna.erp.before_read = [ErpUnavailable("DPY-6005")]
    answer = await anna.renew()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "erp_unavailable")
    assert "Nothing was changed" in answer.json()["error"]["message"]
    assert (await anna.profile()).json()["vpn"]["last"] is None
    assert (await anna.renew()).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"until": WISHED}, "key"),
        ({"until": WISHED, "key": "short"}, "key"),
        ({"until": WISHED, "key": "x" * 65}, "key"),
        ({"until": WISHED, "key": "with space"}, "key"),
        ({"key": KEY}, "until"),
        ({"until": "tomorrow", "key": KEY}, "until"),
        ({"until": 20261231, "key": KEY}, "until"),
    ],
)
async def test_a_renewal_of_the_wrong_shape_names_the_field(anna: Anna, body: dict[str, object], field: str) -> None:
    """A key of letters and digits, and a date."""
    answer = await anna.put("profile/vpn", body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


async def test_departments_that_do_not_renew_themselves(open_site: OpenSite) -> None:
    """With a list in the settings others are told whom to ask."""
    erp = OneRow()
    async with open_site(directory=erp, vpn_departments=("Бухгалтерия",)) as site:
        await keep_profile(site.state["engine"], await site.person(), erp.row)
        csrf = await site.sign_in()
        assert (await site.browser.get("/users/api/profile")).json()["vpn"]["why"] == "department"
        answer = await site.browser.put("/users/api/profile/vpn", json={"until": WISHED, "key": KEY}, headers={"x-csrf-token": csrf})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "department")


async def test_a_signature_is_kept_shown_and_audited(anna: Anna) -> None:
    """Its text comes back as written with outer blanks cut, its HTML is safe, and the audit log has before and after."""
    answer = await anna.put("signature", {"text": " **Анна**\r\n<b>x</b> ", "on_comments": True})
    kept = {"text": "**Анна**\n<b>x</b>", "html": "<p><strong>Анна</strong><br>\n&lt;b&gt;x&lt;/b&gt;</p>", "on_comments": True}
    assert answer.json()["signature"] == kept
    assert (await anna.profile()).json()["signature"] == kept
    await anna.put("signature", {"text": "", "on_comments": False})
    async with anna.site.state["engine"].connect() as connection:
        query = sa.select(audit.c.before, audit.c.after).where(audit.c.action == "signature.changed").order_by(audit.c.id)
        lines = [tuple(line) for line in await connection.execute(query)]
    full, empty = {"text": kept["text"], "on_comments": True}, {"text": "", "on_comments": False}
    assert lines == [(None, full), (full, empty)]


async def test_the_preview_is_what_will_be_shown(anna: Anna) -> None:
    """The same HTML as after saving, and nothing is saved."""
    answer = await anna.post("signature/preview", {"text": "_Анна_ [x](javascript:alert(1))"})
    assert answer.json() == {"html": "<p><em>Анна</em> [x](javascript:alert(1))</p>"}
    assert (await anna.profile()).json()["signature"]["text"] == ""


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "x" * 2001, "on_comments": True}, "text"),
        ({"text": "a\x00b", "on_comments": True}, "text"),
        ({"text": 5, "on_comments": True}, "text"),
        ({"on_comments": True}, "text"),
        ({"text": "x", "on_comments": 1}, "on_comments"),
        ({"text": "x"}, "on_comments"),
    ],
)
async def test_a_signature_that_cannot_be_kept_names_the_field(anna: Anna, body: dict[str, object], field: str) -> None:
    """2,000 characters at most, no NUL, and a switch that is true or false."""
    answer = await anna.put("signature", body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


async def test_two_thousand_characters_of_any_script_fit(anna: Anna) -> None:
    """The bound counts characters, not bytes."""
    assert (await anna.put("signature", {"text": "ы" * 2000, "on_comments": False})).status_code == 200


async def test_the_time_zone_is_a_preference(anna: Anna) -> None:
    """It is kept with the person, so that quiet hours and the boot data go by it; an unknown one is refused."""
    assert (await anna.put("preferences/zone", {"value": "Asia/Yekaterinburg"})).status_code == 204
    assert (await anna.site.browser.get("/users/api/me")).json()["user"]["zone"] == "Asia/Yekaterinburg"
    assert (await anna.profile()).json()["preferences"]["zone"] == "Asia/Yekaterinburg"
    assert (await anna.put("preferences/zone", {"value": "Moon/Sea"})).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/api/profile"),
        ("PUT", "/users/api/profile/vpn"),
        ("PUT", "/users/api/avatar"),
        ("DELETE", "/users/api/avatar"),
        ("PUT", "/users/api/signature"),
        ("POST", "/users/api/signature/preview"),
    ],
)
async def test_nobody_gets_in_without_a_session_or_changes_anything_without_a_token(anna: Anna, method: str, path: str) -> None:
    """401 for strangers; 403 for a page of another site that rides on the cookie."""
    async with anna.site.client() as stranger:
        assert (await stranger.request(method, path, json={})).status_code == 401
    if method != "GET":
        answer = await anna.site.browser.request(method, path, json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_csrf")


async def test_the_page_is_for_whoever_is_signed_in(anna: Anna) -> None:
    """It carries its own script; strangers are sent to sign in."""
    page = await anna.site.browser.get("/profile/", headers={"accept": "text/html"})
    assert "profile-99887766" in page.text
    async with anna.site.client(accept="text/html") as stranger:
        assert (await stranger.get("/profile/")).status_code == 303
