"""Hatch's build hook: a wheel carries the built browser side. An editable install is left alone: `make build` serves it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["WebBuildHook"]


class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg,misc]
    """Runs scripts/build_web.py before files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`version` is "editable" or "standard". Raises when the entry files cannot be made."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "scripts"))
        import build_web

        build_web.build()
