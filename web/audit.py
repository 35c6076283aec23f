"""The audit log: who did what to whom, what it was before and after, when, from where. Lines are added and never changed.

A line is written by the transaction that does the thing, so that neither is there without the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts import audit

__all__ = ["SYSTEM", "Origin", "record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who acts, and from where."""

    user_id: int | None
    name: str
    """Login name, or the name of the part that acts by itself."""
    address: str = ""
    agent: str = ""


SYSTEM = Origin(user_id=None, name="navigator")
"""The product itself: what it learns from the ERP, what time brings about."""


async def record(
    connection: AsyncConnection,
    origin: Origin,
    action: str,
    *,
    at: datetime,
    subject_id: int | None = None,
    subject: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Adds a line within the caller's transaction. `action` is stable, for programs: `permission.granted`. No secret belongs in it."""
    await connection.execute(
        sa.insert(audit).values(
            at=at,
            actor_id=origin.user_id,
            actor=origin.name[:255],
            action=action,
            subject_id=subject_id,
            subject=subject[:255],
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
            address=origin.address[:64],
            agent=origin.agent[:255],
        )
    )
