"""Phone numbers as people and machines write them, made comparable."""

from __future__ import annotations

__all__ = ["DIGITS", "digits_of"]

DIGITS = 10
"""So many of the last digits say whose number it is: +7 495 123-45-67, 8 (495) 123 45 67 and 4951234567 are one."""


def digits_of(number: str) -> str:
    """The last ten digits of a number, all of a shorter one (an extension); empty when it has none: a hidden caller.

    Of a SIP address the part before the host counts.
    """
    user = number.strip().removeprefix("sip:").partition("@")[0]
    return "".join(sign for sign in user if "0" <= sign <= "9")[-DIGITS:]
