"""What every handler of the tickets' interface shares: who asks, how it is answered, and doing a write once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from adapters.redmine.rest.errors import Refused
from hub.principal import Principal
from hub.writer import StoreUnavailable
from web.auth import require
from web.errors import BadField, StoreAway, WebError
from web.i18n import N_
from web.redmine_failures import redmine_errors
from web.tickets import shapes
from web.tickets.desk import Desk
from web.tickets.idempotency import InProgress, Interrupted, KeyReused, digest_of, is_key
from web.tickets.section import Tickets

__all__ = ["Handler", "answer", "desk_of", "error_body", "guarded", "issue_id", "lost_answer", "once"]

_LARGEST_ID = 2**31 - 1
_NO_STORE = {"cache-control": "no-store"}
_log = structlog.get_logger("web.tickets")

Handler = Callable[[Request, Tickets, Principal], Awaitable[Response]]


def guarded(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Asks who it is before anything else, and turns what Redmine did not do into an answer."""

    async def serve(request: Request) -> Response:
        principal = await require(request)
        with redmine_errors():
            return await handler(request, request.state.tickets, principal)

    return serve


def desk_of(tickets: Tickets) -> Desk:
    """The desk. Raises WebError 503 where there is no Redmine."""
    if tickets.desk is None:
        raise WebError(503, "redmine_off", N_("Redmine is not set up on this server."), headers={"Retry-After": "3600"})
    return tickets.desk


def answer(content: Any, status: int = 200) -> Response:
    """JSON: a value of `shapes`, or bytes that are encoded already."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(body, status, _NO_STORE, media_type="application/json")


def issue_id(request: Request, name: str = "task_id") -> int:
    """A number of the address that Redmine may know. Raises WebError 404."""
    id: int = request.path_params[name]
    if not 0 < id <= _LARGEST_ID:
        raise WebError(404, "not_found", N_("There is no such ticket."))
    return id


async def once(
    request: Request, tickets: Tickets, principal: Principal, body: bytes, act: Callable[[], Awaitable[Response]], id: int | None
) -> Response:
    """Does it once for the request's Idempotency-Key; a repetition gets the first answer."""
    key = request.headers.get("idempotency-key", "")
    if not key:
        raise WebError(428, "key_required", N_("The header Idempotency-Key is missing: one new key for each wish."))
    if not is_key(key):
        raise BadField("Idempotency-Key", N_("1 to 64 letters, digits, dots, hyphens and underscores."))
    keys, user_id = tickets.idempotency, principal.user_id
    try:
        first = await keys.begin(user_id, key, digest_of(request.method, request.url.path, body))
    except KeyReused:
        message = N_("This key stands for another request already. Take a new one.")
        raise WebError(422, "key_reused", message, field="Idempotency-Key") from None
    except InProgress:
        message = N_("The first request with this key is still running.")
        raise WebError(409, "in_progress", message, headers={"Retry-After": "1"}) from None
    except Interrupted:
        found = (await desk_of(tickets).sheet(principal, id)).value.task if id is not None else None
        return lost_answer(request, principal, found)
    if first is not None:
        return answer(first.body, first.status)
    try:
        with redmine_errors():
            made = await act()
    except StoreUnavailable:
        with suppress(SQLAlchemyError, OSError):  # what cannot be released now is told as running, then as not known
            await keys.release(user_id, key)
        raise StoreAway() from None
    except WebError as error:
        if error.status in (409, 503):  # nothing was done, and the same key may try again
            await keys.release(user_id, key)
            raise
        made = _refusal(request, principal, error)
    try:
        await keys.finish(user_id, key, made.status_code, bytes(made.body))
    except SQLAlchemyError as error:  # it is done: the person is told so; a repetition hears that the outcome is not known
        _log.warning("first_answer_not_kept", user_id=user_id, error=type(error).__name__)
    return made


def _refusal(request: Request, principal: Principal, error: WebError) -> Response:
    """The answer that is kept for the key; Redmine's own sentences go along with its refusal."""
    cause = error.__cause__
    said = request.state.i18n.text(principal.locale, error.message, **error.fields)
    reasons = list(cause.reasons) if isinstance(cause, Refused) else []
    body = shapes.ErrorBody(code=error.code, message=said, field=error.field, reasons=reasons)
    return answer(shapes.ErrorAnswer(error=body), error.status)


def error_body(request: Request, principal: Principal, code: str, message: str) -> shapes.ErrorBody:
    """An error in the person's language."""
    return shapes.ErrorBody(code=code, message=request.state.i18n.text(principal.locale, message))


def lost_answer(request: Request, principal: Principal, task: shapes.Task | None) -> Response:
    """502 `unclear`."""
    message = N_("Redmine did not confirm the change. Look whether it is there before you repeat it.")
    return answer(shapes.UnclearAnswer(error=error_body(request, principal, "unclear", message), task=task), 502)
