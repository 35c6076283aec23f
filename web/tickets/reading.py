"""Handlers that read an issue, and what is kept here for one person: draft and read mark."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from adapters.redmine.markup import Context, render
from adapters.redmine.versions import parse
from hub.principal import Principal
from web.errors import BadField, WebError
from web.i18n import N_
from web.tickets import shapes, wants
from web.tickets.desk import locale_of
from web.tickets.files import send_file
from web.tickets.section import Tickets
from web.tickets.serving import answer, desk_of, issue_id

__all__ = ["assignees", "delete_draft", "download", "get_draft", "preview", "priorities", "put_draft", "read", "statuses", "task"]

_ASSIGNEES = 50


async def task(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """The whole issue as the person sees it."""
    found = await desk_of(tickets).sheet(principal, issue_id(request))
    if not found.stale:
        return answer(found.value.json)
    return answer(msgspec.structs.replace(found.value.task, stale=True))


async def statuses(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """The statuses that the person may set, the current one among them."""
    desk = desk_of(tickets)
    sheet = (await desk.sheet(principal, issue_id(request))).value
    catalog = await desk.reader.catalog([("status", status.id) for status in sheet.statuses])
    choices = [
        shapes.StatusChoice(
            id=status.id,
            name=catalog.name("status", status.id)[locale_of(principal)],
            closed=status.id in catalog.closed if status.closed is None else status.closed,
            current=status.id == sheet.task.status.id,
        )
        for status in sheet.statuses
    ]
    return answer(shapes.Statuses(statuses=choices))


async def priorities(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """The priorities that the person may set."""
    desk = desk_of(tickets)
    task = (await desk.sheet(principal, issue_id(request))).value.task
    known = [one for one in await desk.reader.priorities() if one.active or one.id == task.priority.id] if task.may.priority else []
    catalog = await desk.reader.catalog([("priority", one.id) for one in known])
    choices = [
        shapes.PriorityChoice(
            id=one.id, name=catalog.name("priority", one.id)[locale_of(principal)], rank=one.rank, current=one.id == task.priority.id
        )
        for one in known
    ]
    return answer(shapes.Priorities(priorities=choices))


async def assignees(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Those who may be given the issue, whose names fit `q`."""
    desk, search = desk_of(tickets), request.query_params.get("q", "")
    if len(search) > 100:
        raise BadField("q", N_("At most {n} characters, please."), n=100)
    sheet = (await desk.sheet(principal, issue_id(request))).value
    if not sheet.task.may.assignee:
        return answer(shapes.Assignees(assignees=[], more=False))
    found = await desk.reader.assignable(sheet.issue, search, _ASSIGNEES)
    known = await desk.actors.known([one.id for one in found.found], ())
    me = (await desk.actors.find(principal)).redmine_id
    current = sheet.task.assignee.id if sheet.task.assignee else None
    people = [
        shapes.Assignee(
            id=one.id,
            name=one.name,
            login=one.login or None,
            group=one.group,
            me=one.id == me,
            avatar=known.avatars.get(one.id),
            current=one.id == current,
        )
        for one in found.found
    ]
    return answer(shapes.Assignees(assignees=people, more=found.more))


async def preview(request: Request, tickets: Tickets, _principal: Principal) -> Response:
    """A text as it would be shown."""
    given, _ = await wants.read(request, wants.PostPreview)
    formatting = given.format or await desk_of(tickets).reader.formatting()
    context = Context(redmine_url=tickets.settings.redmine_url or "")
    return answer(shapes.Html(html=render(given.text, formatting, context)))  # type: ignore[arg-type]  # the pattern allows only these


async def download(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """A file of the issue, whole or in part."""
    desk, id, attachment = desk_of(tickets), issue_id(request), issue_id(request, "attachment_id")
    sheet = (await desk.sheet(principal, id)).value
    if all(file.id != attachment for file in sheet.task.attachments):
        raise WebError(404, "not_found", N_("This ticket has no such file."))
    return await send_file(request, await desk.connector(principal), id, attachment)


async def get_draft(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """One's own draft."""
    return answer(shapes.DraftAnswer(draft=await tickets.drafts.get(principal.user_id, issue_id(request))))


async def put_draft(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Saves one's draft; the last one wins."""
    given, _ = await wants.read(request, wants.PutDraft)
    return answer(shapes.DraftAnswer(draft=await tickets.drafts.put(principal.user_id, issue_id(request), given)))


async def delete_draft(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Throws one's draft away."""
    await tickets.drafts.delete(principal.user_id, issue_id(request))
    return answer(shapes.DraftAnswer(draft=None))


async def read(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Keeps up to where the person has read."""
    given, _ = await wants.read(request, wants.PostRead)
    await tickets.reads.mark(principal.user_id, issue_id(request), parse(given.version))
    return answer(shapes.Ok())
