"""Hatch's build hook: what is made and not written, the compiled part of the hub and the browser side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["MadeBuildHook"]


class MadeBuildHook(BuildHookInterface):  # type: ignore[type-arg,misc]
    """Runs scripts/build_speedups.py and scripts/build_web.py before files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`version` is "editable" or "standard". Raises when the browser side cannot be made; without a C compiler a wheel is pure Python.

        An editable install gets no browser side: `make build` serves it.
        """
        sys.path.insert(0, str(Path(self.root) / "scripts"))
        import build_speedups

        compiled = build_speedups.build()
        if version == "editable":
            return
        if compiled is not None:
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
        import build_web

        build_web.build()
