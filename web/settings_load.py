"""Reads the settings from environment and file, and says of everything that is wrong what it is and how to mend it."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from web.settings import CLIENT_NAMES, PREFIX, Fault, Settings, SettingsError

__all__ = ["load"]

_CONFIG = "NAVIGATOR_CONFIG"


def load(config: Path | None = None) -> Settings:
    """The settings from the environment (`NAVIGATOR_*`) over a TOML file (`config`, else `NAVIGATOR_CONFIG`, else none).

    Raises SettingsError with everything that is wrong in both.
    """
    faults: list[Fault] = []
    path = config or (Path(os.environ[_CONFIG]) if os.environ.get(_CONFIG) else None)
    given = _read(path, faults) if path else {}
    given |= EnvSettingsSource(Settings)()
    known = list(Settings.model_fields)
    for key in sorted(os.environ):
        name = key.upper()
        if name.startswith(PREFIX) and name not in (_CONFIG, *CLIENT_NAMES) and name.removeprefix(PREFIX).lower() not in known:
            faults.append(Fault(key, "there is no such setting", _nearest(name.removeprefix(PREFIX).lower(), [*known, "config"], PREFIX)))
    try:
        settings = Settings(**given)
    except ValidationError as error:
        faults.extend(_fault(item) for item in _once(error))
    else:
        if not faults:
            return settings
    raise SettingsError(faults)


def _read(path: Path, faults: list[Fault]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        faults.append(Fault(str(path), f"the settings file cannot be read: {error.strerror}", f"Check the path in --config or {_CONFIG}."))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # tomllib names place and kind and quotes no more than one character
        faults.append(Fault(str(path), f"the settings file is not TOML: {error}", 'Lines look like: listen = "127.0.0.1:8000"'))
    return {}


def _once(error: ValidationError) -> list[Any]:
    """One error for each place in a setting: three words of a list that are wrong are three faults, a union's two views one."""
    seen: dict[tuple[Any, ...], Any] = {}
    for item in error.errors(include_url=False, include_input=False):
        seen.setdefault(item["loc"][:2], item)
    return list(seen.values())


def _fault(item: Any) -> Fault:
    key = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        return Fault(key, "there is no such setting", _nearest(key.lower(), list(Settings.model_fields)))
    place = f"entry {item['loc'][1] + 1}: " if len(item["loc"]) > 1 and isinstance(item["loc"][1], int) else ""
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    examples = Settings.model_fields[key].examples or []
    return Fault(key.upper(), place + message, f"For example: {examples[0]}")


def _nearest(name: str, known: list[str], prefix: str = "") -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if not close:
        return "Remove it; docs/settings.md lists what can be set."
    return f"Did you mean {prefix + close[0].upper() if prefix else close[0]}?"
