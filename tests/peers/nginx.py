"""The real nginx with the file that is deployed, on loopback ports of a test's own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.peers import need

__all__ = ["CONFIG", "check", "nginx", "placed"]

CONFIG = Path(__file__).parents[2] / "deploy" / "nginx.conf"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def placed(folder: Path, port: int, nodes: Sequence[int], *, tls: tuple[Path, Path, int] | None = None) -> Path:
    """Writes the deployed file with ports of this machine in place of its addresses, and nothing else changed.

    `tls`: certificate, key and port, for the file with its TLS lines switched on the way its comment says.
    """
    text = CONFIG.read_text("utf-8")
    if tls:
        certificate, key, secure_port = tls
        text = re.sub(r"(?m)^#tls#", "", text)
        text = _replaced(text, "/etc/nginx/tls/fullchain.pem", str(certificate))
        text = _replaced(text, "/etc/nginx/tls/privkey.pem", str(key))
        text = _replaced(text, "listen 443 ssl;", f"listen 127.0.0.1:{secure_port} ssl;")
    text = _replaced(text, "listen 80;", f"listen 127.0.0.1:{port};")
    servers = re.findall(r"(?m)^ +server app\d+:8000 .*;$", text)
    assert len(servers) >= 2, "the file names no nodes"
    options = servers[0].partition(":8000")[2]
    text = text.replace("\n".join(servers), "\n".join(f"        server 127.0.0.1:{node}{options}" for node in nodes))
    if os.getuid() == 0:  # its workers would become another user, who may not write into a test's folder
        text = "user root;\n" + text
    # where a package puts these only root may write
    own = "".join(f"    {name}_temp_path {folder / name};\n" for name in _TEMPORARY)
    text = _replaced(text, "http {\n", "http {\n" + own)
    text = _replaced(text, "access_log /dev/stdout navigator;", f"access_log {folder / 'access.log'} navigator;")
    text = _replaced(text, "error_log /dev/stderr warn;", f"error_log {folder / 'error.log'} warn;")
    path = folder / "nginx.conf"
    path.write_text(text, "utf-8")
    return path


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """`nginx -t`."""
    return subprocess.run([*_command(path), "-t"], capture_output=True, text=True, timeout=30, check=False)


@contextmanager
def nginx(path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server with this file, while the block runs."""
    with subprocess.Popen([*_command(path), "-g", f"daemon off; pid {path.parent / 'nginx.pid'};"]) as process:
        try:
            _until_it_answers(process, port)
            yield process
        finally:
            process.terminate()
            process.wait(10)


def _command(path: Path) -> list[str]:
    program = need.command("nginx", peer="nginx")
    return [program, "-p", str(path.parent), "-c", str(path), "-e", str(path.parent / "error.log")]


def _until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)
