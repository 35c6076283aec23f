"""What the hub answers: hello, sub, unsub, ack, call. Drivers feed commands in and send what the session holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from hub.close import Close, CloseCode
from hub.event import rfc3339
from hub.hub import Hub
from hub.levels import Change, Mark
from hub.protocol import (
    Ack,
    Active,
    Call,
    Command,
    Error,
    FieldError,
    Hello,
    Pong,
    Position,
    Refused,
    Sub,
    Unsub,
    encode,
    event_frame,
    gap,
    reply,
    snapshot,
    state,
    welcome,
    you,
)
from hub.session import Session
from hub.topic import INBOX
from hub.writer import StoreUnavailable

__all__ = ["CallError", "handle", "handle_now", "open_session", "refuse", "replay"]

_log = structlog.get_logger("hub.conversation")


_STORE_BUSY = Error("store_unavailable", "the store is busy, try again", temporary=True)
_READ_ONLY = Error("read_only", "you look as somebody else: nothing can be done in their name")
_READING = frozenset({"inbox.levels"})
"""Calls that change nothing."""
_LOST_ACKS = 1000
"""How far back a resumed position is taken as a receipt; what is older had its deadline long ago."""


class CallError(Exception):
    """A call cannot be done: the reply carries this stable code and sentence, and which argument is wrong if one is."""

    def __init__(self, code: str, message: str, *, temporary: bool = False, field: str | None = None) -> None:
        super().__init__(code, message)
        self.error = Error(code, message, temporary) if field is None else FieldError(code, message, temporary, field=field)

    def __str__(self) -> str:
        return f"{self.error.code}: {self.error.message}"


async def open_session(hub: Hub, session: Session, hello: Hello) -> None:
    """Answers `hello`: attach first, then the welcome; `replay` brings what was missed.

    On return the session is either in the hub or closing.
    """
    user = known = session.principal
    if hub.is_draining or not hub.knows:  # since the handshake
        session.close(Close(CloseCode.DRAINING, "not now"))
        return
    # who looks as somebody takes none of that person's places
    open_already = hub.cluster.sessions_of(user.user_id) if user.viewer is None else len(hub.presence.of(user.user_id))
    if open_already >= hub.limits.sessions_per_user:
        hub.metrics.refused("sessions_per_user")
        session.close(Close(CloseCode.TOO_MANY_SESSIONS, "too many sessions of this user"))
        return
    session.device, session.client = hello.device, hello.client
    hub.enter(session)
    try:
        with session.holding():
            await _welcome(hub, session, hello)
        now = session.principal
        if now != known:  # it has changed while the session opened
            session.send(you(now.user_id, sorted(now.permissions), read_only=now.viewer is not None))
        if session.closing is None:
            hub.keepalive.add(session, asyncio.get_running_loop().time())  # not sooner: the welcome comes first, then pings
    except BaseException:  # a hello that broke, or ran out of time, leaves nobody behind
        hub.leave(session)
        raise


async def _welcome(hub: Hub, session: Session, hello: Hello) -> None:
    user, now = session.principal, hub.now()
    head, unseen = await hub.ledger.head(user.user_id, now)
    if hello.since is not None and hello.since > head:
        session.close(Close(CloseCode.STATE_LOST, "that position is not in this inbox"))
        return
    session.sent_seq = session.received_seq = head if hello.since is None else hello.since
    if hello.since and user.viewer is None:
        _confirm(hub, session, hello.since)
    session.counted_seq = head
    session.head_seq = max(session.head_seq, head)
    readable = await _readable(hub, session, list(hello.topics))
    allowed = [(name, position) for name, position in hello.topics.items() if name in readable]
    # From here to the end nothing waits: no event slips between a topic's position and its subscription.
    frames: list[bytes] = []
    places = {name: _join(hub, session, name, position, frames) for name, position in allowed[: hub.limits.topics]}
    session.send(
        welcome(
            session=session.id,
            user={"id": user.user_id, "name": user.name, "locale": user.locale},
            seq=head,
            unseen=unseen,
            ping_s=hub.limits.ping_s,
            time=rfc3339(now),
            topics=places,
        )
    )
    session.welcomed = True
    for frame in frames:
        session.send_frame(frame)
    session.live = session.sent_seq >= session.head_seq and not session.recount


def _confirm(hub: Hub, session: Session, since: int) -> None:
    """What the client has handled it has received, if it was sent to it: the ack may have been lost with the last connection.

    That connection may still seem to be there.
    """
    user_id = session.principal.user_id
    mine = [o for o in hub.presence.of(user_id) if o.principal.viewer is None]
    others = [o for o in mine if o is not session and o.device == session.device]
    sent = [(other.received_seq, other.sent_seq) for other in others]
    if (left := hub.unconfirmed.of(user_id, session.device)) is not None:
        sent.append(left)
    for beyond, last in sent:
        after, seq = max(beyond, since - _LOST_ACKS), min(since, last)
        if seq > after:
            hub.ledger.mark_later(Mark(user_id=user_id, change="received", device=session.device, now=hub.now(), seq=seq, after=after))


async def replay(hub: Hub, session: Session) -> None:
    """Queues the next page of what the inbox holds beyond the session's position; goes live when it has caught up.

    The driver calls it while `session.live` is false and the queue has been sent, so a replay is never held in memory
    beyond one page.
    """
    with session.holding():
        await _replay_page(hub, session)
    if session.recount and session.sent_seq >= session.head_seq:
        await _recount(hub, session)
    session.live = session.sent_seq >= session.head_seq and not session.recount


async def _replay_page(hub: Hub, session: Session) -> None:
    known = session.head_seq  # committed, so the page has it, or it is gone; what is told while the page is read may be younger
    rows = await hub.ledger.after(session.principal.user_id, session.sent_seq, session.limits.replay_page)
    for row in rows:
        if row.seq <= session.sent_seq:
            continue
        level = None if row.level == "new" else row.level
        frame = event_frame(session.wire, INBOX, row.seq, row.event.encode(), replay=True, level=level)
        if not session.has_room(len(frame)):
            break  # large ones: the next page goes on when these have been sent
        if row.seq > session.sent_seq + 1:
            hub.metrics.gap("expired")
            session.send(gap(INBOX, session.sent_seq + 1, row.seq - 1, "expired"))
        session.sent_seq = row.seq
        session.recount |= row.seq > session.counted_seq
        session.send_frame(frame)
    if not rows and session.sent_seq < known:
        hub.metrics.gap("expired")
        session.send(gap(INBOX, session.sent_seq + 1, known, "expired"))
        session.sent_seq = known
    session.head_seq = max(session.head_seq, session.sent_seq)


async def _recount(hub: Hub, session: Session) -> None:
    """Tells the count once more, as of the session's very position; not yet, when something is told meanwhile.

    Replayed events and `state` messages reach a client out of the order of commits, so it cannot count them by itself.
    """
    told = session.told
    head, unseen = await hub.ledger.head(session.principal.user_id, hub.now())
    session.head_seq = max(session.head_seq, head)
    if head == session.sent_seq and told == session.told:
        session.send(state(level="shown", by="", unseen=unseen, seq=0))
        session.recount = False


def handle_now(hub: Hub, session: Session, command: Command) -> bool:
    """Carries out a command that needs to wait for nothing; False when `handle` must be awaited for it."""
    if session.principal.viewer is not None and _look_only(session, command):
        return True
    match command:
        case Pong():
            return True
        case Active():
            session.active = command.on
            return True
        case Unsub():
            hub.presence.unsubscribe(session, command.topic)
            session.send(reply(command.id))
            return True
        case Ack(level="received", seq=int(seq)) if seq <= session.sent_seq:
            if seq > session.received_seq:
                _receipt(hub, session, seq)
            return True
        case Call() if command.name in hub.quick_calls:
            try:
                session.send(reply(command.id, data=hub.quick_calls[command.name](session, command.args)))
            except CallError as failed:
                session.send(reply(command.id, error=failed.error))
            except Exception:  # as in `handle`
                _failed(session, command)
            return True
        case _:
            return False


def _look_only(session: Session, command: Command) -> bool:
    """Takes from whoever looks as somebody else what would be done in that person's name: nothing is confirmed, nothing called."""
    match command:
        case Ack() | Active():
            return True
        case Call() if command.name not in _READING:
            session.send(reply(command.id, error=_READ_ONLY))
            return True
        case _:
            return False


async def handle(hub: Hub, session: Session, command: Command) -> None:
    """Carries one command out. Whatever goes wrong becomes a reply or a close, never an exception."""
    if handle_now(hub, session, command):
        return
    try:
        match command:
            case Hello():
                session.close(Close(CloseCode.PROTOCOL_ERROR, "hello a second time"))
            case Sub():
                await _subscribe(hub, session, command)
            case Ack():
                await _acknowledge(hub, session, command)
            case Call():
                await _call(hub, session, command)
            case Unsub() | Active() | Pong():
                raise AssertionError("done at once")
    except Refused as refused:
        refuse(hub, session, refused)
    except CallError as failed:
        session.send(reply(getattr(command, "id", None), error=failed.error))
    except StoreUnavailable:
        session.send(reply(getattr(command, "id", None), error=_STORE_BUSY))
    except Exception:  # the edge to clients: an area's bug costs one command, not the session
        _failed(session, command)


def _failed(session: Session, command: Command) -> None:
    _log.exception("command_failed", session=session.id, command=type(command).__name__, name=getattr(command, "name", None))
    session.send(reply(getattr(command, "id", None), error=Error("internal_error", "the hub could not do this", temporary=True)))


def refuse(hub: Hub, session: Session, refused: Refused) -> None:
    """Answers a bad command and counts it."""
    session.send(reply(refused.id, error=refused.error))
    session.count_error(asyncio.get_running_loop().time())
    if session.closing is not None:
        hub.metrics.refused("errors")


async def _subscribe(hub: Hub, session: Session, sub: Sub) -> None:
    if sub.topic not in session.topics and len(session.topics) >= hub.limits.topics:
        hub.metrics.refused("topics")
        raise Refused(Error("too_many_topics", f"at most {hub.limits.topics} topics a session"), sub.id)
    if not await _readable(hub, session, [sub.topic]):
        raise Refused(Error("no_such_topic", "there is no such topic, or it is not yours to read"), sub.id)
    position = None if sub.epoch is None or sub.offset is None else Position(sub.epoch, sub.offset)
    frames: list[bytes] = []
    place = _join(hub, session, sub.topic, position, frames)
    session.send(reply(sub.id, data=place))
    for frame in frames:
        session.send_frame(frame)


async def _readable(hub: Hub, session: Session, names: Sequence[str]) -> set[str]:
    """Those that the session may read. Asked again when what it may has changed meanwhile: a right that is taken is taken at once."""
    while True:
        asking = session.principal
        found = {name for name in names if (topic := hub.topics.find(name)) is not None and await topic.may_read(asking, name)}
        if session.principal is asking:
            return found


def _join(hub: Hub, session: Session, name: str, position: Position | None, frames: list[bytes]) -> dict[str, Any]:
    """Subscribes and gives the place in the stream; adds to `frames` what leads there: the missed events, or a snapshot.

    The frames of a hello together must fit the session's queue: what is too much for it becomes a snapshot.
    """
    topic = hub.topics.find(name)
    if topic is None:
        raise KeyError(name)
    log = hub.logs.get(name, topic)
    hub.presence.subscribe(session, name, log.offset)
    missed = log.since(position)
    way = [event_frame(session.wire, name, entry.offset, entry.event, replay=True) for entry in missed or ()]
    recovered = missed is not None and session.has_room(sum(map(len, frames)) + sum(map(len, way)), len(frames) + len(way))
    if position is not None:
        (hub.metrics.recovered_replay if recovered else hub.metrics.recovered_snapshot).inc()
    frames += way if recovered else [encode(session.wire, snapshot(name, log.epoch, log.offset, log.state))]
    return {"epoch": log.epoch, "offset": log.offset, "recovered": recovered}


async def _acknowledge(hub: Hub, session: Session, ack: Ack) -> None:
    user_id, now = session.principal.user_id, hub.now()
    if ack.seq is None:
        await hub.mark(Mark(user_id=user_id, change=ack.level, device=session.device, now=now, ids=tuple(ack.ids or ())))
        return
    if ack.seq > session.sent_seq:
        raise Refused(Error("bad_field", "ack of a seq that was not sent"))
    await hub.mark(Mark(user_id=user_id, change=ack.level, device=session.device, now=now, seq=ack.seq))


def _receipt(hub: Hub, session: Session, seq: int) -> None:
    """Hands a receipt to the next group commit. If the store does not take it, the client may say it once more."""
    after, session.received_seq = session.received_seq, seq

    def refused(_error: Exception) -> None:
        session.received_seq = min(session.received_seq, after)
        session.send(reply(None, error=_STORE_BUSY))

    mark = Mark(user_id=session.principal.user_id, change="received", device=session.device, now=hub.now(), seq=seq, after=after)
    hub.ledger.mark_later(mark, refused)


async def _call(hub: Hub, session: Session, call: Call) -> None:
    run = _INBOX_CALLS.get(call.name)
    if run is not None:
        data = await run(hub, session, call.args)
    elif call.name in hub.calls:
        data = await hub.calls[call.name](session, call.args)
    else:
        raise Refused(Error("no_such_call", f"nothing is called {call.name!r}"), call.id)
    session.send(reply(call.id, data=data))


def _ids(args: Mapping[str, Any]) -> tuple[str, ...]:
    ids = args.get("ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= 500 or not all(isinstance(item, str) for item in ids):
        raise CallError("bad_field", "ids: a list of 1 to 500 event ids")
    return tuple(ids)


def _marking(change: Change) -> Any:
    async def run(hub: Hub, session: Session, args: Mapping[str, Any]) -> Any:
        mark = Mark(user_id=session.principal.user_id, change=change, device=session.device, now=hub.now(), ids=_ids(args))
        return {"unseen": await hub.mark(mark)}

    return run


async def _snooze(hub: Hub, session: Session, args: Mapping[str, Any]) -> Any:
    now = hub.now()
    try:
        until = datetime.fromisoformat(str(args.get("until")))
        seconds = (until - now).total_seconds()
    except (ValueError, TypeError) as error:
        raise CallError("bad_field", "until: an RFC 3339 time with its offset") from error
    if not 0 < seconds < 366 * 86_400:
        raise CallError("bad_field", "until: between now and a year ahead")
    user_id = session.principal.user_id
    mark = Mark(user_id=user_id, change="snooze", device=session.device, now=now, ids=_ids(args), until=until)
    return {"unseen": await hub.mark(mark)}


async def _levels(hub: Hub, session: Session, args: Mapping[str, Any]) -> Any:
    first = args.get("from")
    if not isinstance(first, int) or isinstance(first, bool) or first < 0:
        raise CallError("bad_field", "from: a seq")
    levels, unseen, head = await hub.ledger.levels(session.principal.user_id, first, hub.now())
    return {"levels": levels, "unseen": unseen, "seq": head}


_INBOX_CALLS = {
    "inbox.unread": _marking("unread"),
    "inbox.done": _marking("done"),
    "inbox.undone": _marking("undone"),
    "inbox.snooze": _snooze,
    "inbox.levels": _levels,
}
