"""Hosts as a table for spreadsheets: reading what Excel writes, writing what it opens. Pure.

A table has the columns of `COLUMNS` and no more: what else a host has keeps its default, or what it was for a host that is known.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.netmonitor.inventory.build import build
from adapters.netmonitor.inventory.faults import Fault, InventoryErrors, fault
from adapters.netmonitor.inventory.schema import KINDS
from adapters.netmonitor.inventory.spec import Origin, spec_of
from adapters.netmonitor.values import Host, Http, Inventory, Tcp

__all__ = ["COLUMNS", "decode_csv", "parse_csv", "write_csv"]

COLUMNS = ("id", "name", "address", "group", "parent", "check", "port", "url", "interval_s", "critical")
_YES, _NO = frozenset({"true", "yes", "1", "да", "истина", "+", "x"}), frozenset({"false", "no", "0", "нет", "ложь", "-", ""})
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the begin of a formula (OWASP "CSV Injection"), the wide forms too."""
_FIELD = {"port": "tcp.port", "url": "http.url"}


def decode_csv(content: bytes) -> str:
    """The text of a file's bytes: UTF-8, else the code page in which Excel in Russian saves a CSV file."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", "replace")


def parse_csv(text: str, *, known: Mapping[str, Host] | None = None, origin: Origin = "file") -> Inventory:
    """The hosts of the table. Raises InventoryErrors with everything that is wrong, each with its line.

    Separators are `;`, `,` or tabs, by the first line. `known` are hosts that are there already: they may be parents, and a line with
    the id of one of them changes what the columns say and nothing else of it; an empty cell is no change of name and address.
    """
    there = known or {}
    found: list[Fault] = []
    specs: list[dict[str, Any]] = []
    lines: list[int] = []
    for line, row in _rows(text, found):
        specs.append(_spec(row, line, there, found))
        lines.append(line)

    def locate(table: str, position: int, _field: str | None) -> int | None:
        return lines[position] if table == "hosts" else None

    try:
        made = build({"hosts": specs}, locate, known=list(there), origin=origin)
    except InventoryErrors as errors:
        # a cell that could not be read is told once, by what stands in it
        told = {(one.line, one.field) for one in found}
        found += [one for one in errors.faults if (one.line, one.field) not in told]
    if found:
        raise InventoryErrors(sorted(found, key=lambda one: one.line or 0))
    return made


def _rows(text: str, found: list[Fault]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, column -> cell) of each line that is not empty."""
    body = text.removeprefix("\ufeff")
    skipped = 0
    if body[:4].lower() == "sep=":  # Excel's own first line
        body, skipped = body.partition("\n")[2], 1
    head = body.partition("\n")[0]
    separator = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True)
    try:
        names = [cell.strip().lower() for cell in next(reader, [])]
        if "id" not in names:
            found.append(fault("no_columns", part="file", line=1 + skipped))
            return
        for name in names:
            if name and name not in COLUMNS:
                close = difflib.get_close_matches(name, COLUMNS, 1)
                words = {"hint": close[0]} if close else {"known": ", ".join(COLUMNS)}
                found.append(fault("misspelt_key" if close else "unknown_key", field=name, part="file", line=1 + skipped, **words))
        for row in reader:
            if any(cell.strip() for cell in row):
                line = reader.line_num + skipped
                if any(cell.strip() for cell in row[len(names) :]):
                    found.append(fault("too_many_cells", part="file", line=line))
                yield line, {name: _read(cell) for name, cell in zip(names, row, strict=False) if name in COLUMNS}
    except csv.Error as error:
        found.append(fault("syntax", part="file", line=reader.line_num + skipped, what=error))


def _spec(row: Mapping[str, str], line: int, known: Mapping[str, Host], found: list[Fault]) -> dict[str, Any]:
    """The line as a table of a host, over what is known of it."""
    before = known.get(row.get("id", ""))
    made: dict[str, Any] = spec_of(before, brief=True) if before else {}
    for name in ("id", "name", "address"):
        if row.get(name):
            made[name] = row[name]
    made.setdefault("name", made.get("id"))
    for name in ("group", "parent"):
        if name in row:
            made[name] = row[name] or (None if name == "parent" else "")

    def bad(code: str, column: str, **filled: Any) -> None:
        found.append(fault(code, field=_FIELD.get(column, column), host=row.get("id"), line=line, **filled))

    if row.get("interval_s"):
        try:
            made["interval_s"] = float(row["interval_s"].replace(",", "."))
        except ValueError:
            bad("not_number", "interval_s")
    if "critical" in row:
        word = row["critical"].lower()
        made["critical"] = word in _YES
        if word not in _YES | _NO:
            bad("unknown_choice", "critical", choices="true, false, да, нет")
    _check(row, made, bad)
    return made


def _check(row: Mapping[str, str], made: dict[str, Any], bad: Any) -> None:
    kind = row.get("check", "").lower() or ("http" if row.get("url") else "tcp" if row.get("port") else "")
    if not kind:
        return
    if kind not in KINDS:
        bad("unknown_choice", "check", choices=", ".join(KINDS))
        return
    held = dict(made.get(kind, {}))
    for other in KINDS:
        made.pop(other, None)
    made[kind] = held
    if kind == "tcp" and row.get("port"):
        if row["port"].isdecimal():
            held["port"] = int(row["port"][:9])
        else:
            held["port"] = 0
            bad("not_whole", "port")
    if kind == "http" and row.get("url"):
        held["url"] = row["url"]


def write_csv(inventory: Inventory) -> str:
    """The table, with a byte order mark and semicolons, as Excel in Russian opens it.

    A text that would run as a formula gets an apostrophe before it, which `parse_csv` takes off again.
    """
    out = io.StringIO(newline="")
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_line, inventory.hosts))
    return out.getvalue()


def _line(host: Host) -> Sequence[str]:
    port = str(host.check.port) if isinstance(host.check, Tcp) else ""
    url = host.check.url if isinstance(host.check, Http) else ""
    texts = (host.id, host.name, host.address, host.group, host.parent or "", host.check.kind, port, url)
    return (*map(_safe, texts), f"{host.interval_s:g}".replace(".", ","), "true" if host.critical else "false")


def _safe(value: str) -> str:
    return "'" + value if value.startswith((*_FORMULA, "'")) else value


def _read(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell
