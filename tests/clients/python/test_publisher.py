"""Publishing over a transport that answers what a test says."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from navigator_client import Fault, OutEvent, Publisher, PublishError, Timing

FAST = Timing(backoff=0.001, backoff_max=0.001)


def event(number: int) -> OutEvent:
    """One to ann."""
    return OutEvent(type="t", source="/s", id=str(number), navuser="ann")


class Hub:
    """Gives these answers in turn, then accepts; keeps what it was sent."""

    def __init__(self, *answers: httpx.Response | httpx.TransportError) -> None:
        self.answers = list(answers)
        self.batches: list[list[dict[str, Any]]] = []
        self.sizes: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer secret"
        assert request.headers["content-type"] == "application/cloudevents-batch+json"
        self.batches.append(json.loads(request.content))
        self.sizes.append(len(request.content))
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, httpx.TransportError):
                raise answer
            return answer
        ids = [one["id"] for one in self.batches[-1]]
        return httpx.Response(202, json={"accepted": len(ids), "ids": ids})

    def publisher(self, http: httpx.AsyncClient, patience_s: float = 60) -> Publisher:
        """A publisher to it."""
        return Publisher(http, "https://hub.test/", "secret", patience_s=patience_s, timing=FAST)


async def test_batches_of_a_hundred_in_order() -> None:
    """All events go out, a hundred in a request, and the answers are added up."""
    hub = Hub()
    async with httpx.AsyncClient(transport=httpx.MockTransport(hub)) as http:
        accepted = await hub.publisher(http).publish(*map(event, range(250)))
    assert [len(batch) for batch in hub.batches] == [100, 100, 50]
    assert accepted.accepted == 250
    assert accepted.ids == [str(number) for number in range(250)]
    assert hub.batches[0][0] == {"specversion": "1.0", "type": "t", "source": "/s", "id": "0", "navuser": "ann"}


async def test_batches_stay_below_a_mebibyte() -> None:
    """Large events go out fewer at a time: the hub takes 1 MiB in a request."""
    hub = Hub()
    large = [OutEvent(type="t", source="/s", id=str(number), navuser="ann", data={"body": "я" * 10_000}) for number in range(120)]
    async with httpx.AsyncClient(transport=httpx.MockTransport(hub)) as http:
        assert (await hub.publisher(http).publish(*large)).ids == [str(number) for number in range(120)]
    assert max(hub.sizes) <= 1 << 20
    assert len(hub.batches) == 3


async def test_faults_are_numbered_as_the_events_were_given() -> None:
    """A fault in the third request names its place among all events, and the error tells what was accepted before."""
    fault = {"index": 7, "attribute": "navuser", "message": "is wrong"}
    bad = httpx.Response(400, json={"error": {"code": "bad_event", "message": "no", "faults": [fault]}})
    good = [httpx.Response(202, json={"accepted": 100, "ids": [str(number) for number in range(100)]})] * 2
    hub = Hub(*good, bad)
    async with httpx.AsyncClient(transport=httpx.MockTransport(hub)) as http:
        with pytest.raises(PublishError) as caught:
            await hub.publisher(http).publish(*map(event, range(250)))
    assert caught.value.faults == (Fault(207, "navuser", "is wrong"),)
    assert str(caught.value.faults[0]) == "event 207: navuser is wrong"
    assert caught.value.accepted == 200


async def test_what_cannot_be_sent_is_not_tried_again() -> None:
    """What httpx itself refuses to send, and an address that redirects, fail at once and say so."""
    hub = Hub(httpx.LocalProtocolError("Illegal header value"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(hub)) as http:
        with pytest.raises(PublishError, match="cannot be asked: Illegal"):
            await hub.publisher(http).publish(event(1))
    hub = Hub(httpx.Response(301, headers={"Location": "https://hub.test/hub/events"}))
    async with httpx.AsyncClient(transport=httpx.MockTransport(hub)) as http:
        with pytest.raises(PublishError, match=r"https://hub\.test/hub/events"):
            await hub.publisher(http).publish(event(1))


async def test_tries_again_with_the_same_ids() -> None:
    """429, 503 and no answer at all are tried again, word by word."""
    hub = Hub(httpx.Response(429), httpx.Response(503, headers={"Retry-After": "0"}), httpx.ReadError("cut"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(hub)) as http:
        await hub.publisher(http).publish(OutEvent(type="t", source="/s", navtopic="app:x"))
    assert len(hub.batches) == 4
    assert hub.batches[0] == hub.batches[1] == hub.batches[2] == hub.batches[3]


async def test_patience_ends() -> None:
    """A Retry-After beyond the patience is not waited for; the error says what the hub answered."""
    hub = Hub(httpx.Response(429, headers={"Retry-After": "61"}))
    async with httpx.AsyncClient(transport=httpx.MockTransport(hub)) as http:
        with pytest.raises(PublishError, match="not published in 60 s: the hub answered 429") as caught:
            await hub.publisher(http).publish(event(1))
    assert caught.value.status == 429
    assert len(hub.batches) == 1


@pytest.mark.parametrize("answer", [httpx.Response(403), httpx.Response(413, text="no"), httpx.Response(202, text="<html>")])
async def test_other_answers_are_final(answer: httpx.Response) -> None:
    """What will not change is not asked again."""
    hub = Hub(answer)
    async with httpx.AsyncClient(transport=httpx.MockTransport(hub)) as http:
        with pytest.raises(PublishError) as caught:
            await hub.publisher(http).publish(event(1))
    assert caught.value.status == answer.status_code
    assert len(hub.batches) == 1


async def test_a_publishers_url_must_be_one() -> None:
    """What is no address is a ValueError that shows one."""
    async with httpx.AsyncClient() as http:
        with pytest.raises(ValueError, match="looks like"):
            Publisher(http, "hub", "secret")
        for token in ("", "two\nlines", "a b", "я"):
            with pytest.raises(ValueError, match="no token"):
                Publisher(http, "https://hub.test", token)
