"""Who is measured: the product and its peers, how each is started and how the load client speaks with it.

Each publishes whatever comes from the connection at `/pub` (or a topic of its own protocol) to all others. A message is
200 bytes of JSON; the product's whole `event` frame is as long, envelope included.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from adapters.push.vapid import generate
from tests.benchmarks.accounts import Accounts
from tests.benchmarks.processes import SERVER_CPU, Launch, Server, free_port, serving
from tests.benchmarks.product import TOPIC
from tests.benchmarks.workshop import PEERS, Missing, Workshop, command

__all__ = ["BARE", "NCHAN", "PRODUCT", "PUBLISH_TOKEN", "Peer", "peers", "product_launch"]

NCHAN, PRODUCT, BARE = "nchan", "product", "c-loop"
PUBLISH_TOKEN = "0123456789abcdef0123456789abcdef"
_MESSAGE_BYTES = 200
_ENVELOPE_BYTES = 124
"""What hub.v1 puts around `data` of the benchmark's events: the rest of the 200 bytes is data."""
_BEYOND_BOUNDS = {
    "SESSIONS_PER_ADDRESS": "100000",  # all load comes from one address, and the publisher is one session
    "HANDSHAKES_PER_S": "100000",
    "HANDSHAKES_PER_S_ADDRESS": "100000",
    "COMMANDS_PER_S": "1000000",
    "COMMAND_BURST": "1000000",
    "USER_COMMANDS_PER_S": "1000000",
    "USER_COMMAND_BURST": "1000000",
    "PUBLISH_PER_S": "1000000",
    "PUBLISH_BURST": "1000000",
}
"""Bounds of the product raised for a benchmark; all others are as an operator gets them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One server to measure."""

    name: str
    what: str
    launch: Callable[[Path], Launch]
    """How to start it in an empty folder. Raises Missing."""
    subscribe: Sequence[str] = ("-u", "/sub")
    """The load client's options for the subscribers,"""
    publish: Sequence[str] = ("-P", "/pub", "-s", str(_MESSAGE_BYTES))
    """and for its publisher."""
    idle_topics: Sequence[str] = field(default=())
    """Options that replace `subscribe` for idle sessions, where those differ."""

    @property
    def options(self) -> list[str]:
        """Everything for a run with a publisher."""
        return [*self.subscribe, *self.publish]

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """The server in a folder of its own, while the block runs."""
        with TemporaryDirectory(prefix=f"tez-bench-{self.name}-") as folder:
            path = Path(folder)
            with serving(self.launch(path), path, cpu=SERVER_CPU) as server:
                yield server


def peers(workshop: Workshop, accounts: Accounts) -> list[Peer]:
    """All of them, the product first."""
    return [_product(accounts), _nchan(), *_bare(workshop), *_node(workshop), _nats(), *_python()]


def product_launch(folder: Path, accounts: Accounts | None = None, settings: Mapping[str, str] | None = None) -> Launch:
    """How to start the product in `folder`: with a copy of the accounts, or with the store that is there already."""
    store, port = folder / "navigator.sqlite", free_port()
    if accounts is not None:
        accounts.copy(store)
    given = {
        "LISTEN": f"127.0.0.1:{port}",
        "STORE_URL": f"sqlite+aiosqlite:///{store}",
        "PUBLISH_TOKENS": f"bench:{PUBLISH_TOKEN}",
        "VAPID_PRIVATE_KEY": generate()[0],
        "VAPID_SUBJECT": "mailto:ops@example.org",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "warning",
        **_BEYOND_BOUNDS,
        **(settings or {}),
    }
    return Launch(
        command=[sys.executable, "-m", "tests.benchmarks.product"],
        port=port,
        environment={f"NAVIGATOR_{name}": value for name, value in given.items()},
    )


def _hello(*topics: str) -> str:
    return json.dumps({"t": "hello", "v": 1, "device": "bench", "topics": dict.fromkeys(topics)}, separators=(",", ":"))


def _product(accounts: Accounts) -> Peer:
    who = ("-J", "-c", "32", "-u", "/hub/socket", "-T", str(accounts.token_file), "-a", '"t":"welcome"')
    return Peer(
        name=PRODUCT,
        what="TEZ Navigator: authenticated hub.v1 sessions, events with offsets",
        launch=lambda folder: product_launch(folder, accounts),
        subscribe=(*who, "-m", _hello(TOPIC)),
        publish=(
            *("-P", "/hub/socket", "-M", _hello(), "-s", str(_MESSAGE_BYTES - _ENVELOPE_BYTES)),
            *("-b", '{"t":"call","id":1,"name":"bench.publish","args":', "-e", "}"),
        ),
        idle_topics=(*who, "-m", _hello(TOPIC, "system")),
    )


def _nchan() -> Peer:
    def launch(folder: Path) -> Launch:
        nginx = command("nginx", what="nginx", mend="make bench-services")
        module = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
        if not module.exists():
            raise Missing("Nchan", "make bench-services")
        port = free_port()
        user = "user root;" if os.getuid() == 0 else ""
        _fill("nginx.conf", folder, port=port, module=module, user=user)
        return Launch(command=[nginx, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", str(folder / "error.log")], port=port)

    return Peer(name=NCHAN, what="nginx with Nchan, one worker", launch=launch)


def _bare(workshop: Workshop) -> Iterator[Peer]:
    for name, what, mode in (
        (BARE, "bare C loop, one send() for each message and socket", ()),
        ("c-loop-joined", "bare C loop, messages read together leave together", ("coalesce",)),
    ):

        def launch(_folder: Path, mode: tuple[str, ...] = mode) -> Launch:
            port = free_port()
            return Launch(command=[workshop.program("climit"), str(port), *mode], port=port)

        yield Peer(name=name, what=what, launch=launch)


def _node(workshop: Workshop) -> Iterator[Peer]:
    for name, what, mode in (
        ("ws", "Node ws, ws.send() to each", "plain"),
        ("ws-prepared", "Node ws, framed once, joined by turn", "prepared"),
    ):

        def launch(_folder: Path, mode: str = mode) -> Launch:
            port = free_port()
            return Launch(command=[*workshop.node("ws.mjs"), str(port), mode], port=port)

        yield Peer(name=name, what=what, launch=launch)

    def socketio(_folder: Path) -> Launch:
        port = free_port()
        return Launch(command=[*workshop.node("socketio.mjs"), str(port)], port=port)

    path = "/socket.io/?EIO=4&transport=websocket"
    yield Peer(
        name="socket.io",
        what="socket.io, emit to a room, WebSocket only",
        launch=socketio,
        subscribe=("-E", "-u", path, "-m", "40", "-a", "40{"),
        publish=("-P", path, "-M", "40", "-b", '42["pub",', "-e", "]", "-s", str(_MESSAGE_BYTES)),
    )


def _nats() -> Peer:
    def launch(folder: Path) -> Launch:
        nats = command("nats-server", what="nats-server", mend="make bench-services")
        port = free_port()
        _fill("nats.conf", folder, port=port)
        return Launch(command=[nats, "-c", str(folder / "nats.conf")], port=port, environment={"GOMAXPROCS": "1"})

    connect = 'CONNECT {"verbose":false}\\r\\n'
    return Peer(
        name="nats",
        what="nats-server, its WebSocket listener",
        launch=launch,
        subscribe=("-N", "-u", "/", "-m", connect, "-m", "SUB ch 1\\r\\nPING\\r\\n", "-a", "PONG\\r\\n"),
        publish=(
            "-P",
            "/",
            "-M",
            f"{connect}PING\\r\\n",
            "-b",
            f"PUB ch {_MESSAGE_BYTES}\\r\\n",
            "-e",
            "\\r\\n",
            "-s",
            str(_MESSAGE_BYTES),
        ),
    )


def _python() -> Iterator[Peer]:
    for name, what, module in (
        ("websockets", "Python websockets, broadcast(), uvloop", "websockets_server"),
        ("starlette", "Starlette on uvicorn, await send_text() to each, uvloop", "starlette_server"),
    ):

        def launch(_folder: Path, module: str = module) -> Launch:
            port = free_port()
            return Launch(command=[sys.executable, "-m", f"tests.benchmarks.peers.{module}", str(port)], port=port)

        yield Peer(name=name, what=what, launch=launch)


def _fill(name: str, folder: Path, **values: object) -> None:
    (folder / name).write_text(Template((PEERS / name).read_text()).substitute({key: str(value) for key, value in values.items()}))
