"""Imports point inwards: web -> adapters -> hub, and within the hub no module needs itself."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {"hub": {"adapters", "web", "tests"}, "adapters": {"web", "tests"}, "web": {"tests"}}
FILES = [path for area in FORBIDDEN for path in sorted((ROOT / area).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """The modules that a file imports at its top level or anywhere in it, `from a import b` as both `a` and `a.b`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_inwards(path: Path) -> None:
    """A file imports nothing that lies further out than itself."""
    area = path.relative_to(ROOT).parts[0]
    outer = {name for name in imported(path) if name.split(".")[0] in FORBIDDEN[area]}
    assert not outer


def test_hub_modules_form_no_cycle() -> None:
    """The hub's modules can be built from the ground floor up."""
    modules = {f"hub.{path.stem}": imported(path) for path in (ROOT / "hub").glob("*.py") if path.stem != "__init__"}
    order = TopologicalSorter({name: needs & modules.keys() for name, needs in modules.items()}).static_order()
    assert set(order) == set(modules)
