"""What `navigator tail` and `navigator publish` do. They are clients like any other: no settings, no store."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec

from navigator_client import (
    CallError,
    Event,
    FilePositions,
    Gap,
    Hub,
    NavigatorError,
    Notification,
    OutEvent,
    Publisher,
    PublishError,
    RejectedError,
    Snapshot,
    UnauthenticatedError,
    connect,
    publishing,
)
from web.settings import CLIENT_NAMES
from web.stop import Stop
from web.streams import LineTooLong, read_lines, write_line

__all__ = ["publish", "tail"]

_TOKEN, _PUBLISH_TOKEN = CLIENT_NAMES
_COOKIE = "navigator_session"
_SIGN_IN_S = 15.0
_MEMBERS = frozenset(OutEvent.__struct_fields__)


def tail(options: argparse.Namespace) -> int:
    """Prints one line for each event until Ctrl-C, or until nobody reads any more."""
    _tell()
    password = _password(options.user) if options.user else None  # before there is a loop: Ctrl-C ends this wait by itself
    try:
        asyncio.run(_tail(options, password))
    except BrokenPipeError:
        pass
    except UnauthenticatedError as error:
        raise Stop(f"--token-file, {_TOKEN} or --user: {error}; sign in anew") from error
    except RejectedError as error:
        raise Stop(f"--url {options.url}: {error}" if error.code < 4000 else str(error)) from error
    except ValueError as error:
        raise Stop(f"--url or --topic: {error}", 2) from error
    except NavigatorError as error:
        raise Stop(str(error)) from error
    return 0


def publish(options: argparse.Namespace) -> int:
    """Publishes the one event of the options, or those of standard input, and prints how many were accepted."""
    _tell()
    token = _token(options, _PUBLISH_TOKEN)
    if token is None:
        raise Stop(f"no token: give --token-file FILE or {_PUBLISH_TOKEN}; the hub's PUBLISH_TOKENS has it", 2)
    print(msgspec.json.encode({"accepted": asyncio.run(_publish(options, token))}).decode())
    return 0


# -- tail


async def _tail(options: argparse.Namespace, password: str | None) -> None:
    async with _session(options, password) as token:
        positions = FilePositions(options.resume) if options.resume else None
        try:
            async with (
                connect(
                    options.url, token=token, since=options.since, positions=positions, client="navigator tail", device=_device(options)
                ) as hub,
                asyncio.TaskGroup() as group,
            ):
                group.create_task(_follow_inbox(hub, options.json), name="tail_inbox")
                for name in options.topic:
                    group.create_task(_follow_topic(hub, name, options.json), name=f"tail_{name}")
        except BaseExceptionGroup as errors:
            raise _first(errors) from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One of the errors that ended it: they all come from the same cause, or the first is enough to mend."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _device(options: argparse.Namespace) -> str | None:
    """Two runs that share a position are one device."""
    return f"tail:{Path(options.resume).absolute()}"[-64:] if options.resume else None


async def _follow_inbox(hub: Hub, as_json: bool) -> None:
    async for item in hub.inbox():
        await write_line(_line(item.event if isinstance(item, Notification) else item, as_json))


async def _follow_topic(hub: Hub, name: str, as_json: bool) -> None:
    try:
        async with hub.topic(name) as topic:
            async for change in topic:
                await write_line(_line(change, as_json))
    except CallError as error:
        raise Stop(f"--topic {name}: {error.message}") from error


def _line(item: Event | Gap | Snapshot, as_json: bool) -> str:
    if as_json:
        kept = {
            name: value for name, value in msgspec.to_builtins(item).items() if value is not None and not (name == "replay" and not value)
        }
        return msgspec.json.encode(kept).decode()
    match item:
        case Event():
            text = f"{item.time:%Y-%m-%d %H:%M:%S}  {item.topic} {item.position}  {item.type}  {_title(item.data)}"
        case Gap():
            text = f"{'-':19}  {item.topic} {item.first}-{item.last}  gap: {item.reason}"
        case Snapshot():
            text = f"{'-':19}  {item.topic} {item.offset}  snapshot  {msgspec.json.encode(item.data).decode()}"
    # a publisher's text must not move the cursor of a terminal
    return "".join(letter if letter.isprintable() else " " for letter in text).rstrip()


def _title(data: Any) -> str:
    title = data.get("title") if isinstance(data, dict) else None
    if isinstance(title, dict):
        words = [word for word in (title.get("en"), title.get("ru")) if isinstance(word, str)]
        if words:
            return words[0]
    return msgspec.json.encode(data).decode()


@asynccontextmanager
async def _session(options: argparse.Namespace, password: str | None) -> AsyncIterator[str]:
    """The token to read with; one that was made for `--user` ends with the block."""
    token = None if options.user else _token(options, _TOKEN)
    if token is not None:
        yield token
        return
    if not options.user:
        raise Stop(f"nobody to read for: give --token-file FILE, {_TOKEN}, or --user NAME with the password on standard input", 2)
    async with httpx.AsyncClient(base_url=options.url, timeout=_SIGN_IN_S) as http:
        try:
            answer = await http.post("/users/login", json={"username": options.user, "password": password})
        except (httpx.TransportError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Stop(f"--url {options.url}: no answer ({error or type(error).__name__}); is the hub running there?") from error
        if answer.status_code == 401:
            raise Stop(f"--user {options.user}: the name or the password is wrong")
        made = answer.cookies.get(_COOKIE)
        if answer.status_code != 200 or made is None:
            raise Stop(f"--user {options.user}: the hub answered {answer.status_code} to the sign-in; is {options.url} its address?")
        try:
            yield made
        finally:
            with suppress(httpx.HTTPError):  # it expires by itself
                await http.get("/users/logout")


# -- publish


async def _publish(options: argparse.Namespace, token: str) -> int:
    """Publishes line by line as they come, or the one event of the options; how many were accepted."""
    accepted = 0
    try:
        async with publishing(options.url, token=token) as publisher:
            if not options.stdin:
                return await _send(publisher, [(_event(options), "the options")])
            async for lines in read_lines():
                accepted += await _send_lines(publisher, lines, options)
    except ValueError as error:
        raise Stop(f"--url: {error}", 2) from error
    except LineTooLong as error:
        raise Stop(f"--stdin, {error}{_before(accepted)}") from error
    except _Unsent as error:
        raise Stop(f"{error}{_before(accepted + error.accepted)}", error.code) from error
    return accepted


async def _send_lines(publisher: Publisher, lines: Iterable[tuple[int, bytes]], options: argparse.Namespace) -> int:
    """Publishes what comes before the first bad line, and then complains of that."""
    events: list[tuple[OutEvent, str]] = []
    bad: Stop | None = None
    for number, line in lines:
        place = f"--stdin, line {number}"
        try:
            events.append((_line_event(place, line, options), place))
        except Stop as error:
            bad = error
            break
    accepted = await _send(publisher, events)
    if bad is not None:
        raise _Unsent(str(bad), accepted=accepted, code=bad.code) from bad
    return accepted


async def _send(publisher: Publisher, events: Sequence[tuple[OutEvent, str]]) -> int:
    """Publishes events, each with the place that it came from."""
    try:
        return (await publisher.publish(*(event for event, _ in events))).accepted
    except PublishError as error:
        if error.status in (401, 403):
            why = f"--token-file or {_PUBLISH_TOKEN}: the hub does not know this token; its PUBLISH_TOKENS must have it"
        else:
            faults = (f"{events[fault.index][1]}: {fault.attribute} {fault.message}" for fault in error.faults)
            why = "\n  ".join((str(error), *faults))
        raise _Unsent(why, accepted=error.accepted) from error


class _Unsent(Stop):
    """Some events were not published. `accepted`: what was, of the same batch."""

    def __init__(self, text: str, *, accepted: int, code: int = 1) -> None:
        super().__init__(text, code)
        self.accepted = accepted


def _before(accepted: int) -> str:
    return f" ({accepted} accepted before)" if accepted else ""


def _event(options: argparse.Namespace) -> OutEvent:
    """The event of the options alone."""
    if not options.type:
        raise Stop("--type is needed, for example  --type backup.failed", 2)
    if not (options.to or options.topic):
        raise Stop("--to USER,USER or --topic TOPIC is needed", 2)
    data = _object("--data", options.data) if options.data else {}
    title = options.title or options.title_ru
    if title:
        data = {"kind": "system", "title": {"ru": options.title_ru or title, "en": options.title or title}} | data
    elif options.to and "title" not in data:
        raise Stop('--title is needed for people, or a "title" in --data', 2)
    if options.body:
        data["body"] = options.body
    more = {"id": options.id} if options.id else {}
    return _made({"type": options.type, "data": data} | more, options, "the options")


def _line_event(place: str, line: bytes, options: argparse.Namespace) -> OutEvent:
    """The CloudEvent of one line in the JSON format; what it does not say the options do."""
    return _made(({"type": options.type} if options.type else {}) | _object(place, line), options, place)


def _made(members: dict[str, Any], options: argparse.Namespace, place: str) -> OutEvent:
    base: dict[str, Any] = {"source": options.source}
    if not members.keys() & {"navuser", "navtopic"}:
        base |= {"navuser": options.to} if options.to else {"navtopic": options.topic} if options.topic else {}
    unknown = sorted(members.keys() - _MEMBERS)
    if unknown:
        raise Stop(f"{place}: there is no {unknown[0]!r}; an event has {', '.join(sorted(_MEMBERS))}")
    try:
        return msgspec.convert(base | members, OutEvent)
    except msgspec.ValidationError as error:
        raise Stop(f"{place}: {error}") from error


def _object(place: str, text: str | bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Stop(f"{place}: not a JSON object ({error})", 2 if place == "--data" else 1) from error


# -- both


def _token(options: argparse.Namespace, name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """From the file of `--token-file`, else from the environment; None when there is neither."""
    if options.token_file is None:
        place, text = name, environment.get(name, "")
        if not text:
            return None
    else:
        place = f"--token-file {options.token_file}"
        try:
            text = Path(options.token_file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Stop(f"{place}: cannot be read ({getattr(error, 'strerror', None) or 'not text'})") from error
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Stop(f"{place}: holds no token; it must be one line of letters, digits and punctuation")
    return token


def _password(user: str) -> str:
    """The first line of standard input, not shown on a terminal."""
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {user}: ")
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Stop(f"--user {user}: no password on standard input, for example  navigator tail --user {user} < password-file", 2)
    return password


def _tell() -> None:
    """What the client has to say about its connection goes to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("navigator: %(message)s"))
    log = logging.getLogger("navigator_client")
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
