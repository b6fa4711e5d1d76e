"""``groundup cohort``: back pain with and without heel pain in a group of people."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.cli.arguments import add_out_folder

if TYPE_CHECKING:
    from groundup.clinic.cohort import Cohort, CohortPerson

SUMMARY = "Back pain with and without heel pain in a group of people: how often, odds ratio, adjusted, with intervals."
EXAMPLE = """groundup cohort --new -o people.csv
  groundup cohort people.csv -o out/cohort
  groundup cohort --store clinic.sqlite -o out/cohort"""

DEFAULT_OUT = Path("out", "cohort")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("table", nargs="?", type=Path, metavar="DATA.csv", help="one line per person; see --new")
    parser.add_argument(
        "--store",
        metavar="FILE|URL",
        help="instead of a table: the first examination of everybody in this store (see groundup person)",
    )
    parser.add_argument("--new", action="store_true", help="write an empty table with every column explained, and stop")
    add_out_folder(parser, str(DEFAULT_OUT))


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if args.new:
        return _new(args)
    if (args.table is None) == (args.store is None):
        args.usage_error("give a table DATA.csv or --store, one of them; --new writes an empty table")
    from groundup.cli.console import to_json
    from groundup.clinic.cohort import answer
    from groundup.io.result_folder import COHORT_FILE, atomic_directory
    from groundup.io.study_file import record_to_dict
    from groundup.report.cohort_files import write_cohort

    found = answer(*(_from_table(args.table) if args.table else _from_store(args.store)))
    out = args.out or DEFAULT_OUT
    with atomic_directory(out, args.force, COHORT_FILE) as folder:
        write_cohort(found, folder)
    print(to_json({"out": str(out), **record_to_dict(found)}) if args.json else "\n".join(_lines(found, out)))
    return 0


def _from_table(path: Path) -> tuple[tuple[CohortPerson, ...], str]:
    from groundup.clinic.cohort import people_of
    from groundup.io.people_table import read_people_table

    return people_of(read_people_table(path)), path.name


def _from_store(place: str) -> tuple[tuple[CohortPerson, ...], str]:
    import datetime

    from groundup.clinic.cohort import people_of_visits
    from groundup.clinic.store import Store

    with Store.open(place, make=False) as store:
        return people_of_visits(store.examinations(), datetime.date.today()), store.place


def _new(args: argparse.Namespace) -> int:
    from groundup.cli.console import answer, to_json
    from groundup.clinic.cohort import template
    from groundup.errors import FileError

    if args.table is not None or args.store is not None:
        args.usage_error("--new takes no people; -o says where the new one goes")
    if args.out is not None and args.out.exists() and not args.force:
        raise FileError(f"{args.out}: is there already. Choose another name with --out, or pass --force.")
    text = template().rstrip("\n")
    answer(to_json({"template": text}) if args.json else text, args.out)
    return 0


def _lines(found: Cohort, out: Path) -> list[str]:
    lines = [
        f"People {g.label}: {g.back_pain} of {g.n} with back pain"
        + ("" if g.n == 0 else f", {100 * g.prevalence.value:.0f} % ({_percents(g.prevalence.low, g.prevalence.high)})")
        for g in found.groups
    ]
    estimates = [*found.odds_ratios, *([found.correlation] if found.correlation else [])]
    lines += [f"{e.label}: {e.text}, {e.n} {'pairs' if e.id == 'matched' else 'people'}" for e in estimates]
    lines += [f"  not computed: {n.what}: {n.why}" for n in found.not_computed]
    lines += [f"  left out of {o.what}: {o.n} of {o.of}, {o.why}" for o in found.left_out]
    lines += [f"  {text}" for text in found.warnings]
    return [*lines, found.statements[0], f"Report: {out / 'report.html'}"]


def _percents(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {100 * high:.0f}"
