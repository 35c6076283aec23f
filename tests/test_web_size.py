"""The check of what pages load."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest

_PATH = Path(__file__).resolve().parent.parent / "scripts" / "web_size.py"


@pytest.fixture(scope="module")
def web_size() -> Any:
    """scripts/web_size.py, which is no package's."""
    spec = importlib.util.spec_from_file_location("web_size", _PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["web_size"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A build: a frame of 3 KB, a page of 5 KB that shares it and 2 KB with its part of 7 KB, a dialog of 9 KB for later."""
    sizes = {"frame.js": 3, "page.js": 4, "page.css": 1, "shared.js": 2, "part.js": 7, "dialog.js": 9}
    rolled = random.Random(1)
    for name, kb in sizes.items():
        (tmp_path / name).write_bytes(rolled.randbytes(kb * 1000))
    manifest = {
        "src/entries/app.ts": {"file": "frame.js"},
        "page": {"file": "page.js", "css": ["page.css"], "imports": ["src/entries/app.ts", "shared"], "dynamicImports": ["part"]},
        "shared": {"file": "shared.js"},
        "part": {"file": "part.js", "imports": ["shared", "page"], "dynamicImports": ["dialog"]},
        "dialog": {"file": "dialog.js"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_a_page_is_what_it_and_its_part_import(web_size: Any, static: Path) -> None:
    """Each file once; over the frame or in all; what comes later when it is wanted is not part of it."""
    budgets = [web_size.Budget("alone", ("page",), 9), web_size.Budget("part", ("page", "part"), 20, extra=False)]
    assert [round(one.kb) for one in web_size.check(static, budgets)] == [7, 17]


def test_a_page_over_its_budget_fails_the_check(web_size: Any, static: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told by name, and those that fit are not."""
    fits = web_size.Budget("fits", ("page",), 7.2)
    assert web_size.main(static, [fits]) == 0
    assert "OVER" not in capsys.readouterr().out
    assert web_size.main(static, [fits, web_size.Budget("fat", ("page", "part"), 13.9)]) == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if "OVER" in line] == ["fat"]


def test_a_page_that_was_not_built_is_an_error(web_size: Any, static: Path) -> None:
    """A part that was renamed must not count as nothing."""
    with pytest.raises(KeyError):
        web_size.check(static, [web_size.Budget("gone", ("page", "src/gone.ts"), 1)])
