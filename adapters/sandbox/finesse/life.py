"""The contact centre of the demo by itself: customers call and hang up, colleagues answer, talk, wrap up and have lunch.

Nobody here is a person of the demo: whoever signs in is called by customers, and takes calls with colleagues.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.sandbox.finesse.centre import Centre
from adapters.sandbox.finesse.company import QUEUES
from adapters.sandbox.finesse.facts import Agent, Call, Leg, Told
from adapters.sandbox.people import PEOPLE, Person

__all__ = ["Life"]

_log = logging.getLogger(__name__)

_STEP_S, _FIRST_S = 1.0, 6.0
_BETWEEN_S = (30.0, 50.0)
"""From one call to the next: about 40 s."""
_PATIENCE_S = 20.0
"""After this a caller whom nobody answers hangs up."""
_ELSEWHERE_S = (5.0, 12.0)
_PICKS_UP_S = (2.0, 5.0)
_TALKS_S = (60.0, 240.0)
_COLLEAGUES_TALK_S = (30.0, 90.0)
_MOOD_S = (60.0, 180.0)

_KNOWN, _HIDDEN, _ELSEWHERE, _FOR_THE_DEMO = 0.5, 0.1, 0.2, 0.75
"""How often: a caller whom the ERP knows; one who hides the number; a call that somebody else takes; a call for the demo's people."""

_MOODS = ("16", "17", "18", "20")
"""Ids of reasons: why a colleague is not ready for a while."""


@dataclass(slots=True)
class _Plan:
    """What becomes of a call."""

    picked_up_s: float
    lasts_s: float
    elsewhere_s: float | None


class Life:
    """Acts as time passes; the same seed and clock give the same acts."""

    def __init__(
        self,
        centre: Centre,
        say: Callable[[tuple[Told, ...]], Awaitable[None]],
        people: Sequence[Person] = PEOPLE,
        *,
        number: int = 0,
        pace: float = 1.0,
    ) -> None:
        """`say` takes over what is to be told; `pace` stretches all times (1: a call about every 40 s)."""
        self._centre, self._say, self._pace = centre, say, pace
        self._demo = {one.agent for one in people if one.demo and one.agent}
        self._callers = [one.phone for one in people if one.phone and not one.agent and one.role == "requester"]
        self._chance = random.Random(number or None)  # noqa: S311 - a story, not a secret
        self._plans: dict[str, _Plan] = {}
        self._moods: dict[str, datetime] = {}
        self._next: datetime | None = None
        self.calls = 0
        """So many have called."""

    async def run(self) -> None:
        """Acts until cancelled. Something going wrong is logged and does not end it."""
        while True:
            try:
                await self.step()
            except Exception:
                _log.exception("somebody in the sandbox's contact centre stumbled")
            await asyncio.sleep(_STEP_S * self._pace)

    async def step(self) -> None:
        """Does what is due by the centre's clock."""
        now = self._centre.clock()
        if self._next is None:
            self._next = now + self._seconds(_FIRST_S)
        for agent in self._colleagues():
            if not agent.signed_in:
                await self._say(self._centre.change(agent.id, "LOGIN", extension=agent.device))
                await self._say(self._centre.change(agent.id, "READY"))
        self._plans = {call: self._plans.get(call) or self._plan() for call in self._centre.calls}
        for call in tuple(self._plans):
            if call in self._centre.calls:
                await self._go_on(self._centre.calls[call], self._plans[call], now)
        for agent in self._colleagues():
            await self._mood(agent, now)
        if now >= self._next:
            self._next = now + self._between(_BETWEEN_S)
            await self._call()

    # -- what happens

    async def _go_on(self, call: Call, plan: _Plan, now: datetime) -> None:
        """The next thing in one call."""
        for leg in call.live:
            who = self._centre.agent_at(leg.address) if leg.agent else None
            waited = now - leg.since
            mine = who is not None and who.id not in self._demo
            if who is not None and mine and leg.state == "ALERTING" and waited >= self._seconds(plan.picked_up_s):
                await self._say(self._centre.act(who.id, call.id, "ANSWER", target=leg.address))
                return
        outside = next((leg for leg in call.live if not leg.agent), None)
        ringing = next((leg for leg in call.live if leg.agent and leg.state == "ALERTING"), None)
        if ringing is not None and outside is not None:
            await self._rings(call, plan, ringing, now)
            return
        talking = [leg for leg in call.live if leg.state in ("ACTIVE", "HELD")]
        if len(talking) < 2:
            return
        lasted = now - max(leg.since for leg in talking)
        demo = any(leg.agent and (who := self._centre.agent_at(leg.address)) and who.id in self._demo for leg in talking)
        if lasted < (self._seconds(plan.lasts_s) if demo else self._seconds(plan.lasts_s * _COLLEAGUES_TALK_S[1] / _TALKS_S[1])):
            return
        if outside is not None:
            await self._say(self._centre.hang_up(call.id, outside.address))
            return
        for leg in talking:  # among agents: a colleague ends it
            who = self._centre.agent_at(leg.address)
            if who is not None and who.id not in self._demo:
                await self._say(self._centre.act(who.id, call.id, "DROP", target=leg.address))
                return

    async def _rings(self, call: Call, plan: _Plan, ringing: Leg, now: datetime) -> None:
        waited = now - ringing.since
        if plan.elsewhere_s is not None and waited >= self._seconds(plan.elsewhere_s):
            free = [agent for agent in self._colleagues() if agent.state == "READY" and not self._centre.legs_of(agent)]
            if free:
                await self._say(self._centre.answer_elsewhere(call.id, self._chance.choice(free).id))
                return
        if waited >= self._seconds(_PATIENCE_S):
            await self._say(self._centre.hang_up(call.id))

    async def _mood(self, agent: Agent, now: datetime) -> None:
        until = self._moods.setdefault(agent.id, now + self._between(_MOOD_S))
        if now < until or self._centre.legs_of(agent):
            return
        self._moods[agent.id] = now + self._between(_MOOD_S)
        if agent.state == "READY":
            await self._say(self._centre.change(agent.id, "NOT_READY", reason=self._chance.choice(_MOODS)))
        elif agent.state == "NOT_READY":
            await self._say(self._centre.change(agent.id, "READY"))

    async def _call(self) -> None:
        """A customer calls whoever is READY; nobody is: the queue has it, and nobody hears of it."""
        ready = [agent for agent in self._centre.agents.values() if agent.state == "READY" and not self._centre.legs_of(agent)]
        wanted = [agent for agent in ready if agent.id in self._demo]
        others = [agent for agent in ready if agent.id not in self._demo]
        if not ready:
            return
        choices = wanted if wanted and (not others or self._chance.random() < _FOR_THE_DEMO) else others
        number, queue = f"+7916{self._chance.randrange(1_000_000, 10_000_000)}", QUEUES[0]
        if self._callers and self._chance.random() < _KNOWN:
            number, queue = self._chance.choice(self._callers), QUEUES[1]
        variables = {"callVariable1": f"{self._chance.randrange(4_400_000, 4_500_000)}", "user.channel": "IVR"}
        hidden = self._chance.random() < _HIDDEN
        _, said = self._centre.ring(self._chance.choice(choices).id, number, queue=queue.id, variables=variables, hidden=hidden)
        self.calls += 1
        await self._say(said)

    # -- chance

    def _plan(self) -> _Plan:
        elsewhere = self._chance.uniform(*_ELSEWHERE_S) if self._chance.random() < _ELSEWHERE else None
        return _Plan(self._chance.uniform(*_PICKS_UP_S), self._chance.uniform(*_TALKS_S), elsewhere)

    def _colleagues(self) -> list[Agent]:
        return [agent for agent in self._centre.agents.values() if agent.id not in self._demo]

    def _seconds(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds * self._pace)

    def _between(self, bounds: tuple[float, float]) -> timedelta:
        return self._seconds(self._chance.uniform(*bounds))
