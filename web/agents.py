"""What a browser is called, from the line that it sends: for people who look for a sign-in that is not theirs."""

from __future__ import annotations

import re

__all__ = ["browser_name"]

_BROWSERS = (
    # The order matters: each of them also claims to be those below (RFC 9110, 10.1.5, warns of it).
    ("Yandex Browser", re.compile(r"YaBrowser/(\d+)")),
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS|Chromium)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+)[.\d]* (?:Mobile/\S+ )?Safari/")),
)
_SYSTEMS = (
    ("Android", re.compile(r"Android")),
    ("iOS", re.compile(r"iPhone|iPad|iPod")),
    ("Windows", re.compile(r"Windows")),
    ("macOS", re.compile(r"Macintosh|Mac OS X")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("Linux", re.compile(r"Linux|X11")),
)
_PROGRAM = re.compile(r"([A-Za-z][\w.+-]{0,40})/(\d+)")


def browser_name(agent: str) -> str:
    """`Chrome 141, Windows` for a browser, `navigator-client 0` for another program, "" for a line that says nothing."""
    found = next(((name, match[1]) for name, pattern in _BROWSERS if (match := pattern.search(agent))), None)
    system = next((name for name, pattern in _SYSTEMS if pattern.search(agent)), None)
    if found is None and (program := _PROGRAM.match(agent)) and program[1] != "Mozilla":
        found = (program[1], program[2])
    return ", ".join(part for part in (" ".join(found) if found else None, system) if part)
