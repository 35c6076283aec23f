"""What a test does when its peer is not on this machine: skip with the mend named, or fail under CI."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

__all__ = ["command", "missing"]


def missing(peer: str, mend: str) -> NoReturn:
    """Skips the test, naming the peer and how to get it; under `CI=true` a missing peer is a failure."""
    sentence = f"{peer} is missing: {mend}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def command(*names: str, peer: str, mend: str = "make services") -> str:
    """Path of the first of these commands that is installed; otherwise `missing`."""
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    missing(peer, mend)
