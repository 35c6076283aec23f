"""What signs a person's requests, and what to do when Redmine refuses it."""

from __future__ import annotations

from pydantic import SecretStr

from adapters.erp.errors import ErpError
from adapters.erp.redmine_passwords import RedminePasswords
from adapters.redmine.rest.credentials import ApiKey, ApiKeys, Basic, Credential, Signed
from adapters.redmine.rest.errors import NotSignedIn, RestAway
from adapters.redmine.rest.people import RedminePerson

__all__ = ["Signer"]


class Signer:
    """For a person with an account: their own key, else their password from the ERP, else an administrator's service key in their name.

    For a requester: the service key.
    """

    def __init__(
        self, person: RedminePerson, *, passwords: RedminePasswords | None, service_key: SecretStr | None, keys: ApiKeys | None
    ) -> None:
        """What is None is not tried."""
        self._person, self._passwords, self._service_key, self._keys = person, passwords, service_key, keys
        self._who = (person.login or person.email).strip().lower()

    async def sign(self) -> Signed:
        """What signs now. Raises NotSignedIn when there is nothing, RestAway when the ERP does not tell the password."""
        return Signed(self._who, await self._credential())

    async def refused(self, signed: Signed) -> Signed | None:
        """Forgets what Redmine refused; another that is worth one more try, or None."""
        match signed.credential:
            case Basic(login) if self._passwords is not None:
                self._passwords.forget(login)
            case ApiKey(_, None) if self._keys is not None and self._person.redmine_id is not None:
                await self._keys.forget(self._person.redmine_id)
            case _:
                return None
        try:
            other = await self.sign()
        except NotSignedIn:
            return None
        return None if other == signed else other

    async def _credential(self) -> Credential:
        person = self._person
        if person.redmine_id is None:
            if self._service_key is None:
                raise NotSignedIn("there is no service key for requesters")
            return ApiKey(self._service_key)
        if self._keys is not None and (own := await self._keys.get(person.redmine_id)) is not None:
            return ApiKey(own)
        if self._passwords is not None:
            try:
                return Basic(person.login, await self._passwords.get(person.login))
            except LookupError:
                pass  # no password there: perhaps the service key may speak for them
            except ErpError as error:
                raise RestAway("the ERP, which knows the password, is away") from error
        if self._service_key is not None:
            # the connector proves that it acts as the person: the header is ignored for a key that is no administrator's
            return ApiKey(self._service_key, as_login=person.login)
        raise NotSignedIn("neither a key nor a password is known")
