"""A server that breaks its promise, to show that the load client sees it: python -m tests.benchmarks.faulty_server PORT MODE."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

Mode = Callable[[int, str, list[str]], Iterable[str]]


def _loses(number: int, message: str, _held: list[str]) -> Iterable[str]:
    return () if number == 10 else (message,)


def _repeats(number: int, message: str, _held: list[str]) -> Iterable[str]:
    return (message, message) if number == 10 else (message,)


def _swaps(number: int, message: str, held: list[str]) -> Iterable[str]:
    if number == 10:
        held.append(message)
        return ()
    return (message, held.pop()) if held else (message,)


MODES: dict[str, Mode] = {"whole": lambda _number, message, _held: (message,), "loses": _loses, "repeats": _repeats, "swaps": _swaps}


async def main(port: int, mode: Mode) -> None:
    """Serves for ever; only the tenth message is treated as the mode says."""
    subscribers: set[ServerConnection] = set()

    async def handle(connection: ServerConnection) -> None:
        if connection.request is not None and connection.request.path == "/pub":
            number, held = 0, list[str]()
            async for message in connection:
                number += 1
                for out in mode(number, str(message), held):
                    broadcast(subscribers, out)
            return
        subscribers.add(connection)
        await connection.wait_closed()
        subscribers.discard(connection)

    async with serve(handle, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), MODES[sys.argv[2]]))
