"""Redmine 5's REST API over the sandbox's database: as much as a helpdesk window needs, with Redmine's own surprises.

Not here: HTML pages, thumbnails, anything that administers. What is here answers as a real Redmine 5.0.4 was seen to.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.sandbox.redmine import files, issues, schema
from adapters.sandbox.redmine.call import Call, Refusal, empty
from adapters.sandbox.redmine.database import Database, to_utc
from adapters.sandbox.redmine.edits import facts, plan_create, plan_update
from adapters.sandbox.redmine.queries import conditions, order, page
from adapters.sandbox.redmine.rules import Project, Site, User

__all__ = ["build_app", "hash_password"]

Handler = Callable[[Call], Awaitable[Response]]

_LOGIN_PAGE = """<!doctype html><html lang="ru"><meta charset="utf-8"><title>Redmine (песочница)</title>
<p>Это демонстрационный Redmine: у него есть только REST API. / This is a demonstration Redmine: it speaks REST only.</p></html>"""


def hash_password(password: str, salt: str) -> str:
    """Redmine's own: SHA-1 of the salt and the hex SHA-1 of the password."""
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest()
    return hashlib.sha1((salt + inner).encode(), usedforsecurity=False).hexdigest()


def build_app(database: Database) -> Starlette:
    """The ASGI application. It holds no state of its own: everything is in the database."""

    def route(path: str, handler: Handler, *methods: str) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                return await handler(await _authenticated(request, database))
            except Refusal as refusal:
                return empty(refusal.status)

        return Route(path, endpoint, methods=list(methods or ("GET",)), name=f"{handler.__name__} {' '.join(methods)}")

    async def login_page(_request: Request) -> Response:
        return HTMLResponse(_LOGIN_PAGE)

    async def elsewhere(request: Request) -> Response:
        if request.url.path.endswith(".json"):
            return empty(404)
        return RedirectResponse("/login", 302)  # without .json the request is a browser's, and nobody is signed in

    return Starlette(
        routes=[
            route("/users/current.json", _current_user),
            route("/issues.json", _list_issues),
            route("/issues.json", _create_issue, "POST"),
            route("/issues/{id}.json", _show_issue),
            route("/issues/{id}.json", _update_issue, "PUT", "PATCH"),
            route("/issues/{id}/watchers.json", _add_watcher, "POST"),
            route("/issues/{id}/watchers/{user_id}.json", _remove_watcher, "DELETE"),
            route("/uploads.json", files.upload, "POST"),
            route("/attachments/{id}.json", files.show),
            route("/attachments/download/{id}", files.download),
            route("/attachments/download/{id}/{filename}", files.download),
            route("/issue_statuses.json", _statuses),
            route("/enumerations/issue_priorities.json", _priorities),
            route("/trackers.json", _trackers),
            route("/roles/{id}.json", _role),
            route("/projects.json", _projects),
            route("/projects/{id}.json", _project),
            route("/projects/{id}/memberships.json", _memberships),
            Route("/login", login_page),
            Route("/{path:path}", elsewhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]
    )


# -- who is asking -----------------------------------------------------------------------------------


async def _authenticated(request: Request, database: Database) -> Call:
    site = await database.site()
    if not site.setting("rest_api_enabled"):
        raise Refusal(403)
    async with database.reading() as connection:
        user, stale = await _user(request, connection, site, database)
    if stale:
        async with database.writing() as connection:
            await connection.execute(sa.update(schema.users).where(schema.users.c.id == user.id).values(last_login_on=database.now()))
    body: Any = {}
    if request.method in ("POST", "PUT", "PATCH") and request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads((await request.body()).decode() or "{}")
        except ValueError:  # malformed, or not UTF-8
            raise Refusal(400) from None
    return Call(request, database, site, user, body if isinstance(body, dict) else {})


async def _user(request: Request, connection: AsyncConnection, site: Site, database: Database) -> tuple[User, bool]:
    """The user of the key or password, and whether `last_login_on` is to be moved (Basic with a password, once a minute)."""
    key = request.headers.get("x-redmine-api-key") or request.query_params.get("key")
    stale = False
    if key:
        user = await _key_owner(connection, site, key)
    else:
        login, password = _basic(request.headers.get("authorization", ""))
        user, stale = await _password_owner(connection, site, database, login, password)
        if user is None:
            user = await _key_owner(connection, site, login)
    if user is None:
        raise Refusal(401)
    switch = request.headers.get("x-redmine-switch-user")
    if switch and user.admin:  # anybody else's header is ignored
        user = next((one for one in site.users.values() if one.login.lower() == switch.lower() and one.active and not one.group), None)
        if user is None:
            raise Refusal(412)
    return user, stale


def _basic(header: str) -> tuple[str, str]:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        login, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return login, password


async def _key_owner(connection: AsyncConnection, site: Site, key: str) -> User | None:
    token = schema.tokens.c
    owner = (await connection.execute(sa.select(token.user_id).where(token.action == "api", token.value == key))).scalar()
    user = site.users.get(owner) if owner else None
    return user if user and user.active else None


async def _password_owner(
    connection: AsyncConnection, site: Site, database: Database, login: str, password: str
) -> tuple[User | None, bool]:
    if not login or not password:
        return None, False
    query = sa.select(schema.users).where(sa.func.lower(schema.users.c.login) == login.lower(), schema.users.c.type == "User")
    row = (await connection.execute(query)).mappings().first()
    if row is None or not hmac.compare_digest(hash_password(password, row["salt"] or ""), row["hashed_password"]):
        return None, False
    user = site.users[row["id"]]
    if not user.active or row["twofa_scheme"]:
        raise Refusal(401)
    if row["must_change_passwd"]:
        raise Refusal(403)
    return user, row["last_login_on"] is None or database.now() - row["last_login_on"] > timedelta(minutes=1)


# -- reading -----------------------------------------------------------------------------------------


async def _current_user(call: Call) -> Response:
    async with call.database.reading() as connection:
        row = (await connection.execute(sa.select(schema.users).where(schema.users.c.id == call.user.id))).mappings().one()
        token = schema.tokens.c
        key = (await connection.execute(sa.select(token.value).where(token.action == "api", token.user_id == call.user.id))).scalar()
    shown: dict[str, Any] = {
        **{name: row[name] for name in ("id", "login", "admin", "firstname", "lastname")},
        "mail": call.user.mail,
        **{name: to_utc(row[name]) for name in ("created_on", "updated_on", "last_login_on", "passwd_changed_on")},
        "twofa_scheme": row["twofa_scheme"],
        "api_key": key,
        "custom_fields": [],
    }
    if "groups" in call.include:
        shown["groups"] = [{"id": one, "name": call.site.users[one].name} for one in sorted(call.site.groups.get(call.user.id, ()))]
    if "memberships" in call.include:
        shown["memberships"] = [
            {
                "id": number,
                "project": {"id": project, "name": call.site.projects[project].name},
                "roles": [{"id": role, "name": call.site.roles[role].name} for role in sorted(roles)],
            }
            for number, ((user, project), roles) in enumerate(sorted(call.site.memberships.items()), start=1)
            if user == call.user.id
        ]
    return call.answer({"user": shown})


async def _list_issues(call: Call) -> Response:
    query = call.request.query_params
    offset, limit = page(query)
    async with call.database.reading() as connection:
        found = sa.select(schema.issues).where(*conditions(call.site, call.user, query)).order_by(*order(query))
        visible = [row for row in map(dict, (await connection.execute(found)).mappings()) if call.site.sees(call.user, facts(row))]
        shown = visible[offset : offset + limit]
        numbers = [row["id"] for row in shown]
        custom = await issues.custom_values(connection, numbers)
        items = [issues.render(call.site, row, custom) for row in shown]
        if "attachments" in call.include:
            files = await issues.attached(connection, call.site, numbers, str(call.request.base_url))
            items = [{**item, "attachments": files.get(item["id"], [])} for item in items]
        if "relations" in call.include:
            links = await issues.related(connection, numbers)
            items = [{**item, "relations": links.get(item["id"], [])} for item in items]
    return call.answer({"issues": items, "total_count": len(visible), "offset": offset, "limit": limit})


async def _show_issue(call: Call) -> Response:
    async with call.database.reading() as connection:
        row = await call.issue(connection)
        return call.answer(
            {"issue": await issues.render_full(connection, call.site, call.user, row, call.include, str(call.request.base_url))}
        )


async def _statuses(call: Call) -> Response:
    return call.answer({"issue_statuses": [{"id": one.id, "name": one.name, "is_closed": one.closed} for one in call.site.statuses]})


async def _priorities(call: Call) -> Response:
    return call.answer(
        {
            "issue_priorities": [
                {"id": one.id, "name": one.name, "is_default": one.default, "active": one.active} for one in call.site.priorities
            ]
        }
    )


async def _trackers(call: Call) -> Response:
    status = call.site.status
    return call.answer(
        {
            "trackers": [
                {
                    "id": one.id,
                    "name": one.name,
                    "default_status": {"id": one.default_status_id, "name": status[one.default_status_id].name},
                }
                for one in call.site.trackers
            ]
        }
    )


async def _role(call: Call) -> Response:
    role = call.site.roles.get(call.number())
    if role is None:
        raise Refusal(404)
    shown = {
        "id": role.id,
        "name": role.name,
        "assignable": role.assignable,
        "issues_visibility": role.issues_visibility,
        "permissions": list(role.permissions),
    }
    return call.answer({"role": shown})


def _visible(call: Call, project: Project) -> bool:
    return call.user.admin or project.public or (call.user.id, project.id) in call.site.memberships


def _shown(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "identifier": project.identifier,
        "status": project.status,
        "is_public": project.public,
    }


async def _projects(call: Call) -> Response:
    shown = [_shown(one) for one in call.site.projects.values() if _visible(call, one)]
    return call.answer({"projects": shown, "total_count": len(shown), "offset": 0, "limit": 100})


def _named(call: Call) -> Project:
    """The project that the address names by its number or identifier; 404, or 403 for a hidden one, as Redmine tells them apart."""
    wanted = str(call.request.path_params["id"])
    project = next((one for one in call.site.projects.values() if wanted in (str(one.id), one.identifier)), None)
    if project is None:
        raise Refusal(404)
    if not _visible(call, project):
        raise Refusal(403)
    return project


async def _project(call: Call) -> Response:
    return call.answer({"project": _shown(_named(call))})


async def _memberships(call: Call) -> Response:
    project = _named(call)
    shown: list[dict[str, Any]] = []
    for (principal, number), roles in sorted(call.site.memberships.items()):
        if number == project.id and principal in call.site.users:
            one = call.site.users[principal]
            shown.append(
                {
                    "id": len(shown) + 1,
                    "project": {"id": project.id, "name": project.name},
                    "group" if one.group else "user": {"id": one.id, "name": one.name},
                    "roles": [{"id": role, "name": call.site.roles[role].name} for role in sorted(roles)],
                }
            )
    return call.answer({"memberships": shown, "total_count": len(shown), "offset": 0, "limit": 100})


# -- writing -----------------------------------------------------------------------------------------


async def _create_issue(call: Call) -> Response:
    params = call.json.get("issue")
    params = params if isinstance(params, dict) else {}
    wanted = str(params.get("project_id") or "")
    project = next((one for one in call.site.projects.values() if wanted in (str(one.id), one.identifier)), None)
    if wanted and project is None:
        raise Refusal(404)
    if project is not None and not call.site.may(call.user, "add_issues", project.id):
        raise Refusal(403)
    now = call.database.now()
    edit = plan_create(call.site, call.user, project.id if project else None, params, now)
    if edit.errors:
        return call.answer({"errors": edit.errors}, 422)
    async with call.database.writing() as connection:
        number = await issues.create(connection, edit, now)
    async with call.database.reading() as connection:
        row = await issues.find(connection, number)
        if row is None:  # deleted behind our back
            raise Refusal(404)
        shown = await issues.render_full(connection, call.site, call.user, row, (), str(call.request.base_url))
    return call.answer({"issue": shown}, 201, {"location": f"{call.request.base_url}issues/{number}"})


async def _update_issue(call: Call) -> Response:
    params = call.json.get("issue")
    params = params if isinstance(params, dict) else {}
    async with call.database.reading() as connection:
        row = await call.issue(connection)
        issue = facts(row)
        if not call.site.edits(call.user, issue) and not call.site.annotates(call.user, issue):
            raise Refusal(403)
        blocked = await issues.held_open(connection, call.site, row["id"])
    now = call.database.now()
    edit = plan_update(call.site, call.user, row, params, held_open=blocked, now=now)
    if edit.stale or edit.errors:
        return call.answer({"errors": edit.errors}, 422)
    async with call.database.writing() as connection:
        edit.details += await files.attach(connection, row["id"], call.user, params)
        written = await issues.update(connection, row, call.user, edit, now)
    # somebody else's PUT came between our reading and writing: Redmine answers 422 without words
    return Response(status_code=204) if written else call.answer({"errors": []}, 422)


async def _add_watcher(call: Call) -> Response:
    sent = call.json.get("user_id")
    async with call.database.writing() as connection:
        row = await call.issue(connection)
        if not call.site.may(call.user, "add_issue_watchers", row["project_id"]):
            raise Refusal(403)
        if isinstance(sent, int | str) and str(sent).isdecimal() and int(sent) in call.site.users:
            watcher = schema.watchers
            same = sa.select(watcher.c.id).where(
                watcher.c.watchable_type == "Issue", watcher.c.watchable_id == row["id"], watcher.c.user_id == int(sent)
            )
            if (await connection.execute(same)).first() is None:
                await connection.execute(sa.insert(watcher).values(watchable_type="Issue", watchable_id=row["id"], user_id=int(sent)))
    return Response(status_code=204)


async def _remove_watcher(call: Call) -> Response:
    wanted = str(call.request.path_params["user_id"])
    async with call.database.writing() as connection:
        row = await call.issue(connection)
        if not call.site.may(call.user, "delete_issue_watchers", row["project_id"]):
            raise Refusal(403)
        if not wanted.isdecimal() or int(wanted) not in call.site.users:
            raise Refusal(404)
        watcher = schema.watchers
        await connection.execute(
            sa.delete(watcher).where(
                watcher.c.watchable_type == "Issue", watcher.c.watchable_id == row["id"], watcher.c.user_id == int(wanted)
            )
        )
    return Response(status_code=204)
