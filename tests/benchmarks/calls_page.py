"""The telephone in a real Chromium: how soon a call is on screen and gone again, and whether the page grows over a shift.

    python -m tests.benchmarks.calls_page --stages seen,shift --runs 200 --calls 480
    python -m tests.benchmarks.calls_page --stages shift --calls 100 --pace 30

`seen`: calls ring and end, alternately hung up and answered elsewhere, with three tabs open; measured from the event's leaving of the
sandbox's notification service to the first frame after the one with the change. `shift`: what an agent does in half an hour, thirty
calls with answer, hold, consultation, transfer, tones and wrap-up, many times over, as fast as the page goes or one in so many seconds.
After each part of them, when garbage has been collected, the page's heap, nodes and listeners; at the end how they grew by call since
the warm-up, and what there is more of: of the page's own things, which must not be, and of the browser's, whose developer tools remember
requests while somebody drives it by them. V8 compiles nothing there but bytecode: machine code lies on the heap too, and there is more of
it for hundreds of calls (1.1 KiB by call from 40 to 520), whatever the page does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import pairwise
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from tests.live.browser import Person, chromium, holds, person
from tests.live.call_floor import CallFloor, call_floor, figures, percentile, work_call
from tests.live.product import Product
from tests.peers import need

_WITHIN_MS, _GONE_MS = 100.0, 300.0
_GROWS_KB = 0.5
"""Of heap by call."""
_PACED_KB = 512
"""Of heap in all, at a pace: the events of `system` that are kept, and what the browser makes of code meanwhile."""
_INTERPRETED = "--js-flags=--no-opt --no-maglev --no-sparkplug"
_WARM = 40
"""Calls until all that is used by a call has been loaded, compiled and laid out once."""
_PARTS = 4
_OWN = frozenset({"object", "closure", "array", "regexp"})
"""Of the heap's kinds those that a page makes."""
_LEAKS = 0.5
"""More of one thing than this by call is a leak; what comes by time, seven events a minute of topic `system`, is less over 100 calls."""


def _line(what: str, values: list[float]) -> str:
    median, p95 = percentile(values, 0.5), percentile(values, 0.95)
    return f"{what}: n {len(values)}, median {median:.0f} ms, p95 {p95:.0f} ms, max {max(values):.0f} ms"


@asynccontextmanager
async def _opened(browsing: AbstractAsyncContextManager[Browser]) -> AsyncIterator[tuple[CallFloor, Browser, Person]]:
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder))
        async with call_floor(product) as floor, browsing as browser, person(product, browser) as petrova:
            yield floor, browser, petrova


@asynccontextmanager
async def _interpreting() -> AsyncIterator[Browser]:
    """A browser whose heap holds no machine code."""
    path = need.command("chromium-headless-shell", peer="Chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", _INTERPRETED])
        try:
            yield browser
        finally:
            await browser.close()


async def _seen(runs: int) -> bool:
    """Whether the bounds were kept."""
    shown: list[float] = []
    gone: list[float] = []
    async with _opened(chromium()) as (floor, _, petrova):
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


async def _shift(calls: int, pace_s: float) -> bool:
    since = max(1, calls - _WARM)
    marks = sorted({_WARM, *(_WARM + since * part // _PARTS for part in range(1, _PARTS + 1))})
    async with _opened(_interpreting()) as (floor, _, petrova):
        page = await floor.on_line(petrova, ready=True)
        first = last = await _worked(floor, page, 0, _WARM)
        before = await _held(page)
        for begin, end in pairwise(marks):
            last = await _worked(floor, page, begin, end, pace_s)
        after = await _held(page)
    grown = {name: (last[name] - first[name]) / since for name in first}
    heap_kb = grown["heap_mb"] * 1024
    print(
        f"growth by call, from {_WARM} to {marks[-1]}: heap {heap_kb:+.2f} KiB, nodes {grown['nodes']:+.2f}, "
        f"listeners {grown['listeners']:+.2f}"
    )
    more = {thing: (count - before[0][thing]) / since for thing, count in after[0].items()}
    leaks = {thing: by for thing, by in more.items() if by >= _LEAKS and thing[0] in _OWN}
    print("more of the page's own by call:", ", ".join(f"{kind} {name} {by:.2f}" for (kind, name), by in leaks.items()) or "nothing")
    for (kind, name), size in (after[1] - before[1]).most_common(6):
        print(f"  {size / 1024:7.1f} KiB more  {kind} {name[:60]}")
    # Over time, whatever is called meanwhile, the hub's client keeps up to 300 events of each topic (hub/kept.ts): the topic `system` takes
    # three quarters of an hour to have told so many.
    within = heap_kb * since < _PACED_KB if pace_s else heap_kb < _GROWS_KB and not leaks
    return within and all(last[name] <= first[name] * 1.05 for name in ("nodes", "listeners"))


async def _worked(floor: CallFloor, page: Page, begin: int, end: int, pace_s: float = 0.0) -> dict[str, float]:
    clock = asyncio.get_running_loop().time
    for number in range(begin, end):
        next_at = clock() + pace_s
        await work_call(floor, page, number)
        await asyncio.sleep(max(0.0, next_at - clock()))
    await asyncio.sleep(2)  # what the last call asked for has been answered
    await page.evaluate("window.calls.seen = {}, window.calls.gone = {}")  # kept by the measuring itself
    found = await figures(page)
    print(f"after {end} calls: " + ", ".join(f"{name} {value:g}" for name, value in found.items()), flush=True)
    return found


async def _held(page: Page) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """What is on the page's heap, by kind and name: how many, and bytes of their own."""
    cdp = await page.context.new_cdp_session(page)
    chunks: list[str] = []
    cdp.on("HeapProfiler.addHeapSnapshotChunk", lambda event: chunks.append(event["chunk"]))
    await cdp.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    await cdp.detach()
    told = json.loads("".join(chunks))
    meta, nodes, strings = told["snapshot"]["meta"], told["nodes"], told["strings"]
    fields, kinds = meta["node_fields"], meta["node_types"][0]
    kind_at, name_at, size_at = (fields.index(name) for name in ("type", "name", "self_size"))
    counts: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    for at in range(0, len(nodes), len(fields)):
        kind = kinds[nodes[at + kind_at]]
        # a string's name is its text, and a context's has the number of a script
        name = "" if "string" in kind or kind == "number" else strings[nodes[at + name_at]].split(" / scope @")[0]
        counts[kind, name] += 1
        sizes[kind, name] += nodes[at + size_at]
    return counts, sizes


async def _main(options: argparse.Namespace) -> int:
    stages = {"seen": lambda: _seen(options.runs), "shift": lambda: _shift(options.calls, options.pace)}
    kept = [await stages[name]() for name in options.stages.split(",")]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measures the telephone in Chromium; ends with 1 when a bound was not kept.")
    parser.add_argument("--stages", default="seen,shift", help="seen | shift")
    parser.add_argument("--runs", type=int, default=200, help="calls that ring and end")
    parser.add_argument("--calls", type=int, default=480, help="calls that are worked through, warm-up included")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds from one call to the next after the warm-up; 0: none")
    sys.exit(asyncio.run(_main(parser.parse_args())))
