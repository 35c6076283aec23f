"""Log lines."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from pydantic import SecretStr

from web import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests log as they did."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_lines_are_json_where_no_terminal_reads_them() -> None:
    """One object a line with event, level, logger, time and fields, from structlog and the standard library alike."""
    stream = io.StringIO()
    logs.configure("auto", stream=stream)
    structlog.get_logger("web.test").info("вход", user_id=5)
    logging.getLogger("somebody").warning("said %s", "so", extra={"color_message": "\x1b[1m"})
    first, second = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (first["event"], first["level"], first["logger"], first["user_id"]) == ("вход", "info", "web.test", 5)
    assert (second["event"], second["logger"]) == ("said so", "somebody")
    assert first["timestamp"].endswith("Z")
    assert "color_message" not in second


def test_secrets_are_hidden_at_any_depth() -> None:
    """A field that is named like a secret, or is one, shows nothing; ids and hashes of such things stay."""
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    structlog.get_logger("web.test").warning(
        "x",
        password="p1",
        headers={"Cookie": "p2", "Accept": "a"},
        api_key="p3",
        key_id="k",
        other=SecretStr("p4"),
        session_hash="h",
        token=None,
    )
    line = stream.getvalue()
    assert not any(secret in line for secret in ("p1", "p2", "p3", "p4"))
    shown = json.loads(line)
    assert (shown["key_id"], shown["session_hash"], shown["token"], shown["headers"]["Accept"]) == ("k", "h", None, "a")


def test_pretty_lines_and_tracebacks_hold_no_locals() -> None:
    """On request lines are for people; a traceback shows code, never the values in it."""
    forms: tuple[Literal["pretty", "json"], ...] = ("pretty", "json")
    for form in forms:
        stream = io.StringIO()
        logs.configure(form, stream=stream)
        secret = "hunter" + "2"
        try:
            raise ValueError("went wrong")
        except ValueError:
            structlog.get_logger("web.test").exception("failed")
        assert "ValueError: went wrong" in stream.getvalue()
        assert secret not in stream.getvalue()


def test_access_lines_lose_their_query_and_libraries_their_chatter() -> None:
    """What stands behind the question mark is not logged, nor each request that a client library makes."""
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", "/users/login?next=/x", "1.1", 200)
    logging.getLogger("httpx").info("HTTP Request: GET https://example.org/?key=1")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["event"] == '127.0.0.1:1 - "GET /users/login HTTP/1.1" 200'


def test_levels_are_kept() -> None:
    stream = io.StringIO()
    logs.configure("json", "warning", stream=stream)
    structlog.get_logger("web.test").info("quiet")
    structlog.get_logger("web.test").warning("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]
