"""adapters.finesse.rest.books, kept and the client's directory: page by page, once for a team, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse.errors import Away, FinesseError, OutOfService, WrongPassword
from adapters.finesse.rest.books import PAGE, directory_of, total_of
from adapters.finesse.rest.kept import Kept
from adapters.finesse.values import Contact, Credentials
from hub.turns import in_turns
from tests.adapters.finesse.rest.little import ADA, Little, Monotonic, answer, api_error, finesse_on, user

PATH = "/User/1001/PhoneBooks"


def books(first: int, last: int) -> bytes:
    """Contacts of these numbers, the first 100 in a common book."""
    contacts = [
        f"<Contact><firstName>Имя{n}</firstName><lastName>Фамилия{n}</lastName><phoneNumber>{100000 + n}</phoneNumber></Contact>"
        for n in range(first, last + 1)
    ]
    common = max(0, min(101 - first, len(contacts)))
    return (
        f"<PhoneBooks><PhoneBook><name>Общая</name><type>GLOBAL</type><Contacts>{''.join(contacts[:common])}</Contacts></PhoneBook>"
        f"<PhoneBook><name>Синие</name><type>TEAM</type><Contacts>{''.join(contacts[common:])}</Contacts></PhoneBook></PhoneBooks>"
    ).encode()


def ranged(total: int, *, tells: bool = True) -> Callable[[httpx.Request], httpx.Response]:
    """A Finesse with so many contacts: 206 while there are more, 416 beyond; `tells`: with Content-Range."""

    def serve(request: httpx.Request) -> httpx.Response:
        unit, _, span = request.headers["range"].partition("=")
        assert unit == "objects"
        first, last = (int(part) for part in span.split("-"))
        assert last - first + 1 <= 6000, "Finesse answers 416"
        if first > max(total, 1):
            return answer(416, api_error("Range Not Satisfiable"))
        until = min(last, total)
        header = {"content_range": f"objects {first}-{until}/{total}"} if tells else {}
        return answer(200 if until == total and first == 1 else 206, books(first, until), **header)

    return serve


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize(("total", "requests"), [(0, 1), (1, 1), (5999, 1), (6000, 1), (6001, 2), (12_000, 2)])
async def test_all_pages_are_read(total: int, requests: int, tells: bool) -> None:
    """By the total where it is told, else to the first page that has none."""
    little = Little()
    little.answers |= {"/User/1001": user(), PATH: ranged(total, tells=tells)}
    async with finesse_on(little, timeout_s=60) as finesse:
        contacts = (await finesse.directory(ADA)).contacts
    assert len(contacts) == total
    assert [contact.number for contact in contacts[:3]] == [str(100001 + n) for n in range(min(3, total))]
    assert [contact.book for contact in contacts[99:101]] == ["Общая", "Синие"][: max(0, min(2, total - 99))]
    asked = sum(path == f"GET {PATH}" for path in little.paths())
    assert requests <= asked <= requests + (not tells)


async def test_a_server_that_does_not_heed_ranges_is_asked_twice_at_most() -> None:
    """An old one gives everything as 206 for ever."""
    little = Little()
    little.answers |= {"/User/1001": user(), PATH: lambda _: answer(206, books(1, 50))}
    async with finesse_on(little) as finesse:
        assert len((await finesse.directory(ADA)).contacts) == 50
    assert little.paths().count(f"GET {PATH}") == 2


async def test_books_are_fetched_once_for_a_team_and_again_after_ten_minutes() -> None:
    """However many want them at once; what is kept is given while Finesse is away."""
    little, clock = Little(), Monotonic()
    people = [Credentials(agent=str(1001 + n), password=ADA.password) for n in range(30)]
    for who in people:
        little.answers |= {f"/User/{who.agent}": user(who.agent), f"/User/{who.agent}/PhoneBooks": ranged(10)}
    async with finesse_on(little, clock=clock) as finesse:

        def fetched() -> int:
            return sum(path.endswith("/PhoneBooks") for path in little.paths())

        directories = await asyncio.gather(*(finesse.directory(who) for who in people))
        assert fetched() == 1
        assert all(each is directories[0] for each in directories)
        assert directories[0].search.find("фам имя7").items[0].number == "100007"
        clock.at += 599
        await finesse.directory(people[3])
        assert fetched() == 1
        clock.at += 1
        little.answers["/User/1001/PhoneBooks"] = ranged(20)
        assert len((await finesse.directory(ADA)).contacts) == 20
        assert fetched() == 2
        clock.at += 600
        little.answers |= {"/User/1001/PhoneBooks": answer(503), "/User/1001": answer(503)}
        assert len((await finesse.directory(ADA)).contacts) == 20
        assert len((await finesse.directory(ADA)).contacts) == 20
        assert fetched() == 3, "nobody asks again at once"
        clock.at += 7 * 3600
        with pytest.raises(OutOfService):
            await finesse.directory(ADA)


async def test_another_teams_books_are_others_and_nobody_reads_them_without_a_password() -> None:
    """A team's are kept under its id; whose password is not known is asked who they are first."""
    little = Little()
    little.answers |= {"/User/1001": user(), PATH: ranged(3)}
    little.answers |= {"/User/1002": user("1002", team="5001"), "/User/1002/PhoneBooks": ranged(4)}
    async with finesse_on(little) as finesse:
        assert len((await finesse.directory(ADA)).contacts) == 3
        assert len((await finesse.directory(replace(ADA, agent="1002"))).contacts) == 4
        with pytest.raises(WrongPassword):
            await finesse.directory(replace(ADA, password="wrong"))


async def test_a_number_is_found_at_once_however_it_is_written() -> None:
    """By its last ten digits, whoever has it; an extension by all of its own; what has no digits is nobody's."""
    people = (
        Contact(first_name="Анна", last_name="Орлова", number="+7 (495) 123-45-67", book="Общая"),
        Contact(first_name="", last_name="Приёмная", number="84951234567", book="Синие"),
        Contact(first_name="", last_name="Пост", number="4001"),
        Contact(first_name="", last_name="Никто", number="нет"),
    )
    made = await in_turns(directory_of(people), turn_s=0)
    assert made.numbers == {"4951234567": [people[0], people[1]], "4001": [people[2]]}
    assert made.contacts == people
    assert len(made.search) == 4


async def test_a_failed_page_fails_the_whole() -> None:
    """Half a book would look like a whole one for ten minutes."""
    little = Little()
    whole = ranged(6001)
    little.answers |= {"/User/1001": user(), PATH: lambda request: whole(request) if "=1-" in request.headers["range"] else answer(502)}
    async with finesse_on(little, timeout_s=60) as finesse:
        with pytest.raises(Away):
            await finesse.directory(ADA)


@pytest.mark.parametrize(
    ("header", "total"), [("objects 1-6000/7000", 7000), ("1-6000/7", 7), ("objects 1-2/*", None), (None, None), ("", None), ("x", None)]
)
def test_totals_are_read_forgivingly(header: str | None, total: int | None) -> None:
    """Its form is written nowhere."""
    assert total_of(header) == total
    assert PAGE == 6000


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 400), st.integers(0, 50)), max_size=60))
async def test_what_is_kept_never_weighs_more_than_is_allowed(steps: list[tuple[int, int, int]]) -> None:
    """Keys, weights and seconds at random; what was just fetched is there."""
    clock = Monotonic()
    kept: Kept[int] = Kept(keep_s=60, stale_s=600, most=1000, weigh=lambda value: value, clock=clock)
    fetched = 0
    until = asyncio.get_running_loop().time() + 60
    for key, weight, seconds in steps:

        async def fetch(weight: int = weight) -> int:
            nonlocal fetched
            fetched += 1
            return weight

        got = await kept.get(key, fetch, until=until)
        before = fetched
        assert await kept.get(key, fetch, until=until) == got
        assert fetched == before
        assert kept.weight <= 1000
        assert len(kept) <= 10
        clock.at += seconds


async def test_of_two_who_want_the_same_the_second_fetches_when_the_first_is_cancelled() -> None:
    """Nobody's leaving is another's error."""
    kept: Kept[str] = Kept(keep_s=60, stale_s=600, most=10)
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        begun.set()
        await gate.wait()
        return "slow"

    async def quick() -> str:
        return "quick"

    until = asyncio.get_running_loop().time() + 60
    first = asyncio.create_task(kept.get("a", slow, until=until), name="first")
    await begun.wait()
    second = asyncio.create_task(kept.get("a", quick, until=until), name="second")
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "quick"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_ones_own_error_is_not_another_ones() -> None:
    """A wrong password of the first is nothing to the second; that Finesse is away is everybody's for five seconds."""
    clock = Monotonic()
    kept: Kept[str] = Kept(keep_s=60, stale_s=600, most=10, clock=clock)
    until = asyncio.get_running_loop().time() + 60
    asked: list[FinesseError | None] = []

    def fetch(error: FinesseError | None) -> Callable[[], object]:
        async def work() -> str:
            asked.append(error)
            if error is not None:
                raise error
            return "well"

        return work

    with pytest.raises(WrongPassword):
        await kept.get("a", fetch(WrongPassword()), until=until)  # type: ignore[arg-type]
    with pytest.raises(Away):
        await kept.get("a", fetch(Away("gone")), until=until)  # type: ignore[arg-type]
    with pytest.raises(OutOfService):
        await kept.get("a", fetch(None), until=until)  # type: ignore[arg-type]
    clock.at += 5
    assert await kept.get("a", fetch(None), until=until) == "well"  # type: ignore[arg-type]
    assert len(asked) == 3
