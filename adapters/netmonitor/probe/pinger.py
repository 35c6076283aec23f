"""Rounds of echo requests to many hosts at once, driven by one timer.

There is no task and no timer of a host. A round is a small object that lies in a slot of a wheel: that of its next request or, after the
last one, of its end. A tick, at most one each `TICK_S`, first reads what came (the kernel stamped it, so reading it later costs no
precision), then goes on with the rounds that are due. All that is done in one turn of the loop is bounded.
"""

from __future__ import annotations

import asyncio
import errno
import heapq
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

import structlog

from adapters.netmonitor.probe.icmp import NO_ROUTE, Channel, NotPermitted
from adapters.netmonitor.probe.names import Address, Names
from adapters.netmonitor.probe.stamps import Stamps
from adapters.netmonitor.values import Host, Ping, Round

__all__ = ["TICK_S", "Done", "Opener", "Pinger"]

Done = Callable[[str, Round], None]
Opener = Callable[[Literal[4, 6]], Channel]

TICK_S: Final = 0.01
"""Requests go out up to so much later than they are due; round trips are measured from when they went."""
_TICK_NS = int(TICK_S * 1e9)
_SENDS, _REPLIES = 64, 128
"""In one turn of the loop: some 0.7 ms each."""
_TURNS = 64
"""So often rounds wait until every reply that is there was read: more than a buffer holds. If there are still more, somebody floods us with
duplicates, and must not hold the rounds up."""
_FINISHED = 2
"""Finished rounds of an address that are remembered, so that late replies and duplicates are known as such."""
_MOST_ROUNDS = 65_536
"""At a time. A round more is answered with `probe_error`."""
_MOST_AT_ONE = 64
"""Rounds at a time to one address, likewise: its 65,536 sequence numbers must not come round while they are looked for."""
_MOST_PEERS = 65_536
"""Addresses remembered; the one that was added first and has no round is forgotten."""
_REOPEN_S = 10.0
"""Between two attempts to open a socket that was not permitted."""
_LATE: Final = -1.0
_NONE: Final = list[int]()
_NO_ANSWERS: Final = list[float | None]()

_log = structlog.get_logger("adapters.netmonitor.probe")


class _Run:
    """A round that is being measured, and for a while one that was."""

    __slots__ = (
        "address",
        "answers",
        "at",
        "check",
        "done",
        "due",
        "duplicates",
        "error",
        "first",
        "host",
        "known",
        "late",
        "next",
        "over",
        "peer",
        "sent",
        "slot",
        "unanswered",
    )

    def __init__(self, host: Host, check: Ping, done: Done, due: int) -> None:
        self.host, self.check, self.done, self.due = host, check, done, due
        self.address: Address | None = None
        self.peer: _Peer | None = None
        self.at: datetime | None = None
        self.first = 0
        """Sequence number of its first request; those of the others follow."""
        self.next = 0
        self.sent: list[int] = []
        """When each request went out, 0: it could not."""
        self.answers: list[float | None] = []
        self.unanswered = 0
        self.late = self.duplicates = 0
        self.known = 0
        """Once it is over, bits in place of the lists: which requests were answered, or never sent."""
        self.error: str | None = None
        self.slot = -1
        self.over = False


class _Peer:
    """An address: its rounds, and what came for those that are finished."""

    __slots__ = ("duplicates", "late", "runs", "sequence")

    def __init__(self) -> None:
        self.sequence = secrets.randbelow(65_536)
        self.runs: list[_Run] = []
        self.late = self.duplicates = 0


class Pinger:
    """All ICMP of a process. Belongs to one loop; `close` drops rounds that run without a word."""

    def __init__(self, names: Names, now: Callable[[], datetime], *, opener: Opener = Channel) -> None:
        self._names, self._now, self._opener = names, now, opener
        self._loop = asyncio.get_running_loop()
        self._channels: dict[int, Channel] = {}
        self._lacking: dict[int, str] = {}
        """Families that cannot be used, and the error of their rounds."""
        self._tried = 0.0
        self._stamps = Stamps()
        self._peers: dict[str, _Peer] = {}
        self._wheel: dict[int, dict[_Run, None]] = {}
        self._slots: list[int] = []
        """A heap of the wheel's slots, and of some that are empty by now."""
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._wakes = 0
        """The slot for which the timer is set."""
        self._going_on = False
        self._full: dict[int, int] = {}
        """In which tick a family's buffers were full: it sends no more in that one."""
        self._running = self._unanswered = self._turns = 0
        self.closed = False
        self._open()

    @property
    def permitted(self) -> bool:
        """Whether any ICMP socket is open."""
        if not self._channels:
            self._open_again()
        return bool(self._channels)

    @property
    def running(self) -> int:
        """Rounds that are not finished."""
        return self._running

    def begin(self, host: Host, check: Ping, done: Done) -> None:
        """One round, beginning with the next tick; `done` is called once, later, on the loop. Closed, it does nothing."""
        if self.closed:
            return
        if self._lacking:
            self._open_again()
        run = _Run(host, check, done, time.monotonic_ns())
        self._running += 1
        address = self._names.known(host.address, host.family)
        if self._running > _MOST_ROUNDS:
            run.error = "probe_error"
        elif address is not None:
            self._aim(run, address)
        else:
            found = self._names.look(host.address, host.family)
            if not found.done():
                found.add_done_callback(lambda future: self._named(run, future.result()))
                self._put(run, run.due + int(self._names.deadline_s * 1e9))
                return
            self._named(run, found.result())
            return
        self._put(run, run.due)

    def close(self) -> None:
        """Ends all."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        for channel in self._channels.values():
            if not channel.kernel_times:
                self._loop.remove_reader(channel.fileno())
            channel.close()
        self._channels.clear()
        self._wheel.clear()

    # -- sockets and addresses ---------------------------------------------------------------------------------

    def _open(self) -> None:
        self._tried = time.monotonic()
        versions: tuple[Literal[4, 6], ...] = (4, 6)
        for version in versions:
            if version in self._channels:
                continue
            try:
                channel = self._opener(version)
            except NotPermitted:
                self._lacking[version] = "no_permission"
            except OSError:
                self._lacking[version] = "no_route"  # a kernel without this family
            else:
                self._lacking.pop(version, None)
                self._channels[version] = channel
                if not channel.kernel_times:
                    self._loop.add_reader(channel.fileno(), self._read)

    def _open_again(self) -> None:
        if time.monotonic() - self._tried >= _REOPEN_S:
            self._open()

    def _named(self, run: _Run, address: Address | None) -> None:
        if run.over or self.closed:
            return
        if address is None:
            run.error = "no_name"
        else:
            self._aim(run, address)
        self._take_out(run)  # of the slot where it would have been without a name
        run.due = time.monotonic_ns()
        self._put(run, run.due)

    def _aim(self, run: _Run, address: Address) -> None:
        run.address = address
        if address.version not in self._channels:
            run.error = self._lacking[address.version]
            return
        peer = self._peers.get(address.text)
        if peer is None:
            peer = self._peers[address.text] = _Peer()
            if len(self._peers) > _MOST_PEERS:
                idle = next((text for text, each in self._peers.items() if each is not peer and all(r.over for r in each.runs)), None)
                if idle is not None:
                    del self._peers[idle]
        runs = peer.runs
        if len(runs) > _FINISHED:
            finished = [each for each in runs if each.over]
            for each in finished[:-_FINISHED]:
                runs.remove(each)
        if len(runs) >= _MOST_AT_ONE:
            run.error = "probe_error"
            return
        runs.append(run)
        run.peer, run.first = peer, peer.sequence
        peer.sequence = (peer.sequence + run.check.echoes) & 0xFFFF

    # -- the wheel ---------------------------------------------------------------------------------------------

    def _put(self, run: _Run, due: int) -> None:
        slot = -(-due // _TICK_NS)
        run.slot = slot
        there = self._wheel.get(slot)
        if there is None:
            self._wheel[slot] = {run: None}
            heapq.heappush(self._slots, slot)
            if not self._going_on and (self._timer is None or slot < self._wakes):
                self._wake(slot)
        else:
            there[run] = None

    def _take_out(self, run: _Run) -> None:
        there = self._wheel.get(run.slot)
        if there is not None and run in there:
            del there[run]
            if not there:
                del self._wheel[run.slot]
        run.slot = -1

    def _next_slot(self) -> int | None:
        slots, wheel = self._slots, self._wheel
        while slots and slots[0] not in wheel:
            heapq.heappop(slots)
        return slots[0] if slots else None

    def _wake(self, slot: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes = slot
        self._timer = self._loop.call_later(max(0.0, (slot * _TICK_NS - time.monotonic_ns()) / 1e9), self._tick)

    def _again(self) -> None:
        """Another turn of the loop, after the others had theirs."""
        self._wakes = 0
        self._timer = self._loop.call_soon(self._tick)

    def _tick(self) -> None:
        self._timer = None
        all_read = self._read()
        self._turns = 0 if all_read else self._turns + 1
        if not all_read and self._turns < _TURNS:
            self._again()
            return
        self._turns = 0
        if not self._go_on():
            self._again()
            return
        slot = self._next_slot()
        if self._unanswered:
            soon = time.monotonic_ns() // _TICK_NS + 1
            self._wake(soon if slot is None else min(soon, slot))
        elif slot is not None:
            self._wake(slot)

    def _go_on(self) -> bool:
        """What is due; False when that was too much for one turn."""
        now = time.monotonic_ns() // _TICK_NS
        left = _SENDS
        self._going_on = True
        try:
            while (slot := self._next_slot()) is not None and slot <= now:
                if left == 0:
                    return False
                left -= 1
                runs = self._wheel[slot]
                run, _ = runs.popitem()
                if not runs:
                    del self._wheel[slot]
                run.slot = -1
                self._advance(run)
        finally:
            self._going_on = False
        return True

    def _advance(self, run: _Run) -> None:
        check = run.check
        if run.peer is None or run.next >= check.echoes:
            self._finish(run)
        elif self._send(run):
            run.next += 1
            if run.next < check.echoes:
                spacing = int(check.spacing_s * 1e9)
                run.due += spacing
                now = time.monotonic_ns()
                if run.due < now - _TICK_NS:  # the loop stood still; what it missed must not go out at once
                    run.due = now + spacing
                self._put(run, run.due)
            elif run.unanswered:
                self._put(run, max(run.sent) + int(check.timeout_s * 1e9))
            else:
                self._finish(run)

    def _send(self, run: _Run) -> bool:
        """Sends the next request of a round, or notes that it cannot be sent; False: it will be tried again with the next tick."""
        address, check = run.address, run.check
        assert address is not None  # noqa: S101  # a run is sent once its name is resolved
        if run.at is None:
            run.at = self._now()
        channel = self._channels[address.version]
        sequence = (run.first + run.next) & 0xFFFF
        at = time.monotonic_ns()
        try:
            if self._full.get(address.version) == at // _TICK_NS:
                raise BlockingIOError(errno.EAGAIN, "the buffers are full")
            channel.send(sequence, check.size, address.sockaddr)
        except OSError as error:
            if error.errno in _FULL:
                # Not so ENOBUFS and ENOMEM: they may be this address's own trouble, as when the table of neighbours is full.
                if isinstance(error, BlockingIOError):
                    self._full[address.version] = at // _TICK_NS
                if at - run.due < check.timeout_s * 1e9:
                    self._put(run, at + _TICK_NS)
                    return False
                run.error = "probe_error"
            else:
                run.error = "no_route" if error.errno in NO_ROUTE else "probe_error"
            at = 0
        else:
            run.unanswered += 1
            self._unanswered += 1
        run.sent.append(at)
        run.answers.append(None)
        return True

    # -- replies -----------------------------------------------------------------------------------------------

    def _read(self) -> bool:
        """Reads replies; False when there may be more than one turn should read."""
        now = self._stamps.look()
        arrival, peers = self._stamps.arrival, self._peers
        everything = True
        for channel in self._channels.values():
            found = channel.receive(_REPLIES)
            everything = everything and len(found) < _REPLIES
            for sender, sequence, stamp in found:
                peer = peers.get(sender)
                if peer is not None:
                    self._take(peer, sequence, arrival(stamp) if stamp is not None else now)
        return everything

    def _take(self, peer: _Peer, sequence: int, at: int) -> None:
        for run in reversed(peer.runs):
            index = (sequence - run.first) & 0xFFFF
            if index < run.next:
                break
        else:
            return  # older than what is remembered, or never asked
        if run.over:
            if run.known >> index & 1:
                peer.duplicates += 1
            else:
                run.known |= 1 << index
                peer.late += 1
            return
        sent = run.sent[index]
        if not sent:
            return
        if run.answers[index] is not None:
            run.duplicates += 1
            return
        took = max(0, at - sent)
        if took > run.check.timeout_s * 1e9:
            run.answers[index] = _LATE
            run.late += 1
        else:
            run.answers[index] = took / 1e6
        run.unanswered -= 1
        self._unanswered -= 1
        if run.unanswered == 0 and run.next >= run.check.echoes:
            self._finish(run)

    def _finish(self, run: _Run) -> None:
        run.over = True
        if run.slot >= 0:
            self._take_out(run)
        self._running -= 1
        self._unanswered -= run.unanswered
        peer, rtts, error = run.peer, list[float | None](), run.error
        late, duplicates = run.late, run.duplicates
        if peer is not None:
            for index, sent in enumerate(run.sent):
                answer = run.answers[index]
                if sent:
                    rtts.append(answer if answer != _LATE else None)
                if answer is not None or not sent:
                    run.known |= 1 << index
            late, duplicates = late + peer.late, duplicates + peer.duplicates
            peer.late = peer.duplicates = 0
        elif error is None:
            error = "no_name"  # the lookup took longer than it may
        done, host = run.done, run.host
        found = Round(
            at=run.at or self._now(),
            rtts=tuple(rtts),
            late=late,
            duplicates=duplicates,
            error=None if rtts else error,
            address=None if run.address is None else str(run.address),
        )
        run.done = _nobody
        run.sent, run.answers = _NONE, _NO_ANSWERS  # the garbage collector has that much less to look at, for every host
        try:
            done(host.id, found)
        except Exception:
            _log.exception("round_not_taken", host=host.id)


_FULL: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM})


def _nobody(_host: str, _round: Round) -> None:
    """A finished round has nobody to tell."""
