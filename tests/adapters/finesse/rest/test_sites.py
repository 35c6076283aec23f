"""adapters.finesse.rest.sites and jars."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse.rest.jars import Jars
from adapters.finesse.rest.sites import site_of


@pytest.mark.parametrize(
    ("given_url", "site"),
    [
        ("https://fin-a.lab.test:8445", "https://fin-a.lab.test:8445"),
        (" https://FIN-A.lab.test:8445/ ", "https://fin-a.lab.test:8445"),
        ("https://fin-a.lab.test/finesse/api", "https://fin-a.lab.test"),
        ("http://127.0.0.1:8082/finesse", "http://127.0.0.1:8082"),
        ("http://[::1]:8082", "http://[::1]:8082"),
        ("http://localhost:1", "http://localhost:1"),
    ],
)
def test_an_address_is_taken_to_its_port(given_url: str, site: str) -> None:
    """Whatever people copy from their browser's line."""
    assert site_of(given_url) == site


@pytest.mark.parametrize(
    ("url", "mend"),
    [
        ("fin-a.lab.test:8445", "like https://"),
        ("", "like https://"),
        ("https://", "like https://"),
        ("https://fin a.lab.test", "like https://"),
        ("https://fin-a.lab.test\\@elsewhere.test", "like https://|password"),
        ("https://[::1", "like https://"),
        ("ftp://fin-a.lab.test", "like https://"),
        ("https://fin-a.lab.test:port", "port"),
        ("https://fin-a.lab.test:99999", "port"),
        ("https://ada:secret@fin-a.lab.test", "password"),
        ("https://fin-a.lab.test/desktop", "end with its port"),
        ("https://fin-a.lab.test/?x=1", "end with its port"),
        ("http://fin-a.lab.test:8082", "https, port 8445"),
        ("http://10.0.0.1:8082", "https, port 8445"),
    ],
)
def test_what_is_no_address_is_told_with_the_mend(url: str, mend: str) -> None:
    """And without what it held."""
    with pytest.raises(ValueError, match=mend) as error:
        site_of(url)
    assert "secret" not in str(error.value)


def test_a_jar_keeps_the_session_only() -> None:
    """Other cookies, broken ones and deleted ones are not sent."""
    jars = Jars()
    jars.learn("a", "1001", b"p", ["JSESSIONID=one; Path=/; Secure", "tracking=x", "JSESSIONIDSSO=two", "JSESSIONID", "="])
    assert jars.header("a", "1001", b"p") == "JSESSIONID=one; JSESSIONIDSSO=two"
    assert jars.header("a", "1001", b"q") is None
    assert jars.header("b", "1001", b"p") is None
    jars.learn("a", "1001", b"p", ["JSESSIONID=gone; Max-Age=0", "JSESSIONIDSSO=x" + "y" * 300])
    assert jars.header("a", "1001", b"p") == "JSESSIONIDSSO=two"
    jars.learn("a", "1001", b"q", ["JSESSIONID=three"])
    assert jars.header("a", "1001", b"p") is None
    assert jars.header("a", "1001", b"q") == "JSESSIONID=three"
    jars.forget("a", "1001")
    assert len(jars) == 0


def test_jars_are_bounded() -> None:
    """The one that was used least lately goes."""
    jars = Jars(most=2)
    for agent in ("1", "2"):
        jars.learn("a", agent, b"p", [f"JSESSIONID={agent}"])
    jars.header("a", "1", b"p")
    jars.learn("a", "3", b"p", ["JSESSIONID=3"])
    assert [jars.header("a", agent, b"p") for agent in "123"] == ["JSESSIONID=1", None, "JSESSIONID=3"]


@settings(deadline=None)
@given(st.lists(st.text(), max_size=5))
def test_whatever_a_server_sets_makes_a_header_that_holds_no_second_one(lines: list[str]) -> None:
    """No line break, nothing beyond ASCII."""
    jars = Jars()
    jars.learn("a", "1001", b"p", [*lines, *(f"JSESSIONID={line}" for line in lines)])
    header = jars.header("a", "1001", b"p")
    assert header is None or (header.isascii() and header.isprintable())
