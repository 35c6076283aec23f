"""Names in `notify` that nobody has."""

from __future__ import annotations

from adapters.netmonitor.inventory.logins import login_faults, logins_of
from adapters.netmonitor.values import Group, Host, Inventory

INVENTORY = Inventory(
    hosts=(
        Host(id="gw", name="Шлюз", address="10.0.0.1", notify=("Anna", " ivan")),
        Host(id="sw", name="Коммутатор", address="10.0.0.2"),
        Host(id="pr", name="Принтер", address="10.0.0.3", notify=()),
    ),
    groups=(Group(path="Москва", notify=("petr",)),),
)


def test_who_is_named() -> None:
    """As accounts have names: without outer spaces, in lower case."""
    assert logins_of(INVENTORY) == {"anna", "ivan", "petr"}
    assert logins_of(Inventory()) == frozenset()


def test_who_is_nobody() -> None:
    """Each name without an account is told with its place, its field and the mend; with all accounts nothing is."""
    assert login_faults(INVENTORY, {"anna", "ivan", "petr"}) == []
    group, host = login_faults(INVENTORY, {"anna"})
    assert (group.code, group.part, group.host, group.field) == ("no_such_login", "group", "Москва", "notify.0")
    assert (host.part, host.host, host.field) == ("host", "gw", "notify.1")
    assert host.said("en").startswith("host gw, notify.1: Nobody signs in as ivan:")
    assert "заведите" in host.text["ru"]
