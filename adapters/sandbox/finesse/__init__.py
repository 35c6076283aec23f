"""A Cisco Finesse for the demo and the tests: its REST API, its notifications over XMPP, and a contact centre behind them.

Written from Cisco's public guides and from what others have seen of it; where a real one is known to differ from the guide, `faults` and
`Wording` make it so. See `centre` for the calls, `site` for one node, `life` for what happens by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import httpx

from adapters.sandbox.finesse import company, saved
from adapters.sandbox.finesse.centre import Centre
from adapters.sandbox.finesse.facts import Agent, Told
from adapters.sandbox.finesse.faults import Fault
from adapters.sandbox.finesse.flavours import FLAVOURS, Platform
from adapters.sandbox.finesse.life import Life
from adapters.sandbox.finesse.outlet import Outlet, ProsodyOutlet
from adapters.sandbox.finesse.rest import build_app
from adapters.sandbox.finesse.site import Site
from adapters.sandbox.loopback import owned_task
from adapters.sandbox.people import PEOPLE, Person

__all__ = ["Fault", "SandboxFinesse", "open_sandbox_finesse"]

_HOSTS = ("fin-a.tez.example", "fin-b.tez.example")
_MOST_UNTOLD = 1000
_TICK_S = 1.0


def _now() -> datetime:
    return datetime.now(UTC)


class SandboxFinesse:
    """A running sandbox. What the world does (`ring`, `hang_up`, …) is done by its methods; what agents do comes by REST."""

    def __init__(self, centre: Centre, sites: tuple[Site, ...], kept: Path | None) -> None:
        """`kept`: the file that remembers who is signed in; None: nothing does."""
        self.centre = centre
        self._kept, self._written = kept, ""
        self.sites = sites
        """The nodes, the primary first."""

    @property
    def url(self) -> str:
        """The first node's REST, without a slash at the end."""
        return self.sites[0].url

    @property
    def notify_url(self) -> str:
        """The first node's notifications, `ws://…/ws/`; empty when they go to an outlet that is another's."""
        return self.sites[0].notify_url

    @property
    def domain(self) -> str:
        """The first node's xmppDomain; pubsub is at `pubsub.` and this."""
        return self.sites[0].domain

    @property
    def pubsub(self) -> str:
        """The first node's xmppPubSubDomain."""
        return f"pubsub.{self.domain}"

    @property
    def faults(self) -> list[Fault]:
        """The first node's."""
        return self.sites[0].faults

    @property
    def agents(self) -> Mapping[str, Agent]:
        """By id, as they are now: `device` is where they sign in, `password` what with."""
        return self.centre.agents

    async def tell(self, said: tuple[Told, ...]) -> None:
        """Has every node that is in service tell it."""
        for site in self.sites:
            if site.status != "OUT_OF_SERVICE":
                await site.herald.tell(said)

    async def idle(self) -> None:
        """Waits until everything that has happened so far was told."""
        for site in self.sites:
            await site.herald.idle()

    async def ring(
        self, agent: str, number: str, *, queue: str | None = None, variables: Mapping[str, str] | None = None, hidden: bool = False
    ) -> str:
        """A call rings at an agent; its id. See `Centre.ring`."""
        call, said = self.centre.ring(agent, number, queue=queue, variables=variables, hidden=hidden)
        await self.tell(said)
        return call

    async def answer_elsewhere(self, call: str, agent: str | None = None) -> None:
        """Somebody else takes the call. See `Centre.answer_elsewhere`."""
        await self.tell(self.centre.answer_elsewhere(call, agent))

    async def hang_up(self, call: str, address: str | None = None) -> None:
        """The outside party hangs up. See `Centre.hang_up`."""
        await self.tell(self.centre.hang_up(call, address))

    async def customer_answers(self, call: str) -> None:
        """Whoever was dialled outside answers. See `Centre.customer_answers`."""
        await self.tell(self.centre.customer_answers(call))

    async def ring_out(self, call: str) -> None:
        """The agent did not answer in time. See `Centre.ring_out`."""
        await self.tell(self.centre.ring_out(call))

    async def tick(self) -> None:
        """What is due by the clock happens; by itself it does once a second."""
        await self.tell(self.centre.tick())

    async def keep(self) -> None:
        """Writes down who is signed in, where that has changed."""
        text = saved.snapshot(self.centre)
        if self._kept is not None and text != self._written:
            await asyncio.to_thread(saved.write, self._kept, text)
            self._written = text

    async def run(self) -> None:
        """Lets time pass until cancelled."""
        while True:
            due = self.centre.due()
            wait = _TICK_S if due is None else min(max((due - self.centre.clock()).total_seconds(), 0.01), _TICK_S)
            await asyncio.sleep(wait)
            await self.tick()
            await self.keep()


@asynccontextmanager
async def open_sandbox_finesse(
    directory: Path | None = None,
    people: Sequence[Person] = PEOPLE,
    *,
    agents: Sequence[Agent] | None = None,
    platform: Platform = "ccx",
    nodes: int = 1,
    notify: str | Sequence[str] | None = None,
    notify_domain: str | Sequence[str] = "",
    faults: Sequence[Fault] = (),
    delay_s: tuple[float, float] = (0.02, 0.3),
    forced_after_s: float = 60.0,
    answers_s: float | None = 4.0,
    contacts: int = 300,
    keeps: Literal["original", "consult"] = "original",
    life: bool = False,
    pace: float = 1.0,
    seed: int = 0,
    clock: Callable[[], datetime] = _now,
) -> AsyncIterator[SandboxFinesse]:
    """Opens a contact centre with `nodes` (1 or 2) nodes of Finesse on loopback ports.

    `directory` keeps who is signed in over a restart; None: nothing is kept. `agents` takes the people's place; `notify` is the URL of
    a Prosody's `/peer` that publishes, in the domain `notify_domain`, instead of the sandbox's own server: with two nodes, of each one's;
    `faults` go to the first node. `delay_s`: from what happens to its event; `forced_after_s`: from the end of an agent's presence to their
    signing-out; `answers_s`: until the world answers, None: never by itself; `contacts`: in the phone books, beside the staff; `keeps`:
    which call survives a transfer. With `life` customers call and colleagues work, see `Life`; `pace` stretches its times, and `seed`
    chooses them (0: differently each time). Ends its tasks and gives its ports back when the block ends.

    Raises:
        ValueError: `nodes` is neither, or not every node has a `notify` and a `notify_domain` of its own.
    """
    if not 1 <= nodes <= len(_HOSTS):
        raise ValueError(f"nodes={nodes}: a cluster has 1 or {len(_HOSTS)}")
    peers = (notify,) if isinstance(notify, str) else tuple(notify or ())
    domains = (notify_domain,) if isinstance(notify_domain, str) else tuple(notify_domain)
    if peers and not len(peers) == len(domains) == nodes:
        raise ValueError(f"notify, notify_domain: each of the {nodes} nodes needs its own")
    if directory is not None:
        await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
    flavour = FLAVOURS[platform]
    staff = tuple(agents) if agents is not None else company.agents(people, flavour)
    centre = Centre(
        staff,
        flavour,
        clock,
        reasons=company.REASONS,
        queues=company.QUEUES,
        busy=company.BUSY,
        unassigned=company.UNASSIGNED,
        answers_s=answers_s,
        keeps=keeps,
    )
    kept = None if directory is None else directory / "agents.json"
    if kept is not None:
        await asyncio.to_thread(saved.restore, centre, kept)
    async with AsyncExitStack() as stack:
        untold: asyncio.Queue[tuple[Told, ...]] = asyncio.Queue(_MOST_UNTOLD)
        outlets: Sequence[Outlet | None] = [None] * nodes
        if peers:
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=5.0, trust_env=False))
            outlets = [ProsodyOutlet(client, peer) for peer in peers]
        hosts = _HOSTS[:nodes]
        books = company.books(people, contacts)
        sites = tuple(
            Site(
                host,
                centre,
                books=books,
                wrap_up_reasons=company.WRAP_UP_REASONS,
                say=untold.put_nowait,
                forced_after_s=forced_after_s,
                delay_s=delay_s,
                outlet=outlet,
                domain=domain,
                seed=seed,
            )
            for host, outlet, domain in zip(hosts, outlets, domains if peers else [""] * nodes, strict=True)
        )
        sandbox = SandboxFinesse(centre, sites, kept)
        sites[0].faults.extend(faults)
        for site in sites:
            site.nodes = hosts
            await site.run(build_app(site, sandbox.tell), stack)

        async def tell_the_rest() -> None:
            while True:
                await sandbox.tell(await untold.get())

        await stack.enter_async_context(owned_task(tell_the_rest(), "sandbox-finesse-watches"))
        await stack.enter_async_context(owned_task(sandbox.run(), "sandbox-finesse-time"))
        if life:
            going_on = Life(centre, sandbox.tell, people, number=seed, pace=pace)
            await stack.enter_async_context(owned_task(going_on.run(), "sandbox-finesse-life"))
        stack.push_async_callback(sandbox.keep)
        yield sandbox
