"""Prosody as the notification service of Finesse, which is an Openfire: XMPP with pubsub nodes, over WebSocket and TCP, on loopback ports.

Its module `prosody/mod_finesse_peer.lua` makes the nodes and gives HTTP calls to publish and to break things with, so a test plays
Finesse's side without an XMPP client of its own. Like Finesse it offers SASL PLAIN only, subscribes each agent's bare JID to the agent's
own nodes, tells the presence of the user `finesse`, keeps nothing for who is away, and keeps subscriptions over a restart.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.peers import need
from tests.peers.certs import Authority
from tests.peers.redis import free_port

__all__ = ["DOMAIN", "PUBSUB", "Prosody", "prosody"]

DOMAIN = "finesse.test"
"""SystemInfo's xmppDomain. It need not resolve."""
PUBSUB = f"pubsub.{DOMAIN}"
_MODULES = Path(__file__).with_name("prosody")
_START_S = 20.0
_CONFIG = """
pidfile = {pid}
data_path = {data}
run_as_root = {root}
log = {{ {{ levels = {{ min = {level} }}, to = "file", filename = {log}, timestamps = true }} }}
plugin_paths = {{ {modules} }}
certificates = {folder}
-- no offline store, carbons, archive, PEP or stream management: Finesse's Openfire runs without them
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "ping", "websocket" }}
modules_disabled = {{ "s2s", "offline", "pep" }}
authentication = "internal_plain"
storage = "internal"
allow_registration = false
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
disable_sasl_mechanisms = {{ "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "DIGEST-MD5", "OAUTHBEARER" }}
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {tcp} }}
c2s_direct_tls_ports = {{ {tls} }}
s2s_ports = {{}}
http_interfaces = {{ "127.0.0.1" }}
https_interfaces = {{ "127.0.0.1" }}
http_ports = {{ {http} }}
https_ports = {{ {https} }}
http_default_host = {domain}
http_paths = {{ websocket = "/ws" }}
consider_websocket_secure = true
ssl = {{ key = {key}, certificate = {certificate} }}
https_ssl = {{ key = {key}, certificate = {certificate} }}
c2s_direct_tls_ssl = {{ key = {key}, certificate = {certificate} }}

VirtualHost {domain}

Component {pubsub} "pubsub"
  modules_enabled = {{ "finesse_peer" }}
  http_host = {domain}
  finesse_domain = {domain}
  finesse_users = {{ {users} }}
  finesse_nodes = {{ {nodes} }}
  autocreate_on_publish = true
  autocreate_on_subscribe = true
"""


class Prosody:
    """One server. Blocking calls, none of which the server answers while it is frozen."""

    def __init__(
        self,
        program: str,
        folder: Path,
        agents: Mapping[str, str],
        *,
        nodes: Iterable[str] = (),
        level: str = "info",
        domain: str = DOMAIN,
        authority: Authority | None = None,
    ) -> None:
        """`agents`: id to password, neither with quotes. `nodes`: more nodes to subscribe to. `level` "debug" logs every stanza.
        `authority`: who vouches for the server, of its own where there is none."""
        self._program, self._folder = program, folder
        self._agents = tuple(agents)
        self._process: subprocess.Popen[bytes] | None = None
        self.tcp, self.tls, self.http, self.https = (free_port() for _ in range(4))
        """The ports: plain with STARTTLS offered, TLS at once, WebSocket, WebSocket in TLS."""
        self.domain = domain
        """Pubsub is at `pubsub.` and this."""
        self.authority = authority or Authority(folder)
        certificate, key = self.authority.issue(domain, f"pubsub.{domain}", "localhost", "127.0.0.1")
        self.certificate = certificate
        """The server's own, PEM, by `authority`."""
        self._write(agents, nodes, level, certificate, key)

    @property
    def ws(self) -> str:
        """The address of the plain WebSocket."""
        return f"ws://127.0.0.1:{self.http}/ws/"

    @property
    def peer(self) -> str:
        """The address of the HTTP calls that play Finesse's side."""
        return f"http://127.0.0.1:{self.http}/peer"

    @property
    def wss(self) -> str:
        """The address of the WebSocket in TLS. By its number: Prosody knows no other name to be asked for than its domain."""
        return f"wss://127.0.0.1:{self.https}/ws/"

    def trusted(self) -> ssl.SSLContext:
        """A client's context that believes this server."""
        return self.authority.client_context()

    # -- the process

    def start(self) -> None:
        """Starts, or starts again, on the same ports with the subscriptions it had; ready when this returns."""
        with (self._folder / "out.log").open("ab") as out:
            command = [self._program, "-F", "--config", str(self._folder / "prosody.cfg.lua")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Prosody did not start: {(self._folder / 'out.log').read_text('utf-8')[-2000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """The orderly end: everybody is told."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def mend(self) -> None:
        """Thawed, running, nobody connected, `finesse` there, and only the automatic subscriptions: as it was at first."""
        self.thaw()
        if self._process is None:
            self.start()
        for agent in self._agents:
            self.kick(agent)
        self.finesse(True)
        self._peer("POST", "tidy")

    @property
    def runs(self) -> bool:
        """Neither killed nor stopped."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self._process is not None
        return self._process.pid

    # -- what Finesse would do

    def publish(self, node: str, update: str, *, namespace: str = "", raw: bool = False) -> str:
        """Publishes an Update as escaped text, or with `raw` as real XML; returns the item's id, empty where `mute` lost it."""
        query = {"node": node, **({"ns": namespace} if namespace else {}), **({"raw": "1"} if raw else {})}
        return str(self._peer("POST", "publish", query, update).get("id", ""))

    def finesse(self, available: bool) -> None:
        """The presence of the user `finesse`, told to everybody and from now on."""
        self._peer("POST", "finesse", {"state": "available" if available else "unavailable"})

    def kick(self, agent: str, *, close: bool = False) -> int:
        """Cuts the agent's connections, with `close` by a stream error `system-shutdown`; returns how many."""
        return int(self._peer("POST", "kick", {"user": agent, "how": "close" if close else "drop"})["cut"])

    def mute(self, node: str, times: int = 1) -> None:
        """Loses what is next published to the node."""
        self._peer("POST", "mute", {"node": node, "for": str(times)})

    def leave_over(self, node: str, jid: str) -> None:
        """A subscription that an earlier connection did not take back."""
        self._peer("POST", "subscribe", {"node": node, "jid": jid})

    def online(self) -> dict[str, Any]:
        """Who is connected: full JID to transport, security, presence, priority."""
        return dict(self._peer("GET", "state")["online"] or {})

    def subscribers(self, node: str) -> list[str]:
        """The JIDs subscribed to a node."""
        return list(self._peer("GET", "state")["subscribers"].get(node) or [])

    def _peer(self, method: str, what: str, query: Mapping[str, str] | None = None, body: str = "") -> dict[str, Any]:
        link = http.client.HTTPConnection("127.0.0.1", self.http, timeout=10)
        try:
            link.request(method, f"/peer/{what}" + (f"?{urlencode(query)}" if query else ""), body.encode() or None)
            answer = link.getresponse()
            text = answer.read().decode()
            assert answer.status == 200, f"{what}: {answer.status} {text}"
            return dict(json.loads(text))
        finally:
            link.close()

    def _answers(self) -> bool:
        try:
            self._peer("GET", "state")
        except (OSError, http.client.HTTPException, AssertionError):
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self.thaw()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process = None

    def _write(self, agents: Mapping[str, str], nodes: Iterable[str], level: str, certificate: Path, key: Path) -> None:
        data = self._folder / "data"
        accounts = data / self.domain.replace(".", "%2e") / "accounts"
        accounts.mkdir(parents=True)
        for name, password in {"finesse": "not used", **agents}.items():
            (accounts / f"{name}.dat").write_text(f'return {{ ["password"] = {_lua(password)}; }};\n', "utf-8")
        values = {
            "pid": self._folder / "prosody.pid",
            "data": data,
            "level": level,
            "log": self._folder / "prosody.log",
            "modules": _MODULES,
            "folder": self._folder,
            "key": key,
            "certificate": certificate,
            "domain": self.domain,
            "pubsub": f"pubsub.{self.domain}",
        }
        text = _CONFIG.format(
            **{name: _lua(str(value)) for name, value in values.items()},
            root="true" if os.getuid() == 0 else "false",
            users=", ".join(map(_lua, agents)),
            nodes=", ".join(map(_lua, nodes)),
            tcp=self.tcp,
            tls=self.tls,
            http=self.http,
            https=self.https,
        )
        (self._folder / "prosody.cfg.lua").write_text(text, "utf-8")


def _lua(text: str) -> str:
    assert not {'"', "\\", "\n"} & set(text), text
    return f'"{text}"'


@contextmanager
def prosody(
    agents: Mapping[str, str],
    *,
    nodes: Iterable[str] = (),
    level: str = "info",
    domain: str = DOMAIN,
    authority: Authority | None = None,
) -> Iterator[Prosody]:
    """A server while the block runs; skips the test when this machine has none."""
    program = need.command("prosody", peer="prosody")
    folder = Path(tempfile.mkdtemp(prefix="tez-prosody-"))
    try:
        server = Prosody(program, folder, agents, nodes=nodes, level=level, domain=domain, authority=authority)
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
