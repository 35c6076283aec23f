"""The operations topic and page: who may see them, what they hold, and that state + events = state."""

from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import msgspec

from hub.event import Event
from hub.principal import Principal
from tests.clock import START
from tests.follower import Follower
from tests.hub.driving import Line
from tests.web.node import PUBLISHER, Node, open_node
from web.ops import FORGET_MS, NODES, POINTS, OpsReporter, fold_ops, ops_topic


def told(node: str, at_ms: int, **more: Any) -> Event:
    """What a node says."""
    data = {"node": node, "line": {"at_ms": at_ms}, "point": [at_ms, 1]} | more
    return Event(source="/navigator/ops", id=f"{node}:{at_ms}", type="ops.node", time=START, data=data)


def test_the_fold_is_that_of_the_page() -> None:
    """tests/vectors/ops.json: what nodes tell, and the state after each; the page's own fold runs the same table."""
    state = ops_topic().initial()
    for step in json.loads((Path(__file__).parents[1] / "vectors/ops.json").read_text()):
        data = step["told"]
        fold_ops(state, Event(source="/navigator/ops", id="1", type="ops.node", time=START, data=data))
        assert json.dumps(state["nodes"]) == json.dumps(step["nodes"])


def test_each_node_has_its_line_and_a_bounded_curve() -> None:
    """A new line takes the place of the old one, the curve grows to its bound, and a node's own history replaces it."""
    state = ops_topic().initial()
    fold_ops(state, told("a", 0, points=[[-2, 5], [0, 6]]))
    fold_ops(state, told("b", 1))
    assert state["nodes"]["a"]["points"] == [[-2, 5], [0, 6]]
    for at in range(1, 2 * POINTS):
        fold_ops(state, told("a", at))
    assert len(state["nodes"]["a"]["points"]) == POINTS
    assert state["nodes"]["a"]["line"]["at_ms"] == 2 * POINTS - 1
    assert state["nodes"]["b"]["line"]["at_ms"] == 1


def test_silent_nodes_stay_for_a_while_and_restarts_do_not_pile_up() -> None:
    """A node that died is shown as such for ten minutes; a thousand restarts leave a bounded table."""
    state = ops_topic().initial()
    fold_ops(state, told("dead", 0))
    fold_ops(state, told("alive", FORGET_MS))
    assert set(state["nodes"]) == {"dead", "alive"}
    fold_ops(state, told("alive", FORGET_MS + 1))
    assert set(state["nodes"]) == {"alive"}
    for number in range(1000):
        fold_ops(state, told(str(number), FORGET_MS + number))
    assert len(state["nodes"]) == NODES


async def test_only_an_administrator_may_read(tmp_path: Path, store_file: Path) -> None:
    """The topic, the page and its entry in the navigation are for administrators; another right opens none of them."""
    topic = ops_topic()

    def person(*rights: str) -> Principal:
        return Principal(
            user_id=1, name="a", display_name="", locale="ru", zone="UTC", permissions=frozenset(rights), session_hash="", csrf=""
        )

    assert await topic.may_read(person("admin"), "ops")
    assert not await topic.may_read(person("quality", "netmonitor"), "ops")
    assert not topic.publishable
    async with (
        open_node(tmp_path, store_file) as node,
        node.client() as public,
        node.signed_in("anna") as anna,
        node.signed_in("root", permissions=["admin"]) as root,
    ):
        page = {"accept": "text/html"}
        assert (await public.get("/ops/", headers=page)).headers["location"] == "/users/login?next=%2Fops%2F"
        assert (await anna.get("/ops/")).status_code == 403
        shown = await root.get("/ops/")
        assert shown.status_code in (200, 503)  # 503: this checkout has no built front end
        areas = [(await browser.get("/users/api/me")).json()["areas"] for browser in (anna, root)]
        assert [{"id": "ops", "href": "/ops/"} in seen for seen in areas] == [False, True]


async def reading(node: Node) -> Line:
    """Somebody who reads the topic."""
    line = Line(node.hub, Follower("d"), "json", user_id=1)
    await line.open()
    node.hub.presence.subscribe(line.session, "ops", 0)
    return line


async def test_it_is_published_only_while_somebody_reads(tmp_path: Path, store_file: Path) -> None:
    """Nobody reads: nothing is published. Somebody comes: the curve so far, then points; what they fold is the hub's own state."""
    async with open_node(tmp_path, store_file) as node, node.signed_in("root", permissions=["admin"]):
        await node.ready()
        topic = node.hub.topics.find("ops")
        assert topic is not None
        log = node.hub.logs.get("ops", topic)
        reporter = OpsReporter(node.hub, node.state["readiness"], node="here", every_s=0.02)
        task = asyncio.create_task(reporter.run(), name="reporter")
        try:
            while len(reporter._points) < 3:  # noqa: ASYNC110  # it tells nobody, which is the point
                await asyncio.sleep(0.01)
            assert log.offset == 0
            line = await reading(node)
            while log.offset < 4:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            first, *later = [entry.event for entry in log._entries]
            mine: dict[str, Any] = {"nodes": {}}
            for event in (first, *later):
                fold_ops(mine, decoded(event.json))
            assert mine == copy.deepcopy(log.state)
            points = mine["nodes"]["here"]["points"]
            assert len(points) >= 3 + len(later)
            node.hub.leave(line.session)
            await asyncio.sleep(0.1)
            offset = log.offset
            await asyncio.sleep(0.1)
            assert log.offset == offset
        finally:
            task.cancel()
            await asyncio.wait([task])


def decoded(data: bytes) -> Event:
    """An event as a client gets it."""
    members = msgspec.json.decode(b"{" + data + b"}")
    return Event(source=members["source"], id=members["id"], type=members["type"], time=START, data=members["data"])


async def test_a_line_tells_what_there_is(tmp_path: Path, store_file: Path) -> None:
    """Sessions, rates, what was refused, the parts that are not well, and the last failure of each connector, also after it is back."""
    async with open_node(tmp_path, store_file) as node, node.signed_in("root", permissions=["admin"]) as root:
        await node.ready()
        reporter = OpsReporter(node.hub, node.state["readiness"], node="here")
        reporter.look()
        await reading(node)
        node.hub.metrics.published_topic.inc(100)
        node.hub.metrics.publish_to_ack.observe(0.015)
        node.hub.observer.push_errors["webpush"] = ("http_503", START)
        await root.post("/hub/events", headers={"authorization": f"Bearer {PUBLISHER}x"})
        node.hub.is_draining = True
        line = reporter.look()
        node.hub.is_draining = False
        assert (line["sessions"], line["users"], line["formats"]) == (1, 1, {"json": 1})
        assert line["published_s"] > 0
        assert 10 < line["to_screen_p95"] <= 20
        assert line["refused"] == {"publish_token": 1}
        assert [part["name"] for part in line["parts"] if not part["ok"]] == ["draining"]
        error = {"code": "http_503", "at": "2026-11-23T09:00:00.000Z"}
        assert line["connectors"] == [{"name": "webpush", "kind": "push", "sent": 0, "last_error": error}]
