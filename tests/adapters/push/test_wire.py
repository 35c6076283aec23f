"""What both roads share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.push.wire import MAX_PLAIN_BYTES, encode, fit, retry_after_s, scrub, topic, ttl_s
from hub.push import PushMessage, payload
from tests.adapters.push.conftest import SITE, note

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _size(message: PushMessage) -> int:
    return len(encode(payload(message, at=SITE)))


@settings(deadline=None)
@given(st.text(min_size=0, max_size=2500), st.text(max_size=200))
def test_every_message_fits(body: str, title: str) -> None:
    """Whatever the text, the payload is within the limit, keeps title and link, and loses no more of the body than it must."""
    whole = note(body=body, title=title)
    fitted = fit(whole, _size)
    assert _size(fitted) <= MAX_PLAIN_BYTES
    assert fitted.url == whole.url
    if _size(whole) <= MAX_PLAIN_BYTES:
        assert fitted is whole
    else:
        assert fitted.title == title
        assert _size(fitted) > MAX_PLAIN_BYTES - 40 or body[len(fitted.body) - 1 :][:1].isspace()


def test_too_many_read_tags_give_the_short_form() -> None:
    """When the list of read tags alone is too long, it is left out rather than the message."""
    fitted = fit(note(read=tuple(f"ticket-{number}" for number in range(1000))), _size)
    assert fitted.read == ()
    assert fitted.title == note().title


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 60),
        ("", 60),
        ("7", 7),
        (" 7 ", 7),
        ("0", 1),
        ("-5", 60),
        ("1.5", 60),
        ("soon", 60),
        ("99999999999999999999", 3600),
        (format_datetime(_NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(_NOW - timedelta(seconds=90), usegmt=True), 1),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30),
    ],
)
def test_retry_after(header: str | None, seconds: float) -> None:
    """Seconds and dates are understood, nonsense gives the default, and the wait is bounded on both sides."""
    assert retry_after_s(header, _NOW, 60) == seconds


def test_ttl_is_whole_seconds_within_bounds() -> None:
    """The rest of a message's life is rounded up, never negative, at most four weeks."""
    assert ttl_s(note(expires=_NOW + timedelta(milliseconds=1)), _NOW) == 1
    assert ttl_s(note(expires=_NOW - timedelta(hours=1)), _NOW) == 0
    assert ttl_s(note(expires=_NOW + timedelta(days=365)), _NOW) == 28 * 24 * 3600


def test_topics_are_valid_headers() -> None:
    """A tag that may be a topic is one; any other becomes 32 characters, the same each time."""
    assert topic("ticket-42") == "ticket-42"
    for odd in ("a b", "x" * 33, "заявка", "", "a\r\nX: y"):
        assert len(topic(odd)) == 32
        assert topic(odd) == topic(odd)


def test_log_words_hold_no_tokens() -> None:
    """A service's words are kept, addresses and tokens in them are not."""
    words = scrub("no such subscription https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk-very-secret_token")
    assert words.startswith("no such subscription")
    assert "secret" not in words
    assert len(scrub("x y " * 500)) <= 200
