"""The network monitor's server as a browser sees it, for tests of its pages: a topic in the hub's own socket, answers of the interface.

Frames of everything else go through to the product. Times are the machine's, values come from a seed.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from playwright.async_api import Page, Route, WebSocketRoute

from hub.event import rfc3339

__all__ = ["NetworkPeer", "history", "hosts"]

_CITIES = ("Москва", "Тверь", "Клин", "Дубна", "Казань")
_KINDS = ("Шлюз", "Коммутатор", "Сервер", "Камера", "Принтер", "Точка доступа")


def hosts(count: int, *, seed: int = 7, trouble: bool = True) -> dict[str, dict[str, Any]]:
    """So many hosts in nested groups; with `trouble` a few in each state that is not well."""
    rolled = random.Random(seed)
    now = datetime.now(UTC)
    made: dict[str, dict[str, Any]] = {}
    for n in range(count):
        city = _CITIES[n % len(_CITIES)]
        p50 = round(rolled.lognormvariate(0.8, 0.9), 2)
        made[f"h-{n}"] = {
            "name": f"{_KINDS[n % len(_KINDS)]} {n}",
            "address": f"10.{n >> 8 & 255}.{n & 255}.1",
            "group": f"{city}/Офис {1 + n // len(_CITIES) % 4}",
            "check": "ping",
            "parent": None,
            "critical": n % 50 == 0,
            "state": "up",
            "since": rfc3339(now - timedelta(seconds=rolled.randrange(3600, 3_000_000))),
            "reason": None,
            "flapping": False,
            "ack": None,
            "maintenance": None,
            "p50": p50,
            "p95": round(p50 * 1.6, 2),
            "loss": 0.0,
            "spark": [round(p50 * rolled.uniform(0.8, 1.3), 2) for _ in range(30)],
        }
    if trouble:
        _spoil(made, now)
    return made


def _spoil(made: dict[str, dict[str, Any]], now: datetime) -> None:
    def since(**ago: float) -> str:
        return rfc3339(now - timedelta(**ago))

    lost: dict[str, Any] = {"p50": None, "p95": None, "loss": 1.0}
    changes: dict[str, dict[str, Any]] = {
        "h-6": {"state": "down", "reason": "silent", "since": since(minutes=14), "critical": True, **lost},
        "h-11": {"state": "down", "reason": "refused", "since": since(seconds=50), **lost},
        "h-21": {"state": "degraded", "reason": "loss", "since": since(minutes=3), "loss": 0.4},
        "h-33": {"state": "degraded", "reason": "p95", "since": since(hours=2), "p95": 480.5, "p50": 212.0},
        "h-8": {
            "state": "down",
            "reason": "silent",
            "since": since(hours=5),
            "ack": {"by": "Иванов", "why": "ждём электриков", "until": None, "at": since(hours=4)},
            **lost,
        },
        "h-26": {"state": "unreachable", "reason": "parent", "parent": "h-6", "since": since(minutes=14), **lost},
        "h-46": {"state": "unreachable", "reason": "parent", "parent": "h-6", "since": since(minutes=14), **lost},
        "h-17": {"state": "maintenance", "maintenance": {"until": since(hours=-2), "why": "замена блока питания"}, "since": since(hours=1)},
        "h-19": {"state": "paused", "since": since(days=9), "p50": None, "p95": None, "loss": None, "spark": []},
        "h-23": {"flapping": True, "since": since(seconds=30)},
        "h-27": {"state": "unknown", "reason": "no_name", "p50": None, "p95": None, "loss": None, "spark": []},
    }
    for id, change in changes.items():
        if id in made:
            row = made[id]
            row.update(change)
            if row["loss"] == 1.0:
                row["spark"] = [*row["spark"][:18], *[None] * 12]
            elif row["loss"]:
                row["spark"] = [None if n % 3 == 0 and n > 14 else value for n, value in enumerate(row["spark"])]


def history(host: str, span: str, *, points: int = 288, seed: int = 3) -> dict[str, Any]:
    """An answer of `…/history`: a day's rhythm, a gap, an outage, maintenance."""
    seconds = {"1h": 3600, "6h": 21_600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000, "90d": 7_776_000, "1y": 31_536_000}[span]
    rolled = random.Random(seed)
    until = datetime.now(UTC).replace(microsecond=0)
    since = until - timedelta(seconds=seconds)
    step = seconds / points
    columns: dict[str, list[float | None]] = {name: [] for name in ("p50", "p95", "min", "max", "loss", "count")}
    at: list[int] = []
    for n in range(points):
        at.append(int(since.timestamp() + n * step))
        share = n / points
        row: tuple[float | None, ...]
        if 0.30 < share < 0.34:
            row = (None,) * 6
        elif 0.62 < share < 0.66:
            row = (None, None, None, None, 1.0, 5)
        else:
            middle = 3 + 1.4 * math.sin(share * 14) + rolled.random()
            loss = rolled.choice([0.0] * 14 + [0.2]) if 0.8 < share < 0.9 else 0.0
            row = (round(middle, 2), round(middle * rolled.uniform(1.3, 2.2), 2), round(middle * 0.7, 2), round(middle * 2.6, 2), loss, 5)
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)

    def moment(share: float) -> str:
        return rfc3339(since + timedelta(seconds=seconds * share))

    outage = {"state": "down", "maintenance": False, "reason": "silent"}
    return {
        "host": host,
        "since": rfc3339(since),
        "until": rfc3339(until),
        "step_s": int(step),
        "tier": "1 min",
        "points": {"at": at, **columns},
        "outages": [
            {"began": moment(0.62), "ended": moment(0.66), **outage},
            {"began": moment(0.45), "ended": moment(0.52), **outage, "state": "maintenance", "maintenance": True, "reason": None},
            {"began": moment(0.8), "ended": moment(0.9), **outage, "state": "degraded", "reason": "loss"},
        ],
        "error_percent": 1.0,
    }


class NetworkPeer:
    """Answers the pages of one tab: `await peer.join(page)` before the page is opened."""

    def __init__(self, rows: dict[str, dict[str, Any]], **state: Any) -> None:
        self.state: dict[str, Any] = {
            "at": rfc3339(datetime.now(UTC)),
            "probe": {"state": "ok", "since": None, "why": None},
            "groups": {"Москва/Офис 2": {"rule": "at_least", "up": 2}},
            "hosts": rows,
        } | state
        self.asked: list[tuple[str, str, Any]] = []
        """What was asked to change something: method, path, body."""
        self.answers: dict[str, tuple[int, Any]] = {}
        """Answers for paths, before the usual ones: status and JSON."""
        self.points = 288
        self.setup = [{"id": "file-1", "name": "Из файла", "address": "10.9.0.1", "origin": "file", "group": "Москва"}]
        self._sockets: list[tuple[WebSocketRoute, dict[str, int]]] = []

    async def join(self, page: Page) -> None:
        """Takes the page's part of the hub and of the interface upon itself."""
        await page.route_web_socket("**/hub/socket", self._connected)
        await page.route("**/netmonitor/api/**", self._answer)
        await page.route("**/netmonitor/badges/**", self._badge)

    def tell(self, kind: str, data: Any, topic: str = "net") -> None:
        """An event of a topic, to whoever follows it."""
        for socket, offsets in self._sockets:
            if topic in offsets:
                offsets[topic] += 1
                self._send(socket, self._event(topic, offsets[topic], kind, data))

    def tick(self, ids: list[str], rolled: random.Random) -> None:
        """Measurements of these hosts, now."""
        rows = [[id, round(rolled.uniform(1, 6), 2), round(rolled.uniform(6, 9), 2), 0.0] for id in ids]
        self.tell("net.tick", {"at": rfc3339(datetime.now(UTC)), "rows": rows})

    def change(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Members of rows, as `net.state` tells them."""
        self.tell("net.state", {"at": rfc3339(datetime.now(UTC)), "hosts": changes})

    def _connected(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        offsets: dict[str, int] = {}
        self._sockets.append((socket, offsets))
        waiting: list[str] = []

        def up(message: str | bytes) -> None:
            frame = _decode(message)
            topic = frame.get("topic", "")
            if frame.get("t") == "hello":
                waiting.extend(name for name in frame["topics"] if _ours(name))
                frame["topics"] = {name: at for name, at in frame["topics"].items() if not _ours(name)}
                server.send(_encode(frame, message))
            elif _ours(topic) and frame["t"] == "sub":
                self._send(socket, {"t": "reply", "id": frame["id"], "ok": True, "data": {}, "error": None}, message)
                self._snapshot(socket, offsets, topic, message)
            elif _ours(topic) and frame["t"] == "unsub":
                offsets.pop(topic, None)
                self._send(socket, {"t": "reply", "id": frame["id"], "ok": True, "data": {}, "error": None}, message)
            else:
                server.send(message)

        def down(message: str | bytes) -> None:
            socket.send(message)
            if waiting and _decode(message).get("t") == "welcome":
                for topic in waiting:
                    self._snapshot(socket, offsets, topic, message)
                waiting.clear()

        socket.on_message(up)
        server.on_message(down)

    def _snapshot(self, socket: WebSocketRoute, offsets: dict[str, int], topic: str, like: str | bytes) -> None:
        offsets[topic] = 1
        data = self.state if topic == "net" else {"rounds": [_round(n) for n in range(60)]}
        self._send(socket, {"t": "snapshot", "topic": topic, "epoch": "e1", "offset": 1, "data": data}, like)

    def _event(self, topic: str, offset: int, kind: str, data: Any) -> dict[str, Any]:
        frame = {"t": "event", "topic": topic, "offset": offset, "id": f"{topic}:{offset}", "type": kind, "source": "/netmonitor"}
        return frame | {"time": rfc3339(datetime.now(UTC)), "data": data}

    def _send(self, socket: WebSocketRoute, frame: Mapping[str, Any], like: str | bytes = "") -> None:
        socket.send(_encode(frame, like))

    async def _answer(self, route: Route) -> None:
        request = route.request
        path, _, query = request.url.partition("/netmonitor/api/")[2].partition("?")
        if request.method != "GET":
            self.asked.append((request.method, path, json.loads(request.post_data or "null")))
        status, body = self.answers.get(path) or self._usual(request.method, path, query)
        if body is None:
            await route.fulfill(status=204)
        else:
            await route.fulfill(status=status, content_type="application/json", body=json.dumps(body, ensure_ascii=False))

    def _usual(self, method: str, path: str, query: str) -> tuple[int, Any]:
        parts = path.split("/")
        table: dict[str, Callable[[], Any]] = {
            "history": lambda: history(parts[1], query.partition("range=")[2] or "24h", points=self.points),
            "ping": lambda: {"round": _round(1)},
            "traceroute": lambda: {"hops": _hops(), "reached": True},
            "test": lambda: {"round": _round(1)},
            "import": lambda: {"added": ["new-1", "new-2"], "changed": ["h-1"], "removed": [], "same": 3},
        }
        if parts[-1] in table:
            return 200, table[parts[-1]]()
        if method != "GET":
            return 204, None
        if path == "setup/hosts":
            return 200, {"hosts": self.setup, "groups": []}
        if parts[0] == "hosts":
            uptime = {"24h": 99.98, "7d": 100.0, "30d": 99.9713, "90d": 98.2, "1y": None}
            window = {
                "id": 4,
                "host": parts[1],
                "group": None,
                "starts": self.state["at"],
                "ends": self.state["at"],
                "weekly": [],
                "why": "замена",
            }
            spec = {"id": parts[1], "interval_s": 10, "limits": {"p95_raise_ms": 80}, "ping": {"echoes": 5}}
            return 200, {"host": spec, "uptime": uptime, "maintenance": [window | {"zone": "Europe/Moscow", "by": "Иванов"}]}
        return 404, {"error": {"code": "not_found", "message": "По этому адресу ничего нет."}}

    async def _badge(self, route: Route) -> None:
        svg = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20"><rect width="90" height="20" rx="3" fill="#18794a"/></svg>'
        await route.fulfill(content_type="image/svg+xml", body=svg)


def _ours(topic: str) -> bool:
    return topic == "net" or topic.startswith("net:")


def _decode(message: str | bytes) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(message) if isinstance(message, str) else msgspec.msgpack.decode(message)
    return frame


def _encode(frame: Mapping[str, Any], like: str | bytes) -> str | bytes:
    return json.dumps(frame, ensure_ascii=False) if isinstance(like, str) else msgspec.msgpack.encode(frame)


def _round(n: int) -> dict[str, Any]:
    lost = n in (20, 41, 42)
    middle = 3 + math.sin(n / 5)
    times = [round(middle * factor, 2) for factor in (0.9, 1.0, 1.1, 1.4)]
    return {
        "at": rfc3339(datetime.now(UTC) - timedelta(seconds=10 * (59 - n))),
        "p50": None if n == 42 else times[1],
        "p95": None if n == 42 else times[3],
        "min": None if n == 42 else times[0],
        "max": None if n == 42 else times[3],
        "loss": 1.0 if n == 42 else 0.2 if lost else 0.0,
        "jitter": 0.2,
        "sent": 5,
        "rtts": [None] * 5 if n == 42 else [*times, None if lost else times[1]],
        "state": "up",
        "address": "10.0.0.1",
    }


def _hops() -> list[dict[str, Any]]:
    return [
        {"ttl": 1, "address": "192.168.0.1", "name": "gw.local", "rtts": [0.4, 0.5, 0.4]},
        {"ttl": 2, "address": None, "name": None, "rtts": [None, None, None]},
        {"ttl": 3, "address": "10.0.0.1", "name": None, "rtts": [3.2, 3.4, None]},
    ]
