"""A small push service for tests, with both faces of Mozilla's.

The browser's face is a WebSocket at `/` that speaks what desktop Firefox speaks to its push service (hello, register,
unregister, notification, ack, nack, ping); Firefox's pref `dom.push.serverURL` points at it. The application server's
face is `POST /wpush/v2/{token}`: RFC 8030 and 8292 with TTL, Urgency, Topic, the VAPID check, the limit of 4,096 bytes,
store and forward. Both are on a plain port, and with an `Authority` the second is on a TLS port too, as the real host name.

Devices without a browser decrypt what they get here. Methods may be called from the test's thread.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.peers.certs import Authority
from tests.peers.serving import Serving, loopback_socket, serving

__all__ = ["HOST", "Autopush", "autopush"]

HOST = "updates.push.services.mozilla.com"
"""The host name of the endpoints it hands out when it has a certificate."""
_MAX_BODY = 4096  # the floor that RFC 8030, section 7.2, sets
_MAX_TTL_S = 60 * 24 * 3600
_URGENCIES = ("very-low", "low", "normal", "high")
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class Refuse(Exception):
    """The answer to a POST is this status."""

    def __init__(self, status: int, errno: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.errno, self.reason, self.headers = status, errno, reason, headers or {}


@dataclass(slots=True)
class Fault:
    """What the next posts meet instead of service."""

    status: int | None = None
    """None: only the delay."""
    retry_after: str | int | None = None
    delay_s: float = 0.0
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "fault asked for by the test"


@dataclass(slots=True)
class Channel:
    """One subscription."""

    token: str
    channel_id: str
    uaid: str
    app_key: bytes | None = None
    gone: bool = False
    faults: list[Fault] = field(default_factory=list)
    private_key: ec.EllipticCurvePrivateKey | None = None
    auth: bytes = b""
    inbox: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Message:
    """One accepted post."""

    version: str
    channel_id: str
    body: bytes
    ttl_s: int
    topic: str | None
    expires: float

    def frame(self) -> str:
        """As Firefox gets it."""
        frame: dict[str, Any] = {"messageType": "notification", "channelID": self.channel_id, "version": self.version, "ttl": self.ttl_s}
        if self.body:
            frame |= {"data": _b64u(self.body), "headers": {"encoding": "aes128gcm"}}
        return json.dumps(frame)


@dataclass(slots=True)
class Agent:
    """One browser."""

    uaid: str
    socket: WebSocket | None = None
    pending: dict[str, Message] = field(default_factory=dict)


class Autopush:
    """The service's state and its ASGI application. Made by `autopush`."""

    def __init__(self, public_url: str, port: int, tls_port: int | None) -> None:
        self.url = public_url
        """The origin of the endpoints, and the only `aud` that it takes."""
        self.port = port
        """The plain port."""
        self.tls_port = tls_port
        self.log: list[dict[str, Any]] = []
        """What happened: `kind`, `n`, `t` and more."""
        self.faults: list[Fault] = []
        """For every subscription."""
        self.require_vapid = True
        self._agents: dict[str, Agent] = {}
        self._channels: dict[str, Channel] = {}
        self._forget: set[str] = set()
        self._serving: Serving | None = None
        self.most_at_once = 0
        self._at_once = 0

    @property
    def socket_url(self) -> str:
        """For Firefox's pref `dom.push.serverURL`."""
        return f"ws://127.0.0.1:{self.port}/"

    # -- for tests --------------------------------------------------------------------------------------

    def device(self, application_server_key: str | None = None) -> dict[str, Any]:
        """A subscription of a device without a browser, as `PushSubscription.toJSON()` gives it."""
        private, token, auth, uaid = ec.generate_private_key(ec.SECP256R1()), secrets.token_urlsafe(24), os.urandom(16), uuid.uuid4().hex
        self._agents[uaid] = Agent(uaid)
        key = _unb64u(application_server_key) if application_server_key else None
        self._channels[token] = Channel(token, str(uuid.uuid4()), uaid, key, private_key=private, auth=auth)
        point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return {
            "endpoint": f"{self.url}/wpush/v2/{token}",
            "expirationTime": None,
            "keys": {"p256dh": _b64u(point), "auth": _b64u(auth)},
        }

    def inbox(self, endpoint: str) -> list[dict[str, Any]]:
        """What such a device received: `text`, `ttl`, `urgency`, `topic`, `bytes`, `vapid`, `headers`."""
        return self._by_endpoint(endpoint).inbox

    def fault(self, endpoint: str | None = None, **fault: Any) -> None:
        """Lays a `Fault` in the way of one endpoint, or of all."""
        (self._by_endpoint(endpoint).faults if endpoint else self.faults).append(Fault(**fault))

    def expire(self, endpoint: str) -> None:
        """Posts to it answer 410 from now on."""
        self._by_endpoint(endpoint).gone = True

    def disconnect(self, *, new_identity: bool = False) -> int:
        """Drops every browser; with a new identity each fires `pushsubscriptionchange` when it comes back."""
        assert self._serving is not None
        return self._serving.call(self._disconnect(new_identity))

    def posts(self, since: int = 0) -> int:
        """How many POSTs were made since that entry of the log."""
        return sum(each["kind"].startswith("post") for each in self.log[since:])

    def wait(self, kind: str, since: int = 0, timeout_s: float = 10.0) -> list[dict[str, Any]]:
        """Log entries of this kind (a prefix), waiting for the first; blocking. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while not (found := [each for each in self.log[since:] if each["kind"].startswith(kind)]):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {kind} within {timeout_s} s; log: {self.log[since:]}")
            time.sleep(0.01)
        return found

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                WebSocketRoute("/", self._client),
                Route("/wpush/v2/{token}", self._post, methods=["POST"]),
                Route("/m/{version}", self._delete, methods=["DELETE"]),
            ]
        )

    # -- the browser's face -----------------------------------------------------------------------------

    async def _client(self, ws: WebSocket) -> None:
        # Firefox asks for this subprotocol and gives up if the server does not choose it.
        offered = ws.scope.get("subprotocols") or []
        await ws.accept(subprotocol="push-notification" if "push-notification" in offered else None)
        agent: Agent | None = None
        try:
            while True:
                text = await ws.receive_text()
                if text.strip() == "{}":
                    await ws.send_text("{}")
                    continue
                message = json.loads(text)
                kind = message.get("messageType")
                self._note(f"client:{kind}", message=message)
                if kind == "hello":
                    agent = await self._hello(ws, message)
                elif agent is None:
                    await ws.close(1002)
                    return
                elif kind == "register":
                    await self._register(ws, agent, message)
                elif kind == "unregister":
                    for channel in self._channels.values():
                        if channel.uaid == agent.uaid and channel.channel_id == message["channelID"]:
                            channel.gone = True
                    await ws.send_text(json.dumps({"messageType": "unregister", "channelID": message["channelID"], "status": 200}))
                elif kind == "ack":
                    for update in message.get("updates", []):
                        agent.pending.pop(update.get("version"), None)
                # a nack (the service worker threw) needs no answer
        except WebSocketDisconnect:
            pass
        finally:
            if agent and agent.socket is ws:
                agent.socket = None
                self._note("client:gone", uaid=agent.uaid)

    async def _hello(self, ws: WebSocket, message: dict[str, Any]) -> Agent:
        uaid = message.get("uaid") or ""
        if uaid not in self._agents or uaid in self._forget:
            # A new identity makes Firefox drop its subscriptions and fire "pushsubscriptionchange".
            self._forget.discard(uaid)
            for channel in self._channels.values():
                if uaid and channel.uaid == uaid:
                    channel.gone = True
            uaid = uuid.uuid4().hex
        agent = self._agents.setdefault(uaid, Agent(uaid))
        agent.socket = ws
        await ws.send_text(json.dumps({"messageType": "hello", "uaid": uaid, "status": 200, "use_webpush": True, "broadcasts": {}}))
        for waiting in list(agent.pending.values()):
            await self._deliver(agent, waiting)
        return agent

    async def _register(self, ws: WebSocket, agent: Agent, message: dict[str, Any]) -> None:
        token = secrets.token_urlsafe(24)
        key = _unb64u(message["key"]) if message.get("key") else None
        self._channels[token] = Channel(token, message["channelID"], agent.uaid, key)
        answer = {"messageType": "register", "channelID": message["channelID"], "status": 200}
        await ws.send_text(json.dumps(answer | {"pushEndpoint": f"{self.url}/wpush/v2/{token}"}))
        self._note("registered", token=token, vapid=bool(key))

    async def _deliver(self, agent: Agent, message: Message) -> None:
        if message.ttl_s and message.expires < time.time():
            agent.pending.pop(message.version, None)
            return
        try:
            if agent.socket is not None:
                await agent.socket.send_text(message.frame())
        except (RuntimeError, WebSocketDisconnect):
            agent.socket = None

    async def _disconnect(self, new_identity: bool) -> int:
        closed = 0
        for agent in self._agents.values():
            if agent.socket is not None:
                if new_identity:
                    self._forget.add(agent.uaid)
                await agent.socket.close(1001)
                closed += 1
        return closed

    # -- the application server's face ------------------------------------------------------------------

    async def _post(self, request: Request) -> Response:
        body = await request.body()
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._accept(request, body)
        except Refuse as no:
            self._note("post:refused", status=no.status, reason=no.reason, token=request.path_params["token"])
            answer = {"code": no.status, "errno": no.errno, "message": no.reason}
            return JSONResponse(answer, status_code=no.status, headers=no.headers)
        finally:
            self._at_once -= 1

    async def _accept(self, request: Request, body: bytes) -> Response:
        channel = self._channels.get(request.path_params["token"])
        if channel is None:
            raise Refuse(404, 102, "no such subscription")
        for faults in (channel.faults, self.faults):
            if faults:
                await self._meet(faults)
        if channel.gone:
            raise Refuse(410, 106, "subscription is gone")
        if len(body) > _MAX_BODY:
            raise Refuse(413, 104, f"body is over {_MAX_BODY} bytes")
        ttl = request.headers.get("ttl", "")
        if not ttl.isdigit():
            raise Refuse(400, 111, "TTL header missing or not a number")
        urgency = request.headers.get("urgency", "normal")
        if urgency not in _URGENCIES:
            raise Refuse(400, 0, "unknown Urgency")
        topic = request.headers.get("topic")
        if topic is not None and not (0 < len(topic) <= 32 and _ALPHABET.issuperset(topic)):
            raise Refuse(400, 113, "Topic: at most 32 characters of base64url")
        if body and request.headers.get("content-encoding") != "aes128gcm":
            raise Refuse(400, 110, "Content-Encoding must be aes128gcm")
        claims = self._check_vapid(request.headers.get("authorization", ""), channel)

        message = Message(uuid.uuid4().hex, channel.channel_id, body, min(int(ttl), _MAX_TTL_S), topic, time.time() + int(ttl))
        agent = self._agents[channel.uaid]
        replaced = None
        for old in list(agent.pending.values()):
            if topic and old.topic == topic and old.channel_id == channel.channel_id:
                replaced = old.version
                del agent.pending[old.version]
        if channel.private_key is not None:
            self._decrypt(channel, message, request, claims)
        elif agent.socket is not None:
            agent.pending[message.version] = message
            await self._deliver(agent, message)
        elif message.ttl_s > 0:
            agent.pending[message.version] = message
        self._note("post:accepted", token=channel.token, ttl=int(ttl), urgency=urgency, topic=topic, bytes=len(body), replaced=replaced)
        return Response(status_code=201, headers={"Location": f"{self.url}/m/{message.version}", "TTL": str(message.ttl_s)})

    async def _meet(self, faults: list[Fault]) -> None:
        fault = faults[0]
        fault.times -= 1
        if fault.times <= 0:
            faults.pop(0)
        await asyncio.sleep(fault.delay_s)
        if fault.status is not None:
            after = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            raise Refuse(fault.status, 0, fault.body, fault.headers | after)

    def _decrypt(self, channel: Channel, message: Message, request: Request, claims: dict[str, Any] | None) -> None:
        try:
            plain = http_ece.decrypt(message.body, private_key=channel.private_key, auth_secret=channel.auth, version="aes128gcm")
        except Exception as error:
            raise Refuse(400, 0, f"cannot decrypt: {error}") from error
        if message.topic:
            channel.inbox[:] = [each for each in channel.inbox if each["topic"] != message.topic]
        channel.inbox.append(
            {
                "text": plain.decode(),
                "ttl": message.ttl_s,
                "urgency": request.headers.get("urgency"),
                "topic": message.topic,
                "bytes": len(message.body),
                "plain_bytes": len(plain),
                "vapid": claims,
                "headers": dict(request.headers),
            }
        )

    def _check_vapid(self, header: str, channel: Channel) -> dict[str, Any] | None:
        if not header:
            if channel.app_key or self.require_vapid:
                raise Refuse(401, 109, "Authorization missing")
            return None
        scheme, _, rest = header.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme.lower() != "vapid" or "t" not in parts or "k" not in parts:
            raise Refuse(401, 109, "want: Authorization: vapid t=..., k=...")
        key = _unb64u(parts["k"])
        if channel.app_key and key != channel.app_key:
            raise Refuse(403, 109, "VAPID key is not the one the subscription was made with")
        try:
            head, payload, signature = parts["t"].split(".")
            raw = _unb64u(signature)
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
            public.verify(
                encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
                f"{head}.{payload}".encode(),
                ec.ECDSA(hashes.SHA256()),
            )
            claims: dict[str, Any] = json.loads(_unb64u(payload))
        except (ValueError, InvalidSignature):
            raise Refuse(401, 109, "bad VAPID token") from None
        if claims.get("aud") != self.url:
            raise Refuse(401, 109, f"aud is {claims.get('aud')!r}, want {self.url!r}")
        now = time.time()
        if not now <= float(claims.get("exp", 0)) <= now + 24 * 3600 + 60:
            raise Refuse(401, 109, "exp is past, or more than 24 hours ahead")
        return claims

    async def _delete(self, request: Request) -> Response:
        for agent in self._agents.values():
            if agent.pending.pop(request.path_params["version"], None):
                return Response(status_code=204)
        return Response(status_code=404)

    def _by_endpoint(self, endpoint: str) -> Channel:
        return self._channels[endpoint.rsplit("/", 1)[1]]

    def _note(self, kind: str, **more: Any) -> None:
        self.log.append({"n": len(self.log), "t": round(time.time(), 3), "kind": kind, **more})


@contextmanager
def autopush(authority: Authority | None = None, host: str = HOST) -> Iterator[Autopush]:
    """A running push service. With an authority its endpoints are `https://{host}/…`, to be resolved to `tls_port`;
    without one they are plain, at `http://127.0.0.1:port`, for operators' full origins.
    """
    sockets: list[Any] = [(plain := loopback_socket(), None)]
    port, tls_port, url = plain.getsockname()[1], None, f"http://127.0.0.1:{plain.getsockname()[1]}"
    if authority is not None:
        sockets.append((secure := loopback_socket(), authority.issue(host)))
        tls_port, url = secure.getsockname()[1], f"https://{host}"
    peer = Autopush(url, port, tls_port)
    with serving(peer.app(), sockets, "autopush") as peer._serving:
        yield peer


def _b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64u(text: str) -> bytes:
    text = text.strip().rstrip("=")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
