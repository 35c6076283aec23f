"""The README's program runs as it is printed, and the client stands alone."""

from __future__ import annotations

import ast
import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.clients.python.test_cli import CLEAN
from tests.live.product import PUBLISH_TOKEN, ROOT, Product

FOLDER = ROOT / "clients/python"
PROGRAM = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(encoding="utf-8"), re.DOTALL)


async def test_the_readme_runs(product: Product, tmp_path: Path) -> None:
    """Its one program publishes, reads what was published, and keeps its position."""
    [program] = PROGRAM
    async with product.running(), product.signed_in("ann") as http:
        tokens = {"HUB": product.url, "TOKEN": http.cookies["navigator_session"], "PUBLISH_TOKEN": PUBLISH_TOKEN}
        (tmp_path / "position").write_text("0")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-c", program, env=CLEAN | tokens, cwd=tmp_path, stdout=PIPE, stderr=PIPE
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    assert (out.decode().splitlines(), err) == (["accepted: 1", "1: The backup failed", "unseen: 0"], b"")
    assert (tmp_path / "position").read_text() == "1\n"


@pytest.mark.parametrize("path", sorted((FOLDER / "navigator_client").glob("*.py")), ids=lambda path: str(path.name))
def test_the_client_imports_nothing_of_the_server(path: Path) -> None:
    """It is a client as any other: it can be taken away by itself."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    assert names - set(sys.stdlib_module_names) <= {"httpx", "msgspec", "navigator_client", "websockets"}
