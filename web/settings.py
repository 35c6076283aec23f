"""The settings: one frozen object, built once from environment or file (`web.settings_load`), validated whole.

    SettingsError
      holds Fault, Fault, … : everything that is wrong, so that one start is enough to mend it all

No module reads the environment after start. `docs/settings.md` is made from this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import sqlalchemy as sa
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidatorFunctionWrapHandler, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from adapters.erp.directory import BLOCKED
from adapters.erp.reminders import DAYS
from web import settings_checks as check
from web.quality_card import DEFAULT_CRITERIA, Criterion, criterion, distinct

__all__ = ["CLIENT_NAMES", "EXIT_CODE", "PREFIX", "Area", "Fault", "Settings", "SettingsError"]

PREFIX = "NAVIGATOR_"
EXIT_CODE = 3
"""What the process ends with when the settings are faulty; uvicorn's own code for a failed start."""
CLIENT_NAMES = ("NAVIGATOR_TOKEN", "NAVIGATOR_PUBLISH_TOKEN")
"""What `navigator tail` and `navigator publish` read: no settings, but the server may find them in the environment that it shares."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in the settings."""

    name: str
    """The setting, as it is written in the environment without the prefix, or the unknown key as it was given."""
    message: str
    """What is wrong; never the value, which may be a secret."""
    mend: str
    """What to do."""


class SettingsError(Exception):
    """The settings are unusable; `faults` has all that is wrong with them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        lines = [f"  {fault.name}: {fault.message}\n      {fault.mend}" for fault in self.faults]
        count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        return "\n".join([f"The settings have {count}:", *lines])


@dataclass(frozen=True, slots=True)
class Area:
    """Whether a part of the product is set up."""

    on: bool
    missing: list[str]
    """The settings it waits for, by name; empty when it is on."""


_Words = BeforeValidator(check.words)
_Site = Annotated[str, AfterValidator(check.site)]
_HttpUrl = Annotated[str, AfterValidator(check.http_url)]
_ReadableFile = Annotated[Path, AfterValidator(check.readable)]

_AREAS: dict[str, tuple[str, ...]] = {
    "redmine": ("redmine_url", "redmine_db_url"),
    "erp": ("erp_dsn", "erp_user", "erp_password"),
    "finesse": ("finesse_url", "finesse_notify_url"),
    "push_web": ("vapid_private_key", "vapid_subject"),
    "push_fcm": ("firebase_project_id", "firebase_service_account_path"),
    "netmonitor": ("hosts_file",),
}


class Settings(BaseSettings):
    """Everything that can be set. Built by `load`, or directly by tests, which never see the environment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=False
    )

    listen: Annotated[str, AfterValidator(check.listen)] = Field(
        default="127.0.0.1:8000",
        description="Address and port to listen on; `[::1]:8000` for IPv6, port 0 for any free one.",
        examples=["127.0.0.1:8000"],
    )
    tls_certificate: _ReadableFile | None = Field(
        default=None,
        description="The server's certificate with its chain, PEM. With it and `TLS_KEY` the server speaks https and wss; "
        "without, http, as behind a proxy that ends TLS.",
        examples=["/etc/navigator/tls.pem"],
    )
    tls_key: _ReadableFile | None = Field(
        default=None, description="The certificate's private key, PEM, without a passphrase.", examples=["/etc/navigator/tls.key"]
    )
    public_url: _Site | None = Field(
        default=None,
        description="The address that people open, without a path. Decides the cookie's `Secure`, "
        "the permitted `Host` and `Origin`, and the links in pushes.",
        examples=["https://navigator.example.org"],
    )
    secret_keys: Annotated[tuple[Annotated[SecretStr, AfterValidator(check.secret_key)], ...], NoDecode, _Words] = Field(
        default=(),
        description="Keys for secrets at rest, each at least 32 characters. The first one encrypts, all can decrypt. "
        "With SQLite a missing key is made once and kept beside the store, readable by the owner only.",
        examples=["the output of: openssl rand -base64 32"],
    )
    store_url: Annotated[SecretStr, AfterValidator(check.store_url)] = Field(
        default=SecretStr("sqlite+aiosqlite:///var/navigator.sqlite"),
        description="The store, as an SQLAlchemy URL: `sqlite+aiosqlite:///path` (relative; four slashes: absolute) or `mysql+aiomysql://…`.",
        examples=["mysql+aiomysql://navigator:password@db.example.org/navigator"],
    )
    bus_url: Annotated[SecretStr, AfterValidator(check.bus_url)] = Field(
        default=SecretStr("memory://"),
        description="The bus between the nodes: `memory://`, for one node; for several Redis 7 or Valkey 8 and newer: "
        "`redis://[user:password@]host:port/db`, `rediss://…` over TLS (`?ssl_ca_certs=FILE`, `ssl_certfile=`, `ssl_keyfile=`), "
        "`unix://[user:password@]/path?db=0`. `?maxlen=` is how many messages a channel keeps, 100000 if not said. See docs/bus.md.",
        examples=["rediss://navigator:password@redis.example.org:6379/0"],
    )
    allowed_origins: Annotated[tuple[_Site, ...], NoDecode, _Words] = Field(
        default=(),
        description="Other origins whose pages may open the socket and send requests, for embedded widgets.",
        examples=["https://portal.example.org"],
    )
    frame_ancestors: Annotated[tuple[Annotated[str, AfterValidator(check.frame_ancestor)], ...], NoDecode, _Words] = Field(
        default=("'self'",),
        description="Who may show our pages in a frame: `'self'`, `'none'` or origins.",
        examples=["'self', https://portal.example.org"],
    )
    trusted_proxies: Annotated[tuple[Annotated[str, AfterValidator(check.network)], ...], NoDecode, _Words] = Field(
        default=(),
        description="Addresses or networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
        examples=["10.0.0.0/8"],
    )
    publish_tokens: Annotated[tuple[Annotated[check.Publisher, BeforeValidator(check.publisher)], ...], NoDecode, _Words] = Field(
        default=(),
        description="Who may publish events: `name:token`, the token at least 24 characters. "
        "Two tokens of one name allow a change without a pause.",
        examples=["erp:the output of: openssl rand -hex 24"],
    )
    session_idle_hours: float = Field(
        default=12.0, gt=0, le=24 * 30, description="Hours without activity after which a sign-in ends.", examples=["12"]
    )
    session_hours: float = Field(
        default=24.0,
        gt=0,
        le=24 * 30,
        description="Hours after which a sign-in that is not remembered ends whatever happens.",
        examples=["24"],
    )
    session_remember_idle_days: float = Field(
        default=14.0, gt=0, le=366, description="Days without activity after which a remembered sign-in ends.", examples=["14"]
    )
    session_days: float = Field(
        default=30.0, gt=0, le=366, description="Days after which a remembered sign-in ends whatever happens.", examples=["30"]
    )
    hashing_priority: Literal["idle", "low"] = Field(
        default="idle",
        description="When passwords are hashed: `idle`, on what time the processors have left, so that a crowd which signs in "
        "holds up nobody; `low`, where other programs leave them none.",
        examples=["low"],
    )
    erp_password_days: float = Field(
        default=7.0,
        ge=0,
        le=90,
        description="Days after a sign-in that the ERP confirmed during which the same password is good while the ERP is down; 0: never.",
        examples=["7"],
    )
    erp_sign_in_s: float = Field(
        default=6.0, ge=0.5, le=30, description="Seconds that a sign-in waits for the ERP, all in all.", examples=["6"]
    )
    erp_sign_ins: int = Field(
        default=4,
        ge=1,
        le=50,
        description="Sign-ins that ask the ERP at a time, each over a connection of its own; more wait for their turn.",
        examples=["4"],
    )

    redmine_url: _HttpUrl | None = Field(
        default=None, description="Redmine's address, for its REST API and for links.", examples=["https://redmine.example.org"]
    )
    redmine_db_url: Annotated[SecretStr, AfterValidator(check.redmine_db_url)] | None = Field(
        default=None,
        description="Redmine's database, read only: `mysql+aiomysql://user:password@host/database`.",
        examples=["mysql+aiomysql://navigator:password@db.example.org/redmine"],
    )
    redmine_api_key: SecretStr | None = Field(
        default=None,
        description="API key of the service account that acts for requesters.",
        examples=["the key on Redmine's page “My account”"],
    )
    redmine_time_zone: Annotated[str, AfterValidator(check.zone)] = Field(
        default="Europe/Moscow",
        description="The zone of the Redmine server's process (IANA name): its database keeps that zone's wall time, not UTC.",
        examples=["Europe/Moscow"],
    )
    quality_projects: Annotated[tuple[str, ...], NoDecode, _Words] = Field(
        default=(),
        description="Redmine's projects of the quality section, by id or identifier; empty: all.",
        examples=["helpdesk, 12"],
    )
    quality_trackers: Annotated[tuple[str, ...], NoDecode, _Words] = Field(
        default=(), description="Its trackers, by id or name; empty: all.", examples=["Инцидент, 2"]
    )
    quality_private_issues: bool = Field(
        default=False,
        description="Whether quality controllers see private issues too, and figures count them. Private notes are never shown.",
        examples=["false"],
    )
    quality_criteria: Annotated[
        tuple[Annotated[Criterion, BeforeValidator(criterion)], ...], NoDecode, _Words, AfterValidator(distinct)
    ] = Field(
        default=DEFAULT_CRITERIA,
        min_length=1,
        max_length=9,
        description="The score card: `key:русское название:English name:points`, 2 to 10 points each. A key stays with its reviews.",
        examples=["speed:Скорость ответа:Speed of the answer:5, tone:Вежливость:Politeness:5"],
    )
    quality_sample_max: int = Field(
        default=50, ge=1, le=500, description="Issues in one random sample for review, at most.", examples=["50"]
    )
    erp_dsn: str | None = Field(
        default=None,
        min_length=1,
        description="The ERP's Oracle database: `host:port/service` or a TNS descriptor.",
        examples=["erp.example.org:1521/ERP"],
    )
    erp_user: str | None = Field(default=None, min_length=1, description="The service account in the ERP.", examples=["navigator"])
    erp_password: SecretStr | None = Field(default=None, description="Its password.", examples=["password"])
    erp_login: Literal["view", "function", "database"] = Field(
        default="view",
        description="How the ERP proves a password: `view`, the row of the person is read and compared here; `function`, a PL/SQL function "
        "of the ERP is asked; `database`, the person has a database account of their own and is signed in with it.",
        examples=["function"],
    )
    erp_login_function: Annotated[str, AfterValidator(check.oracle_name)] = Field(
        default="erp_auth.check_password",
        description="The function of `ERP_LOGIN=function`: takes login and password, gives 1 when they belong together.",
        examples=["erp_auth.check_password"],
    )
    erp_blocked: Annotated[tuple[str, ...], NoDecode, _Words] = Field(
        default=BLOCKED,
        description="The words of `AUTH_PERIOD_TYPE` for people who are blocked; none there means no access, anything else access.",
        examples=["Заблокированный сотрудник"],
    )
    erp_queries: Annotated[dict[str, str], AfterValidator(check.erp_queries)] = Field(
        default={},
        description="Statements that replace those of the ERP adapter, by purpose (in the settings file a table, in the environment JSON): "
        "see docs/erp.md.",
        examples=['{"vpn_until": "select VPN_END_DATE from erp.t_user where USER_ID = :id"}'],
    )
    erp_events_view: Annotated[str, AfterValidator(check.oracle_name)] = Field(
        default="erp.v_navigator_events", description="The ERP's view of what people are told.", examples=["erp.v_navigator_events"]
    )
    erp_time_zone: Annotated[str, AfterValidator(check.zone)] = Field(
        default="Europe/Moscow", description="The zone of the ERP's dates and times (IANA name).", examples=["Europe/Moscow"]
    )
    vpn_reminder_days: Annotated[tuple[Annotated[int, Field(ge=0, le=365)], ...], NoDecode, _Words] = Field(
        default=DAYS,
        description="Days before the end of VPN access on which a person is reminded; an empty list in the settings file: never.",
        examples=["14, 7, 1"],
    )
    vpn_ahead_days: int = Field(
        default=90, ge=1, le=3650, description="VPN access may be renewed until so many days after today at most.", examples=["90"]
    )
    vpn_early_days: int = Field(
        default=30, ge=0, le=3650, description="So many days before its end VPN access may be renewed, and any time after.", examples=["30"]
    )
    vpn_departments: Annotated[tuple[str, ...], _Words] = Field(
        default=(),
        description="The departments, as the ERP calls them, whose people renew their VPN access themselves; none: everybody with VPN.",
        examples=["Служба поддержки"],
    )
    finesse_url: Annotated[str, AfterValidator(check.finesse_site)] | None = Field(
        default=None,
        description="The REST address of Cisco Finesse: the first node, by the name in its certificate.",
        examples=["https://finesse-a.example.org:8445"],
    )
    finesse_notify_url: Annotated[str, AfterValidator(check.notify_url)] | None = Field(
        default=None,
        description="The address of its notifications: `wss://…` (XMPP over WebSocket; port 8445 from 12.6(2), 7443 before) or "
        "`tls://host:5223` (XMPP over TCP).",
        examples=["wss://finesse-a.example.org:8445/ws/"],
    )
    finesse_second_url: Annotated[str, AfterValidator(check.finesse_site)] | None = Field(
        default=None,
        description="The REST address of the second node; without it nothing fails over.",
        examples=["https://finesse-b.example.org:8445"],
    )
    finesse_second_notify_url: Annotated[str, AfterValidator(check.notify_url)] | None = Field(
        default=None,
        description="The address of the second node's notifications; if not said, `FINESSE_NOTIFY_URL` with the second node's host.",
        examples=["wss://finesse-b.example.org:8445/ws/"],
    )
    finesse_ca_file: _ReadableFile | None = Field(
        default=None,
        description="Certificates, PEM, that vouch for Finesse's, REST and notifications alike; without, those that the system trusts.",
        examples=["/etc/navigator/finesse-ca.pem"],
    )
    finesse_pins: Annotated[tuple[Annotated[str, AfterValidator(check.pin)], ...], NoDecode, _Words] = Field(
        default=(),
        description="SHA-256 of the certificates that Finesse may show, whoever vouches for them: REST and notifications may have "
        "different ones. `navigator doctor` says which it met.",
        examples=["the output of: openssl s_client -connect HOST:8445 </dev/null | openssl x509 -noout -fingerprint -sha256"],
    )
    finesse_verify: bool = Field(
        default=True,
        description="Whether Finesse's certificates are looked at. Without it passwords and calls go to whoever answers: for a laboratory.",
        examples=["true"],
    )
    finesse_lookup: Annotated[tuple[Literal["erp", "redmine", "book"], ...], NoDecode, _Words] = Field(
        default=("erp", "redmine", "book"),
        description="Where a caller's number is looked up: the ERP's people, Redmine's people with a phone field, the phone books of "
        "Finesse; an empty list in the settings file: nowhere.",
        examples=["erp, book"],
    )
    finesse_new_ticket: _HttpUrl | None = Field(
        default=None,
        description="Where a new ticket for a caller is written; if not said, Redmine's form `REDMINE_URL/issues/new`.",
        examples=["https://redmine.example.org/projects/helpdesk/issues/new"],
    )
    finesse_hotkeys: bool = Field(
        default=True, description="Whether the call panel listens to keys; off where they belong to another program.", examples=["true"]
    )
    firebase_project_id: Annotated[str, AfterValidator(check.project_id)] | None = Field(
        default=None, description="The Firebase project for Cloud Messaging.", examples=["tez-navigator"]
    )
    firebase_service_account_path: Annotated[Path, AfterValidator(check.service_account)] | None = Field(
        default=None,
        description="The service account's key file, JSON from the Firebase console.",
        examples=["/etc/navigator/firebase.json"],
    )
    vapid_private_key: Annotated[SecretStr, AfterValidator(check.vapid_key)] | None = Field(
        default=None,
        description="The private key for Web Push: 32 bytes as base64url, or PEM.",
        examples=["the output of: navigator vapid"],
    )
    vapid_subject: Annotated[str, AfterValidator(check.vapid_subject)] | None = Field(
        default=None,
        description="Whom a push service may write to: `mailto:…` or `https://host`.",
        examples=["mailto:helpdesk@example.org"],
    )
    push_allowed_hosts: Annotated[tuple[str, ...], NoDecode, _Words, AfterValidator(check.push_hosts)] = Field(
        default=(),
        description="Push services beside the browsers' well-known ones: `host`, `.suffix`, "
        "or a full origin that may be a private address.",
        examples=["push.example.org"],
    )
    hosts_file: _ReadableFile | None = Field(
        default=None,
        description="The hosts that the network monitor watches, TOML; read again when it changes. See docs/network.md.",
        examples=["/etc/navigator/hosts.toml"],
    )
    calendar_file: _ReadableFile | None = Field(
        default=None,
        description="Public holidays and moved working days, for the polling cadence.",
        examples=["/etc/navigator/calendar.toml"],
    )
    metrics_token: Annotated[SecretStr, AfterValidator(check.token)] | None = Field(
        default=None,
        description="Opens `/metrics`, and the details of `/health/ready`, to a bearer of it; at least 24 characters. "
        "Administrators see both without it.",
        examples=["the output of: openssl rand -hex 24"],
    )
    otlp_endpoint: _HttpUrl | None = Field(
        default=None,
        description="Where OpenTelemetry spans are sent, OTLP over HTTP, without `/v1/traces`; needs `tez-navigator[otel]`.",
        examples=["http://127.0.0.1:4318"],
    )
    otlp_ratio: float = Field(
        default=0.01, ge=0, le=1, description="The share of published events, looks and pushes that leave a trace.", examples=["0.01"]
    )
    sessions_per_user: int = Field(
        default=20, ge=1, le=10_000, description="Live sessions of one person; one more is closed with 4503.", examples=["20"]
    )
    sessions_per_address: int = Field(
        default=5000,
        ge=1,
        description="Sockets from one address (IPv6: one /64 network); one more is answered 429. An office of 3,000 may share one address.",
        examples=["5000"],
    )
    handshakes_per_s: float = Field(
        default=1000.0,
        gt=0,
        description="New sockets a second in all, and as many at once; more are answered 503, and come back by themselves.",
        examples=["1000"],
    )
    handshakes_per_s_address: float = Field(
        default=500.0,
        gt=0,
        description="New sockets a second from one address (IPv6: one /64 network), and as many at once; more are answered 429.",
        examples=["500"],
    )
    commands_per_s: float = Field(
        default=50.0, gt=0, description="Commands a second of one session; more close it with 4504.", examples=["50"]
    )
    command_burst: int = Field(default=200, ge=1, description="Commands at once of one session.", examples=["200"])
    user_commands_per_s: float = Field(
        default=200.0,
        gt=0,
        description="Commands a second of one person over all their sessions; more close the session with 4504.",
        examples=["200"],
    )
    user_command_burst: int = Field(
        default=800, ge=1, description="Commands at once of one person over all their sessions.", examples=["800"]
    )
    queue_bytes: int = Field(
        default=1 << 20,
        ge=65_536,
        description="Bytes that may wait for one session's reader; more close it with 4001.",
        examples=["1048576"],
    )
    queue_frames: int = Field(
        default=4096, ge=16, description="Frames that may wait for one session's reader; more close it with 4001.", examples=["4096"]
    )
    topics_per_session: int = Field(default=128, ge=1, description="Topics that one session may read.", examples=["128"])
    publish_per_s: float = Field(
        default=10_000.0,
        gt=0,
        description="Events a second that each publisher (by name) may publish; a request over it is answered 429 and refused whole.",
        examples=["10000"],
    )
    publish_burst: int = Field(
        default=20_000, ge=500, description="Events at once of each publisher; at least one whole batch.", examples=["20000"]
    )
    log_format: Literal["auto", "pretty", "json"] = Field(
        default="auto", description="Log lines: for people, as JSON, or by whether a terminal reads them.", examples=["json"]
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important log lines that are written.", examples=["info"]
    )
    demo: bool = Field(
        default=False, description="Whether the product tells that it is a demonstration; `navigator demo` sets it.", examples=["false"]
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given and nothing else: `load` asks the environment itself, so that file and environment are judged as one."""
        return (init_settings,)

    @model_validator(mode="wrap")
    @classmethod
    def _whole(cls, data: dict[str, Any], handler: ValidatorFunctionWrapHandler) -> Self:
        # An "after" validator would not run when a field is faulty, and its faults would show only at the next start.
        faults = [InitErrorDetails(type=_custom(message), loc=(name,), input=None) for name, message in _across(data)]
        try:
            made: Self = handler(data)
        except ValidationError as error:
            raise _joined(error, faults) from None
        if faults:
            raise ValidationError.from_exception_data(cls.__name__, faults, hide_input=True)
        return made

    @property
    def host(self) -> str:
        """The address to listen on, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on; 0: any free one."""
        return int(self.listen.rpartition(":")[2])

    @property
    def site(self) -> str:
        """The origin that people open, without a slash at the end: for absolute links."""
        return self.public_url or f"{'http' if self.tls_certificate is None else 'https'}://{self.listen}"

    @property
    def secure(self) -> bool:
        """Whether people come by https, so that cookies are `Secure`."""
        return self.site.startswith("https://")

    @property
    def store_path(self) -> Path | None:
        """The SQLite file, or None for a server or a store in memory."""
        url = sa.make_url(self.store_url.get_secret_value())
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            return None
        return Path(url.database)

    def areas(self) -> dict[str, Area]:
        """Each area with whether it is on, and what it waits for if not."""
        waits = {area: [name.upper() for name in needs if getattr(self, name) is None] for area, needs in _AREAS.items()}
        return {area: Area(not missing, missing) for area, missing in waits.items()}

    @property
    def finesse_sites(self) -> tuple[tuple[str, str], ...]:
        """Each node of Finesse in the order of failover: its REST address, and that of its notifications. Empty: the area is off."""
        if self.finesse_url is None or self.finesse_notify_url is None:
            return ()
        first = (self.finesse_url, self.finesse_notify_url)
        if self.finesse_second_url is None:
            return (first,)
        second = self.finesse_second_notify_url or check.with_host_of(self.finesse_notify_url, self.finesse_second_url)
        return (first, (self.finesse_second_url, second))

    def warnings(self) -> list[str]:
        """What works and is unwise, one sentence each."""
        found = []
        if not check.is_loopback(self.host) and not self.secure:
            found.append(
                "LISTEN is open to the network and PUBLIC_URL is not https: passwords travel readable, "
                "and browsers withhold notifications, Web Locks and the service worker."
            )
        if not self.finesse_verify:
            found.append("FINESSE_VERIFY is off: agents' passwords and calls go to whoever answers. Set FINESSE_CA_FILE or FINESSE_PINS.")
        if self.host in ("0.0.0.0", "::") and self.public_url is None:  # noqa: S104 - looked for, not listened on
            found.append("PUBLIC_URL is not set: requests for any Host are answered, and links in pushes lead to LISTEN.")
        return found


def _custom(message: str) -> PydanticCustomError:
    # The message is a template to pydantic: braces in it must come out as they are.
    return PydanticCustomError("value_error", "{message}", {"message": message})


def _joined(error: ValidationError, more: list[InitErrorDetails]) -> ValidationError:
    kept = [
        InitErrorDetails(type=PydanticCustomError(item["type"], "{message}", {"message": item["msg"]}), loc=item["loc"], input=None)
        for item in error.errors(include_url=False, include_input=False)
    ]
    return ValidationError.from_exception_data(error.title, kept + more, hide_input=True)


def _across(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Faults that lie between two settings: (name, message)."""
    found = []
    if data.get("vapid_private_key") and not data.get("vapid_subject"):
        found.append(("vapid_subject", "VAPID_PRIVATE_KEY is set, and push services refuse a key without a contact"))
    found += _tls(data.get("tls_certificate"), data.get("tls_key"))
    if data.get("finesse_second_notify_url") and not data.get("finesse_second_url"):
        found.append(("finesse_second_url", "missing, and FINESSE_SECOND_NOTIFY_URL is set"))
    unverified = str(data.get("finesse_verify", True)).lower() in ("false", "0", "no", "off")
    if unverified and (data.get("finesse_ca_file") or data.get("finesse_pins")):
        found.append(("finesse_verify", "is off beside FINESSE_CA_FILE or FINESSE_PINS, which would be looked at by nobody"))
    store = data.get("store_url")
    if isinstance(store, SecretStr):
        store = store.get_secret_value()
    if isinstance(store, str) and store.startswith("mysql") and not data.get("secret_keys"):
        found.append(("secret_keys", "missing, and a store on a server has no file beside it to keep one in"))
    return found


def _tls(certificate: Any, key: Any) -> list[tuple[str, str]]:
    if not certificate and not key:
        return []
    if not key:
        return [("tls_key", "missing, and TLS_CERTIFICATE is set")]
    if not certificate:
        return [("tls_certificate", "missing, and TLS_KEY is set")]
    try:
        check.key_pair(Path(certificate), Path(key))
    except ValueError as error:
        return [("tls_key", str(error))]
    return []
