"""A loopback stand-in for Firebase Cloud Messaging (HTTP v1) and for Google's token endpoint.

How a registration behaves is decided by what the test said of it (`refuse`), or by its prefix: see BEHAVIOUR; `slow`
answers after two seconds, everything else is accepted. A registration tied to a Web Push subscription (`tie`) is
encrypted and posted there in the shape in which FCM hands it to a browser, so that a real Firefox receives it.
Methods may be called from the test's thread.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import jwt
from aiohttp.abc import AbstractResolver
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush_async
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.peers.serving import loopback_socket, serving

__all__ = ["BEHAVIOUR", "Fcm", "fcm"]

_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"

BEHAVIOUR: dict[str, tuple[int, str, str | None, dict[str, str]]] = {
    "unreg": (404, "NOT_FOUND", "UNREGISTERED", {}),
    "sender": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", {}),
    "quota": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", {"Retry-After": "30"}),
    "vague": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", {}),
    "third": (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", {}),
    "malformed": (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", {}),  # with the field message.token or message.fid named
    "bad": (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", {}),
    "lost": (404, "NOT_FOUND", None, {}),  # the project, not the device
    "denied": (403, "PERMISSION_DENIED", None, {}),
    "boom": (500, "INTERNAL", "INTERNAL", {}),
    "busy": (503, "UNAVAILABLE", "UNAVAILABLE", {"Retry-After": "20"}),
}
"""Prefix of a registration: HTTP status, google.rpc status, FCM's errorCode, headers."""


class Fcm:
    """The stand-in's state and its ASGI application. Made by `fcm`."""

    def __init__(self, base: str, project: str) -> None:
        self.base = base
        self.project = project
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._public = key.public_key()
        self._pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
        self._tied: dict[str, tuple[dict[str, Any], Vapid02, AbstractResolver | None, ssl.SSLContext | None]] = {}
        self._refused: dict[str, str] = {}
        self._access: dict[str, float] = {}
        self.messages: list[dict[str, Any]] = []
        """Accepted: `target` and `message` as on the wire."""
        self.calls = {"token": 0, "send": 0}
        self.scopes: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self.grant_delay_s = 0.0
        self.grant_fails = False
        self.token_life_s = 3600

    # -- for tests --------------------------------------------------------------------------------------

    def service_account(self, **more: Any) -> dict[str, Any]:
        """A key file's content as the Firebase console gives it, but pointing here."""
        return {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": secrets.token_hex(20),
            "private_key": self._pem,
            "client_email": f"push@{self.project}.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{self.base}/token",
            "fcm_endpoint": self.base,
            **more,
        }

    def write_service_account(self, path: Path, **more: Any) -> Path:
        """The same as a file."""
        path.write_text(json.dumps(self.service_account(**more)))
        return path

    def tie(
        self,
        registration: str,
        subscription: dict[str, Any],
        vapid: Vapid02,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """What is sent to this registration goes on to that browser, under the key it subscribed with."""
        self._tied[registration] = (subscription, vapid, resolver, tls)

    def refuse(self, registration: str, behaviour: str | None) -> None:
        """From now on it behaves so (a key of BEHAVIOUR), or well again."""
        if behaviour is None:
            self._refused.pop(registration, None)
        else:
            self._refused[registration] = behaviour

    def revoke(self) -> None:
        """Every access token given out so far is refused with 401."""
        self._access.clear()

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/token", self._token, methods=["POST"]),
                Route("/v1/projects/{project}/messages:send", self._send, methods=["POST"]),
            ]
        )

    # -- Google's face ----------------------------------------------------------------------------------

    async def _token(self, request: Request) -> Response:
        self.calls["token"] += 1
        form = parse_qs((await request.body()).decode())
        await asyncio.sleep(self.grant_delay_s)
        if self.grant_fails:
            return JSONResponse({"error": "invalid_grant", "error_description": "asked for by the test"}, status_code=400)
        try:
            # google-auth always names Google's endpoint as the audience, whatever token_uri says
            claims = jwt.decode(form["assertion"][0], self._public, algorithms=["RS256"], audience="https://oauth2.googleapis.com/token")
        except (jwt.PyJWTError, KeyError) as error:
            return JSONResponse({"error": "invalid_grant", "error_description": str(error)}, status_code=400)
        self.scopes.append(claims["scope"])
        token = "ya29." + secrets.token_urlsafe(24)
        self._access[token] = time.time() + self.token_life_s
        return JSONResponse({"access_token": token, "expires_in": self.token_life_s, "token_type": "Bearer"})

    async def _send(self, request: Request) -> Response:
        self.calls["send"] += 1
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._take(request)
        finally:
            self._at_once -= 1

    async def _take(self, request: Request) -> Response:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._access.get(bearer, 0) < time.time():
            return _error(401, "UNAUTHENTICATED", None, "Request had invalid authentication credentials.")
        if request.path_params["project"] != self.project:
            return _error(403, "PERMISSION_DENIED", None, "not your project")
        body = await request.json()
        message = body.get("message", {})
        targets = [kind for kind in ("token", "topic", "condition", "fid") if message.get(kind)]
        if len(targets) != 1:
            return _error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "exactly one target wanted")
        if any(not isinstance(value, str) for value in (message.get("data") or {}).values()):
            return _error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "data values must be strings")
        if len(json.dumps(message, ensure_ascii=False).encode()) > 4096 + 512:  # FCM counts the payload, not the frame
            return _error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message is too big")
        target = message[targets[0]]
        if target.startswith("slow"):
            await asyncio.sleep(2)
        kind = self._refused.get(target) or next((prefix for prefix in BEHAVIOUR if target.startswith(prefix)), None)
        if kind:
            status, rpc, code, headers = BEHAVIOUR[kind]
            field = f"message.{targets[0]}" if kind == "malformed" else None
            return _error(status, rpc, code, f"asked for by the test: {kind} {target}", headers, field)
        name = f"projects/{self.project}/messages/{uuid.uuid4()}"
        self.messages.append({"name": name, "target": target, "kind": targets[0], "message": message})
        if target in self._tied and await self._forward(name, message, *self._tied[target]) in (404, 410):
            return _error(404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.")
        return JSONResponse({"name": name})

    async def _forward(
        self,
        name: str,
        message: dict[str, Any],
        subscription: dict[str, Any],
        vapid: Vapid02,
        resolver: AbstractResolver | None,
        tls: ssl.SSLContext | None,
    ) -> int:
        """What FCM does for a web registration: merges, and posts to the browser's push endpoint."""
        web = message.get("webpush", {})
        note = {**(message.get("notification") or {}), **(web.get("notification") or {})}
        out: dict[str, Any] = {"from": "1234567890", "fcmMessageId": name.rsplit("/", 1)[1], "priority": "normal"}
        if note:
            out["notification"] = note
        if data := web.get("data") or message.get("data"):
            out["data"] = data
        if link := (web.get("fcm_options") or {}).get("link"):
            out["fcmOptions"] = {"link": link}
        headers = {name: value for name, value in (web.get("headers") or {}).items() if name.lower() != "ttl"}
        ttl = int({name.lower(): value for name, value in (web.get("headers") or {}).items()}.get("ttl", 2_419_200))
        connector = aiohttp.TCPConnector(resolver=resolver, ssl=tls if tls is not None else True)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10)) as session:
            try:
                await webpush_async(
                    subscription,
                    json.dumps(out),
                    vapid_private_key=vapid,
                    vapid_claims={"sub": "mailto:fcm@example.org"},
                    ttl=ttl,
                    headers=headers,
                    timeout=aiohttp.ClientTimeout(total=10),  # type: ignore[arg-type]  # handed to aiohttp as it is; a number is deprecated there
                    aiohttp_session=session,
                )
            except WebPushException as refused:
                return refused.status_code or 0
        return 201


@contextmanager
def fcm(project: str = "demo-project") -> Iterator[Fcm]:
    """A running stand-in."""
    listening = loopback_socket()
    peer = Fcm(f"http://127.0.0.1:{listening.getsockname()[1]}", project)
    with serving(peer.app(), [(listening, None)], "fcm"):
        yield peer


def _error(
    status: int, rpc: str, code: str | None, message: str, headers: dict[str, str] | None = None, field: str | None = None
) -> JSONResponse:
    details: list[dict[str, Any]] = []
    if code:
        details.append({"@type": _ERROR, "errorCode": code})
    if field:
        details.append({"@type": _BAD_REQUEST, "fieldViolations": [{"field": field, "description": "Invalid registration token"}]})
    body = {"error": {"code": status, "message": message, "status": rpc, "details": details}}
    return JSONResponse(body, status_code=status, headers=headers)
