"""`navigator doctor`: tries what is set up and says in words what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from hub.store import create_engine
from hub.writes import COMPILED
from web.settings import Settings

__all__ = ["Check", "Finding", "Verdict", "examine"]

_DEADLINE_S = 10.0


class Verdict(StrEnum):
    """How it is."""

    OK = "ok"
    OFF = "off"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    name: str
    verdict: Verdict
    text: str


Check = Callable[[Settings], Awaitable[list[Finding]]]
"""Tries one system. What it raises is a finding, too, and its text is shown: no secrets in it."""


async def examine(settings: Settings, checks: Mapping[str, Check]) -> list[Finding]:
    """Looks at the store, the bus and each area, all at the same time, at most 10 s each.

    `checks` is by area, and `bus`; an area without one is only told to be on or off.
    """
    named = [_try("store", _store, settings)]
    if "bus" in checks:
        named.append(_try("bus", checks["bus"], settings))
    for area, found in settings.areas().items():
        if not found.on:
            named.append(_said(Finding(area, Verdict.OFF, "not set: " + ", ".join(found.missing))))
        elif area in checks:
            named.append(_try(area, checks[area], settings))
        else:
            named.append(_said(Finding(area, Verdict.OK, "is set up")))
    warnings = [Finding("settings", Verdict.WARNING, sentence) for sentence in settings.warnings()]
    return [finding for part in await asyncio.gather(*named) for finding in part] + [_fanout()] + warnings


def _fanout() -> Finding:
    if COMPILED:
        return Finding("fanout", Verdict.OK, "compiled")
    return Finding("fanout", Verdict.WARNING, "runs in Python, slower: hub/speedups.c was not compiled (docs/deployment.md)")


async def _said(finding: Finding) -> list[Finding]:
    return [finding]


async def _try(name: str, check: Check, settings: Settings) -> list[Finding]:
    try:
        async with asyncio.timeout(_DEADLINE_S):
            return await check(settings)
    except TimeoutError:
        return [Finding(name, Verdict.FAILED, f"no answer within {_DEADLINE_S:.0f} s")]
    except Exception as error:  # a doctor reports what he meets, whatever it is
        return [Finding(name, Verdict.FAILED, str(error) or type(error).__name__)]


async def _store(settings: Settings) -> list[Finding]:
    path = settings.store_path
    if path is not None and not await asyncio.to_thread(path.exists):
        return [Finding("store", Verdict.OK, f"{path} will be made at the first start")]
    engine = await asyncio.to_thread(create_engine, settings.store_url.get_secret_value())
    try:
        async with engine.connect() as connection:
            version = await connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return [Finding("store", Verdict.OK, f"{path or engine.dialect.name}, schema {version}")]
    except SQLAlchemyError as error:
        # the driver's own words, without SQLAlchemy's statement and parameters
        raise RuntimeError(str(getattr(error, "orig", None) or type(error).__name__)) from error
    finally:
        await engine.dispose()
