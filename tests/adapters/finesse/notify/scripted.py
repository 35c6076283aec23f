"""A server that says what a test tells it to, over WebSocket and over TCP: up to some step it behaves, there it does something else."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from adapters.finesse.notify.line import Connector, Terms
from adapters.finesse.notify.tcp import tcp_connector
from adapters.finesse.notify.websocket import websocket_connector
from tests.peers.prosody import DOMAIN, PUBSUB

__all__ = ["STEPS", "Script", "scripted"]

STEPS = ("open", "features", "auth", "reopen", "refeatures", "bind", "session", "subscriptions")
"""What a client waits for, in order, as the line names them."""
_JID = f"1001@{DOMAIN}/navigator"
_CLIENT = "xmlns='jabber:client'"
_BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
_SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
_STREAM = "xmlns:stream='http://etherx.jabber.org/streams'"


class Script:
    """Answers of a well-behaved server, but at `step` gives `instead` and from then on only what `also` has for a text.

    Reopening over WebSocket, `<open/>` and the features come together, so `features` is a step apart.
    """

    def __init__(self, step: str = "", instead: Sequence[str] = (), also: Callable[[str], Sequence[str]] = lambda _: ()) -> None:
        self._step, self._instead, self._also = step, instead, also
        self._opened = 0
        self.over = False
        self.heard: list[str] = []

    def replies(self, text: str, *, framed: bool) -> list[str]:
        """What it says to this."""
        self.heard.append(text)
        said: list[str] = []
        for step, answer in self._usual(text, framed=framed):
            if self.over:
                break
            if step == self._step:
                self.over = True
                said += self._instead
            else:
                said.append(answer)
        if self.over and not said:
            said += self._also(text)
        return said

    def _usual(self, text: str, *, framed: bool) -> list[tuple[str, str]]:
        if "<open" in text or "<stream:stream" in text:
            self._opened += 1
            again = "re" if self._opened > 1 else ""
            opened = (
                f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='{DOMAIN}' id='x' version='1.0'/>"
                if framed
                else f"<?xml version='1.0'?><stream:stream {_STREAM} {_CLIENT} from='{DOMAIN}' id='x' version='1.0'>"
            )
            inside = (
                f"{_BIND}/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"
                if again
                else f"<mechanisms {_SASL}><mechanism>PLAIN</mechanism></mechanisms>"
            )
            return [(f"{again}open", opened), (f"{again}features", f"<stream:features {_STREAM}>{inside}</stream:features>")]
        if "<auth" in text:
            return [("auth", f"<success {_SASL}/>")]
        if "<bind" in text:
            return [("bind", f"<iq {_CLIENT} type='result' id='bind'>{_BIND}><jid>{_JID}</jid></bind></iq>")]
        if "<session" in text:
            return [("session", f"<iq {_CLIENT} type='result' id='session'/>")]
        if "<subscriptions" in text:
            return [("subscriptions", f"<iq {_CLIENT} type='result' id='hello' from='{PUBSUB}'/>")]
        return []


@asynccontextmanager
async def scripted(way: str, script: Script, terms: Terms) -> AsyncIterator[Connector]:
    """A connector to such a server, `ws` or `tcp`; another script than a Script's is written by the test itself."""
    if way == "ws":

        async def framed(link: ServerConnection) -> None:
            with contextlib.suppress(ConnectionClosed):
                async for frame in link:
                    for text in script.replies(str(frame), framed=True):
                        await link.send(text)

        async with serve(framed, "127.0.0.1", 0, subprotocols=[Subprotocol("xmpp")], compression=None, close_timeout=0.1) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            yield websocket_connector(f"ws://127.0.0.1:{port}/ws/", terms=terms)
        return

    async def streamed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                for text in _apart(data.decode()):
                    for reply in script.replies(text, framed=False):
                        writer.write(reply.encode())
                        await writer.drain()
        writer.close()

    async with listening(streamed) as port:
        yield tcp_connector("127.0.0.1", port, security="none", terms=terms)


@asynccontextmanager
async def listening(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> AsyncIterator[int]:
    """The port of a server whose every connection is `talk`'s; what still runs at the end is ended."""
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(reader, writer)  # type: ignore[misc]
        except asyncio.CancelledError:
            pass  # ours, below: asyncio's streams would log it
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(list(tasks))
        await server.wait_closed()


def _apart(text: str) -> list[str]:
    """The stanzas of what was read at once: several may have been sent together."""
    return [part for part in re.split(r"(?=<presence|<iq|<auth|<\?xml)", text) if part]
