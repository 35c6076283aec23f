"""adapters.redmine.mentions: who is addressed in a text."""

from __future__ import annotations

import time

import pytest

from adapters.redmine.mentions import mentioned


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("@orlova, посмотрите", "orlova"),
        ("Привет @Orlova.", "orlova"),
        ("(@orlova)", "orlova"),
        ("строка\n@orlova", "orlova"),
        ("@a.b-c_d!", "a.b-c_d"),
        ("спросите @o@example.org", "o@example.org"),
    ],
)
def test_a_login_after_an_at_sign_is_addressed(text: str, login: str) -> None:
    """Redmine's `@login`, whatever punctuation follows."""
    assert login in mentioned(text)[0]


@pytest.mark.parametrize(
    "text",
    ["пишите на a@orlova", "> @orlova спросила", "<pre>@orlova</pre>", "```\n@orlova\n```", "@ orlova", "", None, "см. user#5x и #5"],
)
def test_addresses_quotations_and_code_address_nobody(text: str | None) -> None:
    """An e-mail, a quoted line and code are no mention."""
    assert "orlova" not in mentioned(text)[0]
    assert mentioned(text)[1] == frozenset()


def test_a_link_to_a_user_addresses_them() -> None:
    """Redmine's link `user#id`."""
    assert mentioned("спросите user#5, и user#12") == (frozenset(), frozenset({5, 12}))


def test_text_behind_code_still_addresses() -> None:
    """Only what stands between fences is left out; a fence without an end hides nothing."""
    assert mentioned("<PRE>@a</pre> @b ``` @c ``` @d ~~~ @e")[0] == {"b", "d", "e"}


def test_many_fences_take_no_time() -> None:
    """A text made of openings alone is read in one pass."""
    began = time.perf_counter()
    mentioned("<pre>" * 20_000 + "@orlova")
    assert time.perf_counter() - began < 1.0
