"""`python -m tests.fuzz.drive HARNESS [libFuzzer's options] FOLDER…`: one harness under atheris, in a process of its own."""

from __future__ import annotations

import sys

import atheris

__all__: list[str] = []

_GUIDES = [
    "hub",
    "adapters.finesse",
    "web.events",
    "websockets.frames",
    "websockets.protocol",
    "msgpack.fallback",
    "json",
    "tests.hub.frames",
]
"""Modules whose branches guide the search. Parsers in C show none, so that a harness lets one in Python read the same bytes."""


def main() -> None:
    """Instruments what guides the harness; libFuzzer then ends the process."""
    name = sys.argv.pop(1)
    for loaded in ("json", "json.decoder", "json.scanner"):
        sys.modules.pop(loaded, None)  # atheris has imported it already, without instruments
    with atheris.instrument_imports(include=_GUIDES):
        from tests.fuzz.harnesses import HARNESSES
    sys.argv[0] = f"{sys.executable} -m tests.fuzz.drive {name}"  # libFuzzer starts itself again to merge
    atheris.Setup(sys.argv, HARNESSES[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
