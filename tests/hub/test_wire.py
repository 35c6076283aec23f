"""RFC 6455 frames: each clause by values, and any bytes beside websockets' own parser."""

from __future__ import annotations

import random
import sys
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.frames import Close, Frame
from websockets.protocol import CLIENT, Protocol

from hub.wire import BINARY, CLOSE, PING, PONG, TEXT, FrameReader, WireError, close_frame, frame, read_close
from tests.hub.frames import Theirs, agree, client_frame, cut, ours

CONTINUATION = 0
MAX = 1 << 17


def read(data: bytes, max_size: int = MAX) -> list[tuple[int, bytes]]:
    """What one reader makes of the whole of it."""
    return FrameReader(max_size).feed(data)


def fault(data: bytes, max_size: int = MAX) -> int:
    """The close code that reading it ends with."""
    with pytest.raises(WireError) as caught:
        read(data, max_size)
    return caught.value.code


# -- client frames, clause by clause ----------------------------------------------------------------------


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, MAX])
def test_a_message_of_any_size_comes_whole(opcode: int, size: int) -> None:
    """On both sides of each change of the length's form (5.2), a frame is one message with its payload unmasked."""
    payload = bytes(b"TEZ-"[at % 4] for at in range(size))
    assert read(client_frame(opcode, payload)) == [(opcode, payload)]


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x02\x03\x04"])
@pytest.mark.parametrize("size", range(10))
def test_the_mask_is_taken_off(mask: bytes, size: int) -> None:
    """Each byte is unmasked with the mask's byte at its place modulo four (5.3)."""
    payload = bytes(range(200, 200 + size))
    assert read(client_frame(BINARY, payload, mask=mask)) == [(BINARY, payload)]


@pytest.mark.parametrize("opcode", [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG])
def test_a_client_must_mask(opcode: int) -> None:
    """An unmasked frame from a client is a protocol error (5.1)."""
    assert fault(client_frame(opcode, b"", mask=None)) == 1002


@pytest.mark.parametrize("opcode", [TEXT, PING])
@pytest.mark.parametrize("reserved", range(1, 8))
def test_reserved_bits_must_be_clear(opcode: int, reserved: int) -> None:
    """No extension is negotiated, so each reserved bit is a protocol error (5.2), seen in the frame's first two bytes."""
    assert fault(client_frame(opcode, b"abc", reserved=reserved)[:2]) == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_unknown_opcodes_are_refused(opcode: int) -> None:
    """An opcode without a meaning is a protocol error (5.2)."""
    assert fault(client_frame(opcode, b"abc")) == 1002


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_control_frames_are_short_and_whole(opcode: int) -> None:
    """A control frame has at most 125 bytes and is not fragmented (5.5)."""
    payload = b"\x03\xe8".ljust(125, b"x")
    assert read(client_frame(opcode, payload)) == [(opcode, payload)]
    assert fault(client_frame(opcode, payload + b"x")) == 1002
    assert fault(client_frame(opcode, b"x" * 70_000)[:2]) == 1002
    assert fault(client_frame(opcode, payload, final=False)) == 1002


def test_fragments_are_joined_around_control_frames() -> None:
    """A fragmented message is one message; a ping between its fragments is told first (5.4)."""
    data = client_frame(TEXT, b"a", final=False) + client_frame(PING, b"p") + client_frame(CONTINUATION, b"b", final=False)
    assert read(data + client_frame(CONTINUATION, b"c")) == [(PING, b"p"), (TEXT, b"abc")]


def test_fragments_may_be_empty() -> None:
    """Fragments without a byte are fragments, first, last and between."""
    empty = client_frame(CONTINUATION, final=False)
    assert read(client_frame(BINARY, final=False) + empty * 3 + client_frame(CONTINUATION)) == [(BINARY, b"")]
    assert read(client_frame(TEXT, b"a", final=False) + empty + client_frame(CONTINUATION)) == [(TEXT, b"a")]


def test_a_continuation_continues_something() -> None:
    """A continuation without a beginning, or after the end, is a protocol error (5.4)."""
    assert fault(client_frame(CONTINUATION, b"a")) == 1002
    assert fault(client_frame(TEXT, b"a", final=False) + client_frame(CONTINUATION) + client_frame(CONTINUATION)) == 1002


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_messages_do_not_interleave(opcode: int) -> None:
    """A new message before the end of the fragmented one is a protocol error (5.4)."""
    assert fault(client_frame(TEXT, b"a", final=False) + client_frame(opcode, b"b")) == 1002


@pytest.mark.parametrize(
    "text", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "Ж".encode()[:1], b"ab\x80"], ids=lambda text: text.hex()
)  # fmt: skip
def test_text_is_utf8(text: bytes) -> None:
    """Text that is not UTF-8 (overlong, a surrogate, beyond U+10FFFF, cut short) is 1007 (8.1); as binary it is bytes."""
    assert fault(client_frame(TEXT, text)) == 1007
    assert fault(client_frame(TEXT, text[:1], final=False) + client_frame(CONTINUATION, text[1:])) == 1007
    assert read(client_frame(BINARY, text)) == [(BINARY, text)]


def test_a_character_may_be_cut_between_fragments() -> None:
    """Only the whole message has to be UTF-8 (5.6)."""
    text = "Заявка 🌍".encode()
    parts = b"".join(client_frame(CONTINUATION if at else TEXT, text[at : at + 1], final=at == len(text) - 1) for at in range(len(text)))
    assert read(parts) == [(TEXT, text)]


@pytest.mark.parametrize("form", [2, 8])
def test_a_length_in_a_longer_form_is_read(form: int) -> None:
    """The shortest form of a message's length (5.2) is the sender's duty; a control frame has no other form (5.5)."""
    assert read(client_frame(TEXT, b"abc", form=form)) == [(TEXT, b"abc")]
    assert fault(client_frame(PING, b"abc", form=form)) == 1002


def test_over_long_messages_are_refused_by_their_header() -> None:
    """A message over the bound is 1009 before its payload has come; also in fragments, also with a length of 2**64 - 1."""
    assert read(client_frame(TEXT, b"x" * 200), 200) == [(TEXT, b"x" * 200)]
    assert fault(client_frame(TEXT, b"x" * 201)[:4], 200) == 1009
    begun = client_frame(TEXT, b"x" * 150, final=False)
    assert read(begun + client_frame(CONTINUATION, b"x" * 50), 200) == [(TEXT, b"x" * 200)]
    assert fault(begun + client_frame(CONTINUATION, b"x" * 51)[:2], 200) == 1009
    assert fault(b"\x82\xff" + b"\xff" * 8) == 1009
    assert fault(b"\x82\xff" + (MAX + 1).to_bytes(8, "big")) == 1009


def test_the_bound_for_messages_is_none_for_control_frames() -> None:
    """A ping may come when a message has filled its bound, and be longer than a message may be."""
    begun = client_frame(TEXT, b"x" * 50, final=False)
    assert read(begun + client_frame(PING, b"p" * 125) + client_frame(CONTINUATION), 50) == [(PING, b"p" * 125), (TEXT, b"x" * 50)]


def test_what_was_whole_before_a_fault_counts() -> None:
    """Messages before a broken frame are told with the fault, so that it does not matter how the network cut them."""
    reader = FrameReader(MAX)
    with pytest.raises(WireError) as caught:
        reader.feed(client_frame(TEXT, b"a") + client_frame(PING, b"b") + client_frame(3) + client_frame(TEXT, b"c"))
    assert caught.value.before == [(TEXT, b"a"), (PING, b"b")]
    assert str(caught.value) == "1002 unknown opcode"


@pytest.mark.parametrize("last", [client_frame(3), client_frame(CLOSE), client_frame(TEXT, b"x" * 300)[:20]])
def test_nothing_is_read_after_the_end(last: bytes) -> None:
    """After a fault and after a close frame, whatever comes is thrown away and nothing is kept (1.4, 7.1.7)."""
    reader = FrameReader(200)
    ours(reader, client_frame(TEXT, b"begun", final=False) + last + client_frame(TEXT, b"same piece"))
    tracemalloc.start()
    try:
        for _ in range(100):
            assert reader.feed(client_frame(CLOSE) + b"\x82" * 10_000) == []
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()


def test_a_close_frame_may_come_between_fragments() -> None:
    """A close frame is a control frame: it may interrupt a message, which is then never finished (5.4)."""
    assert read(client_frame(TEXT, b"a", final=False) + client_frame(CLOSE, b"\x03\xe8")) == [(CLOSE, b"\x03\xe8")]


# -- close frames -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
def test_close_codes_that_may_be_sent(code: int) -> None:
    """The registered codes, those of libraries and private ones are read, with their reason (7.4)."""
    assert read_close(code.to_bytes(2, "big") + "Ж".encode()) == (code, "Ж")


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_close_codes_that_may_not_be_sent(code: int) -> None:
    """Reserved, local-only and unassigned codes are protocol errors (7.4.1, 7.4.2)."""
    with pytest.raises(WireError, match="1002"):
        read_close(code.to_bytes(2, "big"))


def test_a_close_frame_has_no_body_or_a_code() -> None:
    """No body is 1005; one byte is a protocol error; a reason that is not UTF-8 is 1007 (5.5.1)."""
    assert read_close(b"") == (1005, "")
    with pytest.raises(WireError, match="1002"):
        read_close(b"\x03")
    with pytest.raises(WireError, match="1007"):
        read_close(b"\x03\xe8\xff")


@given(st.binary(max_size=125))
@example(b"\x03\xec\xff")
def test_close_frames_are_read_as_websockets_reads_them(payload: bytes) -> None:
    """Any payload of a close frame means the same to both, also when it has two mistakes."""
    try:
        mine: object = read_close(payload)
    except WireError as error:
        mine = error.code
    theirs = Theirs(MAX).feed(client_frame(CLOSE, payload))
    if theirs.fault is None:
        parsed = Close.parse(payload)
        assert mine == (int(parsed.code), parsed.reason)
    else:
        assert mine == theirs.fault


# -- server frames ----------------------------------------------------------------------------------------


def at_client(data: bytes) -> tuple[list[Frame], Protocol]:
    """What websockets' client makes of it."""
    client = Protocol(CLIENT, max_size=None)
    client.receive_data(data)
    assert client.parser_exc is None
    return [event for event in client.events_received() if isinstance(event, Frame)], client


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_client_reads_our_frames(opcode: int, size: int) -> None:
    """Each size of frame is one final message to websockets' client, in the shortest form of its length (5.2)."""
    payload = b"x" * size
    made = frame(payload, opcode)
    events, _ = at_client(made + frame(b"next", PING))
    assert events == [Frame(events[0].opcode, payload), Frame(events[1].opcode, b"next")]
    assert [int(event.opcode) for event in events] == [opcode, PING]
    assert made == Frame(events[0].opcode, payload).serialize(mask=False)


@given(st.sampled_from([1000, 1001, 1011, 4000, 4502, 4999]), st.text(max_size=200))
@example(4502, "\ud800")
@example(4502, "x" * 122 + "Ж")
@example(4502, "🌍" * 31)
def test_a_client_reads_our_close_frames(code: int, reason: str) -> None:
    """Whatever the reason, the close frame is a valid one; the reason loses only what does not fit."""
    _, client = at_client(close_frame(code, reason))
    assert client.close_rcvd is not None
    assert client.close_rcvd.code == code
    got, whole = client.close_rcvd.reason, reason.encode(errors="replace").decode()
    assert whole.startswith(got)
    assert got == whole or len(got.encode()) > 123 - 4


def test_a_close_frame_without_a_code_is_answered_in_kind() -> None:
    """1005 never goes on the wire (7.4.1): what `read_close` gives can be handed to `close_frame`."""
    assert close_frame(*read_close(b"")) == b"\x88\x00"
    assert close_frame(*read_close(b"\x03\xe8bye")) == b"\x88\x05\x03\xe8bye"


# -- any bytes --------------------------------------------------------------------------------------------

_payloads = st.binary(max_size=140) | st.text(max_size=20).map(lambda text: text.encode(errors="replace"))
_good = st.one_of(
    st.builds(client_frame, st.sampled_from([TEXT, BINARY, CONTINUATION, CONTINUATION]), _payloads, final=st.booleans()),
    st.builds(client_frame, st.sampled_from([PING, PONG]), st.binary(max_size=125)),
    st.builds(lambda text: client_frame(TEXT, text.encode()), st.text(st.characters(exclude_categories=["Cs"]), max_size=30)),
)
_odd = st.builds(
    client_frame,
    st.integers(0, 15),
    _payloads,
    final=st.booleans(),
    mask=st.sampled_from([b"abcd", b"abcd", b"abcd", None]),
    reserved=st.sampled_from([0, 0, 0, 1, 4]),
    form=st.sampled_from([0, 0, 2, 8]),
)
_streams = st.one_of(
    st.lists(st.one_of(_good, _good, _odd, st.binary(max_size=6)), max_size=8).map(b"".join),
    st.binary(max_size=60),
)
_bounds = st.sampled_from([10, 125, 130, 200, MAX])


@settings(max_examples=1000)
@given(_streams, _bounds)
@example(client_frame(TEXT, b"x" * 9, final=False) + client_frame(PING, b"xx") + client_frame(CONTINUATION), 10)
@example(client_frame(TEXT, b"x", final=False) + client_frame(CLOSE), 10)
@example(client_frame(PING, b"x" * 130), 125)
@example(client_frame(TEXT, b"x" * 130, reserved=4), 125)
@example(b"\x89\xff", MAX)
@example(b"\x82\xff\xff", MAX)
@example(b"\x82\xff" + b"\xff" * 8, MAX)
def test_any_bytes_mean_what_they_mean_to_websockets(stream: bytes, max_size: int) -> None:
    """Both yield the same messages and fail at the same frame with the same code, but for the differences named in `agree`."""
    agree(stream, max_size)


@settings(max_examples=1000)
@given(_streams, st.lists(st.integers(0, 40), max_size=30), _bounds)
def test_it_does_not_matter_where_a_stream_is_cut(stream: bytes, cuts: list[int], max_size: int) -> None:
    """In any pieces, and byte by byte, a stream gives the messages and the fault that it gives in one."""
    whole = ours(FrameReader(max_size), stream)
    for pieces in (cut(stream, cuts), cut(stream, [1] * len(stream))):
        reader, messages, fault = FrameReader(max_size), [], None
        for piece in pieces:
            got = ours(reader, piece)
            messages += got.messages
            fault = fault or got.fault
        assert (messages, fault) == (whole.messages, whole.fault)


# -- work and memory --------------------------------------------------------------------------------------


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python `work` runs: a measure of its cost that no other load on the machine moves."""
    lines = 0

    def tracer(*_: object) -> object:
        nonlocal lines
        lines += 1
        return tracer

    sys.settrace(tracer)  # type: ignore[arg-type]
    try:
        work()
    finally:
        sys.settrace(None)
    return lines


@pytest.mark.parametrize("make", [
    lambda size: client_frame(BINARY, bytes(size)),
    lambda size: b"".join(client_frame(CONTINUATION if at else BINARY, b"x", final=at == size - 1) for at in range(size)),
    lambda size: client_frame(PING) * size,
], ids=["one frame", "fragments of one byte", "empty pings"])  # fmt: skip
def test_byte_by_byte_costs_in_proportion(make: Callable[[int], bytes]) -> None:
    """A peer that sends single bytes makes us run a bounded number of lines for each, however long the message."""

    def cost(size: int) -> float:
        data, reader = make(size), FrameReader(MAX)
        return steps(lambda: [reader.feed(data[at : at + 1]) for at in range(len(data))]) / len(data)

    assert cost(4000) < 1.2 * cost(400)


def test_a_long_frame_byte_by_byte_is_not_copied_over_and_over() -> None:
    """While a frame grows it is looked at once: what was held is copied when the frame is whole, not at each byte."""
    payload = random.Random(6455).randbytes(65_536)
    data = client_frame(BINARY, payload)
    copied: list[int] = []

    class Spy(FrameReader):
        def _frame(self, data: bytes, at: int, end: int, found: list[tuple[int, bytes]]) -> int:
            copied.append(len(data))
            return super()._frame(data, at, end, found)

    reader = Spy(MAX)
    got = [message for at in range(len(data)) for message in reader.feed(data[at : at + 1])]
    assert got == [(BINARY, payload)]
    assert sum(copied) <= len(data) + 32


def test_a_reader_holds_no_more_than_has_come_of_a_message() -> None:
    """A header that promises much reserves nothing; a message of endlessly many empty fragments holds what it had."""
    readers = [FrameReader(65_536) for _ in range(1000)]
    tracemalloc.start()
    try:
        for reader in readers:
            reader.feed(b"\x82\xfe\xff\xff" + b"mask")
        assert tracemalloc.get_traced_memory()[0] < 1000 * 150
        endless = FrameReader(65_536)
        endless.feed(client_frame(TEXT, b"x", final=False))
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(1000):
            endless.feed(client_frame(CONTINUATION, final=False) * 10 + b"\x00")
            endless.feed(client_frame(CONTINUATION, final=False)[1:])
        assert tracemalloc.get_traced_memory()[0] < before + 5_000
    finally:
        tracemalloc.stop()
