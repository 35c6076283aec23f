"""One change for many issues: each by itself in the person's name, with progress on the topic `bulk:{job}`, and a way back.

A job runs at the node that took it, and ends with it. How far it is stands in its topic, so every node can tell; what a node left
unfinished that died is shown as stopped. Going back touches only issues that nobody has changed since.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.redmine.errors import RedmineError
from adapters.redmine.rest.change import UNCHANGED, Change
from adapters.redmine.rest.errors import RestAway, RestError
from adapters.redmine.versions import Version, parse
from hub.event import Event
from hub.hub import Hub
from hub.principal import Principal
from hub.tasks import Tasks
from hub.topic import Topic
from hub.writer import StoreUnavailable
from web.errors import StoreAway, WebError
from web.i18n import N_
from web.redmine_failures import web_error
from web.tickets.desk import Clashed, Desk, Lost
from web.tickets.shapes import BulkFailure, BulkJob, Task

__all__ = ["Bulk", "bulk_topic", "fold_bulk"]

_AT_ONCE = 3
"""Issues of one job that are worked on at a time."""
_JOBS = 4
"""Jobs at this node, at most; one of each person."""
_TELL_S = 0.5
_GIVE_UP = 5
"""After so many issues in a row to which Redmine did not answer the job stops."""


def fold_bulk(state: dict[str, Any], event: Event) -> None:
    """`bulk:{job}`: the latest word."""
    state.update(event.data)


async def _owner(principal: Principal, name: str) -> bool:
    return name.startswith(f"bulk:{principal.user_id}.")  # whose a job is stands in its name


def bulk_topic() -> Topic:
    """The family of the topics."""
    return Topic(name="bulk:", fold=fold_bulk, may_read=_owner)


Say = Callable[[WebError], str]


@dataclass(slots=True)
class _Job:
    """A job at work. `back`: issue -> version after the change and the old values."""

    name: str
    total: int
    done: int = 0
    state: str = "running"
    failed: list[dict[str, Any]] = field(default_factory=list)
    back: dict[str, dict[str, Any]] = field(default_factory=dict)
    undo_of: str | None = None
    away: int = 0
    told_at: float = float("-inf")

    def fail(self, id: int, error: WebError, say: Say) -> None:
        """This issue was not changed, and why."""
        self.failed.append({"id": id, "code": error.code, "message": say(error)})


class Bulk:
    """The jobs of this node."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self._hub, self._desk = hub, desk
        self._tasks = Tasks()
        self._running: dict[int, str] = {}

    async def aclose(self) -> None:
        """Stops every job; what it did stays done."""
        await self._tasks.aclose()

    def start(self, principal: Principal, ids: Sequence[int], change: Change, say: Say) -> str:
        """Begins to change these issues; the job's name. Raises WebError 409 and 503. `say` puts a failure into words."""
        return self._begin(principal, dict.fromkeys(dict.fromkeys(ids), (change, None)), say, None)

    def undo(self, principal: Principal, name: str, say: Say) -> str:
        """Begins to take a finished job back; the new job's name. Raises WebError 404, 409, 503."""
        state = self._state(principal, name)
        if not state.get("back") or state["state"] == "running" or state.get("undo_job"):
            raise WebError(409, "not_undoable", N_("There is nothing to take back."))
        work: dict[int, tuple[Change, Version | None]] = {
            int(id): (Change(**{key: value for key, value in was.items() if key != "version"}), parse(was["version"]))
            for id, was in state["back"].items()
        }
        undo = self._begin(principal, work, say, name)
        self._publish(name, {"undo_job": undo})
        return undo

    def job(self, principal: Principal, name: str) -> BulkJob:
        """How far it is. Raises WebError 404."""
        state = self._state(principal, name)
        running = state["state"] == "running" and state["node"] in {self._hub.node, *self._hub.cluster.others()}
        return BulkJob(
            job=name,
            state="running" if running else "stopped" if state["state"] == "running" else state["state"],
            done=state["done"],
            total=state["total"],
            failed=[BulkFailure(**one) for one in state["failed"]],
            undoable=bool(state.get("back")) and not running and not state.get("undo_job"),
            undo_of=state.get("undo_of"),
            undo_job=state.get("undo_job"),
        )

    def _state(self, principal: Principal, name: str) -> Mapping[str, Any]:
        log = self._hub.logs.find(f"bulk:{name}") if name.startswith(f"{principal.user_id}.") else None
        if log is None or not log.state.get("state"):
            raise WebError(404, "not_found", N_("There is no such job."))
        return log.state

    def _begin(self, principal: Principal, work: dict[int, tuple[Change, Version | None]], say: Say, undo_of: str | None) -> str:
        if principal.user_id in self._running:
            raise WebError(409, "bulk_running", N_("Your last bulk change is not finished yet."))
        if len(self._running) >= _JOBS:
            raise WebError(503, "busy", N_("Too many bulk changes at once. Try again in a moment."), headers={"Retry-After": "10"})
        job = _Job(f"{principal.user_id}.{secrets.token_urlsafe(12)}", len(work), undo_of=undo_of)
        self._running[principal.user_id] = job.name
        self._tell(job)
        self._tasks.start(self._run(principal, job, work, say), name=f"bulk_{job.name}")
        return job.name

    async def _run(self, principal: Principal, job: _Job, work: dict[int, tuple[Change, Version | None]], say: Say) -> None:
        waiting = iter(work.items())

        async def worker() -> None:
            for id, (change, only_at) in waiting:
                if job.away >= _GIVE_UP:
                    return
                await self._one(principal, job, id, change, only_at, say)
                if asyncio.get_running_loop().time() - job.told_at > _TELL_S:
                    self._tell(job)

        try:
            async with asyncio.TaskGroup() as group:
                for number in range(_AT_ONCE):
                    group.create_task(worker(), name=f"bulk_{job.name}_{number}")
            job.state = "stopped" if job.done < job.total else "done"
        finally:
            if job.state == "running":
                job.state = "stopped"
            self._running.pop(principal.user_id, None)
            self._tell(job)

    async def _one(self, principal: Principal, job: _Job, id: int, change: Change, only_at: Version | None, say: Say) -> None:
        try:
            before = (await self._desk.sheet(principal, id)).value.task
            if only_at is not None and parse(before.version) != only_at:
                raise WebError(409, "conflict", N_("Somebody changed this ticket meanwhile."))
            done = await self._desk.change(principal, id, change, seen=parse(before.version), mine={})
            job.away = 0
            if done.untaken:
                names = ", ".join(one.label for one in done.untaken)
                raise WebError(422, "untaken", N_("Redmine did not take: {names}"), names=names)
            if back := _back(change, before):
                job.back[str(id)] = back | {"version": done.task.version}
        except WebError as error:
            job.fail(id, error, say)
        except Clashed:
            job.fail(id, WebError(409, "conflict", N_("Somebody changed this ticket meanwhile.")), say)
        except Lost:
            job.fail(id, WebError(502, "unclear", N_("Redmine did not confirm the change.")), say)
        except (RestError, RedmineError) as failure:
            job.away = job.away + 1 if isinstance(failure, RestAway) else 0
            job.fail(id, web_error(failure), say)
        except StoreUnavailable:
            job.away += 1
            job.fail(id, StoreAway(), say)
        job.done += 1

    def _tell(self, job: _Job) -> None:
        job.told_at = asyncio.get_running_loop().time()
        data: dict[str, Any] = {"job": job.name, "state": job.state, "done": job.done, "total": job.total, "failed": list(job.failed)}
        if job.undo_of:
            data["undo_of"] = job.undo_of
        if job.state != "running" and job.undo_of is None:
            data["back"] = dict(job.back)  # what takes it back, wherever it is asked for
        self._publish(job.name, data | {"node": self._hub.node})

    def _publish(self, name: str, data: dict[str, Any]) -> None:
        now = self._hub.now()
        id = f"bulk:{name}:{secrets.token_hex(6)}"
        self._hub.publish_topic(f"bulk:{name}", Event(source="/navigator", id=id, type="bulk.progress", time=now, data=data))


def _back(change: Change, before: Task) -> dict[str, Any]:
    """The change that brings the old values back; a comment stays said."""
    was: dict[str, Any] = {}
    if change.status_id is not UNCHANGED:
        was["status_id"] = before.status.id
    if change.priority_id is not UNCHANGED:
        was["priority_id"] = before.priority.id
    if change.assigned_to_id is not UNCHANGED:
        was["assigned_to_id"] = before.assignee.id if before.assignee else ""
    return was
