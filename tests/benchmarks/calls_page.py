"""The telephone in a real Chromium: how soon a call is on screen and gone again, and whether the page grows over a shift.

    python -m tests.benchmarks.calls_page --stages seen,shift --runs 200 --calls 120

`seen`: calls ring and end, alternately hung up and answered elsewhere, with three tabs open; measured from the event's leaving of the
sandbox's notification service to the first frame after the one with the change. `shift`: what an agent does in half an hour, thirty
calls with answer, hold, consultation, transfer, tones and wrap-up, as fast as the page goes, several times over; the page's heap and
nodes after a collection of garbage.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.live.browser import Person, chromium, holds, person
from tests.live.call_floor import CallFloor, call_floor, figures, percentile, work_call
from tests.live.product import Product

_WITHIN_MS, _GONE_MS = 100.0, 300.0
_GROWS_MB = 1.0


def _line(what: str, values: list[float]) -> str:
    median, p95 = percentile(values, 0.5), percentile(values, 0.95)
    return f"{what}: n {len(values)}, median {median:.0f} ms, p95 {p95:.0f} ms, max {max(values):.0f} ms"


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[CallFloor, Browser, Person]]:
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder))
        async with call_floor(product) as floor, chromium() as browser, person(product, browser) as petrova:
            yield floor, browser, petrova


async def _seen(runs: int) -> bool:
    """Whether the bounds were kept."""
    shown: list[float] = []
    gone: list[float] = []
    async with _opened() as (floor, _, petrova):
        floor.watch()
        tabs = [await floor.on_line(petrova, ready=True)]
        tabs += [await floor.tab(petrova) for _ in range(2)]
        node = f"/finesse/api/User/{floor.agent().id}/Dialogs"
        for run in range(runs):
            floor.wired.clear()
            call = await floor.ring(f"+7916{run:07}")
            at = [await holds(tab, f"window.calls.seen['{call}']") for tab in tabs]
            shown += [one - floor.wired[node][0] for one in at]
            await asyncio.sleep(0.05 + run % 7 * 0.011)  # not in step with the frames
            floor.wired.clear()
            await (floor.finesse.hang_up if run % 2 else floor.finesse.answer_elsewhere)(call)
            at = [await holds(tab, f"window.calls.gone['{call}']") for tab in tabs]
            gone += [max(at) - floor.wired[node][0]]
            await floor.until(lambda: floor.agent().state == "READY")
    print(_line("event to card, each of three tabs", shown))
    print(_line("end to card and ring gone in all three tabs", gone))
    return percentile(shown, 0.95) < _WITHIN_MS and max(gone) < _GONE_MS


async def _shift(calls: int) -> bool:
    async with _opened() as (floor, _, petrova):
        page = await floor.on_line(petrova, ready=True)
        first = await _worked(floor, page, 0, 20)
        last = await _worked(floor, page, 20, calls)
    for name, before in first.items():
        print(f"{name}: {before:g} after 20 calls, {last[name]:g} after {calls}")
    return last["heap_mb"] - first["heap_mb"] < _GROWS_MB and last["nodes"] <= first["nodes"] * 1.05


async def _worked(floor: CallFloor, page: Page, begin: int, end: int) -> dict[str, float]:
    for number in range(begin, end):
        await work_call(floor, page, number)
    return await figures(page)


async def _main(options: argparse.Namespace) -> int:
    stages = {"seen": lambda: _seen(options.runs), "shift": lambda: _shift(options.calls)}
    kept = [await stages[name]() for name in options.stages.split(",")]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measures the telephone in Chromium; ends with 1 when a bound was not kept.")
    parser.add_argument("--stages", default="seen,shift", help="seen | shift")
    parser.add_argument("--runs", type=int, default=200, help="calls that ring and end")
    parser.add_argument("--calls", type=int, default=120, help="calls that are worked through")
    sys.exit(asyncio.run(_main(parser.parse_args())))
