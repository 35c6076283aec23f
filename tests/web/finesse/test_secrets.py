"""An agent's password is in the memory of what needs it, in Finesse, and nowhere else."""

from __future__ import annotations

import asyncio
import base64
import logging
from pathlib import Path

import pytest

from adapters.sandbox.finesse import open_sandbox_finesse
from adapters.sandbox.finesse.company import TEAMS
from adapters.sandbox.finesse.facts import Agent
from adapters.sandbox.finesse.faults import Fault
from tests.web.finesse.floor import Refusal, open_floor

RIGHT, WRONG = "hunter2-right", "hunter3-wrong"


async def test_it_is_in_no_log_no_answer_no_event_and_no_file(
    tmp_path: Path, store_file: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Signing in rightly and wrongly, requests that fail in every way, a line that breaks; with every logger at its most talkative."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "websockets.server")  # the sandbox's end: it is the product's that is tried
    ada = Agent(id="1001", login="ada", first="Ada", last="L", device="4001", password=RIGHT, team=TEAMS[0])
    async with (
        open_sandbox_finesse(agents=[ada], answers_s=None, delay_s=(0.0, 0.02)) as finesse,
        open_floor(tmp_path, store_file, finesse, log_level="debug") as floor,
    ):
        anna = await floor.screen("1001", "anna")
        with pytest.raises(Refusal) as caught:
            await anna.ask("sign_in", agent="1001", extension="4001", password=WRONG)
        assert caught.value.code == "finesse_wrong_password"
        with pytest.raises(Refusal):
            await anna.ask("sign_in", agent="1001", extension="no number", password=RIGHT)
        await anna.sign_in()
        for action in ("status", "drop", "redirect"):
            arg = {"status": 500, "redirect": "http://127.0.0.1:1/"}.get(action, 0)
            finesse.faults.append(Fault(match="PUT /finesse/api/User/1001", action=action, arg=arg))  # type: ignore[arg-type]
            with pytest.raises(Refusal):
                await anna.ask("state", state="READY")
        finesse.sites[0].xmpp.kick("1001")
        await anna.ready()
        shown = [repr(floor.section), str(floor.section.desk.__dict__), repr(floor.section.switchboard.__dict__)]  # type: ignore[union-attr]
        shown += [repr(vars(holder)) for holder in floor.section.switchboard.holders()]  # type: ignore[union-attr]
        shown += [repr(anna.socket.hear()), repr(dict(anna.topic)), repr(asyncio.all_tasks())]
        files = await asyncio.to_thread(lambda: [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()])
    written = capsys.readouterr()
    shown += [written.out, written.err, caplog.text, *(str(record.__dict__) for record in caplog.records)]
    hidden = [RIGHT, WRONG, *(base64.b64encode(f"1001:{word}".encode()).decode() for word in (RIGHT, WRONG))]
    hidden += [base64.b64encode(f"\0{1001}\0{word}".encode()).decode() for word in (RIGHT, WRONG)]
    for word in hidden:
        for text in shown:
            assert word not in text
        assert not any(word.encode() in content for content in files)
