"""One host as it is written: every bound of the values, everything wrong at once, in both languages, and the way back."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from adapters.netmonitor.inventory.faults import WORDS, InventoryErrors
from adapters.netmonitor.inventory.schema import DEFAULTS
from adapters.netmonitor.inventory.spec import host_of, spec_of
from adapters.netmonitor.values import Host, Http, Limits, Ping, Tcp
from tests.adapters.netmonitor.inventory.made import hosts

BASE = {"id": "gw-1", "name": "Шлюз", "address": "10.0.0.1"}


def wrong(**given: Any) -> list[tuple[str | None, str]]:
    """(field, code) of all that is wrong."""
    with pytest.raises(InventoryErrors) as caught:
        host_of(BASE | given)
    for fault in caught.value.faults:
        assert fault.text["ru"]
        assert "{" not in fault.text["ru"] + fault.text["en"]
        assert fault.said("ru") != fault.said("en")
    return [(fault.field, fault.code) for fault in caught.value.faults]


def test_little_is_enough() -> None:
    """An id, a name and an address make a pinged host with the defaults of the values."""
    assert host_of(BASE) == Host(**BASE)  # type: ignore[arg-type]


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(host=hosts())
def test_what_is_written_is_read_again(host: Host) -> None:
    """Whole, brief, through JSON: each writing of a host is that host."""
    assert host_of(spec_of(host)) == host
    assert host_of(spec_of(host, brief=True)) == host
    assert host_of(spec_of(host, brief=True, null=False)) == host
    assert host_of(msgspec.json.decode(msgspec.json.encode(spec_of(host))), origin="page") == dataclasses.replace(host, origin="page")


def test_the_defaults_are_those_of_the_values() -> None:
    """What the models take for granted is what the values do."""
    held = {path: value for path, value in DEFAULTS.items() if path not in ("ping", "tcp", "http", "limits", "ping.kind")}
    for path, value in held.items():
        table, _, name = path.rpartition(".")
        kind = {"": Host, "ping": Ping, "tcp": Tcp, "http": Http, "limits": Limits}[table]
        found = next(field.default for field in dataclasses.fields(kind) if field.name == name)
        if found is not dataclasses.MISSING:
            assert value == (list(found) if isinstance(found, tuple) else found), path


BOUNDS = [
    ("ping.echoes", 1, 20, 1),
    ("ping.spacing_s", 0.01, 5.0, 0.001),
    ("ping.timeout_s", 0.05, 10.0, 0.001),
    ("ping.size", 16, 1400, 1),
    ("tcp.port", 1, 65535, 1),
    ("tcp.timeout_s", 0.05, 60.0, 0.001),
    ("http.timeout_s", 0.05, 60.0, 0.001),
    ("http.days_left", 0, 3650, 1),
    ("http.most_bytes", 1024, 4_194_304, 1),
    ("interval_s", 1.0, 3600.0, 0.1),
    ("limits.raise_bad", 1, 60, 1),
    ("limits.raise_of", 1, 60, 1),
    ("limits.clear_good", 1, 60, 1),
    ("limits.loss_raise", 0.0, 1.0, 0.001),
    ("limits.loss_clear", 0.0, 1.0, 0.001),
    ("limits.p95_raise_ms", 0.01, 60_000.0, 0.001),
    ("limits.p95_clear_ms", 0.01, 60_000.0, 0.001),
    ("limits.flap_rounds", 3, 100, 1),
    ("limits.flap_high", 0.0, 1.0, 0.001),
    ("limits.flap_low", 0.0, 1.0, 0.001),
]


@pytest.mark.parametrize(("path", "low", "high", "step"), BOUNDS, ids=[row[0] for row in BOUNDS])
def test_every_bound_holds(path: str, low: float, high: float, step: float) -> None:
    """The bound itself is taken as far as this field goes, a step past it is told with both bounds; text and `true` are no numbers."""
    table, _, name = path.rpartition(".")
    needs: dict[str, dict[str, Any]] = {"tcp": {"port": 22}, "http": {"url": "http://a.example/"}}

    def found(value: Any) -> list[str]:
        spec = {**BASE, "interval_s": 3600, **({table: {**needs.get(table, {}), name: value}} if table else {name: value})}
        try:
            host_of(spec)
        except InventoryErrors as errors:
            return [
                fault.code for fault in errors.faults if fault.field == path and fault.code in ("out_of_range", "not_whole", "not_number")
            ]
        return []

    assert found(low) == found(high) == []
    assert found(low - step) == found(high + step) == ["out_of_range"]
    kind = "not_whole" if isinstance(low, int) else "not_number"
    assert found("5") == found(True) == [kind]
    if kind == "not_number":
        assert found(float("nan")) == found(float("inf")) == ["out_of_range"]


def test_the_bounds_are_said() -> None:
    """Somebody who wrote 30 echoes reads how many there may be."""
    with pytest.raises(InventoryErrors) as caught:
        host_of(BASE | {"ping": {"echoes": 30}})
    assert caught.value.faults[0].said("ru") == "узел gw-1, ping.echoes: Значение должно быть от 1 до 20."
    assert str(caught.value) == "host gw-1, ping.echoes: The value must be from 1 to 20."


def test_all_is_told_at_once() -> None:
    """One look is enough: kinds, bounds, unknown keys and what does not go together, all in one answer."""
    assert wrong(
        address="10.0.0.256",
        interval=3,
        echoes=9,
        ping={"echoes": 0, "size": 1.5},
        limits={"raise_bad": 5, "raise_of": 4, "loss_clear": 0.5, "flap_low": 0.6, "p95_raise_ms": 20},
        notify=["a b", 3],
        family="ipv5",
        critical=1,
        zzz=0,
    ) == [
        ("address", "bad_address"),
        ("family", "unknown_choice"),
        ("critical", "not_bool"),
        ("notify.0", "bad_value"),
        ("notify.1", "not_text"),
        ("ping.echoes", "out_of_range"),
        ("ping.size", "not_whole"),
        ("interval", "misspelt_key"),
        ("echoes", "misspelt_key"),
        ("zzz", "unknown_key"),
        ("limits.raise_bad", "bad_more_than_of"),
        ("limits.loss_clear", "clear_above_raise"),
        ("limits.p95_clear_ms", "needs_other"),
        ("limits.flap_low", "low_not_below_high"),
    ]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"id": ""}, ("id", "bad_id")),
        ({"id": "a b"}, ("id", "bad_id")),
        ({"id": "a" * 65}, ("id", "bad_id")),
        ({"id": ".."}, ("id", "bad_id")),
        ({"id": "узел"}, ("id", "bad_id")),
        ({"name": " "}, ("name", "bad_length")),
        ({"name": "a\nb"}, ("name", "unprintable")),
        ({"name": "x" * 256}, ("name", "bad_length")),
        ({"name": None}, ("name", "not_text")),
        ({"address": "-bad.example"}, ("address", "bad_address")),
        ({"address": "a..b"}, ("address", "bad_address")),
        ({"address": "10.1"}, ("address", "bad_address")),
        ({"address": "http://a"}, ("address", "bad_address")),
        ({"address": "a" * 64}, ("address", "bad_address")),
        ({"group": "x" * 256}, ("group", "bad_length")),
        ({"family": "ipv6"}, ("family", "family_mismatch")),
        ({"address": "::1", "family": "ipv4"}, ("family", "family_mismatch")),
        ({"ping": {}, "tcp": {"port": 1}}, ("tcp", "one_check")),
        ({"ping": []}, ("ping", "not_table")),
        ({"tcp": {}}, ("tcp.port", "missing")),
        ({"tcp": {"port": 1, "timeout": 2}}, ("tcp.timeout", "misspelt_key")),
        ({"interval_s": 1.8, "ping": {}}, ("interval_s", "interval_short")),
        ({"interval_s": 3, "tcp": {"port": 1}}, ("interval_s", "interval_short")),
        ({"http": {"url": "ftp://a/"}}, ("http.url", "bad_url")),
        ({"http": {"url": "http://a/ b"}}, ("http.url", "bad_url")),
        ({"http": {"url": "http://a/#x"}}, ("http.url", "bad_url")),
        ({"http": {"url": "http://a:99999/"}}, ("http.url", "bad_url")),
        ({"http": {"url": "http://[::1/"}}, ("http.url", "bad_url")),
        ({"http": {"url": "https://u:p@a/"}}, ("http.url", "url_credentials")),
        ({"http": {"url": "http://a/", "status": []}}, ("http.status", "bad_length")),
        ({"http": {"url": "http://a/", "status": [99]}}, ("http.status.0", "out_of_range")),
        ({"http": {"url": "http://a/", "contains": ""}}, ("http.contains", "bad_length")),
        ({"limits": {"p95_raise_ms": 10, "p95_clear_ms": 11}}, ("limits.p95_clear_ms", "clear_above_raise")),
        ({"limits": {"p95_clear_ms": 11}}, ("limits.p95_raise_ms", "needs_other")),
        ({"limits": {"flap_low": 0.5}}, ("limits.flap_low", "low_not_below_high")),
        ({"notify": ["x" * 256]}, ("notify.0", "bad_length")),
        ({"notify": "ivanov"}, ("notify", "not_list")),
        ({"parent": "a b"}, ("parent", "bad_id")),
    ],
)
def test_one_thing_wrong_is_one_fault(given: dict[str, Any], fault: tuple[str, str]) -> None:
    """Each mistake is told once, at its field."""
    assert wrong(**given) == [fault]


def test_what_is_missing_is_told() -> None:
    """Nothing at all lacks three members, and no more."""
    with pytest.raises(InventoryErrors) as caught:
        host_of({})
    assert [(one.field, one.code) for one in caught.value.faults] == [(name, "missing") for name in ("id", "name", "address")]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"group": " Москва //Офис  2/ "}, {"group": "Москва/Офис 2"}),
        ({"name": " Шлюз "}, {"name": "Шлюз"}),
        ({"address": "2001:DB8:0::1"}, {"address": "2001:db8::1"}),
        ({"address": "почта.example"}, {"address": "почта.example"}),
        ({"notify": ["Ivanov", "ivanov "]}, {"notify": ("ivanov",)}),
        ({"notify": []}, {"notify": ()}),
        ({"notify": False}, {"notify": None}),
        ({"http": {"url": "https://a/", "days_left": False}}, {"check": Http(url="https://a/", days_left=None)}),
        ({"http": {"url": "https://a/", "days_left": None}}, {"check": Http(url="https://a/", days_left=None)}),
        ({"interval_s": 2, "limits": {"raise_bad": 1, "raise_of": 1}}, {"interval_s": 2.0, "limits": Limits(raise_bad=1, raise_of=1)}),
    ],
)
def test_what_is_meant_is_kept(given: dict[str, Any], kept: dict[str, Any]) -> None:
    """Spaces, case, an IPv6 address's long writing: each is kept in one way, so that equal things compare equal."""
    host = host_of(BASE | given)
    assert {name: getattr(host, name) for name in kept} == kept


def test_every_word_is_in_both_languages() -> None:
    """A code has a sentence in Russian and one in English, with the same gaps."""
    for code, (ru, en) in WORDS.items():
        assert any("а" <= letter <= "я" for letter in ru), code
        assert not any("а" <= letter <= "я" for letter in en), code
        assert sorted(part.split("}")[0] for part in ru.split("{")[1:]) == sorted(part.split("}")[0] for part in en.split("{")[1:]), code
