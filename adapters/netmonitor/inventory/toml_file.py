"""The hosts file: TOML to an inventory and back. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import tomli_w

from adapters.netmonitor.inventory.build import build
from adapters.netmonitor.inventory.faults import InventoryErrors, fault
from adapters.netmonitor.inventory.lines import Lines
from adapters.netmonitor.inventory.spec import Origin, group_spec_of, spec_of
from adapters.netmonitor.values import Inventory

__all__ = ["MOST_BYTES", "decode_toml", "parse_toml", "write_toml"]

MOST_BYTES = 16 << 20
_AT = re.compile(r"\(at line (\d+), column \d+\)")


def parse_toml(text: str, *, known: Sequence[str] = (), origin: Origin = "file") -> Inventory:
    """What the file says, its `[defaults]` filled in. Raises InventoryErrors with everything that is wrong with it, each with its line.

    `known` are ids of hosts that stand elsewhere and may be parents.
    """
    if len(text) > MOST_BYTES:
        raise InventoryErrors([fault("too_large", part="file", most=f"{MOST_BYTES >> 20} MiB")])
    try:
        given = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        raise InventoryErrors([fault("syntax", part="file", line=int(at[1]) if at else text.count("\n") + 1, what=error)]) from None
    except RecursionError:
        raise InventoryErrors([fault("syntax", part="file", what="too deeply nested")]) from None
    return build(given, _Located(text).of, known=known, origin=origin)


def decode_toml(content: bytes) -> str:
    """The text of a file's bytes. Raises InventoryErrors when it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InventoryErrors([fault("encoding", part="file", line=line)]) from None


class _Located:
    """Lines that are looked for only when one is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._text)

    def of(self, table: str, position: int, field: str | None) -> int | None:
        return self._lines.of(table, position, field)


def write_toml(inventory: Inventory) -> str:
    """The file that `parse_toml` reads as this very inventory, but for the hosts' origin; what is default anyway is left out."""
    parts = []
    if inventory.anchors is not None:
        parts.append(tomli_w.dumps({"anchors": list(inventory.anchors)}))
    parts += [_table("groups", group_spec_of(group)) for group in inventory.groups]
    parts += [_table("hosts", spec_of(host, brief=True, null=False)) for host in inventory.hosts]
    return "\n".join(parts)


def _table(name: str, members: Mapping[str, Any]) -> str:
    """One member of an array of tables: the tables within it under headers of their own, for tomli_w would write them in one line."""
    plain = {key: value for key, value in members.items() if not isinstance(value, dict)}
    text = f"[[{name}]]\n{tomli_w.dumps(plain)}"
    for key, value in members.items():
        if isinstance(value, dict):
            text += f"[{name}.{key}]\n{tomli_w.dumps(value)}"
    return text
