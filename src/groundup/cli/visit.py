"""``groundup visit``: visits of people in the store, and what changed between them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.cli import stored
from groundup.cli.arguments import add_out_folder
from groundup.cli.console import Progress, answer, to_json
from groundup.cli.danger import Danger, examined_danger

if TYPE_CHECKING:
    from groundup.clinic.store import Store
    from groundup.clinic.store.records import Content, Number, StudyEntry, Trend, VisitRecord
    from groundup.report.trend_page import DrawnTrend

SUMMARY = "Visits in the store: add, attach, list, show, delete, follow over time, compare the gait of two."
EXAMPLE = """groundup visit add p-7k2mq9xd --date 2026-05-04 --kind first --score odi=34 --study out/walk
  groundup visit trend p-7k2mq9xd odi -o odi.html
  groundup visit compare p-7k2mq9xd.1 p-7k2mq9xd.2 -o out/pre_post"""

_ADD_EXAMPLE = """groundup visit add p-7k2mq9xd --kind first --exam exam.toml
  groundup visit add p-7k2mq9xd --score odi=34 --score nprs_heel:left=6 --score nprs_heel:right=0"""

_SIDES = ("left", "right", "none")
_MOST_LINES = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands below this one."""
    verbs = stored.add_verbs(parser)
    _add_writing(verbs)
    _add_reading(verbs)
    _add_following(verbs)


def _add_writing(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    add = stored.add_verb(
        verbs,
        "add",
        "Add a visit of a person with what belongs to it, all or nothing.",
        _ADD_EXAMPLE,
        _add,
    )
    add.add_argument("person", metavar="PERSON", help="id of the person")
    add.add_argument("--date", metavar="YYYY-MM-DD", help="day of the visit (default: the examination's, else today)")
    add.add_argument("--kind", default="follow-up", metavar="WORDS", help="what visit it was (default: follow-up)")
    add.add_argument("--id", metavar="ID", help="id of the visit (default: the person's, and a number)")
    _add_content(add)
    attach = stored.add_verb(
        verbs,
        "attach",
        "Add to a visit that is there, all or nothing.",
        "groundup visit attach p-7k2mq9xd.1 --study out/walk --treatment 'calf stretching: 3 x 30 s a day'",
        _attach,
    )
    attach.add_argument("visit", metavar="VISIT", help="id of the visit")
    _add_content(attach)
    delete = stored.add_verb(
        verbs,
        "delete",
        "Delete a visit, so that nothing of it is left in the store.",
        "groundup visit delete p-7k2mq9xd.2 --yes",
        _delete,
    )
    delete.add_argument("visit", metavar="VISIT", help="id of the visit")
    stored.add_yes(delete)
    stored.add_answer(delete)


def _add_content(parser: argparse.ArgumentParser) -> None:
    several: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument(
        "--exam",
        type=Path,
        metavar="FILE",
        help="examination record (groundup evaluate --new), TOML or JSON; scores are stored too, red flags said",
    )
    parser.add_argument(
        "--score",
        type=_score,
        metavar="NAME[:SIDE]=VALUE",
        help="a score, again for each; those of a foot or leg with its side: odi=34, nprs_heel:left=6, fpi6:right=7",
        **several,
    )
    parser.add_argument(
        "--study", type=Path, metavar="DIR", help="result folder of groundup analyse, again for each", **several
    )
    parser.add_argument(
        "--recording",
        type=Path,
        metavar="FILE",
        help="recording; its path and hash are kept, again for each",
        **several,
    )
    parser.add_argument(
        "--treatment", metavar="NAME[: DOSE]", help="treatment begun at this visit, again for each", **several
    )
    stored.add_answer(parser)


def _add_reading(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    visits = stored.add_verb(verbs, "list", "List visits, the latest first.", "groundup visit list p-7k2mq9xd", _list)
    visits.add_argument("person", nargs="?", metavar="PERSON", help="of this person (default: of all)")
    stored.add_paging(visits)
    stored.add_answer(visits)
    show = stored.add_verb(
        verbs, "show", "Show a visit with all that belongs to it.", "groundup visit show p-7k2mq9xd.1 --json", _show
    )
    show.add_argument("visit", metavar="VISIT", help="id of the visit")
    stored.add_answer(show)


def _add_following(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    trend = stored.add_verb(
        verbs,
        "trend",
        "Follow scores and main loads over the visits, against what can be told and what matters.",
        "groundup visit trend p-7k2mq9xd -o p-7k2mq9xd.html",
        _trend,
    )
    trend.add_argument("person", metavar="PERSON", help="id of the person")
    trend.add_argument("measure", nargs="?", metavar="MEASURE", help="such as odi or lumbar_peak (default: all)")
    trend.add_argument("--side", choices=_SIDES, help="only this side (default: all there are)")
    stored.add_page_out(trend)
    compare = stored.add_verb(
        verbs,
        "compare",
        "Compare the gait of two visits, as groundup compare does with their studies.",
        "groundup visit compare p-7k2mq9xd.1 p-7k2mq9xd.2 -o out/pre_post",
        _compare,
    )
    compare.add_argument("before", metavar="BEFORE", help="id of the first visit")
    compare.add_argument("after", metavar="AFTER", help="id of the second visit")
    compare.add_argument("--same-markers", action="store_true", help="the markers stayed on between the recordings")
    compare.add_argument("--no-attribution", action="store_true", help="do not split changes among the links")
    add_out_folder(compare, str(Path("out", "comparison")))


def _score(text: str) -> tuple[str, str, float]:
    """Parse ``odi=34`` or ``nprs_heel:left=6``."""
    name, equals, value = text.partition("=")
    measure, _, side = name.partition(":")
    try:
        if not equals or not measure or (side or "none") not in _SIDES:
            raise ValueError
        return measure, side or "none", float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=VALUE or NAME:SIDE=VALUE, such as odi=34") from None


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if args.verb != "compare":
        stored.check_output(args)
    code: int = args.run(args)
    return code


# --- writing ------------------------------------------------------------


def _add(args: argparse.Namespace) -> int:
    # Opened first: a wrong person or store is said before files are read, and nothing is stored before all are.
    with stored.open_store(args) as store:
        person = store.person(args.person)
        examined = _examined(args)
        day = args.date or _day_of(examined[0]) or _today()
        content = _content(args, day, examined)
        danger = examined_danger(content.examination, str(args.exam))  # before anything is stored: all or nothing
        visit = store.add_visit(person.id, day, args.kind, visit=args.id, content=content)
        return _told(args, store.visit(visit.id), danger, [f"{visit.id} added to {store.place}"])


def _attach(args: argparse.Namespace) -> int:
    with stored.open_store(args) as store:
        there = store.visit(args.visit)
        content = _content(args, there.visit.date, _examined(args))
        danger = examined_danger(content.examination or there.content.examination, f"visit {there.visit.id}")
        store.attach(there.visit.id, content)
        return _told(args, store.visit(there.visit.id), danger)


def _delete(args: argparse.Namespace) -> int:
    from groundup.errors import StoreError

    with stored.open_store(args) as store:
        if not args.yes:
            visit = store.visit(args.visit).visit
            raise StoreError(f"visit {visit.id} of {visit.date} would be deleted for good. Repeat with --yes.")
        done = store.delete_visit(args.visit, Progress())
    return stored.say(args, stored.deleted_as_text(args.visit, done), {"id": args.visit, **stored.as_plain(done)})


def _examined(args: argparse.Namespace) -> tuple[str | None, tuple[Number, ...]]:
    """Read the examination, as JSON, with its scores."""
    from datetime import date

    from groundup.clinic.store.files import examination_entry

    return examination_entry(args.exam, date.today()) if args.exam is not None else (None, ())


def _day_of(examination: str | None) -> str | None:
    import json

    return json.loads(examination).get("date") if examination is not None else None


def _content(args: argparse.Namespace, started: str, examined: tuple[str | None, tuple[Number, ...]]) -> Content:
    from groundup.clinic.store.files import file_entry, score_entry, study_entry
    from groundup.clinic.store.records import Content, Treatment

    treatments = (text.partition(":") for text in args.treatment)
    return Content(
        examination=examined[0],
        scores=(*examined[1], *(score_entry(measure, value, side) for measure, side, value in args.score)),
        studies=tuple(study_entry(path) for path in args.study),
        recordings=tuple(file_entry(path) for path in args.recording),
        treatments=tuple(Treatment(name.strip(), dose.strip(), started) for name, _, dose in treatments),
    )


def _today() -> str:
    from datetime import date

    return date.today().isoformat()


# --- reading ------------------------------------------------------------


def _list(args: argparse.Namespace) -> int:
    with stored.open_store(args) as store:
        page = store.visits(args.person, args.page, args.per_page)
    rows = [(v.id, v.person, v.date, v.kind) for v in page.rows]
    table = [("visit", "person", "day", "kind"), *rows] if rows else []
    return stored.say(args, stored.page_as_text(page, table, "visit"), stored.page_as_plain(page, "visits"))


def _show(args: argparse.Namespace) -> int:
    with stored.open_store(args) as store:
        record = store.visit(args.visit)
    return _told(args, record, examined_danger(record.content.examination, f"visit {record.visit.id}"))


def _told(args: argparse.Namespace, record: VisitRecord, danger: Danger, head: Sequence[str] = ()) -> int:
    """Print or write a visit, its red flags before anything else that belongs to it."""
    lines = [*head, *_lines(record, danger)]
    code = stored.say(args, "\n".join(lines), {**_as_plain(record), **danger.as_plain()})
    if args.out is not None and danger.grave:  # nobody may miss them in a file that is opened later
        print("\n".join(danger.lines(weak=False)), file=sys.stderr)
    return code


def _as_plain(record: VisitRecord) -> dict[str, Any]:
    import json

    content = stored.as_plain(record.content)
    if record.content.examination is not None:
        content["examination"] = json.loads(record.content.examination)
    return {**stored.as_plain(record.visit), **content}


def _lines(record: VisitRecord, danger: Danger) -> list[str]:
    visit, content = record.visit, record.content
    lines = [f"{visit.id}: {visit.kind}, {visit.date}, {visit.person}"]
    lines += [f"  {line}" for line in danger.lines()]
    if content.examination is not None:
        lines.append("  examination")
    lines += [f"  score {_sided(n.measure, n.side)}: {n.value:g} {n.unit}".rstrip() for n in content.scores]
    for study in content.studies:
        lines.append(f"  study {study.title}: {study.path}")
        lines += [f"    {_sided(n.label or n.measure, n.side)}: {n.value:.4g} {n.unit}" for n in study.numbers]
    lines += [f"  recording {r.path}" for r in content.recordings]
    lines += [f"  treatment {t.name}{f': {t.dose}' if t.dose else ''}" for t in content.treatments]
    return lines


def _sided(name: str, side: str) -> str:
    return name if side == "none" else f"{name} ({side})"


# --- over time ----------------------------------------------------------


def _trend(args: argparse.Namespace) -> int:
    from groundup.clinic.store.change import Limits, changes, score_limits
    from groundup.report.trend_page import DrawnTrend, render_trends

    progress = Progress()
    with stored.open_store(args) as store:
        trends = _asked_trends(store, args)
    limits = [score_limits(t) for t in trends]
    drawn = [
        DrawnTrend(t, changes(t, held), held.get(t.measure, Limits())) for t, held in zip(trends, limits, strict=True)
    ]
    if args.out is not None:
        progress("drawing the page")
        answer(render_trends(args.person, drawn), args.out, private=True)
    plain = {
        "person": args.person,
        "out": str(args.out) if args.out else None,
        "trends": [
            {
                **{name: getattr(d.trend, name) for name in ("measure", "side", "label", "unit", "origin")},
                "limits": stored.as_plain(d.limits),
                "visits": [vars(c) for c in d.changes],
            }
            for d in drawn
        ],
    }
    print(to_json(plain) if args.json else "\n".join(_trend_lines(drawn, args.out)))
    return 0


def _asked_trends(store: Store, args: argparse.Namespace) -> list[Trend]:
    measures = store.measures(args.person)
    asked = [(m.measure, m.side) for m in measures if args.measure in (None, m.measure) and args.side in (None, m.side)]
    if not asked:  # the store says why
        name = args.measure or (measures[0].measure if measures else "odi")
        return [store.trend(args.person, name, args.side or "none")]
    return [store.trend(args.person, measure, side) for measure, side in asked]


def _trend_lines(drawn: list[DrawnTrend], out: Path | None) -> list[str]:
    from groundup.clinic.store.change import shown_text, text

    lines = []
    for d in drawn:
        lines.append(f"{_sided(d.trend.label, d.trend.side)} {f'[{d.trend.unit}]' if d.trend.unit else ''}".rstrip())
        lines += [f"  {told}" for told in (shown_text(d.limits, d.trend.unit),) if told]
        shown = d.changes.ends(_MOST_LINES)
        lines += [
            f"  {line}" for line in stored.aligned((c.date, c.visit, f"{c.value:.4g}", text(c, "")) for c in shown)
        ]
        if len(shown) < len(d.changes):
            lines.append(f"  {len(d.changes) - len(shown)} visits after the first are not shown (--json has all)")
    return [*lines, f"Page: {out}"] if out is not None else lines


def _compare(args: argparse.Namespace) -> int:
    from groundup.cli import compare

    with stored.open_store(args) as store:
        records = [store.visit(args.before), store.visit(args.after)]
    folders = [_study(record).path for record in records]
    parser = argparse.ArgumentParser(allow_abbrev=False)
    compare.add_arguments(parser)
    words = [*folders, "--labels", ",".join(f"{r.visit.date} {r.visit.id}" for r in records)]
    words += [f"--{name}" for name in ("same-markers", "no-attribution", "force", "json") if _given(args, name)]
    options = parser.parse_args(words)
    # The line is written down with the result: without the URL of the store, which may hold a password.
    line = f"groundup visit compare {args.before} {args.after}"
    options.out, options.line, options.usage_error = args.out, line, args.usage_error
    return compare.execute(options)


def _given(args: argparse.Namespace, name: str) -> bool:
    return bool(getattr(args, name.replace("-", "_")))


def _study(record: VisitRecord) -> StudyEntry:
    """Return the study of a visit, the one added last, if it is still what it was."""
    from groundup.clinic.store.files import is_as_added
    from groundup.errors import StoreError

    visit = record.visit.id
    if not record.content.studies:
        raise StoreError(f"visit {visit} has no study. Add one: groundup visit attach {visit} --study DIR.")
    study = record.content.studies[-1]
    if not is_as_added(study):
        raise StoreError(
            f"visit {visit}: its study in {study.path} is gone or no longer what was added. Bring it back, or attach "
            f"the new one: groundup visit attach {visit} --study DIR."
        )
    return study
