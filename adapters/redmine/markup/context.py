"""What the texts of one issue may point to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, unquote

__all__ = ["Context"]

_ISSUE_PATH = re.compile(r"/issues/(\d{1,9})(?:[?][^#]*)?(?:#(note-\d{1,9}))?\Z")
_OUT = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20\\/?#]", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x20\"<>\\^`{|}\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2066-\u2069]")
"""Characters that no address holds unencoded (RFC 3986), and those that make one look like another."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """The surroundings of a text. Without them no picture is shown and no path of Redmine becomes a link."""

    attachments: Mapping[str, str] = field(default_factory=dict)
    """The issue's own files: name -> our address for it, which is what pictures and `attachment:` lead to."""
    redmine_url: str = ""
    """Redmine's base address as people know it; empty: paths without a host are left as text."""

    @cached_property
    def _by_name(self) -> dict[str, str]:
        """Redmine finds files without regard to case."""
        return {name.casefold(): url for name, url in self.attachments.items()}

    @cached_property
    def own(self) -> frozenset[str]:
        """Addresses of ours that may stand in `href` and `src`."""
        return frozenset(self.attachments.values())

    def attachment(self, name: str) -> str | None:
        """Our address of the issue's file of that name, written as it is or percent-encoded."""
        return self._by_name.get(name.casefold()) or self._by_name.get(unquote(name).casefold())

    def href(self, target: str) -> str | None:
        """The address that a link to `target` leads to; None when it may not be a link. Issues of Redmine are shown here."""
        target = target.strip()
        if target.startswith("www."):
            target = f"http://{target}"
        base = self.redmine_url.rstrip("/")
        path = target[len(base) :] if base and target.startswith(f"{base}/") else target
        if (issue := _ISSUE_PATH.match(path)) is not None:
            return f"/tasks/{issue[1]}" + (f"#{issue[2]}" if issue[2] else "")
        if _OUT.match(target):
            return _encoded(target)
        if target.startswith("/") and not target.startswith(("//", "/\\")):
            return _encoded(f"{base}{target}") if base else None
        return self.attachment(target)


def _encoded(address: str) -> str:
    return _UNSAFE.sub(lambda found: quote(found[0]), address)
