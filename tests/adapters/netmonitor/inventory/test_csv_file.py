"""Hosts as a table: what Excel writes is read, what is written does not run as a formula and comes back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from adapters.netmonitor.inventory.csv_file import COLUMNS, decode_csv, parse_csv, write_csv
from adapters.netmonitor.inventory.faults import InventoryErrors
from adapters.netmonitor.inventory.toml_file import parse_toml
from adapters.netmonitor.values import Host, Http, Inventory, Limits, Ping, Tcp
from tests.adapters.netmonitor.inventory.made import inventories


def wrong(text: str) -> list[tuple[int | None, str | None, str]]:
    """(line, field, code) of all that is wrong."""
    with pytest.raises(InventoryErrors) as caught:
        parse_csv(text)
    return [(one.line, one.field, one.code) for one in caught.value.faults]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("before", ["", "\ufeff", "\ufeffsep={}\r\n"])
def test_what_excel_writes_is_read(separator: str, before: str) -> None:
    """Any of the separators, with a mark or without, quotes with line breaks in them, decimal commas, Russian words for yes."""
    rows = [
        COLUMNS,
        ("gw", "Шлюз", "10.0.0.1", "Москва/Офис 2", "", "", "", "", "2,5", "да"),
        ("", "", "", "", "", "", "", "", "", ""),
        ("web", "Сайт; главный", "web.example", "", "gw", "http", "", "https://web.example/", "", "нет"),
        ("db", 'БД "первая"', "10.0.0.3", "", "gw", "TCP", "5432", "", "30", ""),
    ]
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    made = parse_csv(before.format(separator) + out.getvalue())
    assert made.hosts == (
        Host(id="gw", name="Шлюз", address="10.0.0.1", group="Москва/Офис 2", interval_s=2.5, critical=True),
        Host(id="web", name="Сайт; главный", address="web.example", parent="gw", check=Http(url="https://web.example/")),
        Host(id="db", name='БД "первая"', address="10.0.0.3", parent="gw", check=Tcp(port=5432), interval_s=30),
    )


def test_few_columns_in_any_order_are_enough() -> None:
    """The check is what the other columns say; without a name the id is the name."""
    made = parse_csv("Address,ID,port\r\n10.0.0.1,a,\r\n10.0.0.2,b,22\r\n")
    assert made.hosts == (Host(id="a", name="a", address="10.0.0.1"), Host(id="b", name="b", address="10.0.0.2", check=Tcp(port=22)))


def test_bytes_of_excel_are_text() -> None:
    """UTF-8, or the code page of a Russian Windows."""
    assert decode_csv("\ufeffid;name\r\na;Шлюз".encode()) == decode_csv("id;name\r\na;Шлюз".encode("cp1251")) == "id;name\r\na;Шлюз"


def test_everything_wrong_is_told_with_its_line() -> None:
    """Each cell that cannot be taken, and once."""
    head = "id;name;address;check;port;interval_s;critical;parent\r\n"
    assert wrong(
        head + "a;А;10.0.0.999;ping;;x;maybe;\r\n\r\nb;Б;10.0.0.2;telnet;;1;;zz\r\nb;Б;10.0.0.2;tcp;x;;;\r\nc;;10.0.0.3;tcp;;;;;;;5"
    ) == [
        (2, "interval_s", "not_number"),
        (2, "critical", "unknown_choice"),
        (2, "address", "bad_address"),
        (4, "check", "unknown_choice"),
        (4, "interval_s", "interval_short"),
        (5, "tcp.port", "not_whole"),
        (6, None, "too_many_cells"),
        (6, "tcp.port", "missing"),
    ]
    assert wrong("name;address\r\nx;y") == [(1, None, "no_columns")]
    assert wrong("id;adress;zz\r\n") == [(1, "adress", "misspelt_key"), (1, "zz", "unknown_key")]
    assert wrong('id;name\r\na;"b"c\r\n')[0][2] == "syntax"
    assert wrong("") == [(1, None, "no_columns")]


def test_a_known_host_changes_only_what_the_columns_say() -> None:
    """Limits and the rest of its check stay; another check in its column takes the old one's place."""
    web = Host(id="web", name="Сайт", address="a.example", check=Http(url="http://a.example/", contains="ok"), limits=Limits(clear_good=5))
    known = {"web": web}
    text = "id;name;check;url;interval_s\r\nweb;Портал;;http://b.example/;60\r\n"
    assert parse_csv(text, known=known).hosts == (
        replace(web, name="Портал", interval_s=60, check=Http(url="http://b.example/", contains="ok")),
    )
    assert parse_csv("id;check\r\nweb;ping\r\n", known=known).hosts == (replace(web, check=Ping()),)
    assert parse_csv("id;parent;address\r\nnew;web;::1\r\n", known=known).hosts[0].parent == "web"


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(inventory=inventories())
def test_what_is_written_is_read_again(inventory: Inventory) -> None:
    """Over the hosts that are there, their own table changes nothing but the interval's last digits."""
    known = {host.id: host for host in inventory.hosts}
    back = parse_csv(write_csv(inventory), known=known).hosts
    assert [replace(host, interval_s=1) for host in back] == [replace(host, interval_s=1) for host in inventory.hosts]


def test_no_cell_runs_as_a_formula() -> None:
    """A spreadsheet sees an apostrophe first; what comes back has none."""
    names = ["=1+1", "+7", "-x", "@sum", "'=x", "'", "＝1"]
    hosts = tuple(Host(id=f"h{at}", name=name, address="::1") for at, name in enumerate(names))
    text = write_csv(Inventory(hosts=hosts))
    assert text.startswith("\ufeffid;name;")
    cells = [row[1] for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";")][1:]
    assert all(cell[0] == "'" for cell in cells)
    assert parse_csv(text).hosts == hosts
    assert parse_toml("").hosts == ()
