"""What Redmine says of accounts, roles and projects, kept a little: all of it is asked for often and changes rarely."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, Protocol, TypeVar

import msgspec

from adapters.redmine.rest.credentials import Signed
from adapters.redmine.rest.errors import NotAllowed, NotFound, RestAway
from adapters.redmine.rest.people import Me, Role

__all__ = ["Accounts"]

_V = TypeVar("_V")
_ACTIVE_PROJECT = 1


class _Get(Protocol):
    def __call__(self, signed: Signed, path: str, params: Mapping[str, str] | None = None) -> Awaitable[bytes]: ...


class _Id(msgspec.Struct, frozen=True):
    id: int


class _Membership(msgspec.Struct, frozen=True):
    project: _Id
    roles: list[_Id] = []


class _User(msgspec.Struct, frozen=True):
    id: int
    login: str = ""
    firstname: str = ""
    lastname: str = ""
    admin: bool = False
    memberships: list[_Membership] = []


class _UserAnswer(msgspec.Struct, frozen=True):
    user: _User


class _Role(msgspec.Struct, frozen=True):
    id: int
    name: str = ""
    assignable: bool = False
    permissions: list[str] = []


class _RoleAnswer(msgspec.Struct, frozen=True):
    role: _Role


class _Project(msgspec.Struct, frozen=True):
    id: int
    status: int = _ACTIVE_PROJECT


class _ProjectAnswer(msgspec.Struct, frozen=True):
    project: _Project


_T = TypeVar("_T")


def _decoded(body: bytes, type: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RestAway("it answers something that is not of its API") from None


def _key(signed: Signed) -> tuple[str, int]:
    """Holds no password: those live for minutes only, and not here."""
    return signed.who, hash(signed.credential)


class _Kept(Generic[_V]):
    """Values for a time; when there are too many, the one that was stored first goes."""

    def __init__(self, keep_s: float, most: int, clock: Callable[[], float]) -> None:
        self._keep_s, self._most, self._clock = keep_s, most, clock
        self._values: OrderedDict[object, tuple[float, _V]] = OrderedDict()

    def get(self, key: object) -> _V | None:
        until, value = self._values.get(key, (0.0, None))
        return value if until > self._clock() else None

    def put(self, key: object, value: _V) -> None:
        self._values.pop(key, None)
        self._values[key] = self._clock() + self._keep_s, value
        while len(self._values) > self._most:
            self._values.popitem(last=False)

    def drop(self, key: object) -> None:
        self._values.pop(key, None)

    def clear(self) -> None:
        self._values.clear()


class Accounts:
    """One for a client. Several who ask the same at a time each ask Redmine: the answers are small and soon kept."""

    def __init__(
        self,
        get: _Get,
        *,
        me_s: float = 60.0,
        roles_s: float = 600.0,
        non_member_role: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`me_s`, `roles_s`: seconds that accounts, and roles and projects, are kept. `non_member_role`: its id, 1 in every installation
        that was not upgraded from before 2007 (REST does not tell it)."""
        self._get, self._non_member = get, non_member_role
        self._me: _Kept[Me] = _Kept(me_s, 2000, clock)
        self._roles: _Kept[Role] = _Kept(roles_s, 500, clock)
        self._open: _Kept[bool] = _Kept(roles_s, 2000, clock)

    async def me(self, signed: Signed, *, fresh: bool = False) -> Me:
        """The account that this credential signs for, with its roles. Raises NotSignedIn for a bad one, even where anybody may read."""
        if not fresh and (kept := self._me.get(_key(signed))) is not None:
            return kept
        user = _decoded(await self._get(signed, "/users/current.json", {"include": "memberships"}), _UserAnswer).user
        roles: dict[int, tuple[Role, ...]] = {}
        for membership in user.memberships:
            ids = {role.id for role in membership.roles}
            found = [role for id in sorted(ids) if (role := await self._role(signed, id, fresh=fresh)) is not None]
            roles[membership.project.id] = (*roles.get(membership.project.id, ()), *found)
        made = Me(
            id=user.id,
            login=user.login,
            name=f"{user.firstname} {user.lastname}".strip(),
            admin=user.admin,
            roles=roles,
            non_member=None if user.admin else await self._role(signed, self._non_member, fresh=fresh),
        )
        self._me.put(_key(signed), made)
        return made

    def forget(self, signed: Signed) -> None:
        """Drops what is kept of an account, when its credential was refused."""
        self._me.drop(_key(signed))

    def forget_all(self) -> None:
        """Drops everything: rights have changed."""
        for kept in (self._me, self._roles, self._open):
            kept.clear()

    async def project_open(self, signed: Signed, project_id: int) -> bool:
        """True when the project is active: in a closed one nobody may change anything. Raises NotAllowed when it is hidden."""
        kept = self._open.get(project_id)
        if kept is None:
            answer = _decoded(await self._get(signed, f"/projects/{project_id}.json"), _ProjectAnswer)
            kept = answer.project.status == _ACTIVE_PROJECT
            self._open.put(project_id, kept)
        return kept

    async def _role(self, signed: Signed, id: int, *, fresh: bool) -> Role | None:
        """A role; None for one that was deleted meanwhile, which permits nothing."""
        kept = None if fresh else self._roles.get(id)
        if kept is not None:
            return kept
        try:
            role = _decoded(await self._get(signed, f"/roles/{id}.json"), _RoleAnswer).role
        except (NotFound, NotAllowed):
            return None
        made = Role(role.id, role.name, frozenset(role.permissions), role.assignable)
        self._roles.put(id, made)
        return made
