"""Handlers that write to an issue: each once for its key, by the version that the person saw."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from adapters.redmine.rest.change import Change
from adapters.redmine.versions import parse
from hub.principal import Principal
from web.errors import BadField, WebError
from web.i18n import N_
from web.signatures import Signature, comment_with_signature
from web.tickets import shapes, wants
from web.tickets.desk import Clashed, Done, Lost, locale_of
from web.tickets.files import name_of_upload, pack_token, take_file, unpack_token
from web.tickets.section import Tickets
from web.tickets.serving import answer, desk_of, error_body, issue_id, lost_answer, once

__all__ = ["post_attachment", "post_comment", "put_assignee", "put_priority", "put_status", "signed"]


async def put_status(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Sets the status."""
    given, body = await wants.read(request, wants.PutStatus)
    catalog = await desk_of(tickets).reader.catalog([("status", given.status_id)])
    mine: dict[str, str | None] = {"status": catalog.name("status", given.status_id)[locale_of(principal)]}
    return await _write(request, tickets, principal, given, body, Change(status_id=given.status_id), mine)


async def put_priority(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Sets the priority."""
    given, body = await wants.read(request, wants.PutPriority)
    catalog = await desk_of(tickets).reader.catalog([("priority", given.priority_id)])
    mine: dict[str, str | None] = {"priority": catalog.name("priority", given.priority_id)[locale_of(principal)]}
    return await _write(request, tickets, principal, given, body, Change(priority_id=given.priority_id), mine)


async def put_assignee(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Gives the issue to somebody, or to nobody."""
    given, body = await wants.read(request, wants.PutAssignee)
    name = await desk_of(tickets).reader.name_of(given.assignee_id) if given.assignee_id is not None else None
    change = Change(assigned_to_id="" if given.assignee_id is None else given.assignee_id)
    return await _write(request, tickets, principal, given, body, change, {"assignee": name})


async def post_comment(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Comments, with files that were uploaded before."""
    given, body = await wants.read(request, wants.PostComment)
    uploads = tuple(unpack_token(token) for token in given.attachments)
    if not given.text.strip() and not uploads:
        raise BadField("text", N_("Write something, or attach a file."))
    if given.private and uploads:
        message = N_("Redmine shows files to everybody who sees the ticket. Attach them to a comment that is not private.")
        raise WebError(422, "files_not_private", message, field="attachments")
    as_comment = wants.PutComment(version=given.version, comment=given.text, private=given.private, signature=given.signature)
    return await _write(request, tickets, principal, as_comment, body, Change(uploads=uploads), {})


async def _write(
    request: Request,
    tickets: Tickets,
    principal: Principal,
    given: wants.WithComment,
    body: bytes,
    change: Change,
    mine: dict[str, str | None],
) -> Response:
    id, desk = issue_id(request), desk_of(tickets)

    async def act() -> Response:
        notes = await signed(tickets, principal, given)
        wanted = replace(change, notes=notes, private_notes=given.private and bool(notes))
        try:
            done = await desk.change(principal, id, wanted, seen=parse(given.version), mine=mine)
        except Clashed as clash:
            return _conflict(request, principal, clash)
        except Lost as lost:
            return lost_answer(request, principal, lost.task)
        return _done(done)

    return await once(request, tickets, principal, body, act, id)


async def signed(tickets: Tickets, principal: Principal, given: wants.WithComment) -> str:
    """The comment with the person's signature where it is switched on, or asked for."""
    if not given.comment.strip():
        return ""
    if given.signature is False:
        return given.comment
    signature = await tickets.signatures.get(principal.user_id)
    if given.signature is True:
        signature = Signature(text=signature.text, on_comments=True)
    return comment_with_signature(given.comment, signature)


def _done(done: Done) -> Response:
    return answer(shapes.Written(task=done.task, journal=done.journal, untaken=done.untaken))


def _conflict(request: Request, principal: Principal, clash: Clashed) -> Response:
    error = error_body(request, principal, "conflict", N_("This ticket was changed while you were working on it. Nothing was sent."))
    return answer(shapes.ConflictAnswer(error=error, conflict=clash.conflict), 409)


async def post_attachment(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Takes a file for a comment that is being written."""
    desk, name = desk_of(tickets), name_of_upload(request.query_params.get("filename", ""))
    sheet = (await desk.sheet(principal, issue_id(request))).value
    if not sheet.task.may.attach:
        raise WebError(403, "not_allowed", N_("You may not attach files to this ticket."))
    token, size = await take_file(request, await desk.connector(principal), name)
    return answer(shapes.Uploaded(token=pack_token(token, name), name=name, size=size), 201)
