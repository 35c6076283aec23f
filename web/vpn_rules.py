"""Who may renew VPN access, when, and until when at most: plain rules over dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from web.settings import Settings

__all__ = ["Access", "Offer", "Refusal", "VpnRules"]

Refusal = Literal["no_vpn", "not_active", "department", "early"]
"""no_vpn: has no VPN at all; not_active: blocked or without access; department: not one that renews itself; early: it lasts long yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A person's VPN access as the ERP told it."""

    vpn: bool
    until: date | None
    """The last day."""
    department: str
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the person may do today."""

    why: Refusal | None
    """None: they may renew."""
    min_until: date | None
    """The first and the last day that can be chosen; both None unless they may renew."""
    max_until: date | None
    days_left: int | None
    """0 on the last day, negative after it; None without a date."""
    from_day: date | None
    """The first day on which one may renew, where it is only too early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnRules:
    """As the settings say."""

    ahead_days: int = 90
    """The new last day lies so many days after today at most."""
    early_days: int = 30
    """So many days before the last one it may be renewed, and any time after."""
    departments: frozenset[str] = frozenset()
    """In lower case; empty: everybody with VPN."""

    @classmethod
    def of(cls, settings: Settings) -> VpnRules:
        """The rules of these settings."""
        departments = frozenset(_known(name) for name in settings.vpn_departments)
        return cls(ahead_days=settings.vpn_ahead_days, early_days=settings.vpn_early_days, departments=departments)

    def offer(self, access: Access, today: date) -> Offer:
        """What may be done on `today`, a day of the ERP's zone."""
        left = None if access.until is None else (access.until - today).days
        last = today + timedelta(days=self.ahead_days)
        first = max(today, access.until or today) + timedelta(days=1)
        why: Refusal | None = None
        opens: date | None = None
        if access.standing != "active":
            why = "not_active"
        elif not access.vpn:
            why = "no_vpn"
        elif self.departments and _known(access.department) not in self.departments:
            why = "department"
        elif (left is not None and left > self.early_days) or first > last:
            why = "early"
            # not before its end is near, nor before a day further can be chosen at all
            until = access.until or today
            opens = max(until - timedelta(days=self.early_days), until + timedelta(days=1 - self.ahead_days))
        return Offer(
            why=why,
            min_until=None if why else first,
            max_until=None if why else last,
            days_left=left,
            from_day=opens,
        )


def _known(department: str) -> str:
    return " ".join(department.split()).casefold()
