"""Runs an npm script of clients/js with the node that the build uses: `python scripts/npm.py run test`."""

from __future__ import annotations

import sys

from build_web import npm

if __name__ == "__main__":
    sys.exit(npm(sys.argv[1:]))
