"""Many sign-ins at once, from a process of their own so that they do not slow down who measures.

python -m tests.live.login_storm PORT COUNT

Says `ready`, and for each line of its standard input makes a wave and prints [[status, seconds], …] of it as JSON. It is started before
anything is measured, for a start takes the machine's time, and gives way to whoever looks at the clock beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

_NICE = 19


async def storm(port: int, count: int) -> list[tuple[int, float]]:
    """Status and seconds of each; each comes from a loopback address of its own, as the throttle counts by address."""
    return await asyncio.gather(*(_login(port, number) for number in range(count)))


async def _login(port: int, number: int) -> tuple[int, float]:
    body = json.dumps({"username": f"person{number}", "password": f"password{number}"}).encode()
    head = (
        f"POST /users/login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.2.{number % 250 + 1}", 0))
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    return int(answer.split(maxsplit=2)[1]), time.monotonic() - began


async def _waves(port: int, count: int) -> None:
    print("ready", flush=True)  # noqa: T201 - who started it waits for this
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await storm(port, count)), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    if sys.platform != "win32":
        os.nice(_NICE)
    asyncio.run(_waves(int(sys.argv[1]), int(sys.argv[2])))
