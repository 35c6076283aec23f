"""A company's network for the demo and the tests: hosts on loopback that are there, and services that come and go as a story.

Pings go to addresses of 127.0.0.0/8, which always answer. TCP services have ports of their own, which stay theirs while they are shut; the
sites share one HTTP server and are told apart by their names. Nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from adapters.netmonitor.inventory.toml_file import write_toml
from adapters.netmonitor.values import Check, Group, Host, Http, Inventory, Limits, Ping, Tcp
from adapters.sandbox.loopback import owned_task, serve

__all__ = ["SCENES", "SandboxNetwork", "Scene", "open_sandbox_network", "scenes"]

_log = logging.getLogger(__name__)

_FIRST_S, _CALM_S = 12.0, 22.0
_SLOW_S = 0.9
_FLAP_S = 6.0
"""Between opening and shutting of a service that flaps: about a round."""

_LIMITS = Limits(raise_bad=2, raise_of=3, clear_good=2)
"""Quicker than one would have it: who looks at a demo does not wait for half a minute."""
_SITE_LIMITS = Limits(raise_bad=2, raise_of=3, clear_good=2, p95_raise_ms=400.0, p95_clear_ms=200.0)
_INTERVAL_S = 5.0
_OK = "Всё работает"

Kind = Literal["ping", "tcp", "http"]


@dataclass(frozen=True, slots=True)
class _Plan:
    """One host to be."""

    id: str
    name: str
    group: str
    kind: Kind
    parent: str | None = None
    critical: bool = False


_PLANS = (
    _Plan("gw-msk", "Шлюз, Москва", "Москва", "ping", critical=True),
    _Plan("sw-core", "Коммутатор ядра", "Москва/Серверная", "ping", "gw-msk"),
    _Plan("srv-erp", "ERP", "Москва/Серверная", "tcp", "sw-core", critical=True),
    _Plan("srv-db", "База данных Redmine", "Москва/Серверная", "tcp", "sw-core", critical=True),
    _Plan("srv-mail", "Почта", "Москва/Серверная", "tcp", "sw-core"),
    _Plan("srv-files", "Файловый сервер", "Москва/Серверная", "tcp", "sw-core"),
    _Plan("srv-dc", "Контроллер домена", "Москва/Серверная", "tcp", "sw-core"),
    _Plan("srv-backup", "Резервные копии", "Москва/Серверная", "ping", "sw-core"),
    _Plan("ats", "АТС", "Москва/Офис на Покровке", "tcp", "gw-msk"),
    _Plan("wifi-2", "Wi-Fi, 2 этаж", "Москва/Офис на Покровке", "ping", "gw-msk"),
    _Plan("wifi-3", "Wi-Fi, 3 этаж", "Москва/Офис на Покровке", "ping", "gw-msk"),
    _Plan("prn-2", "Принтер, 2 этаж", "Москва/Офис на Покровке", "tcp", "gw-msk"),
    _Plan("gw-spb", "Шлюз, Санкт-Петербург", "Санкт-Петербург", "tcp", "gw-msk", critical=True),
    _Plan("spb-files", "Файловый сервер, Санкт-Петербург", "Санкт-Петербург/Серверная", "tcp", "gw-spb"),
    _Plan("spb-ats", "АТС, Санкт-Петербург", "Санкт-Петербург/Серверная", "tcp", "gw-spb"),
    _Plan("spb-prn", "Принтер, Санкт-Петербург", "Санкт-Петербург/Офис", "tcp", "gw-spb"),
    _Plan("gw-ayt", "Шлюз, Анталья", "Анталья", "tcp", "gw-msk", critical=True),
    _Plan("ayt-desk", "Стойка в аэропорту", "Анталья/Аэропорт", "tcp", "gw-ayt"),
    _Plan("ayt-ats", "АТС, Анталья", "Анталья/Офис", "tcp", "gw-ayt"),
    _Plan("web-site", "Сайт", "Сайты", "http", critical=True),
    _Plan("web-agents", "Кабинет агентств", "Сайты", "http"),
    _Plan("web-booking", "Бронирование", "Сайты", "http", critical=True),
    _Plan("web-wiki", "База знаний", "Сайты", "http"),
)
_GROUPS = (Group(path="Сайты", rule="at_least", up=3),)

Trouble = Literal["gone", "error", "slow", "wrong", "flaps"]
"""Refuses connections; answers 500; answers late; answers with another page; comes and goes."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that happens, and is over after a while."""

    trouble: Trouble
    hosts: tuple[str, ...]
    lasts_s: float


SCENES = (
    Scene("gone", ("srv-files",), 35.0),
    Scene("error", ("web-agents",), 40.0),
    Scene("gone", ("gw-spb", "spb-files", "spb-ats", "spb-prn"), 45.0),
    Scene("slow", ("web-booking",), 40.0),
    Scene("gone", ("prn-2",), 30.0),
    Scene("flaps", ("ayt-desk",), 60.0),
    Scene("wrong", ("web-wiki",), 35.0),
    Scene("gone", ("gw-ayt", "ayt-desk", "ayt-ats"), 40.0),
    Scene("gone", ("srv-mail",), 30.0),
)


def scenes(seed: int) -> Iterator[Scene]:
    """The story without an end: all scenes in an order of the seed's, then again in another."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    while True:
        yield from chance.sample(SCENES, len(SCENES))


class Service:
    """A TCP service with a port of its own. While it is shut the port refuses connections and nobody else gets it."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._kept = _bound(address, 0)  # never listens
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Its port."""
        port: int = self._kept.getsockname()[1]
        return port

    @property
    def is_open(self) -> bool:
        """Whether it takes connections."""
        return self._server is not None

    async def open(self) -> None:
        """Takes connections, and ends each at once."""
        if self._server is None:
            taken = _bound(self._address, self.port)
            try:
                self._server = await asyncio.start_server(lambda _reader, writer: writer.close(), sock=taken)
            except BaseException:
                taken.close()
                raise

    async def shut(self) -> None:
        """Refuses connections."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def end(self) -> None:
        """Gives the port back."""
        await self.shut()
        self._kept.close()


def _bound(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setblocking(False)
    # two sockets on one port: the one that only keeps it, and the one that listens
    made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR), 1)
    made.bind((address, port))
    return made


class SandboxNetwork:
    """A running network."""

    def __init__(self, path: Path, inventory: Inventory, services: Mapping[str, Service], sites: dict[str, Trouble | None]) -> None:
        self.path = path
        """The hosts file."""
        self.inventory = inventory
        """What stands in it."""
        self.services = services
        """By host."""
        self.sites = sites
        """What each site suffers from; None: it is well."""

    async def begin(self, scene: Scene) -> None:
        """Lets it happen."""
        for host in scene.hosts:
            if host in self.services:
                await self.services[host].shut()
            else:
                self.sites[host] = scene.trouble

    async def end(self, scene: Scene) -> None:
        """Lets it be over."""
        for host in scene.hosts:
            if host in self.services:
                await self.services[host].open()
            else:
                self.sites[host] = None

    async def play(self, scene: Scene, *, pace: float = 1.0) -> None:
        """The whole scene. Cancelled, it is over at once, too."""
        try:
            await self.begin(scene)
            left = scene.lasts_s
            while scene.trouble == "flaps" and left > _FLAP_S * 2:
                await asyncio.sleep(_FLAP_S * pace)
                await self.end(scene)
                await asyncio.sleep(_FLAP_S * pace)
                await self.begin(scene)
                left -= _FLAP_S * 2
            await asyncio.sleep(left * pace)
        finally:
            await self.end(scene)

    async def live(self, seed: int, pace: float) -> None:
        """Plays scene after scene until cancelled, about one a minute. Something going wrong is logged and does not end it."""
        await asyncio.sleep(_FIRST_S * pace)
        for scene in scenes(seed):
            try:
                await self.play(scene, pace=pace)
            except OSError:
                _log.exception("the sandbox's network stumbled")
            await asyncio.sleep(_CALM_S * pace)

    async def answer(self, request: Request) -> Response:
        """What a site shows."""
        site = (request.url.hostname or "").partition(".")[0]
        if site not in self.sites:
            return HTMLResponse("no such site", 404)
        trouble = self.sites[site]
        if trouble == "slow":
            await asyncio.sleep(_SLOW_S)
        if trouble == "error":
            return HTMLResponse("<h1>Внутренняя ошибка</h1>", 500)
        return HTMLResponse(f"<h1>{'Ведутся работы' if trouble == 'wrong' else _OK}</h1>")


@asynccontextmanager
async def open_sandbox_network(directory: Path, *, pace: float = 1.0, life: bool = True, seed: int = 0) -> AsyncIterator[SandboxNetwork]:
    """Opens the network, and writes its hosts file to `directory`, anew each time: the ports are others.

    `pace` stretches times (1: something happens about every minute, the first after 12 s). `seed` chooses the order of things. Ends its
    tasks and gives its ports back when the block ends.
    """
    await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        sites: dict[str, Trouble | None] = {plan.id: None for plan in _PLANS if plan.kind == "http"}
        addresses = _addresses()
        services: dict[str, Service] = {}
        where: dict[str, str] = {}
        for plan in _PLANS:
            where[plan.id] = "127.0.0.1" if plan.kind == "http" else next(addresses)
            if plan.kind == "tcp":
                services[plan.id] = service = Service(where[plan.id])
                stack.push_async_callback(service.end)
                await service.open()
        network: SandboxNetwork | None = None

        async def site(request: Request) -> Response:
            assert network is not None  # noqa: S101  # nobody knows the port before
            return await network.answer(request)

        app = Starlette(routes=[Route("/", site, methods=["GET"])])
        port = urlsplit(await stack.enter_async_context(serve(app, "sandbox-network"))).port or 0
        hosts = tuple(_host(plan, where[plan.id], services[plan.id].port if plan.kind == "tcp" else port) for plan in _PLANS)
        inventory = Inventory(hosts=hosts, groups=_GROUPS, anchors=("127.0.0.1",))
        path = directory / "hosts.toml"
        await asyncio.to_thread(path.write_text, write_toml(inventory), encoding="utf-8")
        network = SandboxNetwork(path, inventory, services, sites)
        if life:
            await stack.enter_async_context(owned_task(network.live(seed, pace), "sandbox-network-life"))
        yield network


def _host(plan: _Plan, address: str, port: int) -> Host:
    checks: Mapping[Kind, Check] = {
        "ping": Ping(),
        "tcp": Tcp(port=port, timeout_s=2.0),
        "http": Http(url=f"http://{plan.id}.tez.example:{port}/", contains=_OK, timeout_s=3.0),
    }
    return Host(
        id=plan.id,
        name=plan.name,
        address=address,
        group=plan.group,
        check=checks[plan.kind],
        interval_s=_INTERVAL_S,
        parent=plan.parent,
        limits=_SITE_LIMITS if plan.kind == "http" else _LIMITS,
        critical=plan.critical,
    )


def _addresses() -> Iterator[str]:
    """127.0.0.2, 127.0.0.3, …; 127.0.0.1 again and again where only that one is this machine (macOS)."""
    try:
        _bound("127.0.0.2", 0).close()
    except OSError:
        yield from itertools.repeat("127.0.0.1")
    yield from (f"127.0.0.{last}" for last in range(2, 255))
