"""The file and the page together."""

from __future__ import annotations

from adapters.netmonitor.inventory.join import join
from adapters.netmonitor.inventory.whole import circles
from adapters.netmonitor.values import Group, Host, Inventory


def host(id: str, parent: str | None = None, name: str = "x") -> Host:
    """A host of the page."""
    return Host(id=id, name=name, address="::1", parent=parent, origin="page")


def test_the_file_wins_and_it_is_told() -> None:
    """Two of one id: the file's is watched, groups and anchors are the file's."""
    file = Inventory(hosts=(Host(id="a", name="file", address="::1"),), groups=(Group(path="g"),), anchors=("::1",))
    made = join(file, [host("a", name="page"), host("b", "a")])
    assert [(one.id, one.name, one.origin) for one in made.inventory.hosts] == [("a", "file", "file"), ("b", "x", "page")]
    assert (made.inventory.groups, made.inventory.anchors) == (file.groups, file.anchors)
    assert [(one.host, one.code) for one in made.faults] == [("a", "file_wins")]


def test_a_parent_that_is_gone_is_dropped_and_told() -> None:
    """A file that changed must not stop the page's hosts."""
    made = join(Inventory(), [host("b", "a"), host("c", "b"), host("d", "d")])
    assert {one.id: one.parent for one in made.inventory.hosts} == {"b": None, "c": "b", "d": None}
    assert [(one.host, one.field, one.code) for one in made.faults] == [
        ("b", "parent", "parent_dropped"),
        ("d", "parent", "parent_dropped"),
    ]


def test_a_circle_through_the_file_is_cut_at_the_page() -> None:
    """File a behind the page's b by id of an older file, b behind a: the page's host gives way."""
    file = Inventory(hosts=(Host(id="a", name="x", address="::1", parent="b"), Host(id="b", name="x", address="::1")))
    assert join(file, [host("b", "a")]).inventory.hosts == file.hosts
    loose = Inventory(hosts=(Host(id="a", name="x", address="::1", parent="c"),))
    made = join(loose, [host("c", "b"), host("b", "a"), host("z", "z2"), host("z2", "z")])
    parents = {one.id: one.parent for one in made.inventory.hosts}
    assert parents == {"a": "c", "c": "b", "b": None, "z": None, "z2": "z"}
    assert {one.code for one in made.faults} == {"circle_dropped"}
    assert circles(parents) == []


def test_circles_are_found_once_each() -> None:
    """Long chains that lead into a circle are no part of it."""
    parents = {"x": "a", "a": "b", "b": "c", "c": "a", "y": "x", "p": "q", "q": "p", "s": "s", "t": "gone"}
    assert circles(parents) == [("a", "b", "c"), ("p", "q")]
    line = {str(at): str(at + 1) for at in range(20_000)}
    assert circles({**line, "20000": None}) == []
