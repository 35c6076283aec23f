"""The monitor at work, on the node that leads: rounds begin at their times, are judged, kept and told of.

One turn a second takes together whatever ended since the last: one transaction for the history, one event for the pages, one batch for the
inboxes. Each of the three may be away for a while without harm to the others.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapters.netmonitor.anchors import ANCHOR, anchor_hosts, gateways
from adapters.netmonitor.board import Board
from adapters.netmonitor.history.store import History
from adapters.netmonitor.judge.network import Network, Verdict
from adapters.netmonitor.notices import Notices
from adapters.netmonitor.probe.prober import Prober
from adapters.netmonitor.schedule import Schedule
from adapters.netmonitor.source import Outbox
from adapters.netmonitor.standing import Standing
from adapters.netmonitor.values import Host, Inventory, Round, State
from adapters.netmonitor.watch import Known, Watch
from hub.notification import TopicEvent
from hub.tasks import end, heed_cancellation
from hub.turns import Stepwise, in_turns
from hub.writer import StoreUnavailable

__all__ = ["Monitor"]

_log = structlog.get_logger("netmonitor")
_TICK_S = 1.0
_COMPACT_S = 5.0
_SLICE = 200
"""Rounds that begin before the loop gets a turn."""
_UNWRITTEN = 200_000
"""Rounds that wait while the store is away (a thousand hosts: half an hour); then the oldest are given up, counted."""
_STORE_S = 10.0
_AFTER_A_BUG_S = 5.0
_UNSEEN = timedelta(minutes=2)
"""A pause in the measuring that is longer than this stands in the history."""
_AWAY = (SQLAlchemyError, StoreUnavailable, TimeoutError, OSError)


class Monitor:
    """`run` is one task for the life of the process; it works while `begin` was called and this node leads."""

    def __init__(
        self,
        *,
        prober: Prober,
        history: History,
        watch: Watch,
        outbox: Outbox,
        notices: Notices,
        standing: Standing,
        leads: Callable[[], bool],
        publish: Callable[[TopicEvent], None],
        reads: Callable[[str], bool],
        shown: Callable[[], Mapping[str, Any]],
        now: Callable[[], datetime],
    ) -> None:
        """`reads`: whether somebody reads a topic; `shown`: the state of topic `net` as this node has it."""
        self._prober, self._history, self._watch, self._outbox, self._notices = prober, history, watch, outbox, notices
        self._standing = standing
        self._leads, self._publish, self._reads, self._shown, self._now = leads, publish, reads, shown, now
        self._run_id = secrets.token_urlsafe(6)
        self._serial = 0
        self._memory: Mapping[str, Any] | None = None
        self._begun, self._over = asyncio.Event(), asyncio.Event()
        self._running = False
        self._judging = asyncio.Lock()
        """One change of the network at a time: each takes some turns of the loop."""
        self._network: Network | None = None
        self._schedule, self._sooner = Schedule(), asyncio.Event()
        self._ended: list[tuple[str, Round]] = []
        self._unwritten: deque[tuple[str, Round, State]] = deque()
        self._states: deque[tuple[str, State, datetime, bool, str]] = deque()
        self._acks_over: dict[str, datetime] = {}
        self._to_write = asyncio.Event()
        self.given_up = 0
        """Rounds that the history has not because the store was away too long."""

    def begin(self, memory: Mapping[str, Any] | None) -> None:
        """The source starts, with the memory that committed last: of another node or run, the monitor begins anew with it; of this one,
        what was in doubt is settled: what has committed is not told again."""
        if self._running and memory is not None and memory.get("by") == self._run_id:
            while (pending := self._outbox.first()) is not None and pending.memory["serial"] <= memory["serial"]:
                self._outbox.told(pending)
            return
        if self._running and memory is None and self._memory is None:
            return  # nothing has committed yet
        self._memory = memory
        self._outbox.clear()
        self._over.set()
        self._begun.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            heed_cancellation()
            await self._begun.wait()
            self._begun.clear()
            self._over.clear()
            # a task of its own: a group that ends by an error leaves the task that waits for it marked as cancelled (Python 3.11)
            term = asyncio.create_task(self._term(), name="netmonitor_term")
            try:
                await asyncio.wait([term])
            finally:
                await end([term])
                self._running, self._network = False, None
            error = asyncio.CancelledError() if term.cancelled() else term.exception()
            if not isinstance(error, _Over):
                # a bug must not end the watching for good; the next term begins with what has committed
                _log.error("netmonitor_failed", exc_info=error)
                await asyncio.sleep(_AFTER_A_BUG_S)
                self._begun.set()

    async def _term(self) -> None:
        known = await self._watch.first()
        inventory = known.inventory
        hosts, now = await _all(inventory), self._now()
        self._running = True
        up_since = await self._bridge(inventory, now)
        network = await in_turns(Network.building(hosts, memory=(self._memory or {}).get("judge"), now=now, up_since=up_since))
        await in_turns(network.maintaining(known.windows, now))
        network.acknowledge(known.acks, now)
        board = await in_turns(Board.building(inventory, network, spark=self._shown().get("hosts", {})))
        self._network = network
        self._notices.replace(inventory)
        self._schedule = Schedule()
        self._schedule.replace(hosts, time.monotonic())
        self._publish(board.all(now))
        _log.info("netmonitor_began", hosts=len(inventory.hosts))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._measure(), name="netmonitor_rounds")
                group.create_task(self._turns(network, board), name="netmonitor_turns")
                group.create_task(self._write(), name="netmonitor_history")
                group.create_task(self._compact(), name="netmonitor_compaction")
                group.create_task(self._follow(network, board, known), name="netmonitor_inventory")
                group.create_task(self._watch_term(), name="netmonitor_lead")
        except* _Over:
            raise _Over from None

    async def _bridge(self, inventory: Inventory, now: datetime) -> dict[str, datetime]:
        """Joins this term to what was measured before: since when hosts have been up.

        After a longer pause that is nobody's: what was not measured since another run or node ended is unknown, not up.
        """
        try:
            async with asyncio.timeout(_STORE_S):
                newest = await self._history.newest()
                if newest is not None and now - newest <= _UNSEEN:
                    return await self._history.up_since([host.id for host in inventory.hosts])
        except _AWAY as error:
            _log.warning("netmonitor_history_away", error=type(error).__name__)
            return {}
        if newest is not None:
            self._states += [(host.id, State.UNKNOWN, newest, False, "not_watched") for host in inventory.hosts]
        return {}

    async def _watch_term(self) -> None:
        while self._leads() and not self._over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(0.25):
                    await self._over.wait()
        raise _Over

    # -- rounds -----------------------------------------------------------------------------------------

    async def _measure(self) -> None:
        while True:
            heed_cancellation()
            due = self._schedule.due(time.monotonic())
            for place, host in enumerate(due, 1):
                self._prober.begin(host, self._done)
                if place % _SLICE == 0:
                    await asyncio.sleep(0)
            at_s = self._schedule.next_s()
            self._sooner.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if at_s is None else max(0.0, at_s - time.monotonic())):
                    await self._sooner.wait()

    def _done(self, host_id: str, found: Round) -> None:
        if self._network is None:
            return  # it began in a term that is over
        self._network.take(host_id, found, self._now())
        if not host_id.startswith(ANCHOR):
            self._ended.append((host_id, found))

    # -- once a second ----------------------------------------------------------------------------------

    async def _turns(self, network: Network, board: Board) -> None:
        while True:
            heed_cancellation()
            async with self._judging:
                await self._turn(network, board)
            await asyncio.sleep(_TICK_S - time.time() % _TICK_S)

    async def _turn(self, network: Network, board: Board) -> None:
        now = self._now()
        ended, self._ended = self._ended, []  # what ends from here on is judged at the next turn
        verdict = await in_turns(network.ticking(now))
        await in_turns(self._keep(network, ended, verdict))
        for event in await in_turns(board.turn(verdict, ended, now)):
            self._publish(event)
        for host_id, found in ended:
            if self._reads(f"net:{host_id}"):
                self._publish(board.round(host_id, found))
        if verdict.announcements or verdict.memory_changed:
            self._tell(network, verdict)

    def _tell(self, network: Network, verdict: Verdict) -> None:
        self._serial += 1
        memory = {"version": 1, "by": self._run_id, "serial": self._serial, "judge": network.memory()}
        self._outbox.put(verdict.announcements, memory)

    def _keep(self, network: Network, ended: list[tuple[str, Round]], verdict: Verdict) -> Stepwise[None]:
        for id, found in ended:
            yield
            if network.knows(id):
                self._unwritten.append((id, found, network.view(id).state))
        for change in verdict.changes:
            yield
            if change.before is not change.after and not change.host_id.startswith(ANCHOR):
                self._states.append((change.host_id, change.after, change.at, change.after is State.MAINTENANCE, change.reason or ""))
        self._acks_over |= {ack.host: ack.at for ack in verdict.acks_over}
        over = len(self._unwritten) - _UNWRITTEN
        for _ in range(over):
            self._unwritten.popleft()
        if over > 0:
            if self.given_up == 0:
                _log.error("netmonitor_history_given_up")
            self.given_up += over
        if self._unwritten or self._states or self._acks_over:
            self._to_write.set()

    # -- the history ------------------------------------------------------------------------------------

    async def _write(self) -> None:
        failures = 0
        while True:
            heed_cancellation()
            await self._to_write.wait()
            rounds, states = list(self._unwritten), list(self._states)
            try:
                async with asyncio.timeout(_STORE_S):
                    await self._history.state(states)
                    await self._history.append(rounds)
                    for host_id, at in list(self._acks_over.items()):
                        await self._standing.clear_ack(host_id, at=at)  # that one alone: somebody may have taken it on anew
                        if self._acks_over.get(host_id) == at:
                            del self._acks_over[host_id]
            except _AWAY as error:
                failures += 1
                if failures == 1:
                    _log.warning("netmonitor_history_away", error=type(error).__name__)
                await asyncio.sleep(min(10.0, failures))
                continue
            if failures:
                _log.info("netmonitor_history_back", waited=len(rounds))
                failures = 0
            _drop(self._unwritten, rounds)
            _drop(self._states, states)
            if not self._unwritten and not self._states and not self._acks_over:
                self._to_write.clear()

    async def _compact(self) -> None:
        while True:
            heed_cancellation()
            await asyncio.sleep(_COMPACT_S)
            try:
                async with asyncio.timeout(60):
                    await self._history.compact()
            except _AWAY as error:
                _log.warning("netmonitor_compaction_away", error=type(error).__name__)

    # -- what is watched --------------------------------------------------------------------------------

    async def _follow(self, network: Network, board: Board, known: Known) -> None:
        while True:
            heed_cancellation()
            before, known = known, await self._watch.newer(known)
            hosts, now = await _all(known.inventory), self._now()
            async with self._judging:
                if known.windows != before.windows:
                    await in_turns(network.maintaining(known.windows, now))
                network.acknowledge(known.acks, now)
                if known.inventory is before.inventory:  # the same object as long as nothing of it changes
                    for event in await in_turns(board.refreshed(now)):
                        self._publish(event)
                    continue
                await in_turns(network.replacing(hosts, now))
                self._schedule.replace(hosts, time.monotonic())
                self._notices.replace(known.inventory)
                self._sooner.set()
                await in_turns(board.replacing(known.inventory))
                self._publish(board.all(now))


class _Over(Exception):
    """This node leads no more, or begins anew."""


def _drop(queue: deque[Any], written: list[Any]) -> None:
    """Takes from the front what was written; some of it may have been given up meanwhile."""
    done = {id(item) for item in written}
    while queue and id(queue[0]) in done:
        queue.popleft()


async def _all(inventory: Inventory) -> list[Host]:
    """The hosts, and what is measured for the probe's own sake."""
    anchors = await asyncio.to_thread(gateways) if inventory.anchors is None else inventory.anchors
    return [*inventory.hosts, *anchor_hosts(anchors)]
