"""Two hundred people at work on tickets over one product, with a real Redmine at the edge; the same work by plain REST in the same run.

Each has a session that watches a ticket, ten at a time the same one. *missed*: everybody opens a ticket that the product has not read for
them; *kept*: they open one again; *list*: their page of fifty; *comment*: one of each ten opens theirs and writes, and
those who watch are told. *mixed* is all of that at once.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import uvloop

from tests.benchmarks.accounts import Accounts
from tests.benchmarks.browser import Answer, Browser
from tests.benchmarks.client import Client, Crowd, Lost, Message
from tests.benchmarks.desk_redmine import Desk, redmine
from tests.benchmarks.measure import cpu
from tests.benchmarks.processes import Died, Server, loading, serving
from tests.benchmarks.run import Record, Run, quantile, spread
from tests.benchmarks.servers import PRODUCT, product_launch
from tests.benchmarks.workshop import Missing

__all__ = ["measure", "table"]

FIGURE, REDMINE = "desk", "redmine"
_PEOPLE, _ISSUES = 200, 2000
_FILLED_S = 60.0
_AT_ONCE = 4
_MIXED_S = 12.0
_INCLUDE = "journals,attachments,watchers,relations,children,allowed_statuses"
Ask = Callable[[int], Awaitable[Answer]]
"""Something that person n does."""


def measure(run: Run, *, rounds: int) -> None:
    """A fresh product in each round, one Redmine for all."""
    try:
        with Accounts(_PEOPLE, each=1) as accounts, redmine(_PEOPLE, _ISSUES) as desk:
            for number in range(rounds):
                with TemporaryDirectory(prefix="tez-bench-desk-") as name:
                    folder = Path(name)
                    launch = product_launch(folder, accounts, desk.settings())
                    desk.identify(folder / "navigator.sqlite")
                    try:
                        with serving(launch, folder) as server, loading():
                            uvloop.run(_Round(run, number, server, accounts, desk).go())
                    except* (Died, Lost, OSError, TimeoutError) as group:
                        faults = tuple(f"{type(error).__name__}: {error}" for error in group.exceptions)
                        run.add(Record(figure=FIGURE, test="round", server=PRODUCT, round=number, values={}, faults=faults))
    except Missing as missing:
        run.miss(missing.what, missing.mend)


class _Round:
    def __init__(self, run: Run, number: int, server: Server, accounts: Accounts, desk: Desk) -> None:
        self._run, self._number, self._server, self._desk = run, number, server, desk
        self._tokens = accounts.tokens[:_PEOPLE]
        self._browsers = [Browser(server.port, {"Authorization": f"Bearer {token}"}) for token in self._tokens]
        port = urlsplit(desk.url).port or 80
        who = ({"X-Redmine-API-Key": desk.key, "X-Redmine-Switch-User": f"bench{n}"} for n in range(1, _PEOPLE + 1))
        self._plain = [Browser(port, headers) for headers in who]
        self._free = [asyncio.Lock() for _ in range(_PEOPLE)]
        self._seen: list[list[int]] = [[] for _ in range(_PEOPLE)]
        self._told: dict[int, list[float]] = {}
        """When those who watch a ticket were told of a change."""
        self._late: list[float] = []
        self._members: list[int] = []

    async def go(self) -> None:
        """Everything, in this order: what is opened is kept afterwards."""
        watchers = await self._sit_down()
        try:
            everybody, writers = self._members, self._writers()
            await self._measure("missed", PRODUCT, self._open(-1), everybody, _one_after_another(60))
            await self._measure("missed", REDMINE, self._plain_open(-1), everybody, _one_after_another(60))
            await _one_after_another(len(everybody))(everybody, self._open(0))
            await self._measure("kept", PRODUCT, self._open(0), everybody, _paced(100, 5))
            await self._measure("list", PRODUCT, self._list, everybody, _paced(10, 6))
            await self._measure("list", REDMINE, self._plain_list, everybody, _one_after_another(40))
            await self._measure("comment", PRODUCT, self._comment, writers, _paced(1, 10))
            await self._measure("comment", REDMINE, self._plain_comment, writers, _paced(1, 10))
            # else everybody's ticket would be read anew in these seconds: what is kept is fresh for a minute
            await _one_after_another(len(everybody))(everybody, self._open(0))
            await self._calm()
            await self._mixed(everybody, writers)
        finally:
            for one in (*self._browsers, *self._plain):
                one.close()
            for client in watchers:
                client.abort()

    # -- what people do ------------------------------------------------------------------------------

    def _open(self, at: int) -> Ask:
        return lambda who: self._browsers[who].ask("GET", f"/tasks/api/task/{self._seen[who][at]}")

    def _plain_open(self, at: int) -> Ask:
        return lambda who: self._plain[who].ask("GET", f"/issues/{self._seen[who][at]}.json?include={_INCLUDE}")

    async def _list(self, who: int) -> Answer:
        return await self._browsers[who].ask("GET", "/tasks/api/tasks?view=mine&limit=50")

    async def _plain_list(self, who: int) -> Answer:
        return await self._plain[who].ask("GET", "/issues.json?assigned_to_id=me&sort=updated_on:desc&limit=50")

    async def _comment(self, who: int) -> Answer:
        id = self._seen[who][0]
        seen = await self._browsers[who].ask("GET", f"/tasks/api/task/{id}")
        if seen.status != 200:
            return seen
        body = {"text": f"Смотрю {secrets.token_hex(4)}", "private": False, "version": seen.json()["version"]}
        heard, began = self._told.setdefault(id, []), time.perf_counter()
        heard.clear()
        answer = await self._browsers[who].ask("POST", f"/tasks/api/task/{id}/comments", body, {"Idempotency-Key": secrets.token_hex(8)})
        if answer.status == 200 and heard:
            self._late.append(1000 * (max(heard) - began) - answer.ms)
        return answer

    async def _plain_comment(self, who: int) -> Answer:
        """As a page would that tells the truth: read, write, and look what has come of it."""
        open_it = self._plain_open(0)
        await open_it(who)
        body = {"issue": {"notes": f"Смотрю {secrets.token_hex(4)}"}}
        answer = await self._plain[who].ask("PUT", f"/issues/{self._seen[who][0]}.json", body)
        return answer if answer.status != 204 else await open_it(who)

    # -- how it is measured --------------------------------------------------------------------------

    async def _sit_down(self) -> list[Client]:
        """Everybody opens a list and a session that watches its first ticket."""
        first = Client(Crowd(self._server.port), self._tokens[0], 1)
        await first.connect()
        async with asyncio.timeout(_FILLED_S):
            while not (await first.call("bench.desk"))["filled"]:  # noqa: ASYNC110  # it is another process that we wait for
                await asyncio.sleep(0.2)
        self._first = first
        watchers = [first]
        lists = await _one_after_another(_PEOPLE)(range(_PEOPLE), lambda who: self._look(who, watchers))
        faults = tuple(f"a list was answered {answer.status}" for answer in lists if answer.status != 200)
        if faults:
            raise Lost(faults[0])
        self._members.sort()
        return watchers

    async def _look(self, who: int, watchers: list[Client]) -> Answer:
        answer = await self._browsers[who].ask("GET", "/tasks/api/tasks?view=all&limit=50")
        ids = [row["id"] for row in answer.json()["rows"]]
        if len(ids) > 2 * _PEOPLE // 30:
            # who sees the same projects sees the same list: ten of them work on one ticket
            self._seen[who] = [ids[who // 30], ids[-1]]
            self._members.append(who)
            id = self._seen[who][0]
            crowd = Crowd(self._server.port, topics=(f"ticket:{id}",), on_event=self._hears(id))
            watchers.append(Client(crowd, self._tokens[who], who + 1))
            await watchers[-1].connect()
        return answer

    def _writers(self) -> list[int]:
        """One for each ticket: two who write at once would conflict, and be told so."""
        return list({self._seen[who][0]: who for who in self._members}.values())

    def _hears(self, id: int) -> Callable[[Client, Message], None]:
        def hears(_client: Client, _message: Message) -> None:
            self._told.setdefault(id, []).append(time.perf_counter())

        return hears

    async def _measure(self, test: str, server: str, ask: Ask, people: Sequence[int], pace: _Pace) -> None:
        product, edge, told = cpu(self._server.pid), self._edge(), await self._first.call("bench.desk")
        answers = await pace(people, self._alone(ask))
        after = await self._first.call("bench.desk")
        values = _figures(answers)
        values["cpu_ms"] = 1000 * (cpu(self._server.pid) - product).total / len(answers)
        values["redmine_cpu_ms"] = 1000 * (self._edge() - edge) / len(answers)
        values["asked"] = (after["sent"] - told["sent"]) / len(answers)
        values["late_ms"] = after["late_ms"]
        if test == "comment" and server == PRODUCT and self._late:
            values["told_ms"] = quantile(self._late, 0.5)
        self._add(test, server, values, answers)

    async def _calm(self) -> None:
        """Returns when nothing has gone to Redmine for a second. Raises TimeoutError."""
        async with asyncio.timeout(_FILLED_S):
            sent = -1
            while sent != (sent := (await self._first.call("bench.desk"))["sent"]):  # noqa: ASYNC110  # it is another process that we wait for
                await asyncio.sleep(1)

    async def _mixed(self, everybody: Sequence[int], writers: Sequence[int]) -> None:
        before, used = await self._first.call("bench.desk"), cpu(self._server.pid)
        opened, listed, written = await asyncio.gather(
            _paced(40, _MIXED_S)(everybody, self._alone(self._open(0))),
            _paced(4, _MIXED_S)(everybody, self._alone(self._list)),
            _paced(0.5, _MIXED_S)(writers, self._alone(self._comment)),
        )
        after, answers = await self._first.call("bench.desk"), [*opened, *listed, *written]
        values = {f"{kind}_{name}": value for kind, some in (("open", opened), ("list", listed)) for name, value in _figures(some).items()}
        values["comment_p50_ms"] = _figures(written)["p50_ms"]
        values["late_ms"] = after["late_ms"]
        values["asked"] = (after["sent"] - before["sent"]) / len(opened)
        values["busy"] = (cpu(self._server.pid) - used).total / _MIXED_S
        self._add("mixed", PRODUCT, values, answers)

    def _alone(self, ask: Ask) -> Ask:
        async def alone(who: int) -> Answer:
            async with self._free[who]:  # a person does one thing at a time
                return await ask(who)

        return alone

    def _edge(self) -> float:
        return sum(cpu(pid).total for pid in self._desk.pids)

    def _add(self, test: str, server: str, values: dict[str, float], answers: Sequence[Answer]) -> None:
        bad = [answer for answer in answers if answer.status not in (200, 204)]
        faults = []
        if bad:
            said = self._server.log.read_text(errors="replace")[-400:] if server == PRODUCT else ""
            told = bad[0].body[:300].decode(errors="replace")
            faults = [f"{len(bad)} of {len(answers)} were answered {sorted({one.status for one in bad})}: {told} {said}"]
        self._run.add(Record(figure=FIGURE, test=test, server=server, round=self._number, values=values, faults=tuple(faults)))


_Pace = Callable[[Sequence[int], Ask], Awaitable[list[Answer]]]


def _one_after_another(count: int) -> _Pace:
    """Closed loop: some people at a time, the next when one is done."""

    async def pace(people: Sequence[int], ask: Ask) -> list[Answer]:
        waiting = itertools.islice(itertools.cycle(people), count)

        async def work() -> list[Answer]:
            return [await ask(who) for who in waiting]

        return [answer for some in await asyncio.gather(*(work() for _ in range(_AT_ONCE))) for answer in some]

    return pace


def _paced(per_s: float, seconds: float) -> _Pace:
    """Open loop: evenly, however late the server is; the time is counted from when it was due."""

    async def pace(people: Sequence[int], ask: Ask) -> list[Answer]:
        began = time.perf_counter()

        async def one(number: int, who: int) -> Answer:
            due = began + number / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            answer = await ask(who)
            return replace(answer, ms=1000 * (time.perf_counter() - due))

        chosen = itertools.islice(itertools.cycle(people), int(per_s * seconds))
        return await asyncio.gather(*(one(number, who) for number, who in enumerate(chosen)))

    return pace


def _figures(answers: Sequence[Answer]) -> dict[str, float]:
    took = [answer.ms for answer in answers]
    return {"p50_ms": quantile(took, 0.5), "p95_ms": quantile(took, 0.95), "p99_ms": quantile(took, 0.99), "max_ms": max(took)}


def table(run: Run) -> str:
    """What each act costs, and what the same costs in Redmine."""
    ours, theirs = ("p50, ms", "p95, ms", "p99, ms", "product's CPU, ms", "requests to Redmine"), ("Redmine's p50, ms", "its CPU, ms")
    lines = [f"| {' | '.join(('act', *ours, *theirs, 'p50 ratio', 'CPU ratio'))} |"]
    lines.append("|" + "---|" * 10)

    def shown(test: str, server: str, name: str, form: str = "{:.1f}") -> str:
        return spread([record.values[name] for record in run.of(FIGURE, test, server) if name in record.values], form.format)

    for test in ("missed", "kept", "list", "comment"):
        beside = "missed" if test == "kept" else test  # Redmine knows no difference
        plain = {record.round: record.values for record in run.of(FIGURE, beside, REDMINE)}
        pairs = [(record.values, plain[record.round]) for record in run.of(FIGURE, test, PRODUCT) if record.round in plain]
        ratio = spread([mine["p50_ms"] / other["p50_ms"] for mine, other in pairs], "{:.3f}".format)
        dear = spread([mine["cpu_ms"] / other["redmine_cpu_ms"] for mine, other in pairs if other["redmine_cpu_ms"]], "{:.3f}".format)
        cells = [
            test,
            *(shown(test, PRODUCT, name) for name in ("p50_ms", "p95_ms", "p99_ms", "cpu_ms")),
            shown(test, PRODUCT, "asked", "{:.2f}"),
        ]
        cells += [shown(beside, REDMINE, "p50_ms"), shown(beside, REDMINE, "redmine_cpu_ms"), ratio, dear]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| mixed | value |", "|---|---|"]
    for name, unit in (
        *(
            ("open_p50_ms", "ms"),
            ("open_p95_ms", "ms"),
            ("open_p99_ms", "ms"),
            ("list_p50_ms", "ms"),
            ("list_p99_ms", "ms"),
            ("comment_p50_ms", "ms"),
        ),
        *(("late_ms", "ms, the event loop at worst"), ("asked", "requests to Redmine for each ticket opened"), ("busy", "of a processor")),
    ):
        lines.append(f"| {name} | {shown('mixed', PRODUCT, name, '{:.2f}')} {unit} |")
    told = shown("comment", PRODUCT, "told_ms")
    lines.append(f"| told_ms | {told} ms after the answer, the last of those who watch (before it, where negative) |")
    return "\n".join(lines)
