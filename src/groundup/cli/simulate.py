"""``groundup simulate``: how a person with this problem walks, what that does to the back, and what helps."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.cli.arguments import add_out_folder, count, not_negative, number

if TYPE_CHECKING:
    from groundup.body.model import Body
    from groundup.cli.console import Progress
    from groundup.predict.answer import SimulationAnswer
    from groundup.predict.own_gait import OwnWalk
    from groundup.predict.request import SimulationRequest
    from groundup.predict.treatments import Sweep, Treatment

SUMMARY = "Predict how a person walks with a painful heel, what it does to the back, and what a treatment changes."
EXAMPLE = """groundup simulate --condition heel_pain:right:6 --treatment heel_lift:8mm -o out/what_if
  groundup simulate --condition heel_pain:right:6 --treatment heel_cup --uncertainty
  groundup simulate --condition heel_pain:right:6 --treatment heel_lift:0..15mm:5 --processes 2
  groundup simulate --condition weakness:left:gluteus_medius:30% --speed 1.1
  groundup simulate --condition heel_pain:left:4 --treatment heel_cup+calf_stretching:3deg --from out/walk
  groundup simulate --list-treatments"""

DEFAULT_OUT = Path("out", "simulation")
PAGE = "simulation.html"
FREE = "free"
MOST_PROCESSES = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    _add_person(parser.add_argument_group("person"))
    _add_method(parser.add_argument_group("method"))
    _add_lists(parser.add_argument_group("what there is"))
    add_out_folder(parser, str(DEFAULT_OUT))


def _add_person(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--condition",
        action="append",
        default=[],
        metavar="NAME:SIDE:SIZE",
        help="what is wrong, again for each, such as heel_pain:right:6 (see --list-conditions)",
    )
    group.add_argument(
        "--treatment",
        action="append",
        default=[],
        metavar="NAME[:SIDE][:DOSE]",
        help="what is done, such as heel_lift:8mm; several, or with + between, are given together; a sweep over doses "
        "is heel_lift:0..15mm:5 (see --list-treatments)",
    )
    group.add_argument(
        "--from", dest="study", type=Path, metavar="STUDY", help="result folder of the person's own recorded walk"
    )
    group.add_argument("--model", type=Path, metavar="FILE.osim", help="a body of your own, with contact and muscles")


def _add_method(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--speed",
        type=_speed,
        metavar="M_PER_S",
        help="mean walking speed, m/s, or free (default: 1.3, or as in --from)",
    )
    group.add_argument(
        "--weight",
        type=_weight,
        action="append",
        default=[],
        metavar="TERM=W",
        help="another weight of a term of the objective, again for each (see --list-terms)",
    )
    group.add_argument(
        "--terms", type=Path, metavar="FILE.py", help="Python file of your own that adds terms; it is run"
    )
    group.add_argument("--mesh", type=count, metavar="N", help="mesh intervals over the stride (default: 40)")
    group.add_argument(
        "--uncertainty",
        action="store_true",
        help="solve each walk again with another calibration of pain, other strength and other weights, for intervals",
    )
    group.add_argument(
        "--processes",
        type=count,
        metavar="N",
        help=f"walks solved at once (default: one for each core, at most {MOST_PROCESSES})",
    )
    group.add_argument(
        "--keep",
        type=Path,
        metavar="DIR",
        help="folder that keeps solved walks, so that none is solved twice and a stopped command goes on (default: "
        "groundup/walks in the user's cache)",
    )


def _add_lists(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--list-conditions", action="store_true", help="print the conditions and how they are written")
    group.add_argument("--list-treatments", action="store_true", help="print the treatments, doses and evidence")
    group.add_argument("--list-terms", action="store_true", help="print the terms of the objective and their weights")


def _speed(text: str) -> float | str:
    return FREE if text == FREE else number(text)


def _weight(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not TERM=W, such as effort=2")
    return name, not_negative(value)


@dataclass(frozen=True)
class _Asked:
    """What is asked for, with what was read from files for it."""

    request: SimulationRequest
    own: OwnWalk | None
    model: Body | None
    keep: Path


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from groundup.errors import GroundupError

    try:
        asked = _checked(args)
    except GroundupError as error:
        if os.environ.get("GROUNDUP_DEBUG"):
            raise
        return _say(str(error), 2)
    return _list(args) if asked is None else _solve(args, asked)


def _checked(args: argparse.Namespace) -> _Asked | None:
    """Read everything that the command needs, so that what is wrong is known before anything is solved.

    None where only lists are asked for.
    """
    from groundup.predict.simulate import require_casadi

    if args.terms is not None:
        from groundup.predict.terms import read_terms

        read_terms(args.terms)
    if args.list_conditions or args.list_treatments or args.list_terms:
        return None
    request = read_request(args)
    own = None if args.study is None else _own_walk(args.study)
    model = None if args.model is None else _model(args.model)
    require_casadi()
    return _Asked(request if own is None else read_request(args, own), own, model, _folder(args.keep))


def _folder(given: Path | None) -> Path:
    """Where solved walks are kept."""
    from groundup.errors import FileError
    from groundup.predict.walk_store import usual_folder

    folder = given or usual_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(None, "Permission denied")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FileError(f"{folder}: solved walks cannot be kept there ({why}). Name another folder: --keep.") from error
    return folder


def _say(message: str, code: int) -> int:
    print("groundup:", " ".join(message.split()), file=sys.stderr)
    return code


def _own_walk(result: Path) -> OwnWalk:
    """The person's own walk in a result folder, or its ``study.json``."""
    from groundup.from_files.compare import read_result
    from groundup.predict.own_gait import own_walk

    return own_walk(read_result(result))


def read_request(args: argparse.Namespace, own: OwnWalk | None = None) -> SimulationRequest:
    """Return what is asked for; raises `SetupError` where it cannot be meant.

    Without ``--speed`` a person with a recorded walk walks as fast as in it.
    """
    from groundup.parallel import cores
    from groundup.predict.condition import parse_condition
    from groundup.predict.request import USUAL_INTERVALS, USUAL_M_PER_S, SimulationRequest

    treatments, sweeps = _treatments(args.treatment)
    usual = USUAL_M_PER_S if own is None else own.speed_m_per_s
    speed = {None: usual, FREE: None}.get(args.speed, args.speed)
    return SimulationRequest(
        conditions=tuple(parse_condition(text) for text in args.condition),
        treatments=treatments,
        sweeps=sweeps,
        speed_m_per_s=speed,
        weights=tuple(args.weight),
        intervals=args.mesh or USUAL_INTERVALS,
        from_study=args.study,
        model=args.model,
        uncertainty=args.uncertainty,
        terms_file=args.terms,
        processes=args.processes or min(cores(), MOST_PROCESSES),
        command=args.line,
    )


def _treatments(texts: list[str]) -> tuple[tuple[Treatment, ...], tuple[Sweep, ...]]:
    from groundup.predict.treatments import parse_combination, parse_sweep

    given = [t for text in texts if ".." not in text for t in parse_combination(text)]
    return tuple(given), tuple(parse_sweep(text) for text in texts if ".." in text)


def _model(file: Path) -> Body:
    """A body of the user's own, checked before anything is solved."""
    from groundup.io.osim_read import read_osim
    from groundup.predict.request import check_model

    body = read_osim(file)
    check_model(body, str(file))
    return body


def _solve(args: argparse.Namespace, asked: _Asked) -> int:
    from groundup.cli.console import Progress, to_json
    from groundup.io.result_folder import SIMULATION_FILE, atomic_directory
    from groundup.predict import answer, answer_text, simulate

    out, progress = args.out or DEFAULT_OUT, Progress()
    try:
        with atomic_directory(out, args.force, SIMULATION_FILE) as folder:
            found = simulate.simulate(asked.request, progress, asked.keep, own_walk=asked.own, model=asked.model)
            write_answer(found, folder, progress)
    except KeyboardInterrupt as stopped:
        where = f"Solved walks are kept in {asked.keep}: the same command goes on from there."
        return _say(" ".join([f"stopped; nothing was written to {out}.", *stopped.args, where]), 130)
    told = to_json(answer.to_json(found) | {"out": str(out)}) if args.json else answer_text.as_text(found, short=True)
    print(told if args.json else f"{told}\nResults in {out}, {progress.seconds:.1f} s. Open {out / PAGE}.")
    lost = [f"{r.case.label}: {r.message}" for r in found.results if r.status != "solved"]
    return _say(f"not solved: {'; '.join(lost)}", 1) if lost else 0


def write_answer(found: SimulationAnswer, folder: Path, progress: Progress) -> None:
    """Write everything that a simulation has found into a folder."""
    from groundup import pipeline
    from groundup.cli.console import to_json
    from groundup.io.atomic import write_text_atomic
    from groundup.io.result_folder import SIMULATION_FILE, STUDY_FILE
    from groundup.io.study_file import write_study
    from groundup.predict import answer, answer_text
    from groundup.report.simulation_files import write_simulation

    progress("writing the results")
    for result in found.results:
        if result.study is None:
            continue
        place = folder / "cases" / result.case.id
        if found.request.sweeps and result.case.treatments:
            # Of many doses each walk's report and tables would fill a disk; they can be made from its study.
            place.mkdir(parents=True)
            write_study(result.study, place / STUDY_FILE)
        else:
            pipeline.save(result.study, place)
    write_text_atomic(folder / "answer.txt", answer_text.as_text(found) + "\n")
    write_simulation(found, folder)
    write_text_atomic(folder / SIMULATION_FILE, to_json(answer.to_json(found)) + "\n")


_HEADS = {
    "conditions": "CONDITIONS, for --condition",
    "treatments": "TREATMENTS, for --treatment",
    "terms": "TERMS of the objective, for --weight",
    "quantities": "QUANTITIES that a term of your own may ask for, for --terms",
}


def _list(args: argparse.Namespace) -> int:
    from groundup.cli.console import to_json

    tables: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "conditions": _conditions,
        "treatments": _all_treatments,
        "terms": _terms,
    }
    wanted = {name: table() for name, table in tables.items() if getattr(args, f"list_{name}")}
    if args.list_terms:
        wanted["quantities"] = _quantities()
    parts = (f"{_HEADS[name]}\n\n{_as_text(rows)}" for name, rows in wanted.items())
    text = to_json(wanted) if args.json else "\n\n".join(parts)
    print(text)
    return 0


def _conditions() -> list[dict[str, Any]]:
    from groundup.predict.condition import catalogue, groups

    named = {"weakness": groups(), "contracture": catalogue()["contracture"]["joints"]}
    return [
        {
            "name": name,
            "label": one["label"],
            "written": one["form"],
            "example": one["example"],
            "of": ", ".join(named.get(name, ())),
            "ranges": {k: v for k, v in one.items() if isinstance(v, dict) and "unit" in v},
            "mechanism": one["mechanism"],
            "note": one.get("statement", ""),
            "evidence": [{"text": "", "source": one["source"], "status": one["status"]}],
        }
        for name, one in catalogue().items()
    ]


def _all_treatments() -> list[dict[str, Any]]:
    from groundup.predict.treatments import kinds

    return [
        {
            "name": k.name,
            "label": k.label,
            "example": k.example,
            "dose": f"{k.dose or 'dose'}, {k.low:g} to {k.high:g} {k.unit} (usual: {k.default:g})",
            "side": {"painful": "the painful one unless named", "both": "both unless named", "none": "none"}[k.side],
            "mechanism": k.mechanism,
            "note": k.statement,
            "evidence": [{"text": e.text, "source": e.source, "status": e.status} for e in k.evidence],
        }
        for k in kinds().values()
    ]


def _terms() -> list[dict[str, Any]]:
    from groundup.predict.terms import terms

    return [
        {
            "name": t.name,
            "label": t.label,
            "weight": t.weight,
            "unit": t.unit,
            "needs": ", ".join(t.needs),
            "evidence": [{"text": "", "source": t.source, "status": t.status}],
        }
        for t in terms()
    ]


def _quantities() -> list[dict[str, Any]]:
    """What a term of one's own may ask for."""
    from groundup.predict.terms import quantities

    return [{"name": q.name, "label": q.meaning, "unit": q.unit, "one for each": q.size} for q in quantities().values()]


def _as_text(rows: list[dict[str, Any]]) -> str:
    return "\n\n".join("\n".join(_entry(row)) for row in rows)


def _entry(row: dict[str, Any]) -> list[str]:
    lines = [f"{row['name']}: {row['label']}"]
    for key, value in row.items():
        if key == "ranges":
            lines += [f"  {name}: {r['low']:g} to {r['high']:g} {r['unit']}".rstrip() for name, r in value.items()]
        elif key == "evidence":
            lines += [f"  {e['status']}: {': '.join(p for p in (e['text'], e['source']) if p)}" for e in value]
        elif key not in ("name", "label") and value != "":
            lines.append(f"  {key}: {value:g}" if isinstance(value, float) else f"  {key}: {value}")
    return lines
