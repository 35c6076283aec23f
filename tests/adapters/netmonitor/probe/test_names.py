"""Names and addresses, with resolvers that the test answers for."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest

from adapters.netmonitor.probe.names import Address, Family, Names, SockAddr, literal, open_names

KEY: tuple[str, Family] = ("gw.example", "any")


class Resolver:
    """Answers when the test lets it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Sequence[SockAddr] | OSError] = {}
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self, name: str, family: Family) -> Sequence[SockAddr]:
        self.asked.append(name)
        await self.may.wait()
        answer = self.answers[name]
        if isinstance(answer, OSError):
            raise answer
        return answer


class Monotonic:
    """Seconds that stand still."""

    at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.parametrize(
    ("text", "family", "found"),
    [
        ("10.0.0.1", "any", Address("10.0.0.1", ("10.0.0.1", 0))),
        ("10.0.0.1", "ipv6", None),
        ("FE80::1%lo", "any", Address("fe80::1", ("fe80::1", 0, 0, 1))),
        ("fe80::1%7", "any", Address("fe80::1", ("fe80::1", 0, 0, 7))),
        ("fe80::1%no-such-port", "any", None),
        ("2001:db8:0::1", "ipv6", Address("2001:db8::1", ("2001:db8::1", 0, 0, 0))),
        ("2001:db8::1", "ipv4", None),
        ("10.1", "any", None),
        ("10.0.0.1.example", "any", None),
    ],
)
def test_addresses_that_are_written_out(text: str, family: Family, found: Address | None) -> None:
    """As the kernel writes them, or else they would never match an answer; anything else is a name."""
    assert literal(text, family) == found


async def test_a_name_is_asked_for_once_and_then_from_memory() -> None:
    """However many wait; old answers are used while a new one is asked for."""
    resolver, clock = Resolver(), Monotonic()
    resolver.answers["gw.example"] = [("10.0.0.1", 0)]
    async with open_names(resolver, monotonic=clock) as names:
        found = await asyncio.gather(*(names.find(*KEY) for _ in range(50)))
        assert {str(each) for each in found} == {"10.0.0.1"}
        assert resolver.asked == ["gw.example"]
        clock.at += 59
        assert str(names.known(*KEY)) == "10.0.0.1"
        assert len(resolver.asked) == 1
        resolver.answers["gw.example"] = [("10.0.0.2", 0)]
        clock.at += 2
        assert str(names.known(*KEY)) == "10.0.0.1"
        assert str(await names.look(*KEY)) == "10.0.0.2"
        assert str(names.known(*KEY)) == "10.0.0.2"


async def test_of_several_addresses_the_used_one_stays() -> None:
    """A resolver that turns its answers round does not make a host of two."""
    resolver, clock = Resolver(), Monotonic()
    resolver.answers["gw.example"] = [("10.0.0.1", 0), ("10.0.0.2", 0)]
    async with open_names(resolver, monotonic=clock) as names:
        await names.find(*KEY)
        resolver.answers["gw.example"] = [("10.0.0.2", 0), ("10.0.0.1", 0)]
        clock.at += 61
        names.known(*KEY)
        assert str(await names.look(*KEY)) == "10.0.0.1"


async def test_a_resolver_that_is_away_is_asked_again_later() -> None:
    """Without an old address the name has none, and is not asked for at every round."""
    resolver, clock = Resolver(), Monotonic()
    resolver.answers["gw.example"] = socket.gaierror(socket.EAI_AGAIN, "away")
    async with open_names(resolver, monotonic=clock) as names:
        assert [await names.find(*KEY) for _ in range(3)] == [None] * 3
        assert len(resolver.asked) == 1
        resolver.answers["gw.example"] = [("fd00::1", 0, 0, 0)]
        clock.at += 11
        assert str(await names.find(*KEY)) == "fd00::1"


async def test_a_resolver_that_hangs_keeps_only_its_own_threads() -> None:
    """Who waits is told after the deadline, others are not asked for while all workers hang, and late answers count."""
    resolver = Resolver()
    resolver.may.clear()
    every = [f"n{number}.example" for number in range(6)]
    resolver.answers = {name: [("10.0.0.1", 0)] for name in every}
    async with open_names(resolver, deadline_s=0.05, retry_s=0.0) as names:
        assert await asyncio.gather(*(names.find(name, "any") for name in every)) == [None] * 6
        assert len(resolver.asked) == 4
        resolver.may.set()
        async with asyncio.timeout(20):
            while not all(names.known(name, "any") for name in every):  # noqa: ASYNC110  # workers set no event
                await asyncio.sleep(0.01)


async def test_memory_is_bounded() -> None:
    """The name that was not used for longest is forgotten; where too many wait, one more has no address for now."""
    resolver = Resolver()
    resolver.answers = {name: [("10.0.0.1", 0)] for name in "abc"}
    async with open_names(resolver, most=2) as names:
        for name in "abc":
            await names.find(name, "any")
        assert [key[0] for key in names._entries] == ["b", "c"]
    full = Names(resolver, most=2)
    assert [full.look(name, "any").done() for name in "abc"] == [False, False, True]
