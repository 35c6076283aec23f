"""Passwords for Redmine: asked for once, kept for minutes, shown nowhere."""

from __future__ import annotations

import asyncio
import copy
import pickle

import pytest

from adapters.erp.client import Erp
from adapters.erp.directory import Directory
from adapters.erp.errors import ErpUnavailable
from adapters.erp.redmine_passwords import RedminePasswords
from adapters.sandbox.erp import SandboxErp
from adapters.sandbox.erp.faults import Fault


class Clock:
    """Stands still until it is put on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(sandbox: SandboxErp) -> int:
    """How often the ERP was asked for a password."""
    return sum(text.startswith("select PASSWORD") for _, _, text, _ in sandbox.server.log)


async def test_kept_for_a_while(erp: Erp, sandbox: SandboxErp) -> None:
    """Many at once and soon after one another ask the ERP once; when the time is over it is asked again."""
    clock = Clock()
    passwords = RedminePasswords(Directory(erp), keep_s=180, clock=clock)
    found = await asyncio.gather(*(passwords.get(name) for name in ("petrova", "Petrova", " PETROVA ")))
    assert {one.get_secret_value() for one in found} == {"petrova-pass"}
    clock.now = 179.0
    await passwords.get("petrova")
    assert asked(sandbox) == 1
    clock.now = 180.0
    await passwords.get("petrova")
    assert asked(sandbox) == 2


async def test_bounded(erp: Erp, sandbox: SandboxErp) -> None:
    """No more than so many are kept: the oldest gives way."""
    passwords = RedminePasswords(Directory(erp), most=2)
    for name in ("petrova", "ivanov", "orlova", "ivanov", "orlova"):
        await passwords.get(name)
    assert asked(sandbox) == 3
    assert repr(passwords) == "<RedminePasswords: 2 kept>"
    await passwords.get("petrova")
    assert asked(sandbox) == 4


async def test_forgets(erp: Erp, sandbox: SandboxErp) -> None:
    """What is forgotten is asked for again; an answer that was on its way is given, and not kept."""
    passwords = RedminePasswords(Directory(erp))
    await passwords.get("petrova")
    await passwords.get("ivanov")
    passwords.forget("Petrova")
    await passwords.get("ivanov")
    assert asked(sandbox) == 2
    await passwords.get("petrova")
    passwords.forget()
    sandbox.server.faults.append(Fault("select PASSWORD", "delay", 0.1))
    asking = asyncio.create_task(passwords.get("petrova"))
    async with asyncio.timeout(2):
        while asked(sandbox) < 4:  # noqa: ASYNC110 - it happens in the peer
            await asyncio.sleep(0.001)
    passwords.forget("petrova")
    assert (await asking).get_secret_value() == "petrova-pass"
    assert repr(passwords) == "<RedminePasswords: 0 kept>"


async def test_failures_are_not_kept(erp: Erp, sandbox: SandboxErp) -> None:
    """After an outage, and for somebody who has no password, the ERP is asked again; a caller that leaves takes nobody along."""
    passwords = RedminePasswords(Directory(erp))
    sandbox.server.faults.append(Fault("select PASSWORD", "error", 1033))
    with pytest.raises(ErpUnavailable):
        await passwords.get("petrova")
    for _ in range(2):
        with pytest.raises(LookupError):
            await passwords.get("nobody")
    first, second = (asyncio.create_task(passwords.get("petrova")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).get_secret_value() == "petrova-pass"
    assert first.cancelled()
    assert asked(sandbox) == 4


async def test_never_leaves_the_process(erp: Erp) -> None:
    """Neither pickling nor copying nor printing gives a value away."""
    passwords = RedminePasswords(Directory(erp))
    await passwords.get("petrova")
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            way(passwords)
    assert "petrova-pass" not in f"{passwords!r}{passwords}"
