"""Rounds of echoes to real hosts in network namespaces, by raw and by unprivileged sockets."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.netmonitor.probe import icmp, pinger
from adapters.netmonitor.probe.names import Family, SockAddr
from adapters.netmonitor.probe.prober import Prober, open_prober
from adapters.netmonitor.values import Ping, Round
from tests.adapters.netmonitor.probe.conftest import (
    DELAY_S,
    LATE,
    LIAR,
    SILENT,
    SLOW,
    TWICE,
    UP,
    UP6,
    UP_TOO,
    Site,
    host,
    measure,
)
from tests.peers import need

QUICK = Ping(echoes=3, spacing_s=0.02, timeout_s=0.2)


async def until(condition: Callable[[], bool]) -> None:
    """Waits for it, for at most as long as only a fault takes."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0.01)


def channel(prober: Prober) -> icmp.Channel:
    return prober._pinger._channels[4]


async def test_hosts_that_are_up_answer_and_silent_ones_do_not(either: bool) -> None:
    """Both families, both kinds of sockets: every echo of a live host has its time, every one of a silent host is lost."""
    async with open_prober() as prober:
        assert prober.explain() is None
        assert channel(prober).raw is either
        up, up6, silent = await asyncio.gather(measure(prober, UP), measure(prober, UP6.upper()), measure(prober, SILENT, QUICK))
    for each, address in ((up, UP), (up6, UP6)):
        assert (each.sent, each.lost, each.error, each.address) == (3, 0, None, address)
        assert all(0 < rtt < 1000 for rtt in each.answered)
    assert (silent.rtts, silent.error, silent.blind) == ((None, None, None), None, False)


async def test_every_size_is_answered(either: bool) -> None:
    """The checksum of a raw packet is right for even and odd payloads, also where its carry wraps."""
    async with open_prober() as prober:
        for size in (16, 17, 255, 1400):
            found = await measure(prober, UP, Ping(echoes=10, spacing_s=0.01, size=size))
            assert found.lost == 0, size


async def test_a_host_unplugged_in_the_middle_of_a_round(inside: Site) -> None:
    """Its first echoes were answered, its last were not."""
    async with open_prober() as prober:
        waiting = asyncio.create_task(measure(prober, UP, Ping(echoes=20, spacing_s=0.05, timeout_s=0.2)))
        try:
            await until(lambda: UP in prober._pinger._peers and any(prober._pinger._peers[UP].runs[-1].answers))
            inside.host.ip("link", "set", inside.host_port, "down")
            found = await waiting
        finally:
            inside.host.ip("link", "set", inside.host_port, "up")
            inside.host.ip("address", "replace", f"{UP6}/64", "dev", inside.host_port, "nodad")
        async with asyncio.timeout(20):  # the kernel takes a while to believe that the cable is there again
            while (await measure(prober, UP, QUICK)).lost or (await measure(prober, UP6, QUICK)).lost:
                pass
    assert found.sent == 20
    assert found.rtts[0] is not None
    assert found.rtts[-1] is None
    assert found.error is None


async def test_where_nothing_can_be_sent_the_round_is_blind(inside: Site) -> None:
    """No route, an interface that is down, a firewall that drops: of the host nothing is said."""
    async with open_prober() as prober:
        nowhere = await measure(prober, "10.99.0.1")
        inside.probe.filter("output", "icmp type echo-request drop")
        try:
            dropped = await measure(prober, UP)
        finally:
            inside.probe.filter("output", "")
        back = await measure(prober, UP)
    for each in (nowhere, dropped):
        assert (each.rtts, each.error, each.blind) == ((), "no_route", True)
    assert back.lost == 0


async def test_a_slow_host_is_measured_slow(either: bool) -> None:
    """Round trips hold its delay."""
    async with open_prober() as prober:
        found = await measure(prober, SLOW)
    assert found.lost == 0
    assert min(found.answered) >= DELAY_S * 1000
    assert found.duplicates == found.late == 0


async def test_late_answers_are_lost_and_counted_as_late(either: bool) -> None:
    """In their own round while it runs, otherwise in the next one of that address."""
    async with open_prober() as prober:
        first = await measure(prober, LATE, Ping(echoes=3, spacing_s=0.01, timeout_s=0.1))
        assert first.rtts == (None, None, None)
        peer = prober._pinger._peers[LATE]
        await until(lambda: prober._pinger._read() and first.late + peer.late == 3)
        second = await measure(prober, LATE, Ping(echoes=1, timeout_s=0.05))
        assert first.late + second.late == 3
        third = await measure(prober, LATE, Ping(echoes=2, spacing_s=0.6, timeout_s=0.05))
        assert third.rtts == (None, None)
        assert third.late >= 2, "that of the second round, and its own first"


async def test_duplicates_are_told_apart(either: bool) -> None:
    """The first copy is the answer; others are counted, those that come after the round in the next one."""
    async with open_prober() as prober:
        found = await measure(prober, TWICE)
        peer = prober._pinger._peers[TWICE]
        await until(lambda: prober._pinger._read() and found.duplicates + peer.duplicates == 3)
        again = await measure(prober, TWICE, Ping(echoes=2, spacing_s=0.3))
    assert (found.lost, found.late, again.lost) == (0, 0, 0)
    assert 3 <= found.duplicates + again.duplicates <= 5


async def test_an_answer_from_another_address_is_none(either: bool) -> None:
    """Identifier and sequence are right, the sender is not."""
    async with open_prober() as prober:
        assert (await measure(prober, LIAR, QUICK)).rtts == (None, None, None)


async def test_one_way_loss(either: bool, site: Site) -> None:
    """The host hears everything, and every second of its answers is dropped on the way out."""
    site.host.filter("output", "icmp type echo-reply icmp sequence & 1 == 1 drop")
    try:
        async with open_prober() as prober:
            found = await measure(prober, UP, Ping(echoes=10, spacing_s=0.02, timeout_s=0.2))
    finally:
        site.host.filter("output", "")
    assert found.loss == 0.5
    lost = [rtt is None for rtt in found.rtts]
    assert lost in ([True, False] * 5, [False, True] * 5)


async def test_a_renumbered_host_is_followed(inside: Site) -> None:
    """Its name's new address is used once it is known; while the resolver is away the old one stays; a name that is gone has none."""
    answers: dict[str, Sequence[SockAddr] | OSError] = {"gw.example": [(UP, 0)]}

    async def resolver(name: str, family: Family) -> Sequence[SockAddr]:
        answer = answers[name]
        if isinstance(answer, OSError):
            raise answer
        return answer

    async with open_prober(resolver=resolver, fresh_s=0.0) as prober:

        async def becomes(address: str | None) -> Round:
            async with asyncio.timeout(20):
                while (found := await measure(prober, "gw.example", Ping(echoes=1))).address != address:
                    pass
            return found

        assert (await becomes(UP)).lost == 0
        answers["gw.example"] = [(UP_TOO, 0)]
        assert (await becomes(UP_TOO)).lost == 0
        answers["gw.example"] = socket.gaierror(socket.EAI_AGAIN, "the resolver is away")
        for _ in range(5):
            assert (await measure(prober, "gw.example", Ping(echoes=1))).address == UP_TOO
        answers["gw.example"] = socket.gaierror(socket.EAI_NONAME, "no such name")
        gone = await becomes(None)
        assert (gone.rtts, gone.error) == ((), "no_name")


async def test_a_loop_that_stood_still_loses_nothing(either: bool) -> None:
    """The kernel knows when the answers came; echoes that became due meanwhile do not go out at once."""
    async with open_prober() as prober:
        waiting = asyncio.create_task(measure(prober, UP, Ping(echoes=4, spacing_s=0.05, timeout_s=0.2)))
        await until(lambda: UP in prober._pinger._peers and bool(prober._pinger._peers[UP].runs[-1].sent))
        sent = prober._pinger._peers[UP].runs[-1].sent
        time.sleep(0.5)  # noqa: ASYNC251  # that is what is tested
        found = await waiting
    assert found.lost == 0
    assert found.late == 0
    assert max(found.answered) < 200
    assert len(sent) == 4
    assert min(later - earlier for earlier, later in pairwise(sent[1:])) > 20e6


async def test_many_silent_neighbours_do_not_starve_the_others(either: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that wait for ARP fill the buffer of the sender; other sockets then send, and the answers come to the right rounds."""
    monkeypatch.setattr(icmp, "_SEND_BYTES", 40_000)
    rounds: dict[str, Round] = {}
    async with open_prober() as prober:
        for number in range(400):
            address = f"10.71.{1 + number // 200}.{number % 200}"
            prober.begin(host(address, Ping(echoes=2, spacing_s=0.05, timeout_s=0.3), id=address), rounds.__setitem__)
        for number in range(20):
            prober.begin(host(UP, Ping(echoes=2, spacing_s=0.05), id=f"up{number}"), rounds.__setitem__)
        await until(lambda: len(rounds) == 420)
        assert len(channel(prober)._sockets) > 1
        again = await measure(prober, UP)
        assert again.lost == 0
        assert prober.running == 0
    silent = [each for name, each in rounds.items() if not name.startswith("up")]
    assert all(each.rtts == (None, None) and each.error is None for each in silent)
    assert all(each.lost == 0 and each.sent == 2 for name, each in rounds.items() if name.startswith("up"))


async def test_full_buffers_are_tried_again(inside: Site) -> None:
    """ENOBUFS and EAGAIN are no loss and no error as long as they pass; a round that they outlast says nothing of its host."""

    class Full(icmp.Channel):
        left = 5

        def send(self, sequence: int, size: int, to: SockAddr) -> None:
            if Full.left:
                Full.left -= 1
                raise OSError(105, "no buffer space") if Full.left % 2 else BlockingIOError(11, "full")
            super().send(sequence, size, to)

    async with open_prober(opener=Full) as prober:
        found = await measure(prober, UP)
        assert (found.sent, found.lost, found.error) == (3, 0, None)
        Full.left = 1_000_000
        stuck = await measure(prober, UP, Ping(echoes=1, timeout_s=0.1))
        assert (stuck.rtts, stuck.error) == ((), "probe_error")


async def test_a_kernel_without_times_is_read_at_once(inside: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the loop watches the socket, and the time is when it was read."""
    monkeypatch.setattr(icmp, "stamped", lambda sock: False)
    async with open_prober() as prober:
        found = await measure(prober, SLOW)
    assert found.lost == 0
    assert min(found.answered) >= DELAY_S * 1000


async def test_thousands_at_once_and_each_told_once(either: bool) -> None:
    """2,000 addresses of loopback, all begun in one turn of the loop; a `done` that raises harms no other."""
    told: dict[str, int] = {}

    def done(id: str, found: Round) -> None:
        told[id] = told.get(id, 0) + 1
        assert found.lost == 0
        if id == "7":
            raise RuntimeError("of the one who asked")

    async with open_prober() as prober:
        for number in range(2000):
            address = f"127.9.{number >> 8}.{number & 255}"
            prober.begin(host(address, Ping(echoes=2, spacing_s=0.1), id=str(number)), done)
        assert not told, "never before `begin` has returned"
        await until(lambda: len(told) == 2000)
        assert set(told.values()) == {1}
        assert (prober.running, prober._pinger._unanswered, prober._pinger._wheel) == (0, 0, {})


async def test_two_hosts_at_one_address(either: bool) -> None:
    """Each gets its own answers; more rounds than one address can have at a time are refused, not confused."""
    rounds: dict[str, Round] = {}
    async with open_prober() as prober:
        for number in range(70):
            prober.begin(host(UP, id=str(number)), rounds.__setitem__)
        await until(lambda: len(rounds) == 70)
        assert (await measure(prober, UP)).lost == 0
    refused = [each for each in rounds.values() if each.error == "probe_error"]
    assert len(refused) == 70 - pinger._MOST_AT_ONE
    assert all(each.lost == 0 and each.sent == 3 for each in rounds.values() if each.error is None)


async def test_rounds_are_bounded(inside: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than may run is answered at once, and addresses that are not in use are forgotten."""
    monkeypatch.setattr(pinger, "_MOST_ROUNDS", 2)
    monkeypatch.setattr(pinger, "_MOST_PEERS", 2)
    async with open_prober() as prober:
        found = await asyncio.gather(measure(prober, UP), measure(prober, UP_TOO), measure(prober, UP))
        assert [each.error for each in found] == [None, None, "probe_error"]
        assert (await measure(prober, "127.0.0.9")).lost == 0
        assert list(prober._pinger._peers) == [UP_TOO, "127.0.0.9"]


async def test_closing_drops_what_runs(inside: Site) -> None:
    """Nobody is told any more, and nothing is left behind."""
    told: list[str] = []
    async with open_prober() as prober:
        prober.begin(host(SILENT), lambda id, _: told.append(id))
        await until(lambda: SILENT in prober._pinger._peers)
    prober.begin(host(UP), lambda id, _: told.append(id))
    await asyncio.sleep(0.05)
    assert told == []


async def test_where_neither_kind_of_socket_is_allowed_it_is_said_how_to_mend_it(inside: Site, tmp_path: Path) -> None:
    """Rounds are blind with `no_permission`, `explain` and traceroute have the words; once it is allowed it works without a restart."""
    setpriv = need.command("setpriv", peer="setpriv (util-linux)")
    script = tmp_path / "child.py"
    script.write_text(_CHILD)
    command = [setpriv, "--bounding-set=-net_raw,-net_admin", "--inh-caps=-all", sys.executable, str(script)]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[4], env={**os.environ, "PYTHONPATH": "."}
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"no_permission ()\n"
            words = (await process.stdout.readline()).decode()
            assert "ping_group_range, which is none" in words
            assert "CAP_NET_RAW" in words
            assert (await process.stdout.readline()).decode() == words, "traceroute says the same"
            inside.probe.sysctl("net.ipv4.ping_group_range", "0 2147483647")
            process.stdin.write(b"\n")
            assert await process.stdout.readline() == b"None 3 0 False\n"
            assert await process.wait() == 0
    finally:
        inside.probe.sysctl("net.ipv4.ping_group_range", "1 0")
        if process.returncode is None:
            process.kill()
            await process.wait()


_CHILD = f"""
import asyncio, sys
from adapters.netmonitor.probe import pinger
from adapters.netmonitor.probe.prober import NotPermitted, open_prober
from tests.adapters.netmonitor.probe.conftest import host

async def main():
    async with open_prober() as prober:
        found = await prober.measure(host("{UP}"))
        print(found.error, found.rtts, flush=True)
        print(prober.explain(), flush=True)
        try:
            async for _ in prober.traceroute(host("{UP}")):
                pass
        except NotPermitted as error:
            print(error, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        pinger._REOPEN_S = 0.0
        found = await prober.measure(host("{UP}"))
        print(prober.explain(), found.sent, found.lost, prober._pinger._channels[4].raw, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("address", ["127.0.0.1", UP, UP6])
async def test_round_trips_and_loss_are_those_of_fping(inside: Site, address: str) -> None:
    """Side by side in one run: medians less than 0.1 ms apart, the same loss. What else the machine does can spoil a run, not three."""
    fping = need.command("fping", peer="fping")
    for left in (2, 1, 0):
        process = await asyncio.create_subprocess_exec(
            fping, "-q", "-C", "20", "-p", "20", address, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        async with open_prober() as prober:
            ours = await measure(prober, address, Ping(echoes=20, spacing_s=0.02))
        _, said = await asyncio.wait_for(process.communicate(), 20)
        theirs = [float(word) for word in said.decode().partition(" : ")[2].split() if word != "-"]
        assert (ours.sent, ours.lost, len(theirs)) == (20, 0, 20)
        apart = abs(_median(ours.answered) - _median(theirs))
        if apart < 0.1:
            return
        assert left, f"{apart:.3f} ms apart: {ours.answered} and {theirs}"


async def test_loss_is_that_of_fping(inside: Site) -> None:
    """Every second answer is dropped: both see it."""
    fping = shutil.which("fping") or need.command("fping", peer="fping")
    inside.host.filter("output", "icmp type echo-reply icmp sequence & 1 == 1 drop")
    try:
        process = await asyncio.create_subprocess_exec(fping, "-q", "-C", "10", "-p", "50", "-t", "300", UP, stderr=subprocess.PIPE)
        async with open_prober() as prober:
            ours = await measure(prober, UP, Ping(echoes=10, spacing_s=0.05, timeout_s=0.3))
        _, said = await asyncio.wait_for(process.communicate(), 20)
    finally:
        inside.host.filter("output", "")
    assert ours.lost == said.decode().partition(" : ")[2].split().count("-") == 5


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
