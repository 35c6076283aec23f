"""Calls whole: from signing in to the end of a call, over REST, XMPP, the hub and the socket."""

from __future__ import annotations

from typing import Any

from tests.web.finesse.floor import Floor


async def test_a_call_rings_is_answered_held_and_ended(floor: Floor) -> None:
    """Sign in, be ready, a call rings; answer, hold, retrieve, hang up; classify; sign out. Each step shows on the topic by itself."""
    anna = await floor.screen("1001")
    await anna.sign_in()
    assert anna.topic["platform"] == "ccx"
    assert anna.topic["agent"]["extension"] == anna.extension
    await anna.until(lambda: anna.topic["reasons"]["not_ready"])
    await anna.ready()
    call = await floor.finesse.ring("1001", "+7 495 123-45-67", queue="5022")
    await anna.until(lambda: anna.legs() == ["ALERTING"])
    shown = anna.topic["dialogs"][call]
    assert (shown["direction"], shown["number"], shown["queue"]) == ("in", "+7 495 123-45-67", "Поддержка агентств")
    await anna.ask("dialog", dialog=call, action="answer")
    await anna.until(lambda: anna.legs() == ["ACTIVE"] and anna.state == "TALKING")
    await anna.ask("dialog", dialog=call, action="hold")
    await anna.until(lambda: anna.legs() == ["HELD"])
    await anna.ask("dialog", dialog=call, action="retrieve")
    await anna.until(lambda: anna.legs() == ["ACTIVE"])
    await anna.ask("dialog", dialog=call, action="drop")
    await anna.until(lambda: anna.state in ("WORK", "WORK_READY") and anna.legs() == ["WRAP_UP"])
    await anna.ask("dialog", dialog=call, action="wrap_up", reason="Вопрос решён")
    await anna.until(lambda: anna.topic["dialogs"][call]["wrap_up"] == "Вопрос решён")
    await anna.ready()
    await anna.until(lambda: not anna.topic["dialogs"])
    await anna.ask("sign_out", reason="21")
    await anna.until(lambda: anna.topic["service"]["state"] == "off" and anna.topic["agent"] is None)
    assert await floor.section.desk.credentials.everybody() == []
    assert not floor.finesse.agents["1001"].signed_in


async def test_a_supervisor_sees_the_team_at_work(floor: Floor) -> None:
    """Whoever supervises it in Finesse reads its topic; who is signed in through us is shown at once, others by the next read."""
    boss, anna = await floor.screen("1006", "boss"), await floor.screen("1001", "anna")
    await boss.sign_in()
    await anna.sign_in()
    assert not await boss.read("finesse_team:5001")
    assert not await anna.read("finesse_team:5000")
    assert await boss.read("finesse_team:5000")

    def row(agent: str) -> Any:
        log = floor.node.hub.logs.find("finesse_team:5000")
        return {} if log is None else log.state["agents"].get(agent, {})

    await boss.until(lambda: row("1001").get("state") == "NOT_READY" and row("1002").get("state") == "LOGOUT")
    await anna.ready()
    await boss.until(lambda: row("1001")["state"] == "READY")
    assert row("1001")["name"] == "Петрова Мария"
