"""Compiles hub/speedups.c beside its source, for the Python that runs this. Without a C compiler the product runs as well, slower."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from setuptools import Distribution, Extension

__all__ = ["build"]

_ROOT = Path(__file__).parents[1]


def build() -> Path | None:
    """The module's file; None, and a word on standard error, when it could not be made. What an earlier run made is gone then, too."""
    distribution = Distribution({"ext_modules": [Extension("hub.speedups", ["hub/speedups.c"], optional=True)]})
    command = distribution.get_command_obj("build_ext")
    command.inplace = True
    made = _ROOT / command.get_ext_filename("hub.speedups")
    made.unlink(missing_ok=True)
    before = Path.cwd()
    os.chdir(_ROOT)  # setuptools finds packages from the working directory
    try:
        with tempfile.TemporaryDirectory() as folder:
            command.build_temp = command.build_lib = folder  # nothing of an earlier run is taken for new
            command.ensure_finalized()
            command.run()
    finally:
        os.chdir(before)
    if made.exists():
        return made
    print("hub/speedups.c was not compiled (a C compiler and Python.h are needed): fan-out runs in Python, slower", file=sys.stderr)
    return None


if __name__ == "__main__":
    sys.exit(0 if build() else 1)
