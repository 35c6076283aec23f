"""Who may renew VPN access, when, and until when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from web.vpn_rules import Access, VpnRules

TODAY = date(2026, 11, 28)


def access(left: int | None = 10, *, vpn: bool = True, department: str = "Поддержка", standing: str = "active") -> Access:
    until = None if left is None else TODAY + timedelta(days=left)
    return Access(vpn=vpn, until=until, department=department, standing=standing)


@pytest.mark.parametrize("left", [30, 10, 0, -400, None])
def test_near_its_end_access_can_be_renewed_from_the_day_after_to_the_furthest(left: int | None) -> None:
    """One may choose from the day after the present end, or tomorrow where that is past, up to 90 days from today."""
    offer = VpnRules().offer(access(left), TODAY)
    assert offer.why is None
    assert offer.days_left == left
    assert offer.min_until == TODAY + timedelta(days=max(left or 0, 0) + 1)
    assert offer.max_until == TODAY + timedelta(days=90)


@pytest.mark.parametrize("left", [31, 89, 90, 5000])
def test_too_early_says_from_which_day_on(left: int) -> None:
    """While it lasts longer than 30 days nothing can be chosen, and on the day that is told it can."""
    rules = VpnRules()
    offer = rules.offer(access(left), TODAY)
    assert (offer.why, offer.min_until, offer.max_until) == ("early", None, None)
    assert offer.from_day is not None
    until = TODAY + timedelta(days=left)
    assert rules.offer(access(left), offer.from_day - timedelta(days=1)).why == "early"
    assert rules.offer(Access(vpn=True, until=until, department="", standing="active"), offer.from_day).why is None


def test_rules_that_leave_no_day_are_too_early_until_one_is_left() -> None:
    """Where one may renew earlier than one may reach ahead, the day that is told is the first with a date to choose."""
    rules = VpnRules(ahead_days=10, early_days=30)
    offer = rules.offer(access(10), TODAY)
    assert offer.why == "early"
    assert offer.from_day == TODAY + timedelta(days=1)
    then = rules.offer(access(10), offer.from_day)
    assert then.why is None
    assert then.min_until == then.max_until == TODAY + timedelta(days=11)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (access(vpn=False), "no_vpn"),
        (access(standing="blocked"), "not_active"),
        (access(standing="gone", vpn=False), "not_active"),
        (access(department="Склад"), "department"),
        (access(department=""), "department"),
        (access(department=" поддержка "), None),
    ],
)
def test_who_may(given: Access, why: str | None) -> None:
    """Only active people with VPN of a listed department, whose name is compared without case and outer spaces."""
    assert VpnRules(departments=frozenset({"поддержка"})).offer(given, TODAY).why == why
