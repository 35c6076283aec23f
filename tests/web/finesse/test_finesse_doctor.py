"""`navigator doctor` on Finesse: what is well, what is not, and what would mend it."""

from __future__ import annotations

from adapters.finesse.values import SystemInfo
from adapters.sandbox.finesse import open_sandbox_finesse
from tests.peers.prosody import DOMAIN, prosody
from tests.web.conftest import make_settings
from web.doctor import Finding, Verdict
from web.finesse.doctor import _judged, check_finesse


async def test_both_nodes_are_tried_and_one_that_is_down_is_named() -> None:
    """REST by SystemInfo, notifications by a connection; nobody signs in."""
    async with open_sandbox_finesse(nodes=2) as finesse:
        first, second = finesse.sites
        urls = {"finesse_url": first.url, "finesse_notify_url": first.notify_url}
        urls |= {"finesse_second_url": second.url, "finesse_second_notify_url": second.notify_url}
        settings = make_settings(**urls)
        found = await check_finesse(settings)
        assert [finding.verdict for finding in found] == [Verdict.OK] * 4
        assert "IN_SERVICE" in found[0].text
        await second.go_down()
        await first.serve_as("OUT_OF_SERVICE")
        found = await check_finesse(settings)
        assert [finding.verdict for finding in found] == [Verdict.FAILED, Verdict.OK, Verdict.FAILED, Verdict.FAILED]
        assert all(url in finding.text for url, finding in zip((second.url, second.notify_url), found[2:], strict=True))


async def test_a_certificate_that_is_not_believed_says_what_to_set() -> None:
    """Over WebSocket and TCP: with the CA it connects, without it or with another pin the finding names the setting, and what was seen."""
    with prosody({}) as server:
        async with open_sandbox_finesse(notify=f"http://127.0.0.1:{server.http}/peer", notify_domain=DOMAIN) as finesse:
            for url in (server.wss, f"tls://localhost:{server.tls}"):

                async def check(url: str = url, **tls: object) -> Finding:
                    found = await check_finesse(make_settings(finesse_url=finesse.url, finesse_notify_url=url, **tls))
                    return found[-1]

                assert (await check(finesse_ca_file=server.authority.path)).verdict is Verdict.OK
                unknown = await check()
                assert (unknown.verdict, "FINESSE_CA_FILE or FINESSE_PINS" in unknown.text) == (Verdict.FAILED, True)
                other = await check(finesse_pins=["ab" * 32])
                assert (other.verdict, "FINESSE_PINS" in other.text) == (Verdict.FAILED, True)
                seen = other.text.split()[1]
                assert (await check(finesse_pins=[seen])).verdict is Verdict.OK


def test_single_sign_on_is_said_plainly() -> None:
    """What the Navigator cannot do is a finding, not a surprise at the first sign-in."""
    info = SystemInfo(status="IN_SERVICE", auth="SSO", domain="d", pubsub="p")
    assert [finding.verdict for finding in _judged("https://fin", info)] == [Verdict.OK, Verdict.FAILED]
    hybrid = SystemInfo(status="IN_SERVICE", auth="HYBRID", domain="d", pubsub="p")
    assert [finding.verdict for finding in _judged("https://fin", hybrid)] == [Verdict.OK, Verdict.WARNING]
    assert any("is it Finesse" in finding.text for finding in _judged("https://fin", SystemInfo(status="IN_SERVICE")))
