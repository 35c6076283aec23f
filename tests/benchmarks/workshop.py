"""The build folder: C programs compiled and npm packages installed once, kept between runs under TMPDIR."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["PEERS", "ROOT", "Missing", "Workshop", "command"]

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"


class Missing(Exception):
    """Something that a peer needs is not on this machine; says what, and how to get it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what, mend)
        self.what, self.mend = what, mend

    def __str__(self) -> str:
        return f"{self.what} is missing: {self.mend}"


class Workshop:
    """Makes what is measured with. Everything is made once and again only when its source has changed."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(tempfile.gettempdir()) / f"tez-bench-{os.getuid()}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._programs: dict[str, Path] = {}
        self._node: str | None = None

    def program(self, name: str) -> str:
        """Path of the compiled peers/NAME.c. Raises Missing without a C compiler."""
        if name not in self._programs:
            self._programs[name] = self._compiled(PEERS / f"{name}.c")
        return str(self._programs[name])

    def _compiled(self, source: Path) -> Path:
        digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
        made = self.folder / f"{source.stem}-{digest}"
        if not made.exists():
            compiler = command("cc", "gcc", "clang", what="a C compiler", mend="apt-get install gcc libc6-dev")
            being_made = made.with_suffix(f".{os.getpid()}")
            subprocess.run([compiler, "-O2", "-o", being_made, source], check=True)
            being_made.rename(made)
        return made

    def node(self, script: str) -> Sequence[str]:
        """The command that runs peers/SCRIPT with its npm packages. Raises Missing when those cannot be installed."""
        if self._node is None:
            self._node = self._installed()
        return [self._node, str(self.folder / "node" / script)]

    def _installed(self) -> str:
        npm, environment = _npm()
        folder = self.folder / "node"
        folder.mkdir(exist_ok=True)
        lock = PEERS / "package-lock.json"
        wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
        for source in (*PEERS.glob("*.mjs"), *PEERS.glob("package*.json")):
            shutil.copy(source, folder)
        stamp = folder / "node_modules" / ".stamp"
        if not stamp.exists() or stamp.read_text() != wanted:
            done = subprocess.run(
                [*npm, "ci", "--no-audit", "--no-fund"], cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise Missing("npm packages ws and socket.io", f"npm ci in tests/benchmarks/peers says {done.stderr.strip()[-300:]}")
            stamp.write_text(wanted)
        return shutil.which("node", path=environment["PATH"]) or "node"


def command(*names: str, what: str, mend: str) -> str:
    """Path of the first of these commands that is installed. Raises Missing."""
    for name in names:
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if found:
            return found
    raise Missing(what, mend)


def _npm() -> tuple[list[str], dict[str, str]]:
    """The npm that builds the browser side also brings the peers: the same node for everybody."""
    spec = importlib.util.spec_from_file_location("build_web", ROOT / "scripts" / "build_web.py")
    assert spec is not None
    assert spec.loader is not None
    build_web = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_web)
    try:
        found: tuple[list[str], dict[str, str]] = build_web.find_npm()
    except build_web.BuildError as error:
        raise Missing("node", str(error)) from error
    return found
