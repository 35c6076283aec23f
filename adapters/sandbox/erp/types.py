"""Oracle's types: their numbers, how a value travels, and which type a column of SQLite has."""

from __future__ import annotations

import datetime as dt
import re
import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from adapters.sandbox.erp.errors import OraError

__all__ = ["Bind", "Column", "declared_column", "decode_value", "encode_value", "guessed_column"]

VARCHAR, NUMBER, INTEGER, LONG, DATE, RAW, LONG_RAW, CHAR = 1, 2, 3, 8, 12, 23, 24, 96
BFLOAT, BDOUBLE, TIMESTAMP, TIMESTAMP_TZ, TIMESTAMP_LTZ, BOOLEAN = 100, 101, 180, 181, 231, 252
DATES, TEXTS, RAWS = (DATE, TIMESTAMP, TIMESTAMP_TZ, TIMESTAMP_LTZ), (VARCHAR, CHAR, LONG), (RAW, LONG_RAW)


@dataclass(frozen=True, slots=True)
class Bind:
    """How a bind value travels."""

    kind: int
    size: int
    charset_form: int
    """2: national character set, UTF-16."""


@dataclass(slots=True)
class Column:
    """A column of a result, as Oracle describes it."""

    name: str
    kind: int
    precision: int = 0
    scale: int = 0
    size: int = 0
    nullable: bool = True


ISO = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?$")
DECLARED = re.compile(r"\s*([A-Za-z_][A-Za-z_0-9 ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?\))?\s*$")


def declared_column(name: str, declared: str) -> Column | None:
    """The column for the type that a table declares; None when it declares none."""
    match = DECLARED.match(declared or "")
    if not match:
        return None
    base, first, second = match[1].upper(), int(match[2] or 0), int(match[3] or 0)
    if base in ("NUMBER", "NUMERIC", "DECIMAL"):
        return Column(name, NUMBER, first, second if first else -127, 22)
    if base in ("INTEGER", "INT", "SMALLINT", "BIGINT"):
        return Column(name, NUMBER, 38, 0, 22)
    if base in ("FLOAT", "REAL"):
        return Column(name, NUMBER, 126, -127, 22)
    if base in ("BINARY_DOUBLE", "BINARY_FLOAT"):
        return Column(name, BDOUBLE if base.endswith("DOUBLE") else BFLOAT, size=8)
    if base == "DATE":
        return Column(name, DATE, size=7)
    if base.startswith("TIMESTAMP"):
        kind = {"TIMESTAMP_TZ": TIMESTAMP_TZ, "TIMESTAMP_LTZ": TIMESTAMP_LTZ}.get(base, TIMESTAMP)
        return Column(name, kind, scale=first or 6, size=13 if kind == TIMESTAMP_TZ else 11)
    if base in ("RAW", "BLOB"):
        return Column(name, RAW, size=first or 32767)
    if base in ("CHAR", "NCHAR"):
        return Column(name, CHAR, size=first or 1)
    return Column(name, VARCHAR, size=first or (32767 if base in ("CLOB", "NCLOB", "LONG", "TEXT") else 4000))


def guessed_column(name: str, values: list[Any]) -> Column:
    """The column for an expression, by its values: SQLite knows no type for it."""
    found = [value for value in values if value is not None]
    if found and all(isinstance(value, (int, float)) for value in found):
        return Column(name, NUMBER, 0, -127, 22)
    if found and all(isinstance(value, bytes) for value in found):
        return Column(name, RAW, size=32767)
    if found and all(isinstance(value, str) and ISO.match(value) for value in found):
        fraction = any("." in value for value in found)
        return Column(name, TIMESTAMP if fraction else DATE, scale=6 if fraction else 0, size=11 if fraction else 7)
    longest = max((len(str(value).encode()) for value in found), default=0)
    return Column(name, VARCHAR, size=4000 if longest <= 4000 else 32767)


def encode_number(value: Any) -> bytes:
    """NUMBER: an exponent byte, then pairs of digits; negative ones complemented."""
    sign, digit_tuple, exponent = Decimal(str(value)).as_tuple()
    if not isinstance(exponent, int):
        raise OraError(1722)
    digits = "".join(map(str, digit_tuple)).lstrip("0")
    stripped = digits.rstrip("0")
    if not stripped:
        return b"\x80"
    point = len(stripped) + exponent + len(digits) - len(stripped)
    if point % 2:
        stripped, point = "0" + stripped, point + 1
    stripped = (stripped + "0" * (len(stripped) % 2))[:40]
    pairs = [int(stripped[i : i + 2]) for i in range(0, len(stripped), 2)]
    head = point // 2 + 192
    if not sign:
        return bytes([head] + [pair + 1 for pair in pairs])
    return bytes([~head & 0xFF] + [101 - pair for pair in pairs]) + (b"f" if len(pairs) < 20 else b"")


def decode_number(data: bytes) -> int | float:
    """Back from `encode_number`: whole numbers as int."""
    if data == b"\x80":
        return 0
    if data[0] & 0x80:
        sign, head, pairs = 1, data[0] - 192, [byte - 1 for byte in data[1:]]
    else:
        body = data[1:-1] if data[-1] == 102 else data[1:]
        sign, head, pairs = -1, (~data[0] & 0xFF) - 192, [101 - byte for byte in body]
    value = Decimal(sign * int("".join(f"{pair:02d}" for pair in pairs))).scaleb(2 * (head - len(pairs)))
    return int(value) if value == int(value) and abs(value) < 1 << 63 else float(value)


def encode_date(value: Any, kind: int) -> bytes:
    """DATE and TIMESTAMP from ISO text: 7 bytes, 11 with a fraction, 13 with a zone."""
    try:
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError as error:
        raise OraError(1861) from error
    zone = b"\x14\x3c"  # hour + 20, minute + 60: UTC
    if offset := moment.utcoffset():
        minutes = int(offset.total_seconds()) // 60
        hours = int(minutes / 60)
        zone = bytes([20 + hours, 60 + minutes - hours * 60])
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC)
    data = bytes(
        [moment.year // 100 + 100, moment.year % 100 + 100, moment.month, moment.day, moment.hour + 1, moment.minute + 1, moment.second + 1]
    )
    fraction = struct.pack(">I", moment.microsecond * 1000)
    if kind == TIMESTAMP_TZ:
        return data + fraction + zone
    return data if kind == DATE or not moment.microsecond else data + fraction


def decode_date(data: bytes) -> str:
    """Back to ISO text; a zone is dropped."""
    year = (data[0] - 100) * 100 + data[1] - 100
    text = f"{year:04}-{data[2]:02}-{data[3]:02} {data[4] - 1:02}:{data[5] - 1:02}:{data[6] - 1:02}"
    fraction = struct.unpack(">I", data[7:11])[0] // 1000 if len(data) >= 11 else 0
    return f"{text}.{fraction:06}" if fraction else text


def flip_double(data: bytes) -> bytes:
    """Oracle's sortable IEEE form: sign bit set when positive, all bits inverted when negative."""
    return bytes([data[0] ^ 0x80]) + data[1:] if not data[0] & 0x80 else bytes(~b & 0xFF for b in data)


def encode_value(value: Any, kind: int) -> bytes | None:
    """A value of SQLite as bytes of an Oracle type."""
    if value is None:
        return None
    if kind in (NUMBER, INTEGER):
        return encode_number(int(value) if isinstance(value, bool) else value)
    if kind in DATES:
        return encode_date(value, kind)
    if kind in RAWS:
        return value if isinstance(value, bytes) else str(value).encode()
    if kind in (BDOUBLE, BFLOAT):
        return flip_double(struct.pack(">d" if kind == BDOUBLE else ">f", float(value)))
    if kind == BOOLEAN:
        return b"\x01\x01" if value else b"\x00"
    return str(value).encode()


def decode_value(data: bytes | None, bind: Bind) -> Any:
    """A bind value for SQLite."""
    if data is None:
        return None
    if bind.kind in (NUMBER, INTEGER):
        return decode_number(data)
    if bind.kind in DATES:
        return decode_date(data)
    if bind.kind in RAWS:
        return data
    if bind.kind in (BDOUBLE, BFLOAT):
        data = bytes([data[0] ^ 0x80]) + data[1:] if data[0] & 0x80 else bytes(~b & 0xFF for b in data)
        return struct.unpack(">d" if bind.kind == BDOUBLE else ">f", data)[0]
    if bind.kind == BOOLEAN:
        return int(data[-1] == 1)
    if bind.kind in TEXTS:
        return data.decode("utf-16-be" if bind.charset_form == 2 else "utf-8")
    raise OraError(3115)
