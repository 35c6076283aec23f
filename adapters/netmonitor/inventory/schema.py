"""The members of a host and of a group with their bounds, as pydantic models: strict, so what is of another kind is a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from adapters.netmonitor.inventory import fields as check

__all__ = [
    "DEFAULTS",
    "KINDS",
    "TABLES",
    "Address",
    "GroupSpec",
    "HostSpec",
    "HttpSpec",
    "LimitsSpec",
    "PingSpec",
    "Spec",
    "TcpSpec",
    "none_of",
]

KINDS = ("ping", "tcp", "http")
"""The tables of which a host has one at most."""


def _whole(low: int, high: int) -> Any:
    return Field(ge=low, le=high)


def _number(low: float, high: float) -> Any:
    return Field(ge=low, le=high, allow_inf_nan=False)


def none_of(value: Any) -> Any:
    """TOML has no null: `false` says that there is none, where a default says otherwise."""
    return None if value is False else value


_No = BeforeValidator(none_of)
_Name = Annotated[str, AfterValidator(check.printable), Field(min_length=1, max_length=255)]
_Logins = list[Annotated[str, AfterValidator(check.login), Field(min_length=1, max_length=255)]]
_Notify = Annotated[Annotated[_Logins, Field(min_length=0, max_length=100)] | None, _No]
_Timeout = Annotated[float, _number(0.05, 60)]
Address = Annotated[str, AfterValidator(check.address), Field(min_length=1, max_length=253)]


class Spec(BaseModel):
    """Strict: what is of another kind is a mistake, and so is a key that does not exist."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PingSpec(Spec):
    """`[hosts.ping]`."""

    echoes: Annotated[int, _whole(1, 20)] = 5
    spacing_s: Annotated[float, _number(0.01, 5)] = 0.2
    timeout_s: Annotated[float, _number(0.05, 10)] = 1.0
    size: Annotated[int, _whole(16, 1400)] = 56


class TcpSpec(Spec):
    """`[hosts.tcp]`."""

    port: Annotated[int, _whole(1, 65_535)]
    timeout_s: _Timeout = 3.0


class HttpSpec(Spec):
    """`[hosts.http]`."""

    url: Annotated[str, AfterValidator(check.url), Field(min_length=1, max_length=2000)]
    status: Annotated[list[Annotated[int, _whole(100, 599)]], Field(min_length=1, max_length=50)] = [200]
    contains: Annotated[Annotated[str, Field(min_length=1, max_length=1000)] | None, _No] = None
    verify: bool = True
    days_left: Annotated[Annotated[int, _whole(0, 3650)] | None, _No] = 14
    timeout_s: _Timeout = 5.0
    most_bytes: Annotated[int, _whole(1024, 4_194_304)] = 262_144


class LimitsSpec(Spec):
    """`[hosts.limits]`."""

    raise_bad: Annotated[int, _whole(1, 60)] = 3
    raise_of: Annotated[int, _whole(1, 60)] = 5
    clear_good: Annotated[int, _whole(1, 60)] = 2
    loss_raise: Annotated[float, _number(0, 1)] = 0.20
    loss_clear: Annotated[float, _number(0, 1)] = 0.05
    p95_raise_ms: Annotated[Annotated[float, _number(0.01, 60_000)] | None, _No] = None
    p95_clear_ms: Annotated[Annotated[float, _number(0.01, 60_000)] | None, _No] = None
    flap_rounds: Annotated[int, _whole(3, 100)] = 21
    flap_high: Annotated[float, _number(0, 1)] = 0.50
    flap_low: Annotated[float, _number(0, 1)] = 0.25


class HostSpec(Spec):
    """A table of `[[hosts]]`."""

    id: Annotated[str, AfterValidator(check.host_id)]
    name: _Name
    address: Address
    group: Annotated[str, AfterValidator(check.group_path), Field(max_length=255)] = ""
    parent: Annotated[Annotated[str, AfterValidator(check.host_id)] | None, _No] = None
    interval_s: Annotated[float, _number(1, 3600)] = 10.0
    family: Literal["any", "ipv4", "ipv6"] = "any"
    critical: bool = False
    notify: _Notify = None
    paused: bool = False
    ping: PingSpec | None = None
    tcp: TcpSpec | None = None
    http: HttpSpec | None = None
    limits: LimitsSpec = LimitsSpec()


class GroupSpec(Spec):
    """A table of `[[groups]]`."""

    path: Annotated[str, AfterValidator(check.group_path), Field(min_length=1, max_length=255)]
    rule: Literal["worst", "at_least"] = "worst"
    up: Annotated[Annotated[int, _whole(1, 100_000)] | None, _No] = None
    notify: _Notify = None


TABLES: Mapping[str, type[Spec]] = {"ping": PingSpec, "tcp": TcpSpec, "http": HttpSpec, "limits": LimitsSpec}
"""The tables within a host."""
DEFAULTS: Mapping[str, Any] = {name: info.default for name, info in HostSpec.model_fields.items()} | {
    f"{table}.{name}": info.default for table, model in TABLES.items() for name, info in model.model_fields.items()
}
"""What holds where nothing is written, by path such as `ping.echoes`."""
