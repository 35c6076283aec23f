"""Many sign-ins at once, from a process of their own so that they do not slow down who measures: prints the statuses as JSON.

python -m tests.live.login_storm PORT COUNT
"""

from __future__ import annotations

import asyncio
import json
import sys
import time


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


if __name__ == "__main__":
    print(json.dumps(asyncio.run(storm(int(sys.argv[1]), int(sys.argv[2])))))  # noqa: T201 - what it is for
