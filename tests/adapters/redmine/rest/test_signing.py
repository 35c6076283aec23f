"""adapters.redmine.rest.signing: which credential is used, and what a refusal does."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from adapters.erp.errors import ErpSlow
from adapters.erp.redmine_passwords import RedminePasswords
from adapters.redmine.rest.change import Change
from adapters.redmine.rest.credentials import ApiKey, Basic, headers_of
from adapters.redmine.rest.errors import NotSignedIn, RestAway
from adapters.redmine.rest.people import RedminePerson
from adapters.redmine.rest.signing import Signer
from tests.adapters.redmine.rest.conftest import House, Keys


class Erp:
    """The ERP's one answer that matters here."""

    def __init__(self, *passwords: str | Exception) -> None:
        self.passwords = list(passwords)
        self.asked = 0

    async def redmine_password(self, login: str) -> SecretStr:
        """The next of the given ones; the last one for ever."""
        self.asked += 1
        found = self.passwords.pop(0) if len(self.passwords) > 1 else self.passwords[0]
        if isinstance(found, Exception):
            raise found
        return SecretStr(found)


def passwords(*given: str | Exception) -> tuple[RedminePasswords, Erp]:
    """People's passwords, from an ERP that says these."""
    erp = Erp(*given)
    return RedminePasswords(erp), erp  # type: ignore[arg-type]  # asks it for nothing else


@pytest.mark.redmine
async def test_a_password_that_was_changed_is_asked_for_again_once(house: House) -> None:
    """401 forgets the kept password; the ERP knows the new one by now, and the call goes through, the write once."""
    kept, erp = passwords("old", "ivanov-pass")
    connector = await house.connect("ivanov", keys=None, passwords=kept)
    id = await house.issue()
    await connector.change(id, Change(notes="по паролю"), lock_version=None)
    assert (erp.asked, await house.notes(id)) == (2, ["по паролю"])


@pytest.mark.redmine
async def test_a_password_that_stays_wrong_is_sent_once(house: House) -> None:
    """The ERP says the same again: NotSignedIn, and Redmine is not asked a second time."""
    kept, erp = passwords("wrong")
    connector = await house.connect("ivanov", keys=None, passwords=kept)
    with pytest.raises(NotSignedIn):
        await connector.issue(1)
    assert (erp.asked, house.client.sent) == (2, 1)


@pytest.mark.redmine
async def test_a_refused_key_gives_way_to_the_password(house: House) -> None:
    """The key is forgotten; the same call goes on with the password."""

    class Old(Keys):
        async def get(self, redmine_id: int) -> SecretStr | None:
            return None if self.forgotten else SecretStr("0" * 40)

    keys = Old(house.peer)
    connector = await house.connect("ivanov", keys=keys, passwords=passwords("ivanov-pass")[0])
    assert (await connector.issue(1)).id == 1
    assert keys.forgotten == [house.peer.id("ivanov")]


@pytest.mark.redmine
async def test_an_administrators_service_key_speaks_for_people(house: House) -> None:
    """Without a password the service key acts as the person, with their rights, and the journal is theirs."""
    service = SecretStr(str(house.peer.users["admin"]["api_key"]))
    connector = await house.connect("orlova", keys=None, passwords=passwords(LookupError("none"))[0], service_key=service)
    id = await house.issue("orlova")
    outcome = await connector.change(id, Change(notes="от себя"), lock_version=None)
    assert [journal.user and journal.user.id for journal in outcome.issue.journals] == [house.peer.id("orlova")]
    assert await connector.issues_seen([1, 4, 6]) == {1}


@pytest.mark.redmine
async def test_a_service_key_of_somebody_else_speaks_for_nobody(house: House) -> None:
    """Redmine ignores the header from a manager: we notice before anything is read or written in the wrong name."""
    service = SecretStr(str(house.peer.users["ivanov"]["api_key"]))
    connector = await house.connect("orlova", keys=None, service_key=service)
    with pytest.raises(NotSignedIn):
        await connector.issue(6)
    with pytest.raises(NotSignedIn):
        await connector.change(1, Change(notes="чужой рукой"), lock_version=None)
    assert house.wire.writes() == 0


async def test_an_erp_that_is_away_is_no_wrong_password() -> None:
    """RestAway: the person is not told to mend what is right."""
    signer = Signer(RedminePerson("a", 1, "", ""), passwords=passwords(ErpSlow("later"))[0], service_key=None, keys=None)
    with pytest.raises(RestAway):
        await signer.sign()


async def test_without_anything_nobody_is_signed_in() -> None:
    """No key, no password, no service key."""
    signer = Signer(RedminePerson("a", 1, "", ""), passwords=None, service_key=None, keys=None)
    with pytest.raises(NotSignedIn):
        await signer.sign()


def test_no_secret_shows() -> None:
    """Neither in a repr nor in the error of an unfit key."""
    assert "s3cret" not in repr((Basic("a", SecretStr("s3cret")), ApiKey(SecretStr("s3cret"))))
    with pytest.raises(ValueError, match="printable") as raised:
        headers_of(ApiKey(SecretStr("s3cret\r\nX-Evil: 1")))
    assert "s3cret" not in str(raised.value)


def test_a_password_may_have_any_letters() -> None:
    """Basic credentials are UTF-8; a login for X-Redmine-Switch-User is a header."""
    assert headers_of(Basic("иван", SecretStr("пароль:1"))) == {"Authorization": "Basic 0LjQstCw0L060L/QsNGA0L7Qu9GMOjE="}
    assert headers_of(ApiKey(SecretStr("k"), as_login="ivanov"))["X-Redmine-Switch-User"] == "ivanov"
