"""The handshake and the frames of RFC 6455 from clients that break them: the right status or close code, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Opcode
from websockets.typing import Origin, Subprotocol

from tests.hub.frames import client_frame
from tests.live.client import Client, connected
from tests.live.product import Product
from tests.live.raw import HELLO, Raw, raw, request

TEXT, BINARY, CLOSE, PING, PONG = Opcode.TEXT, Opcode.BINARY, Opcode.CLOSE, Opcode.PING, Opcode.PONG
CONTINUATION = Opcode.CONT
SUB = json.dumps({"t": "sub", "id": 1, "topic": "system"}).encode()
BYE = client_frame(CLOSE, b"\x03\xe8")


@dataclass
class Scene:
    """A running product, ann signed in, and a session of hers that behaves."""

    product: Product
    http: httpx.AsyncClient
    witness: Client
    since: int
    """The inbox position that the witness began at."""

    def descriptors(self) -> int:
        """The files and sockets that the server process has open."""
        assert self.product.process is not None
        return len(list(Path(f"/proc/{self.product.process.pid}/fd").iterdir()))

    async def descriptors_fall_to(self, bound: int) -> None:
        """Waits for the server to let go of what it held."""
        async with asyncio.timeout(15):
            while self.descriptors() > bound:  # noqa: ASYNC110  # another process holds them, and tells nobody
                await asyncio.sleep(0.05)

    async def witness_lives(self) -> None:
        """The witness gets an answer and what is published, and was told nothing that it should not have been."""
        assert (await self.witness.call("inbox.unread", limit=1))["t"] == "reply"
        due = self.since + len(self.witness.seqs) + 1
        await self.product.publish({"id": str(due), "navuser": "ann", "data": {"kind": "system", "title": {"ru": "а", "en": "a"}}})
        await self.witness.until_seq(due)
        assert self.witness.seqs == list(range(self.since + 1, due + 1))


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, ann_store: Path) -> Iterator[Product]:
    """One product for all of them: what one test leaves behind the next would meet."""
    made = Product(tmp_path_factory.mktemp("handshake"))
    made.furnish(ann_store)
    made.start()
    asyncio.run(made.answers())
    yield made
    asyncio.run(made.stop())


@pytest.fixture
async def scene(serving: Product) -> AsyncIterator[Scene]:
    """Afterwards the witness still lives, no descriptor has leaked, and no traceback is in the log."""
    read = serving.log.stat().st_size
    async with serving.signed_in("ann") as http, connected(serving, http) as witness:
        made = Scene(serving, http, witness, since=witness.frames[-1]["seq"])
        await made.witness_lives()
        async with raw(serving, http):  # what the first socket of a process opens for good is not a leak
            pass
        await made.descriptors_fall_to(made.descriptors())
        before = made.descriptors()
        yield made
        await made.witness_lives()
        await made.descriptors_fall_to(before)
    lines = [
        line
        for line in serving.log.read_bytes()[read:].decode().splitlines()
        if "Traceback" in line or '"level":"error"' in line.replace(" ", "")
    ]
    assert not lines, lines[0][:2000]


# -- the handshake ----------------------------------------------------------------------------------------


async def status(scene: Scene, data: bytes) -> tuple[int, dict[str, str]]:
    """What a handshake is answered with; the server may then keep the connection for another request."""
    async with raw(scene.product) as client:
        await client.send(data)
        return await client.answer()


async def test_broken_handshakes_get_their_status(scene: Scene) -> None:
    """Each header that RFC 6455 4.2.1 asks for, missing or wrong, is refused with a status; the proper one is accepted."""
    cases: list[tuple[str, bytes, set[int]]] = [
        ("proper", request(scene.product, scene.http), {101}),
        ("names in another case", request(scene.product, scene.http).replace(b"Upgrade: websocket", b"uPGRADE: WebSocket"), {101}),
        ("several connection options", request(scene.product, scene.http, Connection="keep-alive, Upgrade"), {101}),
        ("no key", request(scene.product, scene.http, Sec_WebSocket_Key=None), {400}),
        ("a short key", request(scene.product, scene.http, Sec_WebSocket_Key="c2hvcnQ="), {400}),
        ("a key that is not base64", request(scene.product, scene.http, Sec_WebSocket_Key="!" * 24), {400}),
        ("no version", request(scene.product, scene.http, Sec_WebSocket_Version=None), {400, 426}),
        ("version 8", request(scene.product, scene.http, Sec_WebSocket_Version="8"), {400, 426}),
        ("no upgrade", request(scene.product, scene.http, Upgrade=None), {400, 404, 426}),
        ("an upgrade to something else", request(scene.product, scene.http, Upgrade="h2c"), {400, 404, 426}),
        ("no connection option", request(scene.product, scene.http, Connection="keep-alive"), {400, 404, 426}),
        ("POST", request(scene.product, scene.http, start="POST /hub/socket HTTP/1.1", Content_Length="0"), {400, 404, 405}),
        ("HTTP/1.0", request(scene.product, scene.http, start="GET /hub/socket HTTP/1.0"), {101, 400, 426, 505}),
        ("another path", request(scene.product, scene.http, start="GET /hub/nothing HTTP/1.1"), {403, 404}),
        ("a foreign origin", request(scene.product, scene.http, Origin="https://evil.example"), {403}),
        ("two keys", request(scene.product, scene.http).replace(b"Connection:", b"Sec-WebSocket-Key: AAAA\r\nConnection:"), {400}),
        ("a header without a colon", request(scene.product, scene.http).replace(b"Connection:", b"rubbish\r\nConnection:"), {0, 400}),
        ("a header of 1 MB", request(scene.product, scene.http, X_Large="x" * (1 << 20)), {0, 431}),
        ("10,000 headers", request(scene.product, scene.http, **{f"X_{n}": "x" for n in range(10_000)}), {0, 431}),
        ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {0, 400}),
    ]
    wrong = {}
    for name, data, expected in cases:
        got, _ = await status(scene, data)
        if got not in expected:
            wrong[name] = got
    assert not wrong


async def test_a_refused_version_says_which_one_is_spoken(scene: Scene) -> None:
    """A handshake of another version is told 13 where it is answered with 426 (RFC 6455, 4.2.2)."""
    got, headers = await status(scene, request(scene.product, scene.http, Sec_WebSocket_Version="8"))
    assert got == 400 or headers["sec-websocket-version"] == "13"


async def test_subprotocols(scene: Scene) -> None:
    """The client's first choice that is known is taken; with none known the answer names none and JSON is spoken."""
    for offered, chosen in [
        ("hub.v1.msgpack, hub.v1.json", "hub.v1.msgpack"),
        ("chat, hub.v1.json", "hub.v1.json"),
        ("hub.v2.json", None),
        (None, None),
    ]:
        async with raw(scene.product) as client:
            await client.send(request(scene.product, scene.http, Sec_WebSocket_Protocol=offered))
            assert (await client.upgraded()).get("sec-websocket-protocol") == chosen
            if chosen is None:
                await client.say(HELLO)
                assert (await client.message())["t"] == "welcome"


async def test_extensions_are_not_negotiated(scene: Scene) -> None:
    """A client that offers permessage-deflate, or what nobody knows, or no extension at all in the header, gets none."""
    for offered in ("permessage-deflate; client_max_window_bits", "permessage-deflate, x-unknown; a=1", "x-webkit-deflate-frame"):
        async with raw(scene.product) as client:
            await client.send(request(scene.product, scene.http, Sec_WebSocket_Extensions=offered))
            await client.upgraded()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in scene.http.cookies.jar)
    async with connect(
        f"ws://localhost:{scene.product.port}/hub/socket",
        origin=Origin(scene.product.url),
        additional_headers={"Cookie": cookies},
        subprotocols=[Subprotocol("hub.v1.json")],
        extensions=[ClientPerMessageDeflateFactory(client_max_window_bits=True)],
    ) as polite:
        assert polite.protocol.extensions == []
        await polite.send(json.dumps(HELLO))
        assert json.loads(await polite.recv())["t"] == "welcome"


async def test_a_handshake_byte_by_byte(scene: Scene) -> None:
    """Request, hello and a subscription with each byte in a segment of its own work like any other."""
    async with raw(scene.product) as client:
        await client.trickle(request(scene.product, scene.http))
        await client.upgraded()
        await client.trickle(client_frame(TEXT, json.dumps(HELLO).encode()))
        assert (await client.message())["t"] == "welcome"
        await client.trickle(client_frame(TEXT, SUB))
        assert json.loads(await client.until(TEXT))["t"] in ("snapshot", "reply")


async def test_frames_before_the_101(scene: Scene) -> None:
    """A frame in the same breath as the handshake, which a client must not send (RFC 6455, 4.1), does not spoil what follows."""
    async with raw(scene.product) as client:
        await client.send(request(scene.product, scene.http) + client_frame(PING, b"early"))
        await client.upgraded()
        await client.say(HELLO)
        assert json.loads(await client.until(TEXT))["t"] == "welcome"


async def test_messages_before_the_101_are_heard(scene: Scene) -> None:
    """Whole messages that come with the handshake are not lost in silence: they are answered, in their order, with what follows."""
    early = [HELLO, {"t": "sub", "id": 1, "topic": "system"}, {"t": "call", "id": 2, "name": "none", "args": {"x": "y" * 40_000}}]
    frames = b"".join(client_frame(TEXT, json.dumps(message).encode()) for message in early)
    async with raw(scene.product) as client:
        await client.send(request(scene.product, scene.http) + frames + client_frame(TEXT, SUB)[:5])
        await client.upgraded()
        await client.send(client_frame(TEXT, SUB)[5:])
        said = [await client.message() for _ in range(6)]
        assert [(m["t"], m.get("id")) for m in said if m["t"] != "snapshot"] == [
            ("welcome", None),
            ("reply", 1),
            ("reply", 2),
            ("reply", 1),
        ]


async def test_half_a_handshake(scene: Scene) -> None:
    """A client that hangs up in the middle of its request, by FIN or by RST, leaves nothing behind."""
    for at in (1, 40, 200):
        for rude in (False, True):
            async with raw(scene.product) as client:
                await client.send(request(scene.product, scene.http)[:at])
                if rude:
                    client.reset()
                else:
                    client.writer.write_eof()
                    await client.ended()


# -- frames -----------------------------------------------------------------------------------------------

FAULTS: list[tuple[str, bytes, int]] = [
    ("unmasked", client_frame(TEXT, SUB, mask=None), 1002),
    ("reserved bit 1", client_frame(TEXT, SUB, reserved=4), 1002),
    ("reserved bit 3", client_frame(PING, b"", reserved=1), 1002),
    ("opcode 3", client_frame(3), 1002),
    ("opcode 15", client_frame(15), 1002),
    ("long ping", client_frame(PING, b"x" * 126), 1002),
    ("fragmented ping", client_frame(PING, b"x", final=False), 1002),
    ("continuation of nothing", client_frame(CONTINUATION, SUB), 1002),
    ("message in a message", client_frame(TEXT, SUB, final=False) + client_frame(TEXT, SUB), 1002),
    ("text that is not UTF-8", client_frame(TEXT, b'{"t":"\xff"}'), 1007),
    ("text that is cut in a character", client_frame(TEXT, '"Ж'.encode()[:-1]), 1007),
    ("fragments that are not UTF-8", client_frame(TEXT, b'{"', final=False) + client_frame(CONTINUATION, b"\x80"), 1007),
    ("close of one byte", client_frame(CLOSE, b"\x03"), 1002),
    ("close with code 0", client_frame(CLOSE, b"\0\0"), 1002),
    ("close with code 999", client_frame(CLOSE, b"\x03\xe7"), 1002),
    ("close with code 1005", client_frame(CLOSE, b"\x03\xed"), 1002),
    ("close with code 1006", client_frame(CLOSE, b"\x03\xee"), 1002),
    ("close with code 5000", client_frame(CLOSE, b"\x13\x88"), 1002),
    ("close with a reason that is not UTF-8", client_frame(CLOSE, b"\x03\xe8\xff"), 1007),
    ("binary on JSON", client_frame(BINARY, SUB), 4502),
    ("text that is no JSON", client_frame(TEXT, b"{"), 4502),
    ("empty text", client_frame(TEXT), 4502),
    ("a list", client_frame(TEXT, b"[]"), 4502),
    ("a second hello", client_frame(TEXT, json.dumps(HELLO).encode()), 4502),
    ("one byte over 64 KiB", client_frame(TEXT, b" " * 65_537), 4502),
    ("4 MB", client_frame(TEXT, b" " * (4 << 20)), 4502),
    ("a promise of 2**40 bytes", b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"mask", 4502),
    ("a promise of 2**64 - 1 bytes", b"\x82\xff" + b"\xff" * 8 + b"mask", 4502),
    ("fragments over 64 KiB", client_frame(TEXT, b" " * 40_000, final=False) + client_frame(CONTINUATION, b" " * 40_000), 4502),
]  # fmt: skip


async def test_broken_frames_get_their_close_code(scene: Scene) -> None:
    """1002 and 1007 for faults of RFC 6455, 4502 for those of hub.v1; the server hangs up once the client has answered."""
    wrong = {}
    for name, data, expected in FAULTS:
        async with raw(scene.product, scene.http) as client:
            await client.send(data)
            code, reason = await client.closed()
            if code != expected:
                wrong[name] = (code, reason)
            await client.send(BYE)
            await client.ended()
    assert not wrong


async def test_faults_before_the_hello(scene: Scene) -> None:
    """The same codes for a client that has not said who it is."""
    wrong = {}
    for name, data, expected in FAULTS:
        if name != "a second hello":
            async with raw(scene.product, scene.http, hello=False) as client:
                await client.send(data)
                code, reason = await client.closed()
                if code != expected:
                    wrong[name] = (code, reason)
    assert not wrong


async def test_a_fault_in_the_same_segment_as_good_frames(scene: Scene) -> None:
    """What was whole before the fault is heard: the ping is answered before the close frame comes."""
    async with raw(scene.product, scene.http) as client:
        await client.send(client_frame(PING, b"before") + client_frame(3) + client_frame(PING, b"after"))
        assert await client.until(PONG) == b"before"
        assert (await client.closed())[0] == 1002


async def test_fragments_with_pings_between(scene: Scene) -> None:
    """A command in fragments, empty ones too, with a ping in the middle of it: the pong comes first, then the command's answer."""
    async with raw(scene.product, scene.http) as client:
        await client.send(client_frame(TEXT, SUB[:5], final=False) + client_frame(PING, b"\0mid\xff"))
        assert await client.until(PONG) == b"\0mid\xff"
        await client.send(client_frame(CONTINUATION, final=False) * 3 + client_frame(CONTINUATION, SUB[5:]))
        await replied(client)


async def replied(client: Raw) -> None:
    """Reads on to the reply to SUB."""
    while (message := json.loads(await client.until(TEXT)))["t"] != "reply":
        pass
    assert (message["id"], message["ok"]) == (1, True)


async def test_pings_get_their_pongs(scene: Scene) -> None:
    """Empty, with a payload, at the longest, many at once: each its pong in order; an unasked pong is passed over."""
    async with raw(scene.product, scene.http) as client:
        payloads = [b"", b"x", b"y" * 125, *(b"%d" % n for n in range(50))]
        await client.send(client_frame(PONG, b"unasked") + b"".join(client_frame(PING, payload) for payload in payloads))
        assert [await client.until(PONG) for _ in payloads] == payloads
        await client.send(client_frame(TEXT, SUB))
        await replied(client)


async def test_a_close_is_answered_with_its_code(scene: Scene) -> None:
    """A close frame with a code and a reason is answered with the same code, and the server hangs up."""
    for code in (1000, 1001, 1003, 1011, 1014, 3000, 4000, 4999):
        async with raw(scene.product, scene.http) as client:
            await client.send(client_frame(CLOSE, code.to_bytes(2, "big") + "до свидания".encode()) + client_frame(PING, b"too late"))
            assert (await client.closed())[0] == code
            assert await client.next() is None


async def test_a_close_without_a_code(scene: Scene) -> None:
    """An empty close frame is answered with an empty one or with 1000, between fragments as well."""
    for before in (b"", client_frame(TEXT, b"{", final=False)):
        async with raw(scene.product, scene.http) as client:
            await client.send(before + client_frame(CLOSE))
            assert (await client.closed())[0] in (1000, 1005)
            await client.ended()


async def test_frames_after_the_close_are_not_heard(scene: Scene) -> None:
    """What a client sends after its close frame does nothing: no reply, no second close frame."""
    async with raw(scene.product, scene.http) as client:
        await client.send(BYE + client_frame(TEXT, SUB) + client_frame(TEXT, b"\xff") + client_frame(3))
        assert (await client.closed())[0] == 1000
        assert await client.next() is None


async def test_connections_that_just_end(scene: Scene) -> None:
    """FIN without a close frame, in a frame, in a message, and RST: the session is gone at once, and the person is not here any more."""
    for sent in (b"", client_frame(TEXT, SUB)[:7], client_frame(TEXT, SUB, final=False), client_frame(PING)[:1]):
        async with raw(scene.product, scene.http) as client:
            await client.send(sent)
            client.writer.write_eof()
            await client.ended()
        async with raw(scene.product, scene.http) as client:
            await client.send(sent)
            client.reset()


async def test_a_writer_of_single_bytes(scene: Scene) -> None:
    """Frames of each kind with every byte in a segment of its own are heard like any others."""
    async with raw(scene.product, scene.http) as client:
        await client.trickle(client_frame(TEXT, SUB[:9], final=False) + client_frame(PING, b"slow") + client_frame(CONTINUATION, SUB[9:]))
        assert await client.until(PONG) == b"slow"
        await replied(client)
        await client.trickle(client_frame(CLOSE, b"\x0f\xa0slow"))
        assert (await client.closed())[0] == 4000
