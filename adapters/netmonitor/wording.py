"""The monitor's words for inboxes, in both languages: a notification is worded once, where the facts are."""

from __future__ import annotations

from datetime import timedelta

from hub.event import Text
from hub.plurals import russian

__all__ = ["REASONS", "behind", "lasting"]

REASONS: dict[str, Text] = {
    "silent": {"ru": "не отвечает", "en": "does not answer"},
    "loss": {"ru": "теряет пакеты", "en": "loses packets"},
    "p95": {"ru": "отвечает медленно", "en": "answers slowly"},
    "timeout": {"ru": "не успевает ответить", "en": "does not answer in time"},
    "refused": {"ru": "отказывает в соединении", "en": "refuses connections"},
    "no_name": {"ru": "имя не находится", "en": "its name is not found"},
    "no_route": {"ru": "к нему нет маршрута", "en": "there is no route to it"},
    "http_status": {"ru": "отвечает ошибкой", "en": "answers with an error"},
    "body_mismatch": {"ru": "отвечает не тем", "en": "answers with something else"},
    "parent": {"ru": "не виден: не отвечает узел перед ним", "en": "cannot be reached: the host before it does not answer"},
    "new": {"ru": "ещё не измерялся", "en": "has not been measured yet"},
    "no_rounds": {"ru": "давно не измерялся", "en": "has not been measured for some time"},
    "blind": {"ru": "не виден: монитор сам отрезан от сети", "en": "cannot be seen: the monitor itself is cut off"},
    "no_permission": {"ru": "не измеряется: нет права отправлять запросы", "en": "is not measured: requests may not be sent"},
    "probe_error": {"ru": "не измеряется: сбой самого монитора", "en": "is not measured: the monitor itself failed"},
    "certificate": {"ru": "сертификат не годится", "en": "its certificate is not valid"},
    "certificate_ends": {"ru": "сертификат скоро закончится", "en": "its certificate ends soon"},
    "tls": {"ru": "защищённое соединение не устанавливается", "en": "no secure connection can be made"},
}
"""Why a host is not well, by the judge's stable codes, as it continues "the host …"."""


def lasting(span: timedelta) -> Text:
    """How long something lasted, in its two greatest units: `2 ч 5 мин`."""
    seconds = max(0, round(span.total_seconds()))
    units = [(seconds // 86400, "д", "d"), (seconds // 3600 % 24, "ч", "h"), (seconds // 60 % 60, "мин", "min"), (seconds % 60, "с", "s")]
    while len(units) > 1 and units[0][0] == 0:
        units.pop(0)
    shown = [unit for unit in units[:2] if unit[0] or len(units) == 1]
    return {"ru": " ".join(f"{n} {ru}" for n, ru, _ in shown), "en": " ".join(f"{n} {en}" for n, _, en in shown)}


def behind(count: int) -> Text:
    """The hosts that are silent because this one is."""
    return {
        "ru": f"и ещё {count} {russian(count, 'узел', 'узла', 'узлов')}",
        "en": f"and {count} more {'host' if count == 1 else 'hosts'}",
    }
