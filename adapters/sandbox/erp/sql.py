"""Oracle's SQL rewritten for SQLite: bind markers, pseudo-columns, limits, schema prefixes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Statement", "translate"]

TOKEN = re.compile(
    r"(?P<text>[nN]?'(?:[^']|'')*')|(?P<quoted>\"[^\"]*\")|(?P<comment>--[^\n]*|/\*.*?\*/)"
    r"|(?P<bind>:\s*[\w$#]+)|(?P<word>[^\W\d][\w$#]*)|(?P<other>\d[\w.]*|\|\||.)",
    re.S,
)
WORDS = {
    "SYSDATE": "sysdate()",
    "CURRENT_DATE": "sysdate()",
    "SYSTIMESTAMP": "systimestamp()",
    "CURRENT_TIMESTAMP": "systimestamp()",
    "LOCALTIMESTAMP": "systimestamp()",
    "USER": "ora_user()",
    "MINUS": "EXCEPT",
}
UNITS = {"DAY": 1, "HOUR": 24, "MINUTE": 1440, "SECOND": 86400}
LIMIT = r"(\d+|\?\d+)"
REWRITES = [
    (re.compile(pattern, re.I), repl)
    for pattern, repl in [
        (r"\bOFFSET\s+" + LIMIT + r"\s+ROWS?\s+FETCH\s+(?:FIRST|NEXT)\s+" + LIMIT + r"\s+ROWS?\s+ONLY", r"LIMIT \2 OFFSET \1"),
        (r"\bFETCH\s+(?:FIRST|NEXT)\s+" + LIMIT + r"\s+ROWS?\s+ONLY", r"LIMIT \1"),
        (r"\bFETCH\s+(?:FIRST|NEXT)\s+ROW\s+ONLY", "LIMIT 1"),
        (r"\bOFFSET\s+" + LIMIT + r"\s+ROWS?", r"LIMIT -1 OFFSET \1"),
        (r"\bWHERE\s+ROWNUM\s*(?:<=|=)\s*" + LIMIT + r"\s*$", r"LIMIT \1"),
        (r"\bAND\s+ROWNUM\s*(?:<=|=)\s*" + LIMIT + r"\s*$", r"LIMIT \1"),
        (r"\bFOR\s+UPDATE\b.*$", ""),
        (r"\b(sysdate\(\)|systimestamp\(\))\s*([+-])\s*(\d+(?:\.\d+)?(?:\s*[*/]\s*\d+)*)", r"date_add(\1, \g<2>1.0 * \3)"),
        (r"\bGREATEST\s*\(", "max("),
        (r"\bLEAST\s*\(", "min("),
        (r"\(\s*(\d+)\s+(?:CHAR|BYTE)\s*\)", r"(\1)"),
        (r"\bTIMESTAMP(\s*\(\d+\))?\s+WITH\s+LOCAL\s+TIME\s+ZONE", r"TIMESTAMP_LTZ\1"),
        (r"\bTIMESTAMP(\s*\(\d+\))?\s+WITH\s+TIME\s+ZONE", r"TIMESTAMP_TZ\1"),
        (r"\bNUMBER(\s*\([\d, ]+\))?\s+GENERATED\b.*?\bAS\s+IDENTITY(\s*\([^)]*\))?", "INTEGER"),
        (r"\bINTEGER(\s+NOT\s+NULL)?\s+GENERATED\b.*?\bAS\s+IDENTITY(\s*\([^)]*\))?", "INTEGER"),
        (r"\bDEFAULT\s+(sysdate\(\)|systimestamp\(\))", r"DEFAULT (\1)"),
        (r"^\s*TRUNCATE\s+TABLE\b", "DELETE FROM"),
        (r"^\s*ROLLBACK\s+TO\s+SAVEPOINT\b", "ROLLBACK TO"),
    ]
]


Kind = Literal["query", "dml", "ddl", "plsql", "control", "ignore"]


@dataclass(slots=True)
class Statement:
    """One statement, as it came and as SQLite gets it."""

    source: str
    kind: Kind
    sql: str = ""
    bind_names: list[str] = field(default_factory=list)
    return_binds: int = 0
    """Trailing binds of RETURNING ... INTO."""
    quoted: set[str] = field(default_factory=set)
    """Names that keep their case."""


_KINDS: dict[str, Kind] = {
    "SELECT": "query",
    "WITH": "query",
    "BEGIN": "plsql",
    "DECLARE": "plsql",
    "CALL": "plsql",
    "COMMIT": "control",
    "ROLLBACK": "control",
    "SAVEPOINT": "control",
    "SET": "ignore",
    "LOCK": "ignore",
    "GRANT": "ignore",
    "REVOKE": "ignore",
    "COMMENT": "ignore",
    "INSERT": "dml",
    "UPDATE": "dml",
    "DELETE": "dml",
    "MERGE": "dml",
}


def translate(source: str, schemas: frozenset[str]) -> Statement:
    """One statement rewritten; `schemas` are the prefixes that vanish from names."""
    tokens = [match for match in TOKEN.finditer(source.strip().rstrip(";")) if match.lastgroup != "comment"]
    significant = [token for token in tokens if not token.group().isspace()]
    first = significant[0].group().upper() if significant else ""
    second = significant[1].group().upper() if len(significant) > 1 else ""
    kind = _KINDS.get(first, "ddl")
    if first == "ALTER" and second in ("SESSION", "SYSTEM", "USER"):
        kind = "ignore"
    statement = Statement(source, kind)
    kept: list[str] = []  # literals and quoted names, put back at the end
    out: list[str] = []
    position = {id(token): index for index, token in enumerate(significant)}

    def neighbour(token: re.Match[str], step: int) -> str:
        index = position[id(token)] + step
        return significant[index].group() if 0 <= index < len(significant) else ""

    skip = 0
    for token in tokens:
        text, group = token.group(), token.lastgroup
        if text.isspace():
            out.append(" ")
            continue
        if skip:
            skip -= 1
            continue
        if group == "bind":
            statement.bind_names.append(text[1:].strip().upper())
            out.append(f"?{len(statement.bind_names)}")
        elif group in ("text", "quoted"):
            if group == "quoted":
                statement.quoted.add(text[1:-1])
            if group == "text" and neighbour(token, -1).upper() == "DATE" and len(text) == 12:
                text = text[:-1] + " 00:00:00'"
            kept.append(text.lstrip("nN"))
            out.append(f"\x00{len(kept) - 1}\x00")
        elif group == "word":
            upper, following = text.upper(), neighbour(token, 1)
            if following == "." and upper in schemas and neighbour(token, -1) != ".":
                skip = 1  # the schema prefix and its dot vanish
            elif (
                following == "."
                and neighbour(token, 3) == "("
                and neighbour(token, -1).upper() not in ("INTO", "TABLE", "UPDATE", "FROM", "JOIN", "ON")
            ):
                out.append(f"{text}__{neighbour(token, 2)}")  # package.function( )
                skip = 2
            elif upper in ("DATE", "TIMESTAMP") and following.startswith("'"):
                continue  # DATE '2026-01-31': dates are ISO text here
            else:
                out.append(text if neighbour(token, -1) == "." else WORDS.get(upper, text))
        else:
            out.append(text)
    sql = "".join(out).strip()
    sql = re.sub(
        r"\b(sysdate\(\)|systimestamp\(\))\s*([+-])\s*INTERVAL\s*\x00(\d+)\x00\s*(DAY|HOUR|MINUTE|SECOND)\b",
        lambda m: f"date_add({m[1]}, {m[2]}{kept[int(m[3])][1:-1]} * 1.0 / {UNITS[m[4].upper()]})",
        sql,
        flags=re.I,
    )
    for pattern, replacement in REWRITES:
        sql = pattern.sub(replacement, sql)
    if kind == "dml" and (match := re.search(r"(\bRETURN(?:ING)?\b.*?)\bINTO\b((?:\s*,?\s*\?\d+)+)\s*$", sql, re.I | re.S)):
        statement.return_binds = match[2].count("?")
        sql = sql[: match.start()] + "RETURNING " + match[1].split(None, 1)[1]
    statement.sql = re.sub(r"\x00(\d+)\x00", lambda m: kept[int(m[1])], sql)
    return statement
