"""The network monitor's pages in Chromium: first sight of a thousand hosts, what a thousand updates a second cost, a year of one host.

    python -m tests.benchmarks.network_pages [--hosts 1000] [--rounds 5] [--trace FILE]

The server's part of the topic and of the interface is played, as in the pages' tests; their times are the page's own. `--trace` keeps what
the first load did, for the performance panel of Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, CDPSession, Page

from tests.live.browser import chromium, holds, person
from tests.live.network_peer import NetworkPeer, hosts
from tests.live.product import Product

_ON = "document.querySelector('nav-network')?.shadowRoot"
_BOARD, _HOST = (f"{_ON}?.querySelector('nav-network-{part}')?.shadowRoot" for part in ("board", "host"))
_POINTS = 1460
"""A year of one host as the interface tells it."""
_TICKS_S = 10
_PILED = 330
"""More ticks than a topic's log has events."""
_GC_S = 0.2
# What the page itself notes down: when the first rows were painted, and everything that held it for more than 50 ms.
_NOTES = f"""
    window.noted = {{ rows: 0, long: [] }};
    new PerformanceObserver((list) => {{
        for (const one of list.getEntries()) window.noted.long.push([Math.round(one.startTime), Math.round(one.duration)]);
    }}).observe({{ type: 'longtask', buffered: true }});
    const look = () => {{
        if (({_BOARD})?.querySelectorAll('.row.host').length > 3) {{
            const paint = new MessageChannel(); // its message comes when the frame has been painted
            paint.port1.onmessage = () => {{ window.noted.rows = performance.now(); }};
            paint.port2.postMessage(null);
        }} else requestAnimationFrame(look);
    }};
    requestAnimationFrame(look);
"""
_YEAR = f"""async () => {{
    const root = {_HOST};
    const year = [...root.querySelectorAll('.ranges button')].at(-1);
    const began = performance.now();
    year.click();
    while (root.querySelector('nav-network-chart')?.history?.points.at.length !== {_POINTS})
        await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const drawn = performance.now();
    const answered = performance.getEntriesByType('resource').filter((one) => one.name.includes('range=1y')).at(-1).responseEnd;
    return [drawn - began, drawn - answered];
}}"""


@dataclass(slots=True)
class _Found:
    """Each figure of each round."""

    sight_ms: list[float] = field(default_factory=list)
    long_ms: list[Sequence[tuple[int, int]]] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    grown_mb: list[float] = field(default_factory=list)
    heap_mb: list[float] = field(default_factory=list)
    year_ms: list[float] = field(default_factory=list)
    drawn_ms: list[float] = field(default_factory=list)


async def _metrics(devtools: CDPSession) -> dict[str, float]:
    told = await devtools.send("Performance.getMetrics")
    return {one["name"]: one["value"] for one in told["metrics"]}


async def _heap_mb(devtools: CDPSession) -> float:
    """What is left after collecting, twice: what the first one ends lets go of more."""
    for _ in range(2):
        await devtools.send("HeapProfiler.collectGarbage")
        await asyncio.sleep(_GC_S)
    return (await _metrics(devtools))["JSHeapUsedSize"] / 1e6


async def _dashboard(page: Page, url: str, peer: NetworkPeer, found: _Found, rolled: random.Random, devtools: CDPSession) -> None:
    ids = list(peer.state["hosts"])
    await page.goto(url + "/netmonitor/")
    found.sight_ms.append(await holds(page, "window.noted.rows"))
    await asyncio.sleep(1)  # what it does after the first sight
    found.long_ms.append(await page.evaluate("window.noted.long"))
    before = await _metrics(devtools)
    for _ in range(_TICKS_S):
        peer.tick(ids, rolled)
        await asyncio.sleep(1)
    after = await _metrics(devtools)
    found.busy.append((after["TaskDuration"] - before["TaskDuration"]) / (after["Timestamp"] - before["Timestamp"]))
    heap = await _heap_mb(devtools)
    for _ in range(_PILED):
        peer.tick(ids, rolled)
        await asyncio.sleep(0.02)
    await asyncio.sleep(1)
    found.heap_mb.append(await _heap_mb(devtools))
    found.grown_mb.append(found.heap_mb[-1] - heap)


async def _year(page: Page, url: str, peer: NetworkPeer, found: _Found) -> None:
    peer.points = 288
    await page.goto(url + "/netmonitor/hosts/h-1")
    await holds(page, f"{_HOST}?.querySelector('nav-network-chart')?.shadowRoot?.querySelectorAll('canvas').length === 2")
    peer.points = _POINTS
    whole, drawn = await page.evaluate(_YEAR)
    found.year_ms.append(whole)
    found.drawn_ms.append(drawn)


async def _round(product: Product, browser: Browser, count: int, found: _Found, trace: Path | None) -> None:
    """Somebody new, whose browser has the scripts in its store after signing in, as on any day but the first."""
    peer = NetworkPeer(hosts(count))
    async with person(product, browser, bypass_csp=True) as ann:
        page = await ann.sign_in("ann")
        await peer.join(page)
        await page.add_init_script(_NOTES)
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Performance.enable")
        if trace:
            await browser.start_tracing(
                page=page, categories=["-*", "devtools.timeline", "v8.execute", "disabled-by-default-v8.cpu_profiler"]
            )
        await _dashboard(page, product.url, peer, found, random.Random(1), devtools)
        if trace:
            await asyncio.to_thread(trace.write_bytes, await browser.stop_tracing())
        await _year(page, product.url, peer, found)


async def measure(count: int, rounds: int, trace: Path | None = None) -> _Found:
    """So many loads, each by somebody new; the product is started once."""
    found = _Found()
    with TemporaryDirectory(prefix="tez-bench-pages-") as folder:
        product = Product(Path(folder))
        product.add_user("ann", "--admin")
        async with product.running(), chromium() as browser:
            for number in range(rounds):
                await _round(product, browser, count, found, trace if number == 0 else None)
                print(json.dumps(_latest(found)), flush=True)
    return found


def _latest(found: _Found) -> dict[str, Any]:
    return {name: _shown(getattr(found, name)[-1]) for name in _Found.__slots__}


def _shown(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


def _spread(values: Sequence[float], digits: int = 0) -> str:
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


def table(count: int, found: _Found) -> str:
    """Medians, with the least and the greatest round."""
    longest = [max((took for _, took in tasks), default=0) for tasks in found.long_ms]
    rows = (
        (f"first sight of {count:,} hosts, ms", _spread(found.sight_ms)),
        ("longest task of the load, ms (0: none over 50)", _spread(longest)),
        (f"{count:,} updates a second: main thread, %", _spread([share * 100 for share in found.busy], 1)),
        (f"heap after {_PILED} such seconds, MB", _spread(found.heap_mb, 1)),
        ("of which they added, MB", _spread(found.grown_mb, 1)),
        ("a year of one host, from the click to the drawn chart, ms", _spread(found.year_ms)),
        ("of which after the answer, ms", _spread(found.drawn_ms)),
    )
    return "\n".join(f"| {name} | {value} |" for name, value in rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.network_pages", description=__doc__)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trace", type=Path, metavar="FILE")
    options = parser.parse_args()
    print(table(options.hosts, asyncio.run(measure(options.hosts, options.rounds, options.trace))))
