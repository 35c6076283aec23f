"""Log lines are events with fields: a stable name to search for, and values beside it instead of within it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for area in ("hub", "adapters", "web") for path in (ROOT / area).rglob("*.py") if "sandbox" not in path.parts)
LEVELS = {"debug", "info", "warning", "error", "exception"}
NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)?")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_line_names_its_event(path: Path) -> None:
    """The first argument of every log call is a literal name, and everything else has a name, too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="_log"), attr=level), args=arguments) if level in LEVELS:
                names = [argument.value for argument in arguments if isinstance(argument, ast.Constant)]
                assert len(arguments) == len(names) == 1, f"line {node.lineno}"
                assert NAME.fullmatch(str(names[0])), f"line {node.lineno}: {names[0]}"
