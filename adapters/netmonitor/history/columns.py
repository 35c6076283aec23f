"""Columns of whole numbers in few bytes, and back at the speed of C: the narrowest width for all of a column, high bytes apart from
low ones (so that they are nothing but zeros, which zlib swallows), and zlib over all."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from struct import Struct

__all__ = ["BadBlock", "pack", "unpack"]

_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_PLAIN, _DEFLATED = 0, 1
_LEVEL = 6
_MOST_BYTES = 64 * 1024 * 1024
"""Of what a block unpacks to: none of ours comes near."""
_HEAD = Struct("<BI")  # width, length


class BadBlock(Exception):
    """What lies in the store is no block, or one of a newer version."""


def pack(columns: Sequence[Sequence[int]]) -> bytes:
    """Columns of numbers from 0 to 2**64 - 1, each of any length."""
    heads, planes = [bytes([len(columns)])], []
    for column in columns:
        top = max(column, default=0)
        width = 1 if top < 1 << 8 else 2 if top < 1 << 16 else 4 if top < 1 << 32 else 8
        data = bytes(column) if width == 1 else Struct(f"<{len(column)}{_CODES[width]}").pack(*column)
        heads.append(_HEAD.pack(width, len(column)))
        planes += [data[plane::width] for plane in range(width)]
    plain = b"".join((*heads, *planes))
    deflated = zlib.compress(plain, _LEVEL)
    return bytes([_DEFLATED]) + deflated if len(deflated) < len(plain) else bytes([_PLAIN]) + plain


def unpack(packed: bytes, count: int) -> list[Sequence[int]]:
    """The columns again, as many as there should be. Raises BadBlock."""
    try:
        return _unpack(packed, count)
    except (IndexError, ValueError, KeyError, zlib.error) as error:
        raise BadBlock(f"{len(packed)} bytes are no block: {error}") from error


def _unpack(packed: bytes, count: int) -> list[Sequence[int]]:
    if packed[0] == _DEFLATED:
        inflating = zlib.decompressobj()
        plain = inflating.decompress(packed[1:], _MOST_BYTES)
        if not inflating.eof:
            raise ValueError("it is cut off, or too large")
    elif packed[0] == _PLAIN:
        plain = packed[1:]
    else:
        raise ValueError(f"kind {packed[0]}")
    if plain[0] != count:
        raise ValueError(f"{plain[0]} columns instead of {count}")
    at = 1 + count * _HEAD.size
    if len(plain) < at:
        raise ValueError("its head is cut off")
    found: list[Sequence[int]] = []
    for number in range(count):
        width, length = _HEAD.unpack_from(plain, 1 + number * _HEAD.size)
        end = at + width * length
        if len(plain) < end:
            raise ValueError("a column is cut off")
        if width == 1:
            found.append(plain[at:end])
        else:
            data = bytearray(width * length)
            for plane in range(width):
                data[plane::width] = plain[at + plane * length : at + (plane + 1) * length]
            found.append(Struct(f"<{length}{_CODES[width]}").unpack(data))
        at = end
    return found
