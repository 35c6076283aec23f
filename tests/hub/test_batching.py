"""Asking together: many callers, few questions, and nobody's trouble is another's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hub.batching import Asking, TooManyAsk


class Oracle:
    """Answers each even number with its square, when its gate is open."""

    def __init__(self) -> None:
        self.questions: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.under_way = self.most = 0
        self.fault: Exception | None = None

    async def __call__(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.questions.append(list(keys))
        self.asked.set()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.open.wait()
            if self.fault is not None:
                raise self.fault
            return {key: key * key for key in keys if key % 2 == 0}
        finally:
            self.under_way -= 1


def asking(oracle: Oracle, **bounds: Any) -> Asking[int, int]:
    """An asker of this oracle."""
    return Asking(oracle, name="test", **bounds)


async def test_who_asks_at_the_same_time_shares_a_question() -> None:
    """A thousand callers in one turn of the loop cost two questions; each gets its own answer, also None."""
    oracle = Oracle()
    asker = asking(oracle)
    answers = await asyncio.gather(*(asker.get(number % 600) for number in range(1000)))
    assert answers == [None if number % 2 else (number % 600) ** 2 for number in range(1000)]
    assert [len(question) for question in oracle.questions] == [500, 100]


async def test_who_comes_while_one_is_under_way_waits_for_the_next() -> None:
    """No more questions are under way than the bound; late callers share the next one."""
    oracle = Oracle()
    oracle.open.clear()
    asker = asking(oracle, at_once=1)
    first = asyncio.create_task(asker.get(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    late = [asyncio.create_task(asker.get(number)) for number in (2, 4, 6, 4)]
    await asyncio.sleep(0)
    assert oracle.questions == [[2]]
    oracle.open.set()
    assert await asyncio.gather(first, *late) == [4, 4, 16, 36, 16]
    assert (oracle.questions, oracle.most) == ([[2], [2, 4, 6]], 1)


async def test_a_caller_that_goes_away_disturbs_nobody() -> None:
    """A cancelled caller leaves; the others of its question, and of its very key, are answered."""
    oracle = Oracle()
    oracle.open.clear()
    asker = asking(oracle)
    callers = [asyncio.create_task(asker.get(number)) for number in (2, 2, 4)]
    await oracle.asked.wait()
    callers[0].cancel()
    await asyncio.wait([callers[0]])
    oracle.open.set()
    assert await asyncio.gather(*callers[1:]) == [4, 16]
    assert callers[0].cancelled()


async def test_who_left_before_the_question_is_not_asked_for() -> None:
    """A key that nobody waits for any more costs nothing."""
    oracle = Oracle()
    oracle.open.clear()
    asker = asking(oracle, at_once=1)
    first, gone, stays = (asyncio.create_task(asker.get(number)) for number in (2, 4, 6))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    late = asyncio.create_task(asker.get(8))
    await asyncio.sleep(0)
    late.cancel()
    await asyncio.wait([late])
    oracle.open.set()
    assert await asyncio.gather(first, gone, stays) == [4, 16, 36]
    assert oracle.questions == [[2, 4, 6]]


async def test_a_failure_is_told_to_all_who_share_it_and_is_over() -> None:
    """What the question raises reaches each of its callers; the next question starts afresh."""
    oracle = Oracle()
    oracle.fault = RuntimeError("away")
    asker = asking(oracle)
    found = await asyncio.gather(*(asker.get(number) for number in (2, 4)), return_exceptions=True)
    assert [str(error) for error in found] == ["away", "away"]
    oracle.fault = None
    assert await asker.get(2) == 4


async def test_a_question_without_an_answer_is_given_up() -> None:
    """After the deadline the callers hear of it."""
    oracle = Oracle()
    oracle.open.clear()
    with pytest.raises(TimeoutError):
        await asking(oracle, within_s=0.01).get(2)


async def test_beyond_the_bound_callers_are_refused() -> None:
    """A crowd that is too large is told so instead of growing; once it has gone there is room."""
    oracle = Oracle()
    oracle.open.clear()
    asker = asking(oracle, waiting=2)
    crowd = [asyncio.create_task(asker.get(number)) for number in (2, 4)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyAsk, match="2"):
        await asker.get(6)
    oracle.open.set()
    assert await asyncio.gather(*crowd) == [4, 16]
    assert await asker.get(6) == 36


async def test_who_comes_just_as_the_last_question_ends_is_asked_for() -> None:
    """One caller after the other, each as soon as the last has its answer: none is left waiting."""
    oracle = Oracle()
    asker = asking(oracle, at_once=1)
    async with asyncio.timeout(5):
        for number in range(0, 200, 2):
            assert await asker.get(number) == number * number
