"""`navigator tail` and `navigator publish` as processes, beside the product."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.live.product import PUBLISH_TOKEN, ROOT, Product
from tests.live.test_delivery import until
from web.settings import CLIENT_NAMES
from web.settings_load import load

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("NAVIGATOR_")} | {
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'clients/python'}"
}


@asynccontextmanager
async def navigator(*words: str, **environment: str) -> AsyncIterator[Process]:
    """The command, in an environment without settings; killed when the block is left before it has ended."""
    more = {f"NAVIGATOR_{name}": value for name, value in environment.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web", *words, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=CLEAN | more, cwd=ROOT
    )
    try:
        async with asyncio.timeout(90):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def run(*words: str, given: str = "", **environment: str) -> tuple[int, str, str]:
    """Its exit code and what it printed."""
    async with navigator(*words, **environment) as process:
        out, err = await process.communicate(given.encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def line(process: Process) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return (await process.stdout.readline()).decode()


async def event(process: Process) -> dict[str, Any]:
    """The next line as an object."""
    found: dict[str, Any] = json.loads(await line(process))
    return found


async def interrupted_while_stuck(*words: str, **environment: str) -> tuple[int, bytes]:
    """Ctrl-C once a thread of the command sleeps in a read or write of a standard stream, as the kernel sees it; none is touched here.

    Its exit code and what it had to complain of. TimeoutExpired when it has not ended 10 s later.
    """
    more = {f"NAVIGATOR_{name}": value for name, value in environment.items()}
    command = (sys.executable, "-m", "web", *words)
    # not asyncio's: that reads ahead, and takes a process whose output was not read to its end for alive
    with subprocess.Popen(  # noqa: ASYNC220 - starts at once
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=CLEAN | more, cwd=ROOT
    ) as process:

        def sleeps() -> bool:
            places = []
            for task in Path(f"/proc/{process.pid}/task").iterdir():
                with suppress(FileNotFoundError, ProcessLookupError):  # has ended meanwhile
                    places.append((task / "wchan").read_text())
            return any("pipe" in place for place in places)

        try:
            await until(sleeps)
            process.send_signal(signal.SIGINT)
            code = await asyncio.to_thread(process.wait, 10)
        finally:
            process.kill()
        assert process.stderr is not None
        return code, process.stderr.read()


async def interrupted(process: Process) -> tuple[int | None, str]:
    """Ctrl-C: its exit code, and what it had to complain of."""
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    return process.returncode, err.decode()


@pytest.fixture
async def signed(product: Product, tmp_path: Path) -> AsyncIterator[Path]:
    """The product runs; the token of a session of ann's is in this file."""
    async with product.running(), product.signed_in("ann") as http:
        file = tmp_path / "token"
        file.write_text(http.cookies["navigator_session"] + "\n")
        yield file


async def test_publish_and_tail(product: Product, signed: Path, tmp_path: Path) -> None:
    """What one publishes the other prints, and goes on with where the last run ended, until Ctrl-C."""
    publish = ("publish", "--url", product.url)
    done = await run(*publish, "--to", "ann", "--type", "t.one", "--id", "1", "--title", "One\x1b[2J", PUBLISH_TOKEN=PUBLISH_TOKEN)
    assert done == (0, '{"accepted":1}\n', "")
    file = tmp_path / "publish-token"
    file.write_text(PUBLISH_TOKEN)
    data = '{"kind":"ticket","group":"ticket:1"}'
    words = ("--to", "ann", "--type", "t.two", "--title-ru", "Два", "--body", "b", "--data", data, "--token-file", str(file))
    assert await run(*publish, *words) == (0, '{"accepted":1}\n', "")

    tail = ("tail", "--url", product.url)
    token = await asyncio.to_thread(signed.read_text)
    async with navigator(*tail, "--since", "0", TOKEN=token) as process:
        first = await line(process)
        assert first[19:] == "  inbox 1  t.one  One [2J\n"
        assert (await line(process))[19:] == "  inbox 2  t.two  Два\n"
        assert await interrupted(process) == (130, "")

    resume = (*tail, "--json", "--resume", str(tmp_path / "position"), "--token-file", str(signed), "--topic", "app:duty")
    (tmp_path / "position").write_text("1")
    async with navigator(*resume) as process:
        two = await event(process)
        assert two["data"] == {"kind": "ticket", "group": "ticket:1", "title": {"ru": "Два", "en": "Два"}, "body": "b"}
        assert (two["topic"], two["seq"], two["type"], two["source"], two["replay"]) == ("inbox", 2, "t.two", "/navigator/publish", True)
        await run(*publish, "--topic", "app:duty", "--type", "t", "--data", '{"key":"a","value":1}', PUBLISH_TOKEN=PUBLISH_TOKEN)
        change = await event(process)
        assert (change["topic"], change["offset"], change["data"]) == ("app:duty", 1, {"key": "a", "value": 1})
        assert await interrupted(process) == (130, "")
    assert (tmp_path / "position").read_text() == "2\n"
    await run(*publish, "--to", "ann", "--type", "t.three", "--title", "3", "--token-file", str(file))
    async with navigator(*resume) as process:
        assert (await event(process))["seq"] == 3


async def test_tail_signs_in_and_out(product: Product, signed: Path) -> None:
    """`--user` makes a session from the password on standard input, and ends it."""
    async with navigator("tail", "--url", product.url, "--user", "ann", "--json", "--since", "0") as process:
        assert process.stdin is not None
        process.stdin.write(b"long-enough-1\n")
        await product.publish({"id": "1", "navuser": "ann", "data": {"kind": "system", "title": {"ru": "а", "en": "a"}}})
        assert (await event(process))["id"] == "1"
        assert len(product.rows("SELECT 1 FROM sessions")) == 2
        assert await interrupted(process) == (130, "")
    assert len(product.rows("SELECT 1 FROM sessions")) == 1
    code, _, err = await run("tail", "--url", product.url, "--user", "ann", given="wrong\n")
    assert (code, err) == (1, "navigator: --user ann: the name or the password is wrong\n")


async def test_a_reader_that_has_seen_enough(product: Product, signed: Path) -> None:
    """A broken pipe ends it quietly."""
    await product.publish(
        *({"id": str(n), "navuser": "ann", "data": {"kind": "system", "title": {"ru": "а", "en": "a"}}} for n in range(9))
    )
    command = f"{sys.executable} -m web tail --url {product.url} --token-file {signed} --since 0 | head -n 1; echo ${{PIPESTATUS[0]}}"
    process = await asyncio.create_subprocess_exec("bash", "-c", command, stdout=PIPE, stderr=PIPE, env=CLEAN, cwd=ROOT)
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert err == b""
    assert out.decode().splitlines()[1:] == ["0"]
    assert "inbox 1" in out.decode()


async def test_publish_takes_lines_in_batches(product: Product, signed: Path) -> None:
    """Events of standard input go out in their order; a bad line is named, and what went before stays published."""
    words = ("publish", "--url", product.url, "--to", "ann", "--type", "t", "--stdin")
    data = {"kind": "system", "title": {"ru": "а", "en": "a"}}
    lines = "\n".join(json.dumps({"id": str(number), "data": data}) for number in range(250))
    assert await run(*words, given=lines + "\n\n", PUBLISH_TOKEN=PUBLISH_TOKEN) == (0, '{"accepted":250}\n', "")
    assert product.rows("SELECT seq FROM inbox ORDER BY seq")[-1] == (250,)
    assert await run(*words, given=lines, PUBLISH_TOKEN=PUBLISH_TOKEN) == (0, '{"accepted":250}\n', "")
    assert product.rows("SELECT count(*) FROM inbox") == [(250,)]
    code, out, err = await run(*words, given=lines + '\n{"navusr":"x"}', PUBLISH_TOKEN=PUBLISH_TOKEN)
    assert (code, out) == (1, "")
    assert err.startswith("navigator: --stdin, line 251: there is no 'navusr'")
    assert err.endswith("(250 accepted before)\n")
    code, out, err = await run(*words, given='\n{"navpolicy":"live_only","time":"2099-01-01T00:00:00Z"}', PUBLISH_TOKEN=PUBLISH_TOKEN)
    assert (code, err) == (
        1,
        "navigator: bad_event: the events were not accepted\n  --stdin, line 2: time lies more than a day ahead\n",
    )


async def test_publish_does_not_wait_for_more_lines(product: Product, signed: Path) -> None:
    """What has been written goes out while the writer goes on: a log that is followed is told as it grows. Ctrl-C ends the wait."""
    words = ("publish", "--url", product.url, "--to", "ann", "--type", "t", "--stdin")
    async with navigator(*words, PUBLISH_TOKEN=PUBLISH_TOKEN) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"id":"1"}\n{"id":')
        await until(lambda: product.rows("SELECT count(*) FROM inbox") == [(1,)])
        process.stdin.write(b'"2"}\n')
        await until(lambda: product.rows("SELECT count(*) FROM inbox") == [(2,)])
        assert await interrupted(process) == (130, "")


@pytest.mark.parametrize("words", [("publish", "--to", "a", "--type", "t", "--stdin"), ("tail", "--user", "ann")])
async def test_ctrl_c_ends_a_wait_for_standard_input(words: tuple[str, ...]) -> None:
    """Nobody needs to press Enter first."""
    assert await interrupted_while_stuck(*words, PUBLISH_TOKEN="x") == (130, b"")


async def test_ctrl_c_ends_a_wait_for_whoever_reads(product: Product, signed: Path) -> None:
    """A pipe that is full and not read, as under a pager, does not keep the command alive."""
    for start in range(0, 500, 100):
        await product.publish(*({"id": str(start + n), "navuser": "ann", "data": {"text": "x" * 2000}} for n in range(100)))
    words = ("tail", "--url", product.url, "--token-file", str(signed), "--since", "0")
    assert await interrupted_while_stuck(*words) == (130, b"")


ONE = ("--to", "a", "--type", "t", "--title", "x")


@pytest.mark.parametrize(
    ("words", "given", "environment", "code", "says"),
    [
        (("tail",), "", {}, 2, "nobody to read for: give --token-file FILE, NAVIGATOR_TOKEN, or --user NAME"),
        (("tail", "--user", "ann"), "", {}, 2, "--user ann: no password on standard input"),
        (("tail", "--token-file", "/nowhere/at/all"), "", {}, 1, "--token-file /nowhere/at/all: cannot be read (No such file"),
        (("tail",), "", {"TOKEN": "a b"}, 1, "NAVIGATOR_TOKEN: holds no token"),
        (("tail", "--url", "hub"), "", {"TOKEN": "x"}, 2, "'hub' is no address of a hub: it looks like https://"),
        (("tail", "--since", "-1"), "", {"TOKEN": "x"}, 2, "'-1' is no position"),
        (("tail", "--since", "1", "--resume", "f"), "", {"TOKEN": "x"}, 2, "not allowed with argument"),
        (("tail", "--resume", "/proc/version"), "", {"TOKEN": "x"}, 1, "/proc/version holds no position"),
        (("tail", "--url", "http://127.0.0.1:9", "--user", "ann"), "pw\n", {}, 1, "--url http://127.0.0.1:9: no answer"),
        (("publish", *ONE), "", {}, 2, "no token: give --token-file FILE or NAVIGATOR_PUBLISH_TOKEN"),
        (("publish", *ONE, "--topic", "app:x"), "", {}, 2, "not allowed with argument"),
        (("publish", "--to", "a"), "", {"PUBLISH_TOKEN": "x"}, 2, "--type is needed"),
        (("publish", "--type", "t"), "", {"PUBLISH_TOKEN": "x"}, 2, "--to USER,USER or --topic TOPIC is needed"),
        (("publish", "--to", "a", "--type", "t"), "", {"PUBLISH_TOKEN": "x"}, 2, "--title is needed"),
        (("publish", *ONE, "--data", "[]"), "", {"PUBLISH_TOKEN": "x"}, 2, "--data: not a JSON object"),
        (("publish", *ONE, "--url", "hub"), "", {"PUBLISH_TOKEN": "x"}, 2, "'hub' is no address"),
        (("publish", "--stdin"), "{\n", {"PUBLISH_TOKEN": "x"}, 1, "--stdin, line 1: not a JSON object"),
        (("publish", "--stdin"), '{"type":1}\n', {"PUBLISH_TOKEN": "x"}, 1, "--stdin, line 1: Expected `str`, got `int`"),
    ],
)
async def test_errors_name_the_option(words: tuple[str, ...], given: str, environment: dict[str, str], code: int, says: str) -> None:
    """What is wrong is told with the option and what to do, without a traceback."""
    ended, out, err = await run(*words, given=given, **environment)
    assert (ended, out) == (code, "")
    assert says in err
    assert "Traceback" not in err


async def test_credentials_that_the_hub_refuses(product: Product, signed: Path) -> None:
    """A token that is no good is named by where it came from."""
    code, _, err = await run("tail", "--url", product.url, TOKEN="wrong")
    assert (code, err) == (
        1,
        "navigator: --token-file, NAVIGATOR_TOKEN or --user: the hub turned this client away with 4500 not signed in; sign in anew\n",
    )
    code, _, err = await run("publish", "--url", product.url, *ONE, PUBLISH_TOKEN="wrong")
    assert (code, err) == (
        1,
        "navigator: --token-file or NAVIGATOR_PUBLISH_TOKEN: the hub does not know this token; its PUBLISH_TOKENS must have it\n",
    )
    code, _, err = await run("tail", "--url", product.url, "--topic", "no:such", "--token-file", str(signed))
    assert (code, err) == (1, "navigator: --topic no:such: there is no such topic, or it is not yours to read\n")


def test_the_server_does_not_mind_the_clients_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that the two commands read are no misspelt settings."""
    for name in list(os.environ):
        if name.upper().startswith("NAVIGATOR_"):
            monkeypatch.delenv(name)
    for name in CLIENT_NAMES:
        monkeypatch.setenv(name, "x")
    assert not load().publish_tokens
