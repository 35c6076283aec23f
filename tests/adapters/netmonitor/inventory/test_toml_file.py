"""The hosts file: read, written and read again; defaults, groups, anchors; what is wrong, with lines."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from adapters.netmonitor.inventory.faults import InventoryErrors
from adapters.netmonitor.inventory.toml_file import decode_toml, parse_toml, write_toml
from adapters.netmonitor.values import Group, Http, Inventory, Limits, Ping, Tcp
from tests.adapters.netmonitor.inventory.made import inventories


def wrong(text: str) -> list[tuple[int | None, str | None, str | None, str]]:
    """(line, host, field, code) of all that is wrong."""
    with pytest.raises(InventoryErrors) as caught:
        parse_toml(textwrap.dedent(text).lstrip("\n"))
    return [(one.line, one.host, one.field, one.code) for one in caught.value.faults]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(inventory=inventories())
def test_what_is_written_is_read_again(inventory: Inventory) -> None:
    """Any inventory comes back from its file as it went, and is written alike the second time."""
    text = write_toml(inventory)
    assert parse_toml(text) == inventory
    assert write_toml(parse_toml(text)) == text


def test_defaults_fill_what_a_host_does_not_say() -> None:
    """Members, limits and the parts of the host's own check come from [defaults]; which check it is never does."""
    made = parse_toml(
        textwrap.dedent("""
        anchors = ["10.0.0.1"]
        [defaults]
        interval_s = 30
        group = "Москва"
        notify = ["ivanov"]
        [defaults.ping]
        echoes = 3
        [defaults.tcp]
        timeout_s = 1
        [defaults.limits]
        raise_bad = 2
        clear_good = 4
        [[groups]]
        path = "Москва"
        rule = "at_least"
        up = 2
        [[hosts]]
        id = "a"
        name = "А"
        address = "10.0.0.2"
        [[hosts]]
        id = "b"
        name = "Б"
        address = "10.0.0.3"
        parent = "a"
        group = "Тверь"
        notify = false
        tcp = { port = 22 }
        limits.raise_bad = 1
        [[hosts]]
        id = "c"
        name = "В"
        address = "c.example"
        [hosts.http]
        url = "https://c.example/"
        """)
    )
    a, b, c = made.hosts
    assert (a.check, a.interval_s, a.group, a.notify) == (Ping(echoes=3), 30, "Москва", ("ivanov",))
    assert (b.check, b.group, b.notify, b.parent) == (Tcp(port=22, timeout_s=1), "Тверь", None, "a")
    assert c.check == Http(url="https://c.example/")
    assert (a.limits, b.limits) == (Limits(raise_bad=2, clear_good=4), Limits(raise_bad=1, clear_good=4))
    assert made.groups == (Group(path="Москва", rule="at_least", up=2),)
    assert made.anchors == ("10.0.0.1",)


def test_an_empty_file_watches_nothing() -> None:
    """Nothing is no mistake; anchors that are none are not the default gateways."""
    assert parse_toml("") == Inventory()
    assert parse_toml("anchors = []").anchors == ()


def test_everything_wrong_is_told_with_its_line() -> None:
    """Defaults once, not for each host; members of sub-tables at their own line; texts of several lines do not confuse the count."""
    assert wrong('''
        colour = 1
        [defaults]
        interval_s = "x"
        id = "d"
        [defaults.limits]
        flap_hihg = 1
        [[hosts]]
        id = "a"
        name = "А"
        address = "10.0.0.256"
        [hosts.http]
        url = "http://a/"
        contains = """
        id = "no key"
        [[hosts]]
        """
        status = [99]
        [[hosts]]
        id = "b"
        name = "Б"
        address = "10.0.0.3"
        ping = { echoes = 0 }
        [[groups]]
        path = "/"
        ''') == [
        (1, None, "colour", "unknown_key"),
        (3, None, "interval_s", "not_number"),
        (4, None, "id", "not_a_default"),
        (6, None, "limits.flap_hihg", "misspelt_key"),
        (10, "a", "address", "bad_address"),
        (17, "a", "http.status.0", "out_of_range"),
        (22, "b", "ping.echoes", "out_of_range"),
        (24, "/", "path", "bad_length"),
    ]


def test_hosts_must_fit_each_other() -> None:
    """Two of one id, a parent that is nobody, oneself or in a circle; a parent that is only faulty is there."""
    host = '[[hosts]]\nid = "{}"\nname = "x"\naddress = "{}"\nparent = "{}"\n'
    rows = [("a", "10.0.0.1", "b"), ("b", "10.0.0.1", "c"), ("c", "10.0.0.1", "a"), ("d", "10.0.0.1", "zz"), ("e", "10.0.0.1", "e")]
    rows += [("f", "10.0.0.1", "g"), ("g", "10.0.0.999", "f2"), ("f", "10.0.0.1", "a")]
    assert wrong("".join(host.format(*row) for row in rows)) == [
        (5, "a", "parent", "parent_circle"),
        (20, "d", "parent", "no_such_parent"),
        (25, "e", "parent", "own_parent"),
        (34, "g", "address", "bad_address"),
        (37, "f", "id", "duplicate_id"),
    ]


def test_hosts_must_fit_each_other_exactly() -> None:
    """The same, with the words of the circle and of the first of two."""
    host = '[[hosts]]\nid = "{}"\nname = "x"\naddress = "10.0.0.1"\nparent = "{}"\n'
    with pytest.raises(InventoryErrors) as caught:
        parse_toml("".join(host.format(*row) for row in [("b", "c"), ("c", "a"), ("a", "b"), ("b", "a")]))
    told = [one.said("en") for one in caught.value.faults]
    assert told == [
        "line 15, host a, parent: The parents form a circle: a → b → c → a. Remove one of them.",
        "line 17, host b, id: The host b is there already, in line 1: give another id.",
    ]


def test_a_parent_may_stand_elsewhere() -> None:
    """Hosts that are imported lie behind ones that are there."""
    text = '[[hosts]]\nid = "a"\nname = "x"\naddress = "::1"\nparent = "gw"\n'
    assert parse_toml(text, known=["gw"]).hosts[0].parent == "gw"
    assert wrong(text) == [(5, "a", "parent", "no_such_parent")]


def test_groups_and_anchors_are_checked() -> None:
    """A rule with its number and a number with its rule; one description of a group; addresses that are addresses."""
    assert wrong("""
        anchors = ["10.0.0.1", "10.0.0.1.1", 5]
        [[groups]]
        path = "А"
        rule = "at_least"
        [[groups]]
        path = "А/"
        up = 2
        [[groups]]
        path = "Б"
        rule = "best"
        """) == [
        (1, None, "anchors.1", "bad_address"),
        (1, None, "anchors.2", "not_text"),
        (2, "А", "up", "rule_needs_up"),
        (6, "А/", "path", "duplicate_group"),
        (7, "А/", "up", "up_needs_rule"),
        (10, "Б", "rule", "unknown_choice"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("hosts = 5", (None, None, "hosts", "not_list")),
        ("hosts = [5]", (1, None, "hosts", "not_table")),
        ("anchors = 'a'", (1, None, "anchors", "not_list")),
        ("defaults = 1", (1, None, None, "not_table")),
        ('a = 1\nb = "', (2, None, None, "syntax")),
        ("a = 1\na = 2", (2, None, None, "syntax")),
        ("[[hosts]]\nid = 1979-05-27\nname = 'x'\naddress = '::1'", (2, None, "id", "not_text")),
    ],
)
def test_what_is_no_inventory_is_told(text: str, fault: tuple[Any, ...]) -> None:
    """Broken TOML names its line, and so does what is of another kind."""
    assert wrong(text) == [fault]


def test_a_file_in_another_encoding_is_told() -> None:
    """UTF-8 with or without a mark; the first line that is not is named."""
    assert decode_toml("\ufeffa = 'я'".encode()) == "a = 'я'"
    with pytest.raises(InventoryErrors) as caught:
        decode_toml("a = 1\nb = 'я'".encode("cp1251"))
    assert [(one.line, one.code) for one in caught.value.faults] == [(2, "encoding")]


def test_too_many_hosts_are_refused() -> None:
    """There is a bound, and it is said."""
    with pytest.raises(InventoryErrors) as caught:
        parse_toml("hosts = [" + "1," * 20_001 + "]")
    assert [one.text["en"] for one in caught.value.faults] == ["Too much: at most 20000."]
