"""The real nginx as a reverse proxy on loopback, with everything in a temporary folder.

Bodies stay in memory: started by root, nginx works as another user, who may not write there.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.peers.need import command

__all__ = ["nginx"]

_CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_buffer_size 1m;
    proxy_max_temp_file_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_read_timeout 60s;
        }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, port: int, upstream: int) -> Iterator[None]:
    """Serves `port` from the server at `upstream`, both on 127.0.0.1, as docs/operations.md has it; stops on leaving."""
    program = command("nginx", "/usr/sbin/nginx", peer="nginx")
    folder.mkdir()
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port, upstream=upstream))
    process = subprocess.Popen([program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)])
    try:
        _answers(process, port)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _answers(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(100):
        assert process.poll() is None, "nginx did not start"
        try:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=1)
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx does not answer")
