"""Events: what is refused, how they are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.event import Event, rfc3339
from tests.clock import START
from tests.hub.values import json_objects


def event(**given: Any) -> Event:
    """A valid event, but for what is given."""
    fields: dict[str, Any] = {"source": "/test", "id": "1", "type": "test", "time": START} | given
    return Event(**fields)


@pytest.mark.parametrize("name", ["source", "id", "type"])
@pytest.mark.parametrize("value", ["", "x" * 256])
def test_names_have_1_to_255_characters(name: str, value: str) -> None:
    """An empty or overlong source, id or type is refused."""
    with pytest.raises(ValueError, match=name):
        event(**{name: value})


@pytest.mark.parametrize("name", ["time", "expires"])
def test_naive_times_are_refused(name: str) -> None:
    """A time without a zone is no instant."""
    with pytest.raises(ValueError, match="aware"):
        event(**{name: datetime(2026, 1, 1)})


def test_times_are_written_in_utc_with_milliseconds() -> None:
    """Another zone is converted, microseconds are cut, not rounded."""
    moscow = timezone(timedelta(hours=3))
    assert rfc3339(datetime(2026, 11, 23, 12, 0, 0, 999_999, tzinfo=moscow)) == "2026-11-23T09:00:00.999Z"
    assert rfc3339(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000Z"
    with pytest.raises(ValueError, match="naive"):
        rfc3339(datetime(2026, 1, 1))


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_written_times_read_back(at: datetime) -> None:
    """A written time reads back as the same instant, to the millisecond."""
    assert datetime.fromisoformat(rfc3339(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)


@given(json_objects)
def test_both_encodings_hold_the_same_members(data: dict[str, Any]) -> None:
    """The JSON and the MessagePack members decode to the same CloudEvents attributes."""
    encoded = event(data=data).encode()
    expected = {"id": "1", "type": "test", "source": "/test", "time": "2026-11-23T09:00:00.000Z", "data": data}
    assert msgspec.json.decode(b"{" + encoded.json + b"}") == expected
    assert encoded.members == len(expected)
    assert msgspec.msgpack.decode(bytes((0x80 | encoded.members,)) + encoded.msgpack) == expected


@pytest.mark.parametrize("name", ["source", "id", "type"])
def test_a_name_with_a_nul_is_refused(name: str) -> None:
    """A NUL would end the name in the store, and two events would become one."""
    values: dict[str, str] = {"source": "/s", "id": "1", "type": "t"} | {name: "a\0b"}
    with pytest.raises(ValueError, match="NUL"):
        Event(**values, time=START)


def test_the_store_and_the_frames_share_one_encoding() -> None:
    """The data's JSON stands in the frame's part as it is kept, and MessagePack says the same."""
    event = Event(source="/s", id="1", type="t", time=START, data={"title": "Ё", "n": [1, None, 2.5]})
    encoded = event.encode()
    assert encoded.json.endswith(b',"data":' + encoded.data)
    whole = msgspec.json.decode(b"{%s}" % encoded.json)
    assert whole == event.members()
    assert msgspec.msgpack.decode(bytes([0x80 | encoded.members]) + encoded.msgpack) == whole
