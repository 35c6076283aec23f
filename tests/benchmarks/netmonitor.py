"""The network monitor's prober: processor time beside fping and icmplib, for the same hosts at the same pace.

All in a network namespace of their own, one after the other, against loopback: what the kernel does to answer is in everybody's time.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.benchmarks.measure import cpu
from tests.benchmarks.netmonitor_child import ECHOES, ROUND_S, addresses
from tests.benchmarks.processes import SERVER_CPU, pinned
from tests.benchmarks.run import Record, Run, spread
from tests.peers.netns import Machine, network

__all__ = ["measure", "table"]

FIGURE = "netmonitor"
_PROBER, _PROBER_RAW, _ICMPLIB, _ICMPLIB_RAW = "prober", "prober, raw", "icmplib", "icmplib, raw"
_FPING, _FPING_BURST = "fping -l", "fping -l, in bursts"
_CONTESTS = ((1_000, (_PROBER, _PROBER_RAW, _FPING, _FPING_BURST, _ICMPLIB, _ICMPLIB_RAW)), (5_000, (_PROBER, _FPING, _FPING_BURST)))
_WARM_S, _MEASURED_S, _END_S = 4.0, 2 * ROUND_S, 60.0
_FPINGS = (_FPING, _FPING_BURST)
"""The first sends at an even pace and wakes up for each packet; the second sends everybody's at once, which only loopback bears."""
_NOBODY, _EVERYBODY = "1 0", "0 2147483647"


def measure(run: Run, *, rounds: int) -> None:
    """Each in turn, then all again."""
    for number in range(rounds):
        try:
            with network() as made:
                machine = made.machine()
                for count, names in _CONTESTS:
                    for name in names:
                        if name in _FPINGS and shutil.which("fping") is None:
                            run.miss(name, "make services")
                            continue
                        run.add(_one(machine, name, count, number))
        except (pytest.skip.Exception, pytest.fail.Exception) as missing:
            run.miss(FIGURE, str(missing))
            return


def _one(machine: Machine, name: str, count: int, number: int) -> Record:
    machine.sysctl("net.ipv4.ping_group_range", _NOBODY if name in (_PROBER_RAW, _ICMPLIB_RAW) else _EVERYBODY)
    with TemporaryDirectory(prefix="tez-bench-netmonitor-") as folder:
        out = Path(folder) / "out"
        process = _start(machine, name, count, Path(folder), out)
        try:
            time.sleep(_WARM_S)
            before, began = cpu(process.pid), time.monotonic()
            time.sleep(_MEASURED_S)
            used, took = cpu(process.pid) - before, time.monotonic() - began
        finally:
            process.send_signal(signal.SIGINT if name in _FPINGS else signal.SIGTERM)
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        told = _fping(out) if name in _FPINGS else _child(out)
    lived_s = _WARM_S + took
    due = count * lived_s / ROUND_S * ECHOES
    values = {"cpu_s_a_minute": used.total * 60 / took, "of_due": told.get("sent", 0.0) / due, **told}
    return Record(figure=FIGURE, test=str(count), server=name, round=number, values=values, faults=_faults(name, told))


def _start(machine: Machine, name: str, count: int, folder: Path, out: Path) -> subprocess.Popen[bytes]:
    if name in _FPINGS:
        file = folder / "hosts"
        file.write_text("\n".join(addresses(count)) + "\n")
        pace_ms = 1000 * ROUND_S / ECHOES
        between_ms = pace_ms / count if name == _FPING else 0
        command = ["fping", "-l", "-q", "-p", f"{pace_ms:g}", "-i", f"{between_ms:g}", "-f", str(file)]
    else:
        what = {_ICMPLIB: "icmplib", _ICMPLIB_RAW: "icmplib-raw"}.get(name, "prober")
        command = [sys.executable, "-m", "tests.benchmarks.netmonitor_child", what, str(count)]
    with machine.inside(), out.open("wb") as log:
        return subprocess.Popen(pinned(SERVER_CPU, command), stdout=log, stderr=log, cwd=Path(__file__).parents[2])


def _child(out: Path) -> dict[str, float]:
    lines = out.read_text().splitlines()
    try:
        return {key: float(value) for key, value in json.loads(lines[-1]).items()}
    except (IndexError, ValueError):
        return {}


def _fping(out: Path) -> dict[str, float]:
    """Sums its `10.0.0.1 : xmt/rcv/%loss = 5/5/0%, …`."""
    sent = got = 0
    for line in out.read_text().splitlines():
        if "xmt/rcv" in line:
            one, other, _ = line.partition("=")[2].split(",")[0].split("/")
            sent, got = sent + int(one), got + int(other)
    return {"sent": float(sent), "lost": float(sent - got)}


def _faults(name: str, told: dict[str, float]) -> tuple[str, ...]:
    """Of the product only: what the others cannot do is in the table."""
    if name not in (_PROBER, _PROBER_RAW):
        return ()
    if not told:
        return ("it ended without a word",)
    faults = []
    if told["lost"] or told["missing"]:
        faults.append(f"{told['lost']:.0f} echoes and {told['missing']:.0f} rounds were lost")
    if told["behind_ms"] > 1000:
        faults.append(f"a round began {told['behind_ms']:.0f} ms late")
    return tuple(faults)


def table(run: Run) -> str:
    """For each number of hosts; ratios are to fping in the same round."""
    parts = []
    for count, names in _CONTESTS:
        rows = []
        for name in names:
            found = run.of(FIGURE, str(count), name)
            if not found:
                continue

            def of(value: str, show: str, found: list[Record] = found) -> str:
                return spread([record.values[value] for record in found if value in record.values], show.format)

            ratio = spread(run.ratios(FIGURE, str(count), name, "cpu_s_a_minute", _FPING), "{:.2f}".format)
            cells = [name, of("cpu_s_a_minute", "{:.2f}"), ratio, of("of_due", "{:.0%}"), of("lost", "{:.0f}"), of("stall_ms", "{:.1f}")]
            rows.append(f"| {' | '.join([*cells, of('behind_ms', '{:.0f}')])} |")
        head = (
            "| | CPU s a minute | x fping -l | sent of due | lost | longest turn, ms | latest begin, ms |\n|---|---|---|---|---|---|---|\n"
        )
        parts.append(f"### {count:,} hosts, {ECHOES} echoes in {ROUND_S:g} s each\n\n{head}" + "\n".join(rows))
    return "\n\n".join(parts)
