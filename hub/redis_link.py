"""The way to a Redis server: clients with deadlines, without the library's own retries, answers as the wire has them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hub.feed import BadBusUrl
from hub.policy import retry_delay

__all__ = ["LINK_ERRORS", "Link", "ask", "command", "pause_s", "words"]

LINK_ERRORS: tuple[type[Exception], ...] = (RedisError, OSError, TimeoutError)
"""What a server that is away, restarting, full or forbidding shows itself as."""
_OPTIONS = {"db", "maxlen", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
_RAW = ("EVAL", "XREAD", "HGETALL", "PING")


def _raw(response: Any, **_: Any) -> Any:
    return response


def pause_s(failures: int) -> float:
    """Seconds until the next attempt: from 0.05 doubling up to 2, at random between half of it and all."""
    return retry_delay(failures, random.random(), base_s=0.05, cap_s=2.0)  # noqa: S311  # jitter, not a secret


def words(error: BaseException) -> str:
    """The error for a log line or a person: the driver's words name host and port, never the password."""
    return str(error) or type(error).__name__


class Link:
    """One server, as a URL names it: `redis://`, `rediss://`, `unix://`; BadBusUrl for what cannot be used."""

    def __init__(self, url: str, *, deadline_s: float) -> None:
        """No answer for `deadline_s` seconds means that the server is away; every caller holds to it with `asyncio.timeout`."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := options.keys() - _OPTIONS:
            raise BadBusUrl(f"unknown option {sorted(unknown)[0]!r} in the address of the bus; known: {', '.join(sorted(_OPTIONS))}")
        if parts.scheme == "unix" and not parts.path:
            raise BadBusUrl("the address of the bus must name the socket: unix:///path")
        if parts.scheme != "unix" and not parts.hostname:
            raise BadBusUrl("the address of the bus must name a host")
        if parts.scheme != "unix" and not re.fullmatch(r"/?|/\d+", parts.path):
            raise BadBusUrl("the address of the bus must end with a database's number, or without a path")
        maxlen = options.pop("maxlen", None)
        if maxlen is not None and not re.fullmatch(r"[1-9]\d{2,8}", maxlen):
            raise BadBusUrl("maxlen must be a number from 100 to 999999999")
        self.maxlen = None if maxlen is None else int(maxlen)
        """Messages that a channel holds, if the URL says it."""
        self.deadline_s = deadline_s
        self._url = urlunsplit(parts._replace(query=urlencode(options)))
        try:
            self.client(connections=1)  # a port or a database that is no number shows here
        except ValueError as error:
            raise BadBusUrl("the address of the bus has a port or a database that cannot be") from error

    def client(self, *, connections: int) -> redis.asyncio.Redis:
        """A client that connects when it is first used. A call waits for one of at most `connections`."""
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            self._url,
            max_connections=connections,
            timeout=self.deadline_s,
            socket_timeout=None,  # callers have deadlines; redis-py's own for writes, wait_for, loses cancellations on Python 3.11
            socket_connect_timeout=self.deadline_s,
            retry=Retry(NoBackoff(), 0),  # its own repeats would publish twice what we number
            retry_on_timeout=False,
            protocol=2,  # one form of answers from every version of client and server
            decode_responses=False,
            client_name="navigator-bus",
            driver_info=None,  # redis-py would read its own version from disk at each connect
        )
        client = redis.asyncio.Redis.from_pool(pool)
        for name in _RAW:
            client.set_response_callback(name, _raw)
        return client


def command(script: str, keys: Sequence[bytes], arguments: Sequence[bytes | str | int]) -> tuple[bytes | str | int, ...]:
    """The command that runs one of `redis_scripts`.

    The script travels each time, some hundred bytes: no server can have forgotten it.
    """
    return ("EVAL", script, len(keys), *keys, *arguments)


async def ask(client: redis.asyncio.Redis, asked: Sequence[bytes | str | int]) -> Any:
    """The answer to one command. Raises LINK_ERRORS; the caller holds the deadline."""
    return await client.execute_command(*asked)
