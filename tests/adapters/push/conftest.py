"""What the push tests share: an authority, a key pair, messages and addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.push.vapid import VapidKey, generate
from hub.push import PushAddress, PushMessage
from tests.peers.autopush import Autopush, autopush
from tests.peers.certs import Authority

SITE = "https://hub.example.org"


def note(**changes: Any) -> PushMessage:
    """A message that expires in an hour."""
    message = PushMessage(
        title="Иванов прокомментировал заявку",
        body="Принтер снова печатает",
        tag="ticket-42",
        url="/tickets/42",
        id="journal:7",
        seq=7,
        unread=3,
        read=("ticket-41",),
        expires=datetime.now(UTC) + timedelta(hours=1),
    )
    return replace(message, **changes)


def address(subscription: dict[str, Any], number: int = 1) -> PushAddress:
    """A stored address from what a browser's `PushSubscription.toJSON()` says."""
    keys = subscription["keys"]
    return PushAddress(
        id=number, device_id=number, kind="webpush", address=subscription["endpoint"], p256dh=keys["p256dh"], auth=keys["auth"]
    )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A throw-away certificate authority."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def vapid() -> VapidKey:
    """Our key pair."""
    return VapidKey.load(generate()[0], "mailto:ops@example.org")


@pytest.fixture(scope="module")
def peer(authority: Authority) -> Iterator[Autopush]:
    """A push service behind TLS under a real push service's name."""
    with autopush(authority) as running:
        yield running
