"""The addresses of `/netmonitor/api/…`; the monitor's pages and the administrators' part have modules of their own."""

from __future__ import annotations

from starlette.routing import Route

from web.netmonitor import acting, picturing, reading
from web.netmonitor.serving import guarded

__all__ = ["network_routes"]

API = "/netmonitor/api"
HOST = f"{API}/hosts/{{id}}"
BADGE = "/netmonitor/badges/{id}"
_TRACE_S = 40.0


def network_routes() -> list[Route]:
    """The routes; they use `network` of the request's state."""
    return [
        Route(f"{API}/summary", guarded(reading.summary), methods=["GET"]),
        Route(f"{API}/status", guarded(reading.status), methods=["GET"]),
        Route(f"{API}/uptime", guarded(reading.uptime), methods=["GET"]),
        Route(f"{API}/uptime.csv", guarded(reading.uptime_csv), methods=["GET"]),
        Route(f"{API}/maintenance", guarded(acting.maintenance), methods=["GET"]),
        Route(f"{API}/maintenance", guarded(acting.plan_maintenance), methods=["POST"]),
        Route(f"{API}/maintenance/{{window_id:int}}", guarded(acting.end_maintenance), methods=["DELETE"]),
        Route(HOST, guarded(reading.host), methods=["GET"]),
        Route(f"{HOST}/history", guarded(reading.history), methods=["GET"]),
        Route(f"{HOST}/history.csv", guarded(reading.history_csv), methods=["GET"]),
        Route(f"{HOST}/ack", guarded(acting.acknowledge), methods=["POST"]),
        Route(f"{HOST}/ack", guarded(acting.clear), methods=["DELETE"]),
        Route(f"{HOST}/ping", guarded(acting.ping, deadline_s=60.0), methods=["POST"]),
        Route(f"{BADGE}/state.svg", guarded(picturing.state_badge), methods=["GET"]),
        Route(f"{BADGE}/uptime.svg", guarded(picturing.uptime_badge), methods=["GET"]),
        Route(f"{BADGE}/response.svg", guarded(picturing.response_badge), methods=["GET"]),
        Route(f"{HOST}/traceroute", guarded(acting.trace, deadline_s=_TRACE_S), methods=["POST"]),
    ]
