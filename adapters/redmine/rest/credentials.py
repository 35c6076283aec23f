"""What signs a request to Redmine. No value of them shows in a repr, a log or a traceback."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pydantic import SecretStr

__all__ = ["ApiKey", "ApiKeys", "Basic", "Credential", "Signed", "headers_of"]


@dataclass(frozen=True, slots=True)
class Basic:
    """A person's login and password. Refused (401) while the person has two-factor authentication on; an API key is not."""

    login: str
    password: SecretStr


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of somebody's account. `as_login` acts as that person, for an administrator's key only: Redmine ignores it from others."""

    key: SecretStr
    as_login: str | None = None


Credential: TypeAlias = Basic | ApiKey


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose call it is (for the bounds: a login or address) and what signs it."""

    who: str
    credential: Credential


class ApiKeys(Protocol):
    """Where people's own API keys are kept, if anywhere."""

    async def get(self, redmine_id: int) -> SecretStr | None:
        """The person's own key; None when none is known."""
        ...

    async def forget(self, redmine_id: int) -> None:
        """Called when Redmine refuses the key (401)."""
        ...


def headers_of(credential: Credential) -> Mapping[str, str]:
    """The headers that sign a request. A login or key that no header may hold (a line break) raises ValueError that shows neither."""
    match credential:
        case Basic(login, password):
            pair = f"{login}:{password.get_secret_value()}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
        case ApiKey(key, as_login):
            headers = {"X-Redmine-API-Key": _plain(key.get_secret_value())}
            return headers if as_login is None else {**headers, "X-Redmine-Switch-User": _plain(as_login)}


def _plain(value: str) -> str:
    if not value or not value.isascii() or not value.isprintable():
        raise ValueError("a key or login for Redmine must be printable ASCII and not empty")
    return value
