"""The reference of the settings, made from the model: `python -m web.settings_reference > docs/settings.md`."""

from __future__ import annotations

import sys
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from web.settings import PREFIX, Settings

__all__ = ["reference"]

_HEAD = f"""# Settings

Set in the environment, as below, or in a TOML file under the same names in lower case without `{PREFIX}`; the file is
named by `NAVIGATOR_CONFIG` or `navigator --config FILE`, and the environment wins over it. Lists are written with commas
in the environment, as arrays in the file.
All mistakes are told together, a name that does not exist is one of them, and the process then ends with code 3.
On Kubernetes set `enableServiceLinks: false`, or a service called "navigator" adds such names by itself.

An area whose settings are missing is off, and `navigator doctor` says which ones it waits for.

| name | default | meaning |
|---|---|---|
"""


def reference() -> str:
    """The page as Markdown."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field.default)} | {field.description} |" for name, field in Settings.model_fields.items()
    ]
    return _HEAD + "\n".join(rows) + "\n"


def _default(value: Any) -> str:
    if value is None or value == () or value is PydanticUndefined:
        return "-"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    if isinstance(value, float):
        value = f"{value:g}"
    return f"`{value}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
