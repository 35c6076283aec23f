"""Nobody has the page open: the push reaches a real Firefox and stands on its screen."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from adapters.push.vapid import VapidKey
from tests.live.product import Product
from tests.live.test_delivery import DEVICE, NOTICE, ended, states, until
from tests.peers import need
from tests.peers.autopush import Autopush
from tests.peers.fcm import fcm
from tests.peers.firefox import Firefox

pytestmark = [pytest.mark.firefox, pytest.mark.timeout(180)]

_SIGN_IN = """
  const [name, password] = arguments;
  document.querySelector('[name=username]').value = name;
  document.querySelector('[name=password]').value = password;
  document.querySelector('form').requestSubmit();
"""
_ENABLE = "document.querySelector('tez-shell').push.enable().then(() => done(document.querySelector('tez-shell').push.state), fail)"
_SUBSCRIPTION = "navigator.serviceWorker.ready.then(r => r.pushManager.getSubscription()).then(s => done(s.toJSON()), fail)"


def subscribe(firefox: Firefox, product: Product) -> dict[str, Any]:
    """Signs in, turns push on as the button does, and leaves the site; blocking."""
    firefox.go(f"{product.url}/users/login")
    firefox.page(_SIGN_IN, "ann", "long-enough-1")
    firefox.wait("return document.querySelector('tez-shell')?.hub?.status.state === 'open'", seconds=20)
    assert firefox.page_async(_ENABLE) == "on"
    subscription: dict[str, Any] = firefox.page_async(_SUBSCRIPTION)
    firefox.go("about:blank")
    return subscription


async def test_push_is_on_screen_within_12_s(product: Product, push_service: Autopush) -> None:
    """With the page closed a notification is on Firefox's screen within 12 s, worded as the inbox words it."""
    need.command("firefox-esr", "firefox", peer="Firefox")
    async with product.running():
        firefox = await asyncio.to_thread(Firefox(push_service.socket_url).start)
        try:
            await asyncio.to_thread(subscribe, firefox, product)
            await until(lambda: product.rows("SELECT count(*) FROM addresses") == [(1,)])
            began = time.monotonic()
            await product.publish({"id": "1", "navuser": "ann", "data": NOTICE})
            alert = await asyncio.to_thread(firefox.wait_alert, NOTICE["title"]["ru"], 12)  # type: ignore[index]
            took = time.monotonic() - began
            print(f"\npublished to Firefox's screen: {took:.2f} s")  # noqa: T201
            assert took < 12
            assert "Готово" in alert["text"]
            await until(ended(product, 1))
        finally:
            await asyncio.to_thread(firefox.stop)
    assert states(product) == [(1, "pushed", None)]


async def test_fcm_is_on_screen_within_12_s(product: Product, push_service: Autopush, vapid: VapidKey) -> None:
    """The same through FCM's protocol: Google's stand-in hands the message on to the browser."""
    need.command("firefox-esr", "firefox", peer="Firefox")
    with fcm() as google:
        key = google.write_service_account(product.folder / "firebase.json")
        product.settings |= {"FIREBASE_PROJECT_ID": google.project, "FIREBASE_SERVICE_ACCOUNT_PATH": str(key)}
        async with product.running(), product.signed_in("ann") as http:
            firefox = await asyncio.to_thread(Firefox(push_service.socket_url).start)
            try:
                subscription = await asyncio.to_thread(subscribe, firefox, product)
                google.tie("web-token-1", subscription, vapid.signer)
                devices = (await http.get("/notifications/api/devices")).json()["devices"]
                for device in devices:  # this browser is now reached by FCM alone
                    assert (await http.delete(f"/notifications/api/devices/{device['key']}")).status_code == 204
                answer = await http.put(DEVICE, json={"label": "web", "kind": "fcm_token", "address": "web-token-1"})
                assert answer.status_code == 200
                began = time.monotonic()
                await product.publish({"id": "1", "navuser": "ann", "data": NOTICE})
                await asyncio.to_thread(firefox.wait_alert, NOTICE["title"]["ru"], 12)  # type: ignore[index]
                assert time.monotonic() - began < 12
                await until(ended(product, 1))
            finally:
                await asyncio.to_thread(firefox.stop)
    assert states(product) == [(1, "pushed", None)]
