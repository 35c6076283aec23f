"""An agent's desk before the sandbox, made of plain httpx and websockets: what it asks, and what it is told."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from xml.etree.ElementTree import Element, fromstring

import httpx
from websockets.asyncio.client import ClientConnection, connect

from adapters.sandbox.finesse import SandboxFinesse
from adapters.sandbox.finesse.site import Site

__all__ = ["Desk", "Heard", "Xmpp", "at_desk", "find", "texts"]

PATIENCE_S = 30.0
_PUBSUB = "http://jabber.org/protocol/pubsub"


def find(element: Element, *path: str) -> Element:
    """The element at the end of a path of local names."""
    for name in path:
        element = next(child for child in element if child.tag.rpartition("}")[2] == name)
    return element


def texts(element: Element, name: str) -> list[str]:
    """The texts of all descendants of this local name."""
    return [one.text or "" for one in element.iter() if one.tag.rpartition("}")[2] == name]


@dataclass(frozen=True)
class Heard:
    """One notification, taken apart as far as tests need it."""

    node: str
    item: str
    namespace: str
    event: str
    request: str
    source: str
    data: Element
    text: str

    @property
    def what(self) -> str:
        """The name of the object."""
        return self.data[0].tag

    def leg(self, address: str) -> Element:
        """The participant at this address."""
        return next(one for one in self.data.iter("Participant") if one.findtext("mediaAddress") == address)

    def short(self, address: str) -> str:
        """`POST ALERTING ALERTING`: event, state of the dialog and of one's own leg; `READY` of an agent; `!22` of an error."""
        if self.what == "apiErrors":
            return f"!{self.data.findtext('.//errorData')}"
        if self.what == "user":
            pending = self.data.findtext(".//pendingState")
            return f"{self.data.findtext('.//state')}{f'>{pending}' if pending else ''}"
        dialog = self.data[0] if self.what == "dialog" else self.data[0][0]
        return f"{self.event} {dialog.findtext('state')} {self.leg(address).findtext('state')}"

    @property
    def dialog(self) -> str:
        """The dialog's id."""
        return (self.data[0] if self.what == "dialog" else self.data[0][0]).findtext("id") or ""


class Xmpp:
    """One connection to the notifications."""

    def __init__(self, socket: ClientConnection, domain: str) -> None:
        self.socket, self.domain = socket, domain
        self.presences: list[Element] = []
        self.waiting: list[Element] = []
        self._ids = 0

    async def next(self) -> Element:
        """The next frame."""
        async with asyncio.timeout(PATIENCE_S):
            return fromstring(await self.socket.recv(decode=True))

    async def sign_in(self, agent: str, password: str) -> str:
        """Authenticates; the name of the element that answers."""
        await self.socket.send(f'<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{self.domain}" version="1.0"/>')
        assert (await self.next()).tag.endswith("}open")
        assert texts(await self.next(), "mechanism") == ["PLAIN"]
        secret = base64.b64encode(f"\0{agent}\0{password}".encode()).decode()
        await self.socket.send(f'<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{secret}</auth>')
        return (await self.next()).tag.rpartition("}")[2]

    async def bind(self, resource: str) -> str:
        """Opens anew and binds; the JID."""
        await self.socket.send(f'<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{self.domain}" version="1.0"/>')
        await self.next()
        await self.next()
        answer = await self.iq("set", f'<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>{resource}</resource></bind>')
        return texts(answer, "jid")[0]

    async def present(self, priority: int = 0) -> None:
        """Sends presence and waits for that of the user `finesse`."""
        await self.socket.send(f'<presence xmlns="jabber:client"><priority>{priority}</priority></presence>')
        while True:
            frame = await self.next()
            if frame.tag.endswith("}presence"):
                self.presences.append(frame)
                return
            self.waiting.append(frame)

    async def iq(self, kind: str, inner: str, *, to: str | None = None) -> Element:
        """Asks, and waits for the answer."""
        self._ids += 1
        number = f"q{self._ids}"
        where = f' to="{to}"' if to else ""
        await self.socket.send(f'<iq xmlns="jabber:client" type="{kind}" id="{number}"{where}>{inner}</iq>')
        while True:
            frame = await self.next()
            if frame.tag.endswith("}iq") and frame.get("id") == number:
                return frame
            self.waiting.append(frame)

    async def pubsub(self, kind: str, inner: str) -> Element:
        """Asks the pubsub service."""
        return await self.iq(kind, f'<pubsub xmlns="{_PUBSUB}">{inner}</pubsub>', to=f"pubsub.{self.domain}")

    async def message(self) -> Element:
        """The next message; presences are put aside."""
        while True:
            frame = self.waiting.pop(0) if self.waiting else await self.next()
            if frame.tag.endswith("}message"):
                return frame
            if frame.tag.endswith("}presence"):
                self.presences.append(frame)

    async def heard(self) -> Heard:
        """The next notification."""
        return read(await self.message())


def read(message: Element) -> Heard:
    """A notification out of its message."""
    items = find(message, "event", "items")
    item = find(items, "item")
    notification = item[0]
    update = fromstring(notification.text) if len(notification) == 0 and notification.text else notification[0]
    for one in update.iter():
        one.tag = one.tag.rpartition("}")[2]
    found = {child.tag: child for child in update}
    return Heard(
        node=items.get("node", ""),
        item=item.get("id", ""),
        namespace=notification.tag.partition("}")[0][1:],
        event=found["event"].text or "",
        request=found["requestId"].text or "",
        source=found["source"].text or "",
        data=found["data"],
        text=notification.text or "",
    )


class Desk:
    """One agent with a connection of each kind."""

    def __init__(self, site: Site, agent: str, client: httpx.AsyncClient, xmpp: Xmpp) -> None:
        self.site, self.id, self.client, self.xmpp = site, agent, client, xmpp
        known = site.centre.agents[agent]
        self.device, self.password = known.device, known.password
        self._requests = 0

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """GET below `/finesse/api`."""
        return await self.client.get(f"/finesse/api{path}", headers=headers)

    async def send(self, method: str, path: str, body: str) -> httpx.Response:
        """PUT or POST with a request id of its own."""
        self._requests += 1
        headers = {"requestId": f"{self.id}-{self._requests}", "content-type": "application/xml"}
        return await self.client.request(method, f"/finesse/api{path}", content=body.encode(), headers=headers)

    async def state(self, state: str, reason: str = "", extension: str = "") -> httpx.Response:
        """PUT User."""
        more = (f"<reasonCodeId>{reason}</reasonCodeId>" if reason else "") + (f"<extension>{extension}</extension>" if extension else "")
        return await self.send("PUT", f"/User/{self.id}", f"<User><state>{state}</state>{more}</User>")

    async def make_call(self, to: str) -> httpx.Response:
        """MAKE_CALL."""
        body = f"<requestedAction>MAKE_CALL</requestedAction><fromAddress>{self.device}</fromAddress><toAddress>{to}</toAddress>"
        return await self.send("POST", f"/User/{self.id}/Dialogs", f"<Dialog>{body}</Dialog>")

    async def act(self, call: str, action: str, *, to: str = "", target: str = "", digits: str = "") -> httpx.Response:
        """PUT Dialog."""
        body = f"<targetMediaAddress>{target or self.device}</targetMediaAddress><requestedAction>{action}</requestedAction>"
        if to:
            body += f"<toAddress>{to}</toAddress>"
        if digits:
            body += f"<actionParams><ActionParam><name>dtmfString</name><value>{digits}</value></ActionParam></actionParams>"
        return await self.send("PUT", f"/Dialog/{call}", f"<Dialog>{body}</Dialog>")

    async def told(self, count: int) -> list[str]:
        """The next notifications, in short; of different nodes in the order of their coming."""
        return [(await self.xmpp.heard()).short(self.device) for _ in range(count)]

    async def ready(self) -> None:
        """Signs in and is READY, and has heard so."""
        assert (await self.state("LOGIN", extension=self.device)).status_code == 202
        assert (await self.state("READY")).status_code == 202
        assert await self.told(2) == ["NOT_READY", "READY"]


@asynccontextmanager
async def connected(site: Site) -> AsyncIterator[Xmpp]:
    """A connection that nobody has signed in on."""
    async with connect(site.notify_url, subprotocols=["xmpp"], close_timeout=1, proxy=None) as socket:  # type: ignore[list-item]
        yield Xmpp(socket, site.domain)


@asynccontextmanager
async def at_desk(sandbox: SandboxFinesse, agent: str, *, site: int = 0, resource: str = "desk") -> AsyncIterator[Desk]:
    """An agent who is connected, and present, but not signed in to the contact centre."""
    node = sandbox.sites[site]
    known = sandbox.agents[agent]
    async with AsyncExitStack() as stack:
        auth = (agent, known.password)
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=node.url, auth=auth, timeout=PATIENCE_S, trust_env=False, verify=False)
        )
        xmpp = await stack.enter_async_context(connected(node))
        assert await xmpp.sign_in(agent, known.password) == "success"
        await xmpp.bind(resource)
        await xmpp.present()
        yield Desk(node, agent, client, xmpp)
