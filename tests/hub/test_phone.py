"""Numbers are one when their last ten digits are."""

from __future__ import annotations

import pytest

from hub.phone import digits_of


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("+7 (495) 123-45-67", "4951234567"),
        ("8 495 123 45 67", "4951234567"),
        ("4951234567", "4951234567"),
        ("1106", "1106"),
        ("sip:1106@10.0.0.1", "1106"),
        ("доб. 1106", "1106"),
        ("٣٤٥", ""),
        ("anonymous", ""),
        ("", ""),
    ],
)
def test_what_is_compared(number: str, digits: str) -> None:
    """Prefixes, brackets and hosts do not matter; an extension stays whole; digits of other scripts are none."""
    assert digits_of(number) == digits
