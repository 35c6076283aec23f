"""Which language the texts of this Redmine are written in."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.redmine.engine import Reader
from adapters.redmine.errors import RedmineRefused
from adapters.redmine.markup.render import Formatting

__all__ = ["text_formatting"]

_settings = sa.table("settings", sa.column("name", sa.Text), sa.column("value", sa.Text))
"""Apart from `adapters.redmine.tables`: nothing is amiss when this account may not read it."""
_KNOWN: dict[str, Formatting] = {"textile": "textile", "common_mark": "common_mark", "markdown": "markdown", "html": "html", "": ""}


async def text_formatting(reader: Reader, default: Formatting = "textile") -> Formatting:
    """Redmine's setting. No row means Redmine's own default, Textile; a table that may not be read means `default`; a format of some
    plug-in that we do not know is shown as plain text. An unreachable database raises RedmineAway."""
    try:
        rows = await reader.rows(sa.select(_settings.c.value).where(_settings.c.name == "text_formatting"))
    except RedmineRefused:
        return default
    return _KNOWN.get(str(rows[0][0] or "").strip().lower(), "") if rows else "textile"
