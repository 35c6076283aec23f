"""Machines of a test's own: network namespaces joined by cables that can be pulled, and hosts that answer oddly.

Nothing of it touches the machine's own network: also who measures is in a namespace (`Machine.inside`), so addresses may be any.
Needs iproute2 and the right to make namespaces (root).
"""

from __future__ import annotations

import ctypes
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.peers import need

__all__ = ["Machine", "Network", "network"]

_ROOT = Path(__file__).parents[2]
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count()


class Machine:
    """A network namespace with its loopback up."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._ports = itertools.count()

    def ip(self, *words: str) -> None:
        """`ip` there. Raises CalledProcessError with what it said."""
        _run("ip", "-n", self.name, *words)

    def run(self, *command: str) -> str:
        """Runs it there to its end and gives what it printed. Raises CalledProcessError."""
        return _run("ip", "netns", "exec", self.name, *command)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Starts it there, with pipes."""
        return subprocess.Popen(
            ["ip", "netns", "exec", self.name, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=_ROOT
        )

    def sysctl(self, key: str, value: str) -> None:
        """Sets what the namespace has of its own."""
        with self.inside():
            Path("/proc/sys", *key.split(".")).write_text(value)

    def filter(self, hook: str, rule: str) -> None:
        """One rule of nftables at `output` or `input`, instead of all that were there; an empty one for none."""
        table = f"table inet odd {{\n chain odd {{\n  type filter hook {hook} priority 0;\n  {rule}\n }}\n}}\n"
        program = need.command("nft", "/usr/sbin/nft", peer="nftables")
        _run("ip", "netns", "exec", self.name, program, "-f", "-", given=f"flush ruleset\n{table}" if rule else "flush ruleset\n")

    def port(self) -> str:
        """A new interface's name."""
        return f"port{next(self._ports)}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This thread is on that machine: the sockets that it makes, and the processes that it starts."""
        with open("/proc/thread-self/ns/net") as home:
            with open(f"/run/netns/{self.name}") as there:
                _setns(there.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())


class Network:
    """Machines, and the cables between them."""

    def __init__(self) -> None:
        self._machines: list[Machine] = []
        self._stack = ExitStack()

    def machine(self) -> Machine:
        """A new one, with nothing but itself."""
        machine = Machine(f"tez-{os.getpid()}-{next(_numbers)}")
        _run("ip", "netns", "add", machine.name)
        self._stack.callback(_run, "ip", "netns", "del", machine.name)
        if Path("/proc/sys/net/ipv6").exists():  # otherwise the first second is spent on asking whether others have the same address
            machine.sysctl("net.ipv6.conf.default.accept_dad", "0")
        machine.ip("link", "set", "lo", "up")
        return machine

    def cable(self, one: Machine, other: Machine, addresses: Sequence[str], others: Sequence[str]) -> tuple[str, str]:
        """Joins them, each with its addresses (with their prefixes); gives the names of the two interfaces."""
        ends = one.port(), other.port()
        _run("ip", "-n", one.name, "link", "add", ends[0], "type", "veth", "peer", "name", ends[1], "netns", other.name)
        for machine, end in zip((one, other), ends, strict=True):
            machine.ip("link", "set", end, "up")
        for machine, end, given in ((one, ends[0], addresses), (other, ends[1], others)):
            for address in given:
                machine.ip("address", "add", address, "dev", end, *(["nodad"] if ":" in address else []))
        return ends

    def answering(self, machine: Machine, *ways: str) -> Callable[[], None]:
        """Its kernel answers no IPv4 echo any more; `tests.peers.echoing` does, as `ways` say. What it gives ends that.

        At no time nobody answers: for a moment at both ends both do.
        """
        process = machine.start(sys.executable, "-m", "tests.peers.echoing", *ways)
        self._stack.callback(_end, process)
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(process.communicate(timeout=10)[1])
        machine.sysctl("net.ipv4.icmp_echo_ignore_all", "1")

        def mend() -> None:
            machine.sysctl("net.ipv4.icmp_echo_ignore_all", "0")
            _end(process)

        return mend

    def close(self) -> None:
        """Ends its processes and takes everything down."""
        self._stack.close()


@contextmanager
def network() -> Iterator[Network]:
    """A network for the block. Where namespaces cannot be made the test is skipped, or fails under CI."""
    need.command("ip", peer="iproute2")
    made = Network()
    try:
        try:
            made.machine()
        except subprocess.CalledProcessError as error:
            need.missing("network namespaces", f"run the tests as root ({error.stderr.strip()})")
        yield made
    finally:
        made.close()


def _run(*command: str, given: str | None = None) -> str:
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=30, cwd=_ROOT).stdout


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=10)


def _setns(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET):  # os.setns came with Python 3.12
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
