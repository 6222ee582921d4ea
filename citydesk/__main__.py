"""The command line: ``citydesk up`` to try everything; the other commands run its parts."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; return the status the process ends with."""
    asked = _parser().parse_args(words)
    module = import_module(f"citydesk.commands.{asked.module}")
    run: Callable[[argparse.Namespace], int] = getattr(module, asked.verb)
    from citydesk.commands.home import AlreadyRunning
    from citydesk.kit.embedding import ServerTrouble

    try:
        return run(asked)
    except (AlreadyRunning, ServerTrouble) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="citydesk",
        description="A city's service desk. Start with: citydesk up",
        epilog="Every setting is an environment variable; see .env.example.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _plain(commands, "up", "set up and run everything here, for development")
    serve = _plain(commands, "serve", "answer citizens: the doors")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, help="port to listen on (CITYDESK_PORT)")
    serve.add_argument("--processes", type=int, default=1, help="so many equal processes")
    serve.add_argument("--fd", type=int, help=argparse.SUPPRESS)
    _plain(commands, "work", "deliver what was announced, keep the timetable: the worker")
    _plain(commands, "sandbox", "run the imitated world outside, alone")
    _plain(commands, "migrate", "bring the tables up to date")
    _plain(commands, "seed", "migrate, then plant the sample city (development)")
    for name, says in (
        ("backup", "write all data, without the keys, into a new file"),
        ("restore", "fill an empty, migrated database from a backup"),
    ):
        _plain(commands, name, says).add_argument("file", help="the backup's file")
    _import(commands)
    _export(commands)
    _menu(commands)
    _outbox(commands)
    _baseline(commands)
    _deadline(commands)
    says = "whether every case stands where its events say"
    compare = commands.add_parser("cases", help=says, description=says)
    compare.add_argument("--most", type=int, default=100, help="tell of so many at most")
    compare.set_defaults(module="cases", verb="compare")
    _officer(commands)
    _plain(commands, "check", "check the settings and everything they name")
    generate = _plain(commands, "generate", "write the files that are made from the code")
    generate.add_argument("--check", action="store_true", help="only tell which are out of date")
    _plain(commands, "reset", "clear the data of development")
    return parser


def _plain(commands: Subparsers, name: str, says: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=says, description=says)
    parser.set_defaults(module=name, verb=name)
    return parser


def _import(commands: Subparsers) -> None:
    says = "take in a file: guides, calendar or templates"
    kinds = commands.add_parser("import", help=says, description=says).add_subparsers(
        title="what", metavar="WHAT", required=True
    )
    for name, about in (
        ("guides", "guides or a list of items (JSON or CSV: docs/import-guides.md)"),
        ("calendar", "a year's holidays as published by the State Council (JSON)"),
        (
            "templates",
            "the account's message templates (CSV: key,template_id,in_force_from,fields)",
        ),
    ):
        kind = kinds.add_parser(name, help=about, description=about)
        kind.add_argument("file", help="the file to read")
        kind.set_defaults(module="imports", verb=name)
        if name == "guides":
            kind.add_argument("--source", help="whose items they are, if the file does not say")
            kind.add_argument("--dry-run", action="store_true", help="only tell what would happen")
            kind.add_argument(
                "--skip-faulty", action="store_true", help="take the others if rows are faulty"
            )


def _export(commands: Subparsers) -> None:
    says = "write a file: guides"
    kinds = commands.add_parser("export", help=says, description=says).add_subparsers(
        title="what", metavar="WHAT", required=True
    )
    about = "every item with its newest guide; `citydesk import guides` takes the file back"
    kind = kinds.add_parser("guides", help=about, description=about)
    kind.add_argument("--format", choices=("json", "csv"), default="json", help="json or csv")
    kind.add_argument("--source", help="only the items of this source")
    kind.add_argument("-o", "--output", help="the file to write; otherwise the terminal")
    kind.set_defaults(module="exports", verb="guides")


def _deadline(commands: Subparsers) -> None:
    says = "by when: questions as JSON lines in, answers as JSON lines out; no database"
    parser = commands.add_parser("deadline", help=says, description=says)
    parser.add_argument(
        "--batch",
        action="store_true",
        required=True,
        help='lines {"start": ISO with offset, "days": n, "pauses": [[from, to, approved days]]}',
    )
    parser.add_argument(
        "--hours",
        default="09:00-17:00",
        help="office hours, whose sum is a day: 09:00-12:00,13:00-17:00",
    )
    parser.set_defaults(module="deadline", verb="deadline")


def _officer(commands: Subparsers) -> None:
    says = "officers: add, post, reset"
    verbs = commands.add_parser("officer", help=says, description=says).add_subparsers(
        title="what", metavar="WHAT", required=True
    )
    add = verbs.add_parser("add", help="a new officer; prints the first password")
    add.add_argument("login", help="the name to log in with")
    add.add_argument("name", help="the name as citizens see it")
    post = verbs.add_parser("post", help="give an officer a post")
    post.add_argument("login", help="the officer")
    post.add_argument("role", help="front_desk, back_office, exit_window, department_head or admin")
    post.add_argument("--organ", help="code of the organ")
    post.add_argument("--hall", help="code of the hall")
    reset = verbs.add_parser("reset", help="a new password; ends the officer's sessions")
    reset.add_argument("login", help="the officer")
    for verb, parser in (("add", add), ("post", post), ("reset", reset)):
        parser.set_defaults(module="officer", verb=verb)


def _menu(commands: Subparsers) -> None:
    says = "the menu under the account's chat: publish"
    verbs = commands.add_parser("menu", help=says, description=says).add_subparsers(
        title="what", metavar="WHAT", required=True
    )
    publish = verbs.add_parser("publish", help="give WeChat the menu, in place of the one it has")
    publish.add_argument("--file", help="a menu of your own (JSON); otherwise the bundled one")
    publish.set_defaults(module="menu", verb="publish")


def _baseline(commands: Subparsers) -> None:
    says = "the materials demanded on one day: freeze, show"
    verbs = commands.add_parser("baseline", help=says, description=says).add_subparsers(
        title="what", metavar="WHAT", required=True
    )
    for verb, about in (
        ("freeze", "write down what every guide demands now; once, for ever"),
        ("show", "how much less is demanded than then"),
    ):
        verbs.add_parser(verb, help=about, description=about).set_defaults(
            module="baseline", verb=verb
        )


def _outbox(commands: Subparsers) -> None:
    says = "announced events: state, release"
    verbs = commands.add_parser("outbox", help=says, description=says).add_subparsers(
        title="what", metavar="WHAT", required=True
    )
    for verb, about in (
        ("state", "what waits, what is parked"),
        ("release", "send parked events on their way again"),
    ):
        verbs.add_parser(verb, help=about, description=about).set_defaults(
            module="outbox", verb=verb
        )


if __name__ == "__main__":
    sys.exit(main())
