"""What a page's script is told at its start: who looks, what they may open, where the socket is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.push.vapid import VapidKey
from hub.principal import Principal
from web.settings import Settings

__all__ = ["AREAS", "SOCKET", "VERSION", "NavArea", "build_boot", "vapid_public_key"]

VERSION = "0.1.0"
SOCKET = "/hub/socket"


@dataclass(frozen=True, slots=True)
class NavArea:
    """An entry of the navigation."""

    id: str
    href: str
    permission: str | None = None
    """Who sees it; None: everybody."""


AREAS: tuple[NavArea, ...] = (
    NavArea("inbox", "/"),
    NavArea("tasks", "/tasks/"),
    NavArea("network", "/netmonitor/", "netmonitor"),
    NavArea("quality", "/quality/", "quality"),
    NavArea("ops", "/ops/", "admin"),
    NavArea("admin", "/admin/", "admin"),
    NavArea("profile", "/profile/"),
)
"""In the order of the navigation. Only what has a page."""


def build_boot(
    principal: Principal,
    settings: Settings,
    *,
    theme: str = "system",
    vapid_public: str | None = None,
    avatar: str | None = None,
    sound: Mapping[str, Any] | None = None,
    quiet: Sequence[Mapping[str, Any]] | None = None,
    critical_pierces: bool | None = None,
    areas: Sequence[NavArea] = AREAS,
) -> dict[str, Any]:
    """The boot object, as in `/users/api/me` and in every shell page."""
    return {
        "user": {
            "id": principal.user_id,
            "name": principal.name,
            "display_name": principal.display_name,
            "locale": principal.locale,
            "zone": principal.zone,
            "permissions": sorted(principal.permissions),
            "avatar": avatar,
        },
        "csrf": principal.csrf,
        "socket": SOCKET,
        "push": {"vapid_public_key": vapid_public, "fcm": None},
        "areas": [{"id": area.id, "href": area.href} for area in areas if area.permission is None or principal.may(area.permission)],
        "viewer": None
        if principal.viewer is None
        else {"id": principal.viewer.user_id, "name": principal.viewer.name, "display_name": principal.viewer.display_name},
        "version": VERSION,
        "theme": theme,
        "sound": sound,
        "quiet": quiet,
        "critical_pierces": critical_pierces,
        "demo": settings.demo,
    }


def vapid_public_key(settings: Settings) -> str | None:
    """The key that browsers subscribe with, base64url, or None when Web Push is off."""
    if settings.vapid_private_key is None or settings.vapid_subject is None:
        return None
    return VapidKey.load(settings.vapid_private_key.get_secret_value(), settings.vapid_subject).public
