"""What a person does as an agent, wherever it comes from: checked to be their own agent, told to all their screens, sent to Finesse.

Who leads holds the agents' notification connections; what is asked is sent by the node where it was asked. So every request is published
before it is sent (`finesse.asked`), and a refusal after it (`finesse.answered`): the leader hears both like everybody, waits for what comes
of it, and says how things really stand when nothing comes.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from adapters.finesse.asked import Asked
from adapters.finesse.credentials import CredentialStore, Kept
from adapters.finesse.errors import Away, FinesseError
from adapters.finesse.feed import FINESSE, asked_json, empty, error_json
from adapters.finesse.missed import MissedCalls
from adapters.finesse.rest.client import Finesse
from adapters.finesse.rest.proof import account_of
from adapters.finesse.values import Credentials
from hub.event import Event, Text
from hub.hub import Hub
from hub.principal import Principal
from hub.tasks import Tasks
from web.errors import WebError
from web.finesse.failures import finesse_error
from web.finesse.own import OwnAgents
from web.i18n import N_, I18n

__all__ = ["AGENT", "Acting", "Desk", "Send", "agent_of"]

AGENT = re.compile(r"[A-Za-z0-9_.@-]{1,90}")
"""An agent's id, as a topic's name may end."""
_SOURCE = "/finesse/"
_WAIT_S = 2.0
"""So long a person's socket waits for Finesse to take a request; what comes later comes by the topic."""
_LINE_S, _LOOK_S = 4.0, 0.02
"""So long signing in waits for the agent's line: without it Finesse's refusal would be told to nobody, and found out by time."""
_log = structlog.get_logger("web.finesse")

Send = Callable[[str], Awaitable[None]]
"""Sends a request under this id; raises FinesseError."""


def agent_of(event: Event) -> str:
    """Whose topic an event of `finesse:{agent}` is of."""
    return event.source.removeprefix(_SOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A person as their own agent, signed in through us."""

    agent: str
    extension: str
    kept: Kept
    credentials: Credentials
    state: Mapping[str, Any]
    """Of the topic, as this node has it; not to be changed."""


class Desk:
    """One for a process."""

    def __init__(
        self,
        hub: Hub,
        finesse: Finesse,
        *,
        own: OwnAgents,
        credentials: CredentialStore,
        missed: MissedCalls,
        i18n: I18n,
        wait_s: float = _WAIT_S,
    ) -> None:
        self.hub, self.finesse, self.own, self.credentials, self.missed, self.i18n = hub, finesse, own, credentials, missed, i18n
        self._wait_s = wait_s
        self._tasks = Tasks()
        self._numbers = itertools.count(1)

    async def aclose(self) -> None:
        """Ends what is on its way to Finesse."""
        await self._tasks.aclose()

    # -- telling --------------------------------------------------------------------------------------

    def state(self, agent: str) -> Mapping[str, Any]:
        """How the agent's topic stands at this node; not to be changed."""
        log = self.hub.logs.find(f"{FINESSE}{agent}")
        return empty() if log is None else log.state

    def accounts(self, name: str) -> set[str]:
        """Whom somebody means who types this, as `account_of` writes ids: an agent's id or login name, as far as agents are known here.

        Known are those whose topic is shown, and those whom this process has read since it started.
        """
        wanted = account_of(name)
        shown = (log.state["agent"] for topic, log in self.hub.logs if topic.startswith(FINESSE))
        named = {account_of(agent["id"]) for agent in shown if agent and account_of(agent["login"]) == wanted}
        return {wanted, self.finesse.account(name), *named}

    def publish(self, agent: str, type: str, data: Mapping[str, Any]) -> None:
        """One event of the agent's topic."""
        now = self.hub.now()
        id = f"{self.hub.node}:{next(self._numbers)}:{int(now.timestamp() * 1000)}"
        self.hub.publish_topic(f"{FINESSE}{agent}", Event(source=f"{_SOURCE}{agent}", id=id, type=type, time=now, data=data))

    def say(self, message: str) -> Text:
        """A message in both languages."""
        return Text(ru=self.i18n.text("ru", message), en=self.i18n.text("en", message))

    # -- doing ----------------------------------------------------------------------------------------

    async def acting(self, principal: Principal) -> Acting:
        """The person as their own agent. Raises WebError when they have none, or are not signed in through us; SQLAlchemyError."""
        agent = await self.own.of(principal.user_id)
        kept = None if agent is None else await self.credentials.of(agent)
        if agent is None or kept is None or kept.user_id != principal.user_id:
            raise WebError(409, "finesse_signed_out", N_("You are not signed in to Finesse."))
        if kept.credentials is None:
            raise WebError(409, "finesse_sealed", N_("Sign in to Finesse again: your password can no longer be read here."))
        state = self.state(agent)
        self._follow(state)
        shown = state["agent"]["extension"] if state["agent"] else ""
        return Acting(
            agent=agent,
            extension=shown or kept.extension,
            kept=kept,
            credentials=kept.credentials,
            state=state,
        )

    async def ask(self, agent: str, action: str, send: Send, *, dialog: str | None = None, detail: str = "") -> str:
        """Has a request sent, and its id. Raises WebError when Finesse refuses it at once."""
        request = secrets.token_hex(8)
        asked = Asked(request=request, action=action, dialog=dialog, at=self.hub.now(), detail=detail)
        self.publish(agent, "finesse.asked", {"request": request, **asked_json(asked)})
        # the request goes its way even when the page that asked for it closes: it has been told to the others
        task = self._tasks.start(self._carry(agent, request, send), name=f"finesse_{action}_{agent}")
        await asyncio.wait({task}, timeout=self._wait_s)
        if task.done() and not task.cancelled() and (error := task.result()) is not None:
            raise finesse_error(error)
        return request

    async def _carry(self, agent: str, request: str, send: Send) -> FinesseError | None:
        try:
            await send(request)
        except FinesseError as error:
            self.answer(agent, request, error)
            return error
        except asyncio.CancelledError:
            self.answer(agent, request, Away("this node is ending", sent=True))
            raise
        except Exception:
            self.answer(agent, request, Away("it could not be sent", sent=True))
            raise
        return None

    async def line_up(self, agent: str, within_s: float = _LINE_S) -> None:
        """Waits until the leader has the agent's line, so that what comes of signing in is heard; not longer than so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.state(agent)["service"]["state"] != "live":  # noqa: ASYNC110  # the topic's log tells nobody here
                    await asyncio.sleep(_LOOK_S)

    def answer(self, agent: str, request: str, error: FinesseError) -> None:
        """Tells all screens, and the leader, that a request failed."""
        self.publish(agent, "finesse.answered", {"request": request, "error": error_json(error.code, self.say, error.fields)})

    def _follow(self, state: Mapping[str, Any]) -> None:
        """Sends requests to the node of Finesse where the leader has the agents: being signed in at two is not supported."""
        node = state["service"]["node"]
        if self.hub.leads or not node:
            return
        try:
            self.finesse.nodes.follow(node)
        except ValueError:
            _log.warning("finesse_node_unknown", node=node)  # the leader has other settings
