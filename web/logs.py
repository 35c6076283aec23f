"""Log lines: events with fields, pretty on a terminal, JSON elsewhere; the server's own lines take the same way."""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, TextIO

import structlog
from pydantic import SecretBytes, SecretStr

__all__ = ["configure", "redact"]

_SECRET = re.compile(r"passw|token|secret|cookie|authorization|api_?key|private|credential|csrf|p256dh", re.IGNORECASE)
_QUERY = re.compile(r"\?[^\s\"']*")
_HIDDEN = "…"

# libraries that say at INFO, line by line, what they send, to whom and with which key
_TALKATIVE = ("httpx", "httpcore", "aiohttp", "sqlalchemy", "aiosqlite", "aiomysql", "alembic", "google", "firebase_admin", "websockets")


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hides fields that are named like a secret, at any depth. Names ending in `_id` or `_hash` name a thing, not its secret."""
    for key, value in event.items():
        event[key] = _clean(key, value)
    return event


def _clean(key: str, value: Any) -> Any:
    if isinstance(value, SecretStr | SecretBytes) or (_SECRET.search(key) and not key.endswith(("_id", "_hash")) and value is not None):
        return _HIDDEN
    if isinstance(value, Mapping):
        return {inner: _clean(str(inner), item) for inner, item in value.items()}
    return value


def _uvicorn(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("color_message", None)  # its message once more, with terminal codes
    # its access lines quote the address; what stands behind the question mark is people's affair
    if event.get("logger") == "uvicorn.access":
        event["event"] = _QUERY.sub("", str(event["event"]))
    return event


def configure(form: Literal["auto", "pretty", "json"] = "auto", level: str = "info", *, stream: TextIO | None = None) -> None:
    """Sends structlog's and the standard library's lines to `stream` (standard error) in one form.

    Give uvicorn `log_config=None`, so that it leaves its loggers to this.
    """
    stream = stream or sys.stderr
    pretty = form == "pretty" or (form == "auto" and stream.isatty())
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=not pretty),
        _uvicorn,
        redact,
    ]
    last: list[structlog.types.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if pretty
        # locals are left out of tracebacks: they hold passwords and ticket texts
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
