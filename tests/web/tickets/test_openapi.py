"""The OpenAPI document is true: it has every route and only those, and no request whatever gets an answer that it does not name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from web.tickets.openapi import OPERATIONS, document
from web.tickets.routes import ticket_routes


def test_the_document_has_every_route_and_only_those() -> None:
    """A route that is added must be described."""
    routes = {(method, re.sub(r":int}", "}", route.path)) for route in ticket_routes() for method in (route.methods or set()) - {"HEAD"}}
    assert routes == set(OPERATIONS)


def test_every_reference_leads_somewhere() -> None:
    """And names are unique."""
    found = msgspec.json.decode(document())
    known = {f"#/components/schemas/{name}" for name in found["components"]["schemas"]}
    assert set(re.findall(r'"\$ref":"([^"]+)"', document().decode())) <= known
    ids = [op["operationId"] for path in found["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))
