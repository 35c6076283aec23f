"""One person's way to Redmine: as themself, or through the service account for a requester without an account."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import SecretStr

from adapters.erp.redmine_passwords import RedminePasswords
from adapters.redmine.rest.change import Change, Outcome
from adapters.redmine.rest.credentials import ApiKeys
from adapters.redmine.rest.issue import Issue
from adapters.redmine.rest.people import Me, RedminePerson

if TYPE_CHECKING:
    from adapters.redmine.rest.client import RedmineClient
    from adapters.redmine.rest.download import Download

__all__ = ["Owned", "RedmineConnector", "create_redmine_connector"]

Owned = Callable[[Sequence[int]], Awaitable[set[int]]]
"""Which of these issues are the requester's own: `adapters.redmine.requesters` asks the database by e-mail."""


class RedmineConnector(Protocol):
    """Every call may raise a RestError, and ends within the client's deadlines. Cancelling a write leaves its outcome unknown."""

    acting: Literal["person", "service"]
    person: RedminePerson

    async def issue(self, id: int) -> Issue:
        """The issue with everything included. A requester gets their own only, without private notes, hidden fields and others' issues."""
        ...

    async def issues_seen(self, ids: Sequence[int]) -> set[int]:
        """Which of these issues the person may see: a request for each hundred; closed ones count too."""
        ...

    async def me(self, *, fresh: bool = False) -> Me:
        """The account that signs: kept for a minute, its roles for ten, unless `fresh`."""
        ...

    async def change(self, id: int, change: Change, *, lock_version: int | None) -> Outcome:
        """Makes the change, reads the issue again and says what became of it.

        Raises Stale when `lock_version` is old, and then nothing was stored; None takes the issue as it is. Unclear when the answer was
        lost and nothing proves the effect. NotAllowed for a private note without the right: nothing was sent. A requester's note
        begins with their name, and may be neither private nor come with changed fields (NotAllowed).
        """
        ...

    async def upload(self, filename: str, content: AsyncIterable[bytes], size: int | None) -> str:
        """Sends a file, never held whole; the token goes into a Change. Refused when it is larger than Redmine takes."""
        ...

    def download(self, attachment_id: int, *, issue_id: int | None = None) -> AbstractAsyncContextManager[Download]:
        """`async with connector.download(5) as found:` streams a file. A requester has to say of which own issue (else NotAllowed)."""
        ...


async def create_redmine_connector(
    client: RedmineClient,
    person: RedminePerson,
    *,
    passwords: RedminePasswords | None,
    service_key: SecretStr | None,
    keys: ApiKeys | None,
    owned: Owned | None = None,
) -> RedmineConnector:
    """The connector of a person: their own API key where one is known, else their ERP password; a requester's goes by the service key.

    `owned` says which issues are a requester's own; without it a requester may reach none. Makes no request. NotSignedIn when there is
    nothing to sign with.
    """
    raise NotImplementedError
