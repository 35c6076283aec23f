"""The statements of the settings: what is wrong with one is said before it is run."""

from __future__ import annotations

from dataclasses import fields

import pytest

from adapters.erp.queries import BINDS, ErpQueries, binds_of, check_query, with_list


def test_defaults_are_checked() -> None:
    """The defaults have what they need, and every statement is described."""
    assert {one.name for one in fields(ErpQueries())} == set(BINDS)


@pytest.mark.parametrize(
    ("purpose", "sql", "said"),
    [
        ("person", "select 1 from v", "must contain :id"),
        ("person", "select 1 from v where x = ':id'", "must contain :id"),
        ("person", "select 1 from v -- :id", "must contain :id"),
        ("person", "select 1 from v where id = :id and name = :name", "contains :name"),
        ("credentials", "select 1 from v where n = :login and p = :password", "contains :password"),
        ("person", "delete from v where id = :id", "begins with select or with"),
        ("vpn_renew", "update t set d = :until", "must contain :id"),
        ("vpn_renew", "select 1 from t", "begins with update"),
        ("vpn_ending", "select 1 from t", "must contain :first and :last"),
        ("standings", "select 1 from t where id = :ids", "in parentheses"),
        ("person", "", "begins with select"),
    ],
)
def test_mistakes(purpose: str, sql: str, said: str) -> None:
    """A missing bind, one that nothing fills in, and another kind of statement are named with the mend."""
    with pytest.raises(ValueError, match=said):
        check_query(purpose, sql)
    with pytest.raises(ValueError, match=f"{purpose}: .*{said}"):
        ErpQueries(**{purpose: sql})


def test_kept_without_semicolon() -> None:
    """A semicolon at the end, which Oracle refuses, is dropped."""
    assert check_query("person", " SELECT 1 from v where id = : ID ; ") == "SELECT 1 from v where id = : ID"


def test_binds() -> None:
    """Literals, quoted names and comments hold no binds; times in literals are none either."""
    assert binds_of("""select ':a', ":b", 'it''s :c' /* :d
        */ from x where y = :E and z = to_date('12:30', 'HH24:MI') -- :f""") == {"e"}


def test_lists() -> None:
    """A list is filled up to a length of few, with an id that is in it."""
    sql, binds = with_list("select ':ids' from t where id in ( :ids )", [1, 2, 3], sizes=(2, 4))
    assert sql == "select ':ids' from t where id in ( :i0, :i1, :i2, :i3 )"
    assert binds == {"i0": 1, "i1": 2, "i2": 3, "i3": 3}
