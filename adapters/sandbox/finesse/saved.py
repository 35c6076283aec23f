"""Who is signed in, kept in a file: a contact centre does not forget its agents because a demo was restarted. Calls are not kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

from adapters.sandbox.finesse.centre import Centre
from adapters.sandbox.finesse.facts import Refusal

__all__ = ["restore", "snapshot", "write"]


def snapshot(centre: Centre) -> str:
    """Whoever is signed in, where, and whether READY, as JSON."""
    kept = {
        one.id: {"extension": one.extension, "ready": one.base == "READY", "reason": one.base_reason.id if one.base_reason else ""}
        for one in centre.agents.values()
        if one.signed_in
    }
    return json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True)


def restore(centre: Centre, path: Path) -> None:
    """Signs them in again; what cannot be read or is no longer so is left out. Blocks."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for agent, facts in kept.items() if isinstance(kept, dict) else ():
        try:
            centre.change(agent, "LOGIN", extension=str(facts["extension"]))
            if facts["ready"]:
                centre.change(agent, "READY")
            elif facts["reason"]:
                centre.change(agent, "NOT_READY", reason=facts["reason"])
        except (Refusal, KeyError, TypeError):
            continue


def write(path: Path, text: str) -> None:
    """Replaces the file, whole or not at all. Blocks."""
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
