"""`python -m tests.fuzz [--seconds N] [HARNESS…]`: fuzzes each harness in turn, then keeps the smallest corpus that covers as much.

Ends with 1 when an input broke a parser; the input stays in var/fuzz, named by libFuzzer (crash-…, timeout-…, oom-…).
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.fuzz.harnesses import HARNESSES, Harness
from tests.fuzz.kept import load, save

WORK = Path("var/fuzz")


def put(folder: Path, inputs: Iterable[bytes]) -> Path:
    """A folder with these inputs in files, as libFuzzer reads a corpus."""
    folder.mkdir(parents=True)
    for data in inputs:
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return folder


def libfuzzer(name: str, *options: str, log: Path) -> int:
    """Runs the harness in a process of its own with libFuzzer's options; its exit code."""
    with log.open("wb") as out:
        command = [sys.executable, "-m", "tests.fuzz.drive", name, *options]
        return subprocess.run(command, stdout=out, stderr=out, check=False).returncode


def fuzz(name: str, harness: Harness, seconds: int) -> bool:
    """Fuzzes one harness and keeps what it found; False when it broke."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    found = put(folder / "found", (*harness.seeds, *load(name)))
    words = folder / "words.dict"
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in harness.words), encoding="ascii")
    limits = (f"-max_len={harness.max_len}", "-timeout=5", "-rss_limit_mb=1024", "-malloc_limit_mb=64")
    options = (f"-max_total_time={seconds}", f"-dict={words}", f"-artifact_prefix={folder}/", "-print_final_stats=1", *limits)
    code = libfuzzer(name, *options, str(found), log=folder / "log")
    report = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
    covered = next((line.split("cov:")[1].split()[0] for line in reversed(report) if "cov:" in line), "?")
    runs = next((line.split()[-1] for line in report if "number_of_executed_units" in line), "?")
    kept = put(folder / "kept", ())
    merged = libfuzzer(name, "-set_cover_merge=1", "-use_counters=0", *limits, str(kept), str(found), log=folder / "merge.log")
    count = save(name, (path.read_bytes() for path in kept.iterdir())) if code == 0 and merged == 0 else 0
    verdict = "no crash" if code == 0 else f"BROKEN, see {folder}/log"
    print(f"{name:16} {runs:>9} runs, {covered:>5} edges, {count:>3} inputs kept, {verdict}", flush=True)
    return code == 0


def main() -> int:
    """All harnesses share the seconds."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("harness", nargs="*", choices=[[], *HARNESSES])
    arguments = parser.parse_args()
    names = arguments.harness or list(HARNESSES)
    results = [fuzz(name, HARNESSES[name], max(1, arguments.seconds // len(names))) for name in names]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
