"""Notification: an event with the people it is for; Batch: what a source hands over in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hub.event import Event
from hub.policy import Policy

__all__ = ["Address", "Batch", "Notification", "TopicEvent"]


class Address(NamedTuple):
    """A person as another system knows them; the ledger finds the Navigator's user behind it.

    `system` is `id` (the Navigator's own number), `name` (its login name), `redmine` (users.id there),
    `email` or `erp`; `key` is compared as it stands, e-mails and login names in lower case. A tuple, because an announcement has
    thousands of them.
    """

    system: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One event for the inboxes of some people. Two addresses of one person make one notification."""

    event: Event
    to: frozenset[Address]
    policy: Policy = Policy.LIVE_THEN_PUSH


@dataclass(frozen=True, slots=True)
class TopicEvent:
    """One event for the subscribers of a topic."""

    topic: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one look at an upstream found.

    The notifications and `watermark` commit in one transaction: after a restart the source is given
    the last watermark that committed, so nothing is repeated and nothing skipped. The topic events go out after
    that commit. An empty batch without a watermark is a sign of life.
    """

    notifications: tuple[Notification, ...] = ()
    topics: tuple[TopicEvent, ...] = ()
    watermark: Mapping[str, Any] | None = None
    """The source's own position, a JSON object; None leaves the stored one as it is."""
    changed: bool = field(default=False)
    """True when the upstream moved: the supervisor looks again soon."""
