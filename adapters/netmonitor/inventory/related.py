"""Fields that are right each by itself, and wrong together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from adapters.netmonitor.inventory.faults import Fault, fault
from adapters.netmonitor.inventory.schema import DEFAULTS, KINDS, none_of

__all__ = ["related"]

_Value = Callable[[str], Any]
_Found = tuple[str, str, dict[str, Any]] | None


def related(spec: Mapping[str, Any], bad: Collection[str], named: str | None) -> Iterator[Fault]:
    """What is wrong between the fields of a host as it is written; `bad` are those that are wrong by themselves, `named` its id."""

    def value(path: str) -> Any:
        """What is written there, or its default; raises KeyError when it is wrong by itself."""
        table, _, name = path.rpartition(".")
        if path in bad or table in bad:
            raise KeyError(path)
        part = spec.get(table, {}) if table else spec
        found = part.get(name) if part is not None else None
        return DEFAULTS[path] if found is None else none_of(found)

    kinds = [kind for kind in KINDS if spec.get(kind) is not None]
    for kind in kinds[1:]:
        yield fault("one_check", field=kind, host=named)
    for test in (_family, lambda v: _interval(v, kinds[0] if kinds else "ping"), _raising, _loss, _p95, _flapping):
        try:
            if found := test(value):
                code, field, filled = found
                yield fault(code, field=field, host=named, **filled)
        except KeyError:
            continue


def _family(value: _Value) -> _Found:
    where, family = value("address"), value("family")
    try:
        version = ip_address(where.strip()).version
    except (ValueError, AttributeError):
        return None
    return None if family in ("any", f"ipv{version}") else ("family_mismatch", "family", {"address": where})


def _interval(value: _Value, kind: str) -> _Found:
    takes = value(f"{kind}.timeout_s")
    if kind == "ping":
        takes += (value("ping.echoes") - 1) * value("ping.spacing_s")
    return None if value("interval_s") > takes else ("interval_short", "interval_s", {"takes": f"{takes:g}"})


def _raising(value: _Value) -> _Found:
    of = value("limits.raise_of")
    return ("bad_more_than_of", "limits.raise_bad", {"of": of}) if value("limits.raise_bad") > of else None


def _loss(value: _Value) -> _Found:
    level = value("limits.loss_raise")
    return _below("limits.loss_clear", "loss_raise", level) if value("limits.loss_clear") > level else None


def _p95(value: _Value) -> _Found:
    level, clear = value("limits.p95_raise_ms"), value("limits.p95_clear_ms")
    if (level is None) is not (clear is None):
        missing, given = ("p95_raise_ms", "p95_clear_ms") if level is None else ("p95_clear_ms", "p95_raise_ms")
        return "needs_other", f"limits.{missing}", {"name": given}
    return _below("limits.p95_clear_ms", "p95_raise_ms", level) if level is not None and clear > level else None


def _flapping(value: _Value) -> _Found:
    high = value("limits.flap_high")
    return ("low_not_below_high", "limits.flap_low", {"level": high}) if value("limits.flap_low") >= high else None


def _below(field: str, name: str, level: object) -> _Found:
    return "clear_above_raise", field, {"name": name, "level": level}
