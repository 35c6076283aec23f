"""adapters.redmine.markup.setting: which language texts are written in."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import reading
from adapters.redmine.markup.setting import text_formatting
from tests.adapters.redmine.little import LittleRedmine


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("textile", "textile"),
        ("common_mark", "common_mark"),
        ("markdown", "markdown"),
        ("HTML", "html"),
        ("", ""),
        ("asciidoc", ""),
        (None, "textile"),
    ],
)
async def test_stored_formatting(little: LittleRedmine, little_engine: AsyncEngine, stored: str | None, read: str) -> None:
    """The row says it in Redmine's words; none means Textile, and a format of a plug-in means plain text."""
    little.run("CREATE TABLE settings (id INTEGER PRIMARY KEY, name TEXT, value TEXT)")
    little.insert("settings", name="app_title", value="Поддержка")
    if stored is not None:
        little.insert("settings", name="text_formatting", value=stored)
    async with reading(little_engine, 5.0) as reader:
        assert await text_formatting(reader) == read
