"""Inventories by hypothesis: everything that may be written down, within its bounds."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from adapters.netmonitor.values import Group, Host, Http, Inventory, Limits, Ping, Tcp

__all__ = ["hosts", "inventories"]

IDS = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}", fullmatch=True)
# what is kept as it is given: one form of each letter, printable, no space around it
WORDS = st.text("абвАБЯёЁxyzQ0179 .,-_'\"\\#=+@«»№[]{}%;", min_size=1, max_size=30).map(str.strip).filter(bool)
PARTS = st.text("Офисзал 12«»'\"=;#.", min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
GROUPS = st.lists(PARTS, max_size=3).map("/".join)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}[a-z0-9](\.[a-z][a-z0-9]{0,8}){0,3}", fullmatch=True)
ADDRESSES = st.ip_addresses().map(str) | NAMES
LOGINS = st.none() | st.lists(st.from_regex(r"[a-zа-я][a-z0-9._-]{0,9}", fullmatch=True), max_size=3, unique=True).map(tuple)


def _number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


PINGS = st.builds(Ping, echoes=st.integers(1, 20), spacing_s=_number(0.01, 5), timeout_s=_number(0.05, 10), size=st.integers(16, 1400))
TCPS = st.builds(Tcp, port=st.integers(1, 65535), timeout_s=_number(0.05, 60))
HTTPS = st.builds(
    Http,
    url=st.builds("{}://{}{}".format, st.sampled_from(["http", "https"]), NAMES, st.sampled_from(["", "/", ":81/a?b=1&c='\""])),
    status=st.lists(st.integers(100, 599), min_size=1, max_size=4, unique=True).map(tuple),
    contains=st.none() | st.text("okОК\n\t\"\\'#", min_size=1, max_size=20),
    verify=st.booleans(),
    days_left=st.none() | st.integers(0, 3650),
    timeout_s=_number(0.05, 60),
    most_bytes=st.integers(1024, 4_194_304),
)


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    """Limits that agree with each other."""
    of = draw(st.integers(1, 60))
    loss = sorted(draw(st.tuples(_number(0, 1), _number(0, 1))))
    p95: list[Any] = draw(st.just([None, None]) | st.tuples(_number(0.01, 60_000), _number(0.01, 60_000)).map(sorted))
    flap = sorted(draw(st.lists(_number(0, 1), min_size=2, max_size=2, unique=True)))
    return Limits(
        raise_bad=draw(st.integers(1, of)),
        raise_of=of,
        clear_good=draw(st.integers(1, 60)),
        loss_clear=loss[0],
        loss_raise=loss[1],
        p95_clear_ms=p95[0],
        p95_raise_ms=p95[1],
        flap_rounds=draw(st.integers(3, 100)),
        flap_low=flap[0],
        flap_high=flap[1],
    )


@st.composite
def hosts(draw: st.DrawFn, id: str | None = None, parent: str | None = None) -> Host:
    """A host that may be."""
    check = draw(st.just(Ping()) | PINGS | TCPS | HTTPS)
    takes = check.timeout_s + ((check.echoes - 1) * check.spacing_s if isinstance(check, Ping) else 0)
    address = draw(ADDRESSES)
    return Host(
        id=id or draw(IDS.filter(lambda one: one not in (".", ".."))),
        name=draw(WORDS),
        address=address,
        group=draw(GROUPS),
        check=check,
        interval_s=draw(_number(max(1.0, takes + 0.01), 3600)),
        family=draw(st.sampled_from(["any"] if address[0].isdigit() or ":" in address else ["any", "ipv4", "ipv6"])),
        parent=parent,
        limits=draw(st.just(Limits()) | limits()),
        critical=draw(st.booleans()),
        notify=draw(LOGINS),
        paused=draw(st.booleans()),
    )


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    """Hosts in a forest of parents, groups and anchors."""
    ids = draw(st.lists(IDS, max_size=5, unique=True))
    made = tuple(draw(hosts(id=id, parent=draw(st.none() | st.sampled_from(ids[:at])) if at else None)) for at, id in enumerate(ids))
    paths = draw(st.lists(GROUPS.filter(bool), max_size=3, unique=True))
    groups = []
    for path in paths:
        up = draw(st.none() | st.integers(1, 99))
        groups.append(Group(path=path, rule="at_least" if up else "worst", up=up, notify=draw(LOGINS)))
    anchors = draw(st.none() | st.lists(ADDRESSES, max_size=3, unique=True).map(tuple))
    return Inventory(hosts=made, groups=tuple(groups), anchors=anchors)
