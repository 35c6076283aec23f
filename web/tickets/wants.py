"""What the interface is asked, as values with bounds; a body that does not fit is refused with the field's name and the mend."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar

import msgspec
from starlette.requests import Request

from web.body import media_type, read_bytes
from web.errors import BadField, WebError
from web.i18n import N_

__all__ = [
    "MAX_BODY",
    "MAX_BULK",
    "MAX_TEXT",
    "BulkChange",
    "PostBulk",
    "PostComment",
    "PostPreview",
    "PostRead",
    "PutAssignee",
    "PutComment",
    "PutDraft",
    "PutPriority",
    "PutStatus",
    "WithComment",
    "read",
]

T = TypeVar("T")

MAX_TEXT = 50_000
"""Characters of a comment: four bytes each still fit any column that Redmine made for notes."""
MAX_BODY = 512 * 1024
"""Bytes of a request: the longest text, every character escaped."""

MAX_BULK = 1_000
"""Issues of one bulk change."""
Id = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Version = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,18}-[0-9]{1,18}$", examples=["7-29"])]
Words = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Query = Annotated[str, msgspec.Meta(max_length=500)]


class _Write(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Version
    """The version that the person saw."""


class WithComment(_Write, frozen=True, kw_only=True):
    """A write that may say something, too."""

    comment: Words = ""
    private: bool = False
    """The comment is for those only who may see private notes."""
    signature: bool | None = None
    """False: without the signature; else with it where it is switched on."""


class PutStatus(WithComment, frozen=True, kw_only=True):
    """Sets the status, with a comment if there is one."""

    status_id: Id


class PutPriority(WithComment, frozen=True, kw_only=True):
    """Sets the priority."""

    priority_id: Id


class PutAssignee(WithComment, frozen=True, kw_only=True):
    """Gives the issue to a person or group; null: to nobody."""

    assignee_id: Id | None


class PutComment(WithComment, frozen=True, kw_only=True):
    """A comment alone, as the handlers pass it on."""


class PostComment(_Write, frozen=True, kw_only=True):
    """Comments; `attachments` are tokens of uploads. Text or a file there must be."""

    text: Words = ""
    private: bool = False
    attachments: Annotated[list[Token], msgspec.Meta(max_length=20)] = []
    signature: bool | None = None


class PutDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Saves a draft in the place of an older one."""

    text: Words
    private: bool = False
    base: Version
    device: Annotated[str, msgspec.Meta(max_length=64)] = ""


class PostRead(_Write, frozen=True, kw_only=True):
    """The person has seen the issue up to this version."""


class PostPreview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Renders a text as it would be shown; `format` as Redmine is set up when missing."""

    text: Words
    format: Annotated[str, msgspec.Meta(pattern="^(textile|markdown|common_mark|)$")] = ""


class BulkChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The change of each issue; what is missing stays. `assignee_id` null: nobody."""

    status_id: Id | msgspec.UnsetType = msgspec.UNSET
    priority_id: Id | msgspec.UnsetType = msgspec.UNSET
    assignee_id: Id | msgspec.UnsetType | None = msgspec.UNSET
    comment: Words = ""


class PostBulk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes many issues: those in `ids`, or all that `filter` finds (the list's own parameters)."""

    change: BulkChange
    ids: Annotated[list[Id], msgspec.Meta(max_length=MAX_BULK)] | None = None
    filter: dict[Annotated[str, msgspec.Meta(max_length=32)], Query] | None = None


_AT = re.compile(r" - at `\$\.?([^`]*)`")
_NAMED = re.compile(r"field `([^`]+)`")


async def read(request: Request, kind: type[T]) -> tuple[T, bytes]:
    """The body as a value of `kind`, and as it came. Raises WebError 400, 413, 415, and BadField for what does not fit."""
    if media_type(request) != "application/json":
        raise WebError(415, "unsupported_media_type", N_("This kind of content is not understood here."))
    body = await read_bytes(request, MAX_BODY)
    try:
        return msgspec.json.decode(body, type=kind), body
    except msgspec.ValidationError as error:
        raise _bad_field(str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise WebError(400, "bad_request", N_("The request is not understood.")) from None


def _bad_field(said: str) -> WebError:
    """msgspec's sentence as an error that names the field: `Object missing required field `x`` or `… - at `$.x``."""
    place, named = _AT.search(said), _NAMED.search(said)
    path = place[1] if place else ""
    if named:
        path = f"{path}.{named[1]}" if path else named[1]
    field = path or "body"
    if "missing required field" in said:
        return BadField(field, N_("This is missing."))
    if "unknown field" in said:
        return BadField(field, N_("There is no such field here."))
    found: dict[str, Any] = {}
    for pattern, message in _MENDS:
        if match := re.search(pattern, said):
            found = {"n": match[1]} if match.groups() else {}
            return BadField(field, message, **found)
    return BadField(field)


_MENDS = (
    (r"`str` of length <= (\d+)", N_("At most {n} characters, please.")),
    (r"`array` of length <= (\d+)", N_("At most {n}, please.")),
    (r"`int` [<>]= ", N_("This number is out of range.")),
    (r"matching regex", N_("This has another form than is expected here.")),
    (r"Expected `int`", N_("A whole number is expected here.")),
    (r"Expected `bool`", N_("true or false is expected here.")),
    (r"Expected `str`", N_("A text is expected here.")),
)
