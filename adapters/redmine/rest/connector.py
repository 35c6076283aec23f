"""One person's way to Redmine: as themself, or through the service account for a requester without an account."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Literal, TypeVar

import msgspec
from pydantic import SecretStr

from adapters.erp.redmine_passwords import RedminePasswords
from adapters.redmine.rest.change import Change, Outcome
from adapters.redmine.rest.changing import LockOf, make_change
from adapters.redmine.rest.client import RedmineClient
from adapters.redmine.rest.credentials import ApiKeys, Signed
from adapters.redmine.rest.download import Download, open_download
from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn, RestAway
from adapters.redmine.rest.issue import Issue, decode_issue
from adapters.redmine.rest.people import Me, RedminePerson
from adapters.redmine.rest.requester import narrowed, neighbours, signed_note
from adapters.redmine.rest.rights import May, may
from adapters.redmine.rest.signing import Signer

__all__ = ["Owned", "RedmineConnector", "create_redmine_connector"]

Owned = Callable[[Sequence[int]], Awaitable[set[int]]]
"""Which of these issues are the requester's own: `adapters.redmine.requesters.owned` asks the database by e-mail."""
_EVERYTHING = {"include": "journals,attachments,allowed_statuses,watchers,children,relations"}
_PAGE = 100  # the most that Redmine gives at a time, whatever is asked
_MOST_IDS = 10_000
_T = TypeVar("_T")


class _Id(msgspec.Struct, frozen=True):
    id: int


class _Issues(msgspec.Struct, frozen=True):
    issues: list[_Id]


class _Uploaded(msgspec.Struct, frozen=True):
    token: str


class _Upload(msgspec.Struct, frozen=True):
    upload: _Uploaded


class RedmineConnector:
    """Every call may raise a RestError, and ends within the client's deadlines. Cancelling a write leaves its outcome unknown.

    Cheap to make: what is kept is kept by the client.
    """

    def __init__(self, client: RedmineClient, person: RedminePerson, signer: Signer, owned: Owned | None, lock_of: LockOf | None) -> None:
        """See `create_redmine_connector`."""
        self.person = person
        self.acting: Literal["person", "service"] = "service" if person.redmine_id is None else "person"
        self._client, self._signer, self._owned, self._lock_of = client, signer, owned, lock_of

    async def issue(self, id: int) -> Issue:
        """The issue with everything included. A requester gets their own only, as `requester.narrowed` says."""
        await self._only_own(id)
        issue = await self._signed(lambda signed: self._read(signed, id))
        if self.acting == "person":
            return issue
        return narrowed(issue, await self._own(sorted(neighbours(issue))))

    async def issues_seen(self, ids: Sequence[int]) -> set[int]:
        """Which of these issues the person may see: a request for each hundred; closed ones count too. 10,000 ids at most (ValueError)."""
        wanted = sorted(set(ids) if self.acting == "person" else await self._own(ids))
        if len(wanted) > _MOST_IDS:
            raise ValueError(f"at most {_MOST_IDS} issues")
        seen: set[int] = set()
        for start in range(0, len(wanted), _PAGE):
            chunk = wanted[start : start + _PAGE]
            seen |= await self._signed(partial(self._seen, chunk))
        return seen

    async def me(self, *, fresh: bool = False) -> Me:
        """The account that signs: kept for a minute, its roles for ten, unless `fresh`. NotSignedIn when it is somebody else's."""
        return await self._signed(lambda signed: self._me(signed, fresh=fresh))

    async def may(self, issue: Issue) -> May:
        """What the person may do with an issue that this connector has read: two small requests, mostly kept."""
        me = await self.me()
        is_open = await self._signed(lambda signed: self._client.accounts.project_open(signed, issue.project.id))
        return may(me, issue, requester=self.acting == "service", project_open=is_open)

    async def change(self, id: int, change: Change, *, lock_version: int | None) -> Outcome:
        """Makes the change, reads the issue again and says what became of it.

        Raises Stale when `lock_version` is old, and then nothing was stored; None takes the issue as it is. Redmine compares versions
        when it stores a field: of two notes without one, sent within a second, it takes both, and of those who may not edit it takes
        notes whatever the version. So nothing is overwritten, but whoever wants a conflict there too has to let changes of one issue
        pass one by one and compare `versions` before each. Unclear when the answer was
        lost and nothing proves the effect. NotAllowed for what roles and workflow forbid beforehand, above all a private note without
        the right: nothing was sent. A requester's note begins with their name, and may be neither private nor come with changed fields.
        """
        await self._only_own(id)
        if self.acting == "service":
            if change.fields():
                raise NotAllowed("edit_issues")
            if change.private_notes:
                raise NotAllowed("set_notes_private")
            if change.notes:
                change = change.with_notes(signed_note(self.person, change.notes))
        me = await self.me(fresh=change.private_notes)
        lock_of = self._lock_of
        outcome = await make_change(
            lambda: self._signed(lambda signed: self._read(signed, id)),
            lambda body: self._signed(lambda signed: self._client.write(signed, "PUT", f"/issues/{id}.json", body)),
            change,
            me=me,
            lock_version=lock_version,
            lock_of=None if lock_of is None else lambda: lock_of(id),
        )
        if self.acting == "person":
            return outcome
        return outcome.with_issue(narrowed(outcome.issue, await self._own(sorted(neighbours(outcome.issue)))))

    async def upload(self, filename: str, content: AsyncIterable[bytes], size: int | None) -> str:
        """Sends a file, never held whole; the token goes into a Change. Refused when it is larger than Redmine takes.

        `content` can be read once only, so credentials are proven before.
        """
        await self.me()
        signed = await self._signer.sign()
        body = await self._client.send_file(signed, "/uploads.json", {"filename": filename}, content, size)
        return _decoded(body, _Upload).upload.token

    @asynccontextmanager
    async def download(self, attachment_id: int, *, issue_id: int | None = None) -> AsyncIterator[Download]:
        """`async with connector.download(5) as found:` streams a file. A requester has to say of which own issue (else NotAllowed).

        NotFound when it is none of that issue's files.
        """
        if self.acting == "service" and issue_id is None:
            raise NotAllowed()
        if issue_id is not None and all(file.id != attachment_id for file in (await self.issue(issue_id)).attachments):
            raise NotFound()
        await self.me()  # a bad credential is known before the file is asked for
        async with open_download(self._client, await self._signer.sign(), attachment_id) as found:
            yield found

    async def _read(self, signed: Signed, id: int) -> Issue:
        body = await self._client.get(signed, f"/issues/{id}.json", _EVERYTHING)
        try:
            return decode_issue(body)
        except ValueError:
            raise RestAway("it answers something that is no issue") from None

    async def _seen(self, chunk: Sequence[int], signed: Signed) -> set[int]:
        params = {"issue_id": ",".join(map(str, chunk)), "status_id": "*", "limit": str(_PAGE)}
        found = _decoded(await self._client.get(signed, "/issues.json", params), _Issues).issues
        return {issue.id for issue in found} & set(chunk)

    async def _me(self, signed: Signed, *, fresh: bool) -> Me:
        me = await self._client.accounts.me(signed, fresh=fresh)
        if self.person.redmine_id not in (None, me.id):
            raise NotSignedIn("the credentials are those of another account")
        return me

    async def _own(self, ids: Sequence[int]) -> set[int]:
        return set() if self._owned is None or not ids else set(ids) & await self._owned(ids)

    async def _only_own(self, id: int) -> None:
        if self.acting == "service" and id not in await self._own([id]):
            raise NotAllowed()

    async def _signed(self, call: Callable[[Signed], Awaitable[_T]]) -> _T:
        """Makes a call; when Redmine refuses the credential, once more with another that may be known by now."""
        signed = await self._signer.sign()
        try:
            return await self._as_themself(signed, call)
        except NotSignedIn:
            self._client.accounts.forget(signed)
            again = await self._signer.refused(signed)
            if again is None:
                raise
            return await self._as_themself(again, call)

    async def _as_themself(self, signed: Signed, call: Callable[[Signed], Awaitable[_T]]) -> _T:
        """Makes a call once it is proven whom the credential signs for.

        Redmine answers a bad key as anonymous where anybody may read, and ignores X-Redmine-Switch-User of a key that is no
        administrator's: then the service account would read and write in the person's place.
        """
        if self.person.redmine_id is not None:
            await self._me(signed, fresh=False)
        return await call(signed)


def _decoded(body: bytes, type: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RestAway("it answers something that is not of its API") from None


async def create_redmine_connector(
    client: RedmineClient,
    person: RedminePerson,
    *,
    passwords: RedminePasswords | None,
    service_key: SecretStr | None,
    keys: ApiKeys | None,
    owned: Owned | None = None,
    lock_of: LockOf | None = None,
) -> RedmineConnector:
    """The connector of a person: their own API key where one is known, else their ERP password; a requester's goes by the service key.

    `owned` says which issues are a requester's own; without it a requester may reach none. `lock_of` reads an issue's `lock_version`
    from the database: with it a change that the workflow forbids only since a colleague's change is Stale, not NotAllowed. Makes no
    request to Redmine. Raises NotSignedIn when there is nothing to sign with, RestAway when the ERP does not tell the password.
    """
    signer = Signer(person, passwords=passwords, service_key=service_key, keys=keys)
    await signer.sign()
    return RedmineConnector(client, person, signer, owned, lock_of)
