"""What Unified CCX and Unified CCE do differently, as data: nothing else of the server asks which one it is.

What an agent is offered, the panel decides (`clients/js/src/calls/look.ts`); what Finesse shows is shown as it is.
Source: Developer Guide 12.5(1), "Dialog – Send DTMF string".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.finesse.values import Platform

__all__ = ["CCE", "CCX", "PLATFORMS", "Rules", "rules_of"]

_DIGITS = "0123456789*#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One platform."""

    dtmf_letters: str
    """All that may be sent as digits."""


CCX = Rules(dtmf_letters=_DIGITS)
CCE = Rules(dtmf_letters=_DIGITS + "ABCD")
PLATFORMS: Mapping[Platform, Rules] = {"ccx": CCX, "cce": CCE}


def rules_of(platform: Platform | None) -> Rules:
    """The platform's rules; of the one that may less where Finesse did not say which it is."""
    return PLATFORMS[platform or "ccx"]
