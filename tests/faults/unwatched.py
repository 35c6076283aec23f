"""`navigator serve` that does not notice when its clock is set: `python -m tests.faults.unwatched`, to show what that costs."""

from __future__ import annotations

from hub.clock import Steps
from web import cli

if __name__ == "__main__":
    Steps.look = lambda _self: 0.0  # type: ignore[method-assign]
    cli.main(["serve"])
