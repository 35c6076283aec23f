"""The OpenAPI document is true: it has every route and only those, and no request whatever gets an answer that it does not name."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from starlette.routing import Route

from tests.web.tickets.conftest import Office
from web.ticket_list import ticket_list_routes
from web.tickets.openapi import OPERATIONS, document
from web.tickets.routes import ticket_routes

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 15
"""Requests of each operation and each mode: good ones, and ones with something wrong."""


def test_the_document_has_every_route_and_only_those() -> None:
    """A route that is added must be described."""
    routes = [route for route in (*ticket_routes(), *ticket_list_routes()) if isinstance(route, Route)]
    assert {(method, route.path.replace(":int}", "}")) for route in routes for method in (route.methods or set()) - {"HEAD"}} == set(
        OPERATIONS
    )


def test_every_reference_leads_somewhere() -> None:
    """And names are unique."""
    found = msgspec.json.decode(document())
    known = {f"#/components/schemas/{name}" for name in found["components"]["schemas"]}
    assert set(re.findall(r'"\$ref":"([^"]+)"', document().decode())) <= known
    ids = [op["operationId"] for path in found["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.redmine
@pytest.mark.timeout(170)
async def test_no_request_gets_an_answer_that_the_document_does_not_name(office: Office) -> None:
    """Generated requests, good and bad, to every operation over the real Redmine: no 5xx, no undocumented status, type or shape."""
    who, id, loop = await office.seat("ivanov"), await office.issue(), asyncio.get_running_loop()
    version = (await office.task("ivanov", id))["version"]
    served = (await office.get("ivanov", "/openapi.json")).json()
    asked: dict[int, int] = {}

    def ask(case: schemathesis.Case) -> None:
        """One request of the person's page; every other one to the issue that is there."""
        kwargs = case.as_transport_kwargs(base_url="http://t")
        headers = {name: str(value) for name, value in (kwargs.pop("headers", None) or {}).items()}
        headers["X-CSRF-Token"] = who.made.csrf
        url = re.sub(r"/task/[0-9]+", lambda found: f"/task/{id}" if len(found[0]) % 2 else found[0], str(kwargs["url"]))
        body = kwargs.get("json")
        if isinstance(body, dict) and "version" in body and len(str(body)) % 2:
            body["version"] = version
        content = kwargs.get("data")
        sent = who.browser.request(
            kwargs["method"],
            url.removeprefix("http://t"),
            headers={name: value for name, value in headers.items() if name.lower() not in ("authorization", "cookie")},
            params=kwargs.get("params"),
            **({"json": body} if "json" in kwargs else {"content": content if isinstance(content, bytes | str) else b""}),
        )
        answer: httpx.Response = asyncio.run_coroutine_threadsafe(sent, loop).result(30)
        asked[answer.status_code] = asked.get(answer.status_code, 0) + 1
        case.validate_response(answer, checks=CHECKS)

    def run() -> None:
        schema: Any = schemathesis.openapi.from_dict(served)
        for operation in (found.ok() for found in schema.get_all_operations()):
            for mode in schemathesis.GenerationMode:
                if mode is schemathesis.GenerationMode.NEGATIVE and operation.label == "GET /tasks/api/openapi.json":
                    continue  # it takes nothing that could be wrong
                bounded = settings(
                    max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
                )
                seed(1)(bounded(given(case=operation.as_strategy(generation_mode=mode))(ask)))()

    await asyncio.to_thread(run)
    assert {200, 404, 422} <= asked.keys(), asked
