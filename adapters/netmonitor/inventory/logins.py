"""Who is to be told of hosts, by the login names that are written there. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from adapters.netmonitor.inventory.faults import Fault, fault
from adapters.netmonitor.values import Inventory

__all__ = ["login_faults", "logins_of", "normal"]


def normal(login: str) -> str:
    """A login name as accounts have it: no outer spaces, one form of each letter, lower case."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def logins_of(inventory: Inventory) -> frozenset[str]:
    """All that are written, as accounts have them."""
    written = [*(group.notify for group in inventory.groups), *(host.notify for host in inventory.hosts)]
    return frozenset(normal(login) for logins in written for login in logins or ())


def login_faults(inventory: Inventory, known: Collection[str]) -> list[Fault]:
    """Those that nobody signs in by: what is written for them, nobody is told. `known` are names as accounts have them.

    This is no reason to refuse a host: an account may come with its owner's first sign-in.
    """
    found = []
    for group in inventory.groups:
        for place, login in enumerate(group.notify or ()):
            if normal(login) not in known:
                found.append(fault("no_such_login", field=f"notify.{place}", host=group.path, part="group", login=login.strip()))
    for host in inventory.hosts:
        for place, login in enumerate(host.notify or ()):
            if normal(login) not in known:
                found.append(fault("no_such_login", field=f"notify.{place}", host=host.id, login=login.strip()))
    return found
