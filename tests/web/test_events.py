"""Published events that are not what they should be: each its fault, none an error of ours."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from starlette.datastructures import Headers

from hub.topic import Topics
from web.events import BadEvent, read_request

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
STRUCTURED = Headers({"content-type": "application/cloudevents+json"})


def faults(headers: Headers, body: bytes) -> list[str]:
    """The attributes that are at fault."""
    with pytest.raises(BadEvent) as caught:
        read_request(headers, body, Topics(), NOW)
    return [fault.attribute for fault in caught.value.faults]


@pytest.mark.parametrize("body", [b"", b"{", b'{"id":"\xff"}', b'"\xed\xa0\x80"', b'{"id":"\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    """Cut short, not UTF-8, half a surrogate pair, or deeper than anybody needs: a fault of the body, in each mode that has one."""
    assert faults(STRUCTURED, body) == [""]
    assert faults(Headers({"content-type": "application/cloudevents-batch+json"}), body) == [""]
    if body:
        assert faults(Headers({"content-type": "application/json"}), body) == [""]


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-00:01", "2026-11-23T09:00:00", "2026-13-01T00:00:00Z", "x"]
)
def test_a_time_that_is_none_in_utc_is_refused(time: str) -> None:
    """A time without its offset, or one that the calendar has no day for in UTC, is a fault of that attribute."""
    event = {"specversion": "1.0", "source": "/s", "id": "1", "type": "t", "navuser": "ann", "expirytime": time}
    assert faults(STRUCTURED, msgspec.json.encode(event)) == ["expirytime"]
