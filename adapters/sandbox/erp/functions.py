"""Oracle's built-in functions in Python, registered with each SQLite connection. Dates are ISO text there."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from adapters.sandbox.erp.errors import OraError

__all__ = ["builtins"]

FORMATS = [("YYYY", "%Y"), ("HH24", "%H"), ("MM", "%m"), ("DD", "%d"), ("MI", "%M"), ("SS", "%S")]


def python_format(model: str) -> str:
    model = re.sub(r"FF\d?", "%f", model.upper())
    for oracle, python in FORMATS:
        model = model.replace(oracle, python)
    return model


def parse_date(text: str | None, model: str = "YYYY-MM-DD HH24:MI:SS") -> str | None:
    if text is None:
        return None
    try:
        return str(dt.datetime.strptime(str(text), python_format(model)))
    except ValueError as error:
        raise OraError(1861) from error


def to_char(value: Any, model: str | None = None) -> str | None:
    if value is None or model is None or not isinstance(value, str):
        return None if value is None else str(value)
    return dt.datetime.fromisoformat(value).strftime(python_format(model))


def to_number(value: Any) -> Any:
    try:
        return None if value is None else int(value) if re.fullmatch(r"\s*[-+]?\d+\s*", str(value)) else float(value)
    except ValueError as error:
        raise OraError(1722) from error


def decode(value: Any, *rest: Any) -> Any:
    for key, result in zip(rest[::2], rest[1::2], strict=False):
        if key == value:
            return result
    return rest[-1] if len(rest) % 2 else None


def truncate(value: Any, model: Any = None) -> Any:
    if isinstance(value, str):
        day = dt.datetime.fromisoformat(value).replace(hour=0, minute=0, second=0, microsecond=0)
        unit = str(model or "DD").upper()
        return str(day.replace(day=1) if unit in ("MM", "MONTH") else day.replace(month=1, day=1) if unit in ("YYYY", "YEAR") else day)
    return value if value is None else float(int(value * 10 ** int(model or 0)) / 10 ** int(model or 0))


def add_months(value: str | None, months: int) -> str | None:
    if value is None:
        return None
    moment = dt.datetime.fromisoformat(value)
    total = moment.year * 12 + moment.month - 1 + months
    first_next = dt.datetime((total + 1) // 12, (total + 1) % 12 + 1, 1)
    return str(moment.replace(year=total // 12, month=total % 12 + 1, day=min(moment.day, (first_next - dt.timedelta(days=1)).day)))


def regexp_replace(value: Any, pattern: str, by: str | None = None) -> str | None:
    return None if value is None else re.sub(pattern, by or "", str(value)) or None  # to Oracle an empty text is null


def builtins(user: str, context: Mapping[str, str], now: Callable[[], dt.datetime]) -> dict[str, Callable[..., Any]]:
    """The functions of one session by name; `context` answers SYS_CONTEXT, `now` is SYSDATE."""
    return {
        "sysdate": lambda: str(now().replace(microsecond=0)),
        "systimestamp": lambda: f"{now():%Y-%m-%d %H:%M:%S.%f}",
        "ora_user": lambda: user,
        "date_add": lambda v, days: v and str(dt.datetime.fromisoformat(v) + dt.timedelta(days=days)),
        "nvl": lambda a, b: b if a is None else a,
        "nvl2": lambda a, b, c: c if a is None else b,
        "decode": decode,
        "to_char": to_char,
        "to_date": parse_date,
        "to_timestamp": parse_date,
        "to_number": to_number,
        "trunc": truncate,
        "add_months": add_months,
        "upper": lambda v: v if v is None else str(v).upper(),
        "lower": lambda v: v if v is None else str(v).lower(),
        "regexp_replace": regexp_replace,
        "bitand": lambda a, b: int(a) & int(b),
        "power": lambda a, b: a**b,
        "mod": lambda a, b: a if not b else a - b * int(a / b),
        "sys_context": lambda space, name: context.get(str(name).upper()),
        "rawtohex": lambda v: v if v is None else v.hex().upper(),
        "standard_hash": lambda v, name="SHA1": hashlib.new(name.lower(), v if isinstance(v, bytes) else str(v).encode()).digest(),
    }
