"""adapters.finesse.rest.tries: whatever people and programs do, a Finesse that counts to five never locks the account through us."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse.errors import Locked, WrongPassword
from adapters.finesse.rest.proof import account_of, proof_of
from adapters.finesse.rest.tries import Tries
from adapters.finesse.values import Credentials
from tests.adapters.finesse.rest.little import Monotonic

STEPS = st.lists(st.one_of(st.sampled_from("abcdefgh"), st.integers(1, 400), st.just("change")), max_size=60)


@settings(deadline=None)
@given(STEPS)
def test_an_account_is_never_locked_by_us(steps: Sequence[str | int]) -> None:
    """Letters are passwords that somebody tries, numbers seconds that pass; `change`: an administrator sets another password.

    Refusals in a row are forgotten there after five minutes without one, as a lock is.
    """
    clock = Monotonic()
    tries = Tries(clock=clock)
    right, in_a_row, last = "a", 0, 0.0
    sent_wrong: dict[str, int] = {}
    for step in steps:
        if isinstance(step, int):
            clock.at += step
            continue
        if step == "change":
            right = "b" if right == "a" else "a"
            continue
        with suppress(WrongPassword, Locked):
            tries.check("1001", step.encode())
            if clock.at - last >= 300:
                in_a_row = 0
            if step == right:
                in_a_row = 0
                sent_wrong.clear()
                tries.proven("1001", step.encode())
                assert tries.is_proven("1001", step.encode())
            else:
                in_a_row, last = in_a_row + 1, clock.at
                sent_wrong[step] = sent_wrong.get(step, 0) + 1
                tries.refused("1001", step.encode())
                assert not tries.is_proven("1001", step.encode())
            assert in_a_row <= 4
            assert all(times <= 3 for times in sent_wrong.values())


@settings(deadline=None)
@given(STEPS)
def test_a_password_that_was_never_tried_always_gets_its_turn(steps: Sequence[str | int]) -> None:
    """At the latest after five minutes."""
    clock = Monotonic()
    tries = Tries(clock=clock)
    for step in steps:
        if isinstance(step, int):
            clock.at += step
        else:
            with suppress(WrongPassword, Locked):
                tries.check("1001", step.encode())
                tries.refused("1001", step.encode())
    wait_s = 0.0
    try:
        tries.check("1001", b"new")
    except Locked as locked:
        wait_s = locked.retry_after
    assert wait_s <= 300
    clock.at += wait_s
    tries.check("1001", b"new")


def test_the_same_password_is_not_tried_a_fourth_time_even_after_hours() -> None:
    """A program that tries every six minutes would never meet the bound in a row."""
    clock = Monotonic()
    tries = Tries(clock=clock)
    for _ in range(3):
        tries.check("1001", b"a")
        tries.refused("1001", b"a")
        clock.at += 360
    with pytest.raises(WrongPassword):
        tries.check("1001", b"a")
    tries.check("1002", b"a")
    tries.proven("1001", b"b")
    tries.check("1001", b"a")  # the account is well: all begins anew


def test_id_and_login_name_are_one_account_once_it_is_known() -> None:
    """Refusals by either name count together: four in all, not four and three."""
    tries = Tries(clock=Monotonic())
    tries.refused("ada", b"old")
    tries.same("Ada", "1001")
    for n, name in enumerate(("ADA", "1001", " ada", "1001")):
        tries.check(name, str(n).encode())
        tries.refused(name, str(n).encode())
    for name in ("1001", "ada"):
        with pytest.raises(Locked):
            tries.check(name, b"another")
    tries.proven("ada", b"right")
    assert tries.is_proven("1001", b"right")
    assert (tries.account("ADA "), tries.account("Boris")) == ("1001", "boris")


def test_what_is_remembered_is_bounded() -> None:
    """Agents and passwords without number."""
    clock = Monotonic()
    tries = Tries(clock=clock)
    for n in range(10_050):
        tries.proven(str(n), b"a")
    assert not tries.is_proven("0", b"a")
    assert tries.is_proven("10049", b"a")
    for n in range(100):
        clock.at += 400
        tries.refused("x", str(n).encode())
    tries.check("x", b"0")
    for n in range(20_001):
        tries.same(f"login{n}", str(n))
    assert (tries.account("login0"), tries.account("login1")) == ("login0", "1")


@pytest.mark.parametrize("most", [0, 4, 5])
def test_a_bound_that_could_lock_is_refused(most: int) -> None:
    """Three and one make four; the fifth is the person's own."""
    with pytest.raises(ValueError, match="1 to 3"):
        Tries(most=most)


@settings(deadline=None)
@given(st.text(), st.text(), st.text(), st.text())
def test_a_proof_tells_passwords_apart_and_holds_none(agent: str, password: str, other: str, login: str) -> None:
    """No border between the parts can be moved."""
    proof = proof_of(Credentials(agent=agent, password=password, login=login))
    assert (proof == proof_of(Credentials(agent=agent, password=other, login=login))) == (password == other)
    if account_of(login):
        assert proof != proof_of(Credentials(agent=agent + login, password=password))
    assert len(proof) == 16


def test_an_account_is_one_however_it_is_written() -> None:
    """Finesse takes logins in either case: refusals of `ADA` and ` ada` lock one account."""
    tries = Tries(clock=Monotonic())
    for name in ("ada", "Ada", "ADA", " ada "):
        proof = proof_of(Credentials(agent=name, password=f"wrong {name}"))
        tries.check(name, proof)
        tries.refused(name, proof)
    with pytest.raises(Locked):
        tries.check("aDa", b"another")
    tries.check("adam", b"another")
    same = {proof_of(Credentials(agent=name, password="x")) for name in ("ada", "ADA")}
    assert len(same) == 1
    assert proof_of(Credentials(agent="ada", password="X")) not in same
