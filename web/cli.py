"""The command `navigator`."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from adapters.push import vapid
from web import crash, logs, workers
from web.cli_rights import add_rights
from web.doctor import Verdict, examine
from web.passwords import HASHER, MIN_LENGTH, hash_password
from web.people import PERMISSIONS, NoSuchPerson, People, PeopleError, Person
from web.sessions import Sessions
from web.settings import CLIENT_NAMES, EXIT_CODE, PREFIX, Settings, SettingsError
from web.settings_load import load
from web.state import open_store
from web.stop import Stop

__all__ = ["main"]

_URL = "http://127.0.0.1:8000"
"""Where a hub listens by default."""


def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command and exits: 0 done, 1 it did not work, 2 wrong usage, 3 faulty settings."""
    crash.keep_memory()
    options = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        code = run(options)
    except SettingsError as error:
        print(error, file=sys.stderr)
        code = EXIT_CODE
    except Stop as error:
        print(f"navigator: {error}", file=sys.stderr)
        code = error.code
    except PeopleError as error:
        print(f"navigator: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="navigator", description="One live window for helpdesk staff.")
    top.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML); the environment wins over it")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    serve = command("serve", _serve, "run the server")
    serve.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="processes that share the work; more than 1 need BUS_URL (default: 1)"
    )
    # what a parent tells its workers
    serve.add_argument("--fd", type=int, action="append", default=[], help=argparse.SUPPRESS)
    serve.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)
    command("demo", _demo, "run the server on sandboxes that live by themselves")
    command("migrate", _migrate, "make the store, or bring it to this version")
    command("vapid", _vapid, "make a key pair for Web Push")
    command("doctor", _doctor, "try every system behind and say what is wrong")

    _tail_options(command("tail", _tail, "print a person's notifications, and topics, as they come"))
    _publish_options(command("publish", _publish, "publish an event, or the events of standard input"))

    people = commands.add_parser("user", help="local accounts", description="local accounts").add_subparsers(
        required=True, metavar="ACTION"
    )
    add = people.add_parser("add", help="make an account; the password comes from standard input")
    add.set_defaults(run=_user_add)
    add.add_argument("name", help="login name")
    add.add_argument("--display", metavar="NAME", default="", help="full name")
    add.add_argument("--admin", action="store_true", help="grant every right")
    add.add_argument("--permission", metavar="RIGHT", action="append", default=[], choices=PERMISSIONS, help=" | ".join(PERMISSIONS))
    add.add_argument("--redmine-id", type=int, metavar="N", help="the person's id in Redmine")
    add.add_argument("--email", metavar="ADDRESS")
    add.add_argument("--locale", choices=("ru", "en"), default="ru")
    add.add_argument("--zone", default="Europe/Moscow", help="IANA time zone")
    people.add_parser("list", help="list the accounts").set_defaults(run=_user_list)
    text = "set a password, from standard input, and end every sign-in"
    passwd = people.add_parser("passwd", help=text, description=text)
    passwd.set_defaults(run=_user_passwd)
    passwd.add_argument("name", help="login name")
    add_rights(people, _settings)
    return top


def _count(word: str) -> int:
    count = int(word)
    if count < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


def _tail_options(tail: argparse.ArgumentParser) -> None:
    tail.add_argument("--url", default=_URL, help="where the hub is (%(default)s)")
    who = tail.add_mutually_exclusive_group()
    who.add_argument("--token-file", metavar="FILE", help=f"a session's token; without it {CLIENT_NAMES[0]} of the environment")
    who.add_argument("--user", metavar="NAME", help="sign in by this name; the password comes from standard input")
    tail.add_argument("--topic", metavar="TOPIC", action="append", default=[], help="a topic to follow as well; may be given often")
    tail.add_argument("--json", action="store_true", help="one JSON object a line")
    begin = tail.add_mutually_exclusive_group()
    begin.add_argument("--since", metavar="N", type=_position, help="begin after this inbox position; without it, with what comes now")
    begin.add_argument("--resume", metavar="FILE", help="begin where the last run with this file ended")


def _publish_options(publish: argparse.ArgumentParser) -> None:
    publish.add_argument("--url", default=_URL, help="where the hub is (%(default)s)")
    publish.add_argument("--token-file", metavar="FILE", help=f"a publisher's token; without it {CLIENT_NAMES[1]} of the environment")
    where = publish.add_mutually_exclusive_group()
    where.add_argument("--to", metavar="USER,USER", help="the people it is for")
    where.add_argument("--topic", metavar="TOPIC", help="the topic it belongs to, for example app:duty")
    publish.add_argument("--type", metavar="TYPE", help="what happened, for example backup.failed")
    publish.add_argument("--source", default="/navigator/publish", help="who says so; with the id the key of the event (%(default)s)")
    publish.add_argument("--id", help="published again under the same id it publishes nothing; without it a new one")
    publish.add_argument("--title", metavar="TEXT", help="one line of plain text, English")
    publish.add_argument("--title-ru", metavar="TEXT", help="the same in Russian; each stands in for the other")
    publish.add_argument("--body", metavar="TEXT", help="plain text of at most 2,000 characters")
    publish.add_argument("--data", metavar="JSON", help="more of the event's data, an object")
    publish.add_argument(
        "--stdin", action="store_true", help="CloudEvents from standard input, one JSON object a line, published as they come"
    )


def _position(text: str) -> int:
    if not (text.isdecimal() and len(text) <= 16):
        raise argparse.ArgumentTypeError(f"{text!r} is no position: a whole number from 0")
    return int(text)


def _tail(options: argparse.Namespace) -> int:
    from web.cli_client import tail  # as in `_serve`

    return tail(options)


def _publish(options: argparse.Namespace) -> int:
    from web.cli_client import publish  # as in `_serve`

    return publish(options)


def _settings(options: argparse.Namespace) -> Settings:
    settings = load(options.config)
    logs.configure(settings.log_format, settings.log_level)
    return settings


def _serve(options: argparse.Namespace) -> int:
    settings = _settings(options)
    if options.workers > 1:
        return workers.run_workers(settings, options.workers, options.config)
    if options.lifeline is not None:
        workers.end_with_parent(options.lifeline)
    # these import every area; the other commands and the parent of workers do without
    from web.server import make_server
    from web.startup import create_app

    crash.tell_where()
    server = make_server(create_app(settings), settings)
    server.run(workers.inherited(options.fd) or None)
    return 0 if server.started else EXIT_CODE


def _demo(options: argparse.Namespace) -> int:
    from web.demo import demo

    return demo(options.config)


def _migrate(options: argparse.Namespace) -> int:
    settings = _settings(options)

    async def run() -> None:
        async with open_store(settings):
            pass

    asyncio.run(run())
    print("The store is up to date.")
    return 0


def _vapid(_options: argparse.Namespace) -> int:
    private, public = vapid.generate()
    print(f"# public key, for looking at: {public}", f"{PREFIX}VAPID_PRIVATE_KEY={private}", sep="\n")
    print(f"{PREFIX}VAPID_SUBJECT=mailto:somebody@your.domain")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    settings = _settings(options)
    from web.checks import CHECKS

    findings = asyncio.run(examine(settings, CHECKS))
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        print(f"{finding.verdict:<8}{finding.name:<{width}}  {finding.text}")
    return int(any(finding.verdict is Verdict.FAILED for finding in findings))


def _user_add(options: argparse.Namespace) -> int:
    settings = _settings(options)
    password = _password()
    identities = {"redmine": str(options.redmine_id)} if options.redmine_id is not None else {}
    if options.email:
        identities["email"] = options.email

    async def run(people: People, _sessions: Sessions) -> str:
        await people.add(
            options.name,
            password_hash=hash_password(HASHER, password),
            display_name=options.display,
            locale=options.locale,
            zone=options.zone,
            permissions=[*options.permission, *(["admin"] if options.admin else [])],
            identities=identities,
            granted_by="navigator user add",
        )
        return f"Made {options.name}."

    return _with_people(settings, run)


def _user_list(options: argparse.Namespace) -> int:
    async def run(people: People, _sessions: Sessions) -> str:
        lines = []
        for person in await people.everybody():
            rights = ", ".join(sorted(person.permissions)) or "-"
            lines.append(f"{person.name:<20} {'active' if person.active else 'disabled':<9} {rights:<24} {person.display_name}")
        return "\n".join(lines) or "There are no accounts yet: navigator user add NAME --admin"

    return _with_people(_settings(options), run)


def _user_passwd(options: argparse.Namespace) -> int:
    settings = _settings(options)

    hashed = hash_password(HASHER, _password())

    async def run(people: People, sessions: Sessions) -> str:
        person = await _existing(people, options.name)
        await people.set_password(person.id, hashed)
        return f"Changed the password of {person.name}; sign-ins ended: {await sessions.end_all(person.id)}."

    return _with_people(settings, run)


def _with_people(settings: Settings, work: Callable[[People, Sessions], Awaitable[str]]) -> int:
    async def run() -> str:
        async with open_store(settings) as engine:
            return await work(People(engine), Sessions(engine))

    print(asyncio.run(run()))
    return 0


async def _existing(people: People, name: str) -> Person:
    person = await people.find(name)
    if person is None:
        raise NoSuchPerson(name)
    return person


def _password() -> str:
    """The first line of standard input; on a terminal asked for twice and not shown."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise Stop("the two passwords differ")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Stop("no password: give it on standard input, for example  navigator user add NAME < password-file")
    if len(password) < MIN_LENGTH:
        raise Stop(f"the password must have at least {MIN_LENGTH} characters")
    return password


if __name__ == "__main__":
    main()
