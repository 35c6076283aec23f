"""Who acts through a request, as the audit log writes it down."""

from __future__ import annotations

from typing import Any

from starlette.requests import HTTPConnection

from hub.principal import Principal
from web.audit import Origin
from web.auth import client_address

__all__ = ["origin_of"]


def origin_of(connection: HTTPConnection[Any], principal: Principal) -> Origin:
    """The person, with the address and the browser that the request came from."""
    agent = connection.headers.get("user-agent", "")
    return Origin(user_id=principal.user_id, name=principal.name, address=client_address(connection), agent=agent)
