"""``groundup person``: people in the store, under pseudonyms."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from groundup.cli import stored
from groundup.cli.arguments import count
from groundup.cli.console import Progress

SUMMARY = "People in the store, under pseudonyms: add, list, show, delete, export, import, back up."
EXAMPLE = """groundup person add --birth-year 1978
  groundup person list
  groundup person export -o all.jsonl
  groundup person backup backup.sqlite"""

_LONGEST_LINE = 64 * 2**20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands below this one."""
    verbs = stored.add_verbs(parser)
    _add_one(verbs)
    _add_whole(verbs)


def _add_one(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    add = stored.add_verb(
        verbs, "add", "Add a person under a pseudonym; no name is kept.", "groundup person add --birth-year 1978", _add
    )
    add.add_argument("id", nargs="?", metavar="ID", help="pseudonym (default: a random one is made)")
    add.add_argument("--birth-year", type=count, metavar="YEAR", help="year of birth; may be left out")
    stored.add_answer(add)
    people = stored.add_verb(verbs, "list", "List the people.", "groundup person list --page 2", _list)
    stored.add_paging(people)
    stored.add_answer(people)
    show = stored.add_verb(
        verbs,
        "show",
        "Show a person: latest visits, and what can be followed.",
        "groundup person show p-7k2mq9xd",
        _show,
    )
    show.add_argument("id", metavar="ID", help="the person")
    stored.add_answer(show)
    delete = stored.add_verb(
        verbs,
        "delete",
        "Delete a person with all visits, so that nothing is left in the store.",
        "groundup person delete p-7k2mq9xd --yes",
        _delete,
    )
    delete.add_argument("id", metavar="ID", help="the person")
    stored.add_yes(delete)
    stored.add_answer(delete)


def _add_whole(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = stored.add_verb(
        verbs, "export", "Write people with all visits as JSON lines.", "groundup person export -o all.jsonl", _export
    )
    export.add_argument("ids", nargs="*", metavar="ID", help="which people (default: all)")
    stored.add_answer(export)
    import_ = stored.add_verb(
        verbs, "import", "Add everything of an export, or nothing of it.", "groundup person import all.jsonl", _import
    )
    import_.add_argument("file", type=Path, metavar="FILE", help="made by groundup person export")
    stored.add_answer(import_)
    backup = stored.add_verb(
        verbs,
        "backup",
        "Copy the whole store while it is in use; of PostgreSQL an export.",
        "groundup person backup backup.sqlite",
        _backup,
    )
    backup.add_argument("file", type=Path, metavar="FILE", help="where to; nothing is replaced")
    stored.add_answer(backup)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    stored.check_output(args)
    code: int = args.run(args)
    return code


def _add(args: argparse.Namespace) -> int:
    with stored.open_store(args, make=True) as store:
        person = store.add_person(args.id, birth_year=args.birth_year)
        return stored.say(args, f"{person.id} added to {store.place}", stored.as_plain(person))


def _list(args: argparse.Namespace) -> int:
    with stored.open_store(args) as store:
        page = store.people(args.page, args.per_page)
    rows = [(p.id, p.birth_year or "", p.visits, p.first or "", p.last or "") for p in page.rows]
    table = [("person", "born", "visits", "first", "last"), *rows] if rows else []
    return stored.say(args, stored.page_as_text(page, table, "person", "people"), stored.page_as_plain(page, "people"))


def _show(args: argparse.Namespace) -> int:
    with stored.open_store(args) as store:
        person, page, measures = store.person(args.id), store.visits(args.id, per_page=20), store.measures(args.id)
    plain = {
        **stored.as_plain(person),
        **stored.page_as_plain(page, "visits"),
        "measures": [stored.as_plain(m) for m in measures],
    }
    lines = [f"{person.id}, born {person.birth_year}" if person.birth_year else person.id]
    lines += [f"  {line}" for line in stored.aligned((v.id, v.date, v.kind) for v in page.rows)]
    lines.append(
        stored.counted(page.total, "visit") + (f", the latest {len(page.rows)} shown" if page.pages > 1 else "")
    )
    lines += [f"  {line}" for line in stored.aligned((m.measure, m.side, m.label, m.visits) for m in measures)]
    return stored.say(args, "\n".join(lines), plain)


def _delete(args: argparse.Namespace) -> int:
    from groundup.errors import StoreError

    with stored.open_store(args) as store:
        if not args.yes:
            total = (store.person(args.id), store.visits(args.id, per_page=1).total)[1]
            raise StoreError(
                f"person {args.id} with {stored.counted(total, 'visit')} would be deleted for good. Repeat with --yes."
            )
        done = store.delete_person(args.id, Progress())
    return stored.say(args, stored.deleted_as_text(args.id, done), {"id": args.id, **stored.as_plain(done)})


def _export(args: argparse.Namespace) -> int:
    from groundup.cli.console import to_json
    from groundup.clinic.store.private_file import write_private

    progress = Progress(quiet=args.out is None)
    with stored.open_store(args) as store:
        lines = store.export(args.ids, progress)
        if args.out is None:  # --json changes nothing: the lines are JSON
            print("".join(lines), end="")
            return 0
        write_private(args.out, lines)
    print(to_json({"file": str(args.out)}) if args.json else f"{args.out} written. It holds health data: keep it safe.")
    return 0


def _import(args: argparse.Namespace) -> int:
    from groundup.errors import FileError

    try:
        file = args.file.open("rb")
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise FileError(f"{args.file}: cannot be read ({why}). Check the path.") from error
    with file, stored.open_store(args, make=True) as store:
        moved = store.import_(_lines(file), str(args.file), Progress())
        return stored.say(
            args,
            f"{stored.counted(moved.people, 'person', 'people')} added, {stored.counted(moved.visits, 'visit')}",
            stored.as_plain(moved),
        )


def _lines(file: BinaryIO) -> Iterator[bytes]:
    # A line may not fill the memory; the reader refuses the part that is over its limit.
    return iter(lambda: file.readline(_LONGEST_LINE + 1), b"")


def _backup(args: argparse.Namespace) -> int:
    with stored.open_store(args) as store:
        store.backup(args.file, Progress())
        how = f"Use it as a store: --store {args.file}" if args.file.suffix != ".jsonl" else "groundup person import"
        text = f"{args.file}: a copy of {store.place}. {how}"
        return stored.say(args, text, {"file": str(args.file), "store": store.place})
