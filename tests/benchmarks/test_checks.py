"""The benchmark itself: what it would miss would not be worth its figures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks import fanout
from tests.benchmarks.__main__ import finish
from tests.benchmarks.client import Client, Crowd
from tests.benchmarks.load import Load, run
from tests.benchmarks.processes import Launch, free_port, serving
from tests.benchmarks.run import Record, Run
from tests.benchmarks.servers import Peer
from tests.benchmarks.workshop import Missing, Workshop
from tests.peers import need


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """With the load client compiled."""
    made = Workshop(tmp_path)
    try:
        made.program("wsload")
    except Missing as missing:
        need.missing(missing.what, missing.mend)
    return made


@pytest.mark.parametrize(
    ("mode", "fault"),
    [("whole", None), ("loses", "lost"), ("repeats", "repeated or out of order"), ("swaps", "repeated or out of order")],
)
def test_the_load_client_sees_what_a_server_does_to_one_message(workshop: Workshop, tmp_path: Path, mode: str, fault: str | None) -> None:
    """One message lost, repeated or swapped among many is a fault of that run; a whole delivery is none."""
    port = free_port()
    launch = Launch(command=[sys.executable, "-m", "tests.benchmarks.faulty_server", str(port), mode], port=port)
    with serving(launch, tmp_path) as server:
        result = run(workshop, server, Load(sockets=5, rate=100, seconds=1.0), ["-u", "/sub", "-P", "/pub", "-t", "3"])
    assert result.published > 20
    if fault is None:
        assert result.faults == ()
        assert result.deliveries == 5 * result.published
    else:
        assert any(fault in found for found in result.faults), result.faults


def _read(*messages: dict[str, object]) -> Crowd:
    crowd = Crowd(0, ack=None)
    client = Client(crowd, "", 1)
    client.seq, client.places = 3, {"app:x": ("e", 7)}
    client.read([json.dumps(message).encode() for message in messages])
    return crowd


def _inbox(seq: int) -> dict[str, object]:
    return {"t": "event", "topic": "inbox", "seq": seq}


def _topic(offset: int) -> dict[str, object]:
    return {"t": "event", "topic": "app:x", "offset": offset}


@pytest.mark.parametrize(
    ("messages", "faults"),
    [
        ([_inbox(4), _inbox(5), _topic(8), _topic(9)], {}),
        ([_inbox(5)], {"inbox: lost": 1}),
        ([_inbox(4), _inbox(4)], {"inbox: repeated or out of order": 1}),
        ([_topic(9)], {"topic: lost": 1}),
        ([_topic(7)], {"topic: repeated or out of order": 1}),
        ([{"t": "snapshot", "topic": "app:x", "epoch": "f", "offset": 0}, _topic(1)], {}),
        ([{"t": "gap", "topic": "inbox", "from": 4, "to": 5, "reason": "expired"}], {"gap in inbox: expired": 1}),
    ],
)
def test_a_client_holds_every_position_against_the_last_one(messages: list[dict[str, object]], faults: dict[str, int]) -> None:
    """Holes and repeats of seqs and offsets are counted; the order of positions, and a snapshot, are no fault."""
    assert _read(*messages).faults == faults


def _nowhere(_folder: Path) -> Launch:
    raise Missing("nats-server", "make bench-services")


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_a_missing_peer_is_named_and_fails_only_in_ci(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    """The others are measured without it; under CI=true nobody is to believe that it was beside them."""
    monkeypatch.setenv("CI", ci)
    found = Run()
    fanout.measure(found, workshop, [Peer(name="nats", what="", launch=_nowhere)], ["one-1000"], rounds=2)
    assert finish(found, None) == code
    assert found.missing == {"nats": "nats-server is missing: make bench-services"}
    assert "skipped: nats: nats-server is missing: make bench-services" in capsys.readouterr().err


def test_a_ratio_is_taken_within_its_round() -> None:
    """A slow round of the machine slows the base as well, and a faulty measurement counts for nothing."""
    found = Run(tell=lambda _line: None)
    for server, number, value, faults in (
        ("base", 0, 10.0, ()),
        ("ours", 0, 20.0, ()),
        ("base", 1, 1.0, ()),
        ("ours", 1, 3.0, ()),
        ("ours", 1, 99.0, ("lost",)),
    ):
        found.add(Record(figure="f", test="t", server=server, round=number, values={"v": value}, faults=faults))
    assert found.ratios("f", "t", "ours", "v", "base") == [2.0, 3.0]
    assert found.faults == ["f t, ours, round 2: lost"]
