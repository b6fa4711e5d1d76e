"""``groundup evaluate``: an examination becomes red flags, scores, hypotheses and a plan to discuss."""

from __future__ import annotations

import argparse
import datetime
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.cli.arguments import add_out_file
from groundup.cli.console import answer

if TYPE_CHECKING:
    from groundup.clinic.differential import Hypothesis, Question
    from groundup.clinic.evaluate import Evaluation
    from groundup.clinic.plan import Advice, Plan
    from groundup.clinic.red_flags import RedFlag
    from groundup.clinic.scores import Score
    from groundup.examination import Examination
    from groundup.study import Study

SUMMARY = "Evaluate an examination: red flags, scores, what could explain the pain, what to do. No diagnosis."
EXAMPLE = """groundup evaluate --new > exam.toml
  groundup evaluate exam.toml
  groundup evaluate exam.toml --study out/walk --json -o evaluation.json
  groundup evaluate exam.toml --person p-17 --html evaluation.html --csv evaluation.csv --fhir bundle.json"""

_WIDTH = 110
_SHOWN_HYPOTHESES = 3
_SHOWN_NOT_ASKED = 4
_CAUTIONS = {"not": "speaks against it", "care": "take care"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("exam", type=Path, metavar="EXAM", nargs="?", help="the record: TOML, or JSON by its name")
    parser.add_argument("--new", action="store_true", help="print an empty record with every field in a comment")
    parser.add_argument(
        "--study", type=Path, metavar="DIR", help="result folder of a walk of the same person, or its study.json"
    )
    parser.add_argument(
        "--simulation",
        type=Path,
        metavar="DIR",
        help="result folder of groundup simulate, or its simulation.json: stands beside the trials",
    )
    add_out_file(parser)
    _add_exports(parser.add_argument_group("other forms of the same, beside the answer"))


def _add_exports(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--html", type=Path, metavar="FILE", help="write a page to read and print")
    group.add_argument("--csv", type=Path, metavar="FILE", help="write a table, one line for each thing it says")
    group.add_argument(
        "--fhir",
        type=Path,
        metavar="FILE",
        help="write a FHIR bundle, hypotheses as unconfirmed conditions (needs groundup[fhir] and --person)",
    )
    group.add_argument(
        "--fhir-release", choices=("R5", "R4B"), default="R5", help="which FHIR: R5, R4B (default: R5; R4B reads as R4)"
    )
    group.add_argument("--person", default="", metavar="ID", help="pseudonym for these, such as p-17; no name")


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if args.new == (args.exam is not None):
        args.usage_error("expected a record, such as exam.toml, or --new for an empty one")
    exports = (args.html, args.csv, args.fhir)
    if args.new and (args.study is not None or args.simulation is not None or args.json or any(exports)):
        args.usage_error("--new goes with --out only")
    if args.fhir and not args.person:
        args.usage_error("--fhir needs --person ID, a pseudonym: a bundle is always about somebody")
    from groundup.cli.outputs import check_outputs
    from groundup.errors import FileError
    from groundup.io import exam_file

    check_outputs(args, "out", "html", "csv", "fhir")
    if args.new:
        if args.out is not None and args.out.exists():
            raise FileError(f"{args.out}: is there already, and an empty record replaces nothing. Choose another name.")
        answer(exam_file.template().rstrip("\n"), args.out)
        return 0
    from groundup.clinic.evaluate import evaluate
    from groundup.io.evaluation_file import evaluation_to_json

    exam = exam_file.read_exam(args.exam, datetime.date.today())
    study = _study(args.study)
    found = evaluate(exam, study, _simulation(args.simulation))
    _export(args, found, exam, study)
    told = evaluation_to_json(found) if args.json else "\n".join(_lines(found, args.exam.name))
    answer(told, args.out, private=True)
    return 0


def _export(args: argparse.Namespace, found: Evaluation, exam: Examination, study: Study | None) -> None:
    """Write the other forms that were asked for."""
    from groundup.io.atomic import write_text_atomic

    if args.person:
        from groundup.clinic.store.checks import checked_id

        checked_id(args.person, "person")
    if args.html:
        from groundup.report.evaluation_page import render_evaluation

        write_text_atomic(args.html, render_evaluation(found, exam, study, args.person), private=True)
    if args.csv:
        from groundup.report.evaluation_table import evaluation_csv

        write_text_atomic(args.csv, evaluation_csv(found, exam, args.person), private=True)
    if args.fhir:
        from groundup.clinic.exchange import fhir_record
        from groundup.io.fhir import write_fhir

        write_fhir(fhir_record(found, exam, args.person, study), args.fhir, args.fhir_release)


def _study(path: Path | None) -> Study | None:
    if path is None:
        return None
    from groundup.io.result_folder import STUDY_FILE
    from groundup.io.study_file import read_study

    return read_study(path / STUDY_FILE if path.is_dir() else path)


def _simulation(path: Path | None) -> Mapping[str, Any] | None:
    if path is None:
        return None
    from groundup.predict.answer_file import read_answer

    return read_answer(path)


# --- words -----------------------------------------------------------------


def _lines(found: Evaluation, name: str) -> Iterator[str]:
    day = f" of {found.date.isoformat()}" if found.date else ""
    with_study = f", with the movement study {found.study}" if found.study else ""
    yield f"Examination{day} ({name}){with_study}"
    for statement in found.statements:
        yield from _wrapped(statement, "  ")
    yield from _flag_lines(found)
    yield from _score_lines(found.scores)
    yield from _question_lines(found)
    if found.plan is not None:
        yield from _plan_lines(found.plan)
    if found.missing:
        yield ""
        yield from _wrapped(f"Nothing recorded of: {', '.join(found.missing)}.", "")


def _flag_lines(found: Evaluation) -> Iterator[str]:
    from groundup.examination import fields

    yield ""
    yield "Red flags"
    for flag in found.red_flags:
        yield from flag_lines(flag)
    if not found.red_flags:
        yield "  none raised by what is recorded"
    for one in found.not_asked:
        if one.grade != "emergency":
            continue
        labels = [fields()[id].label for id in one.fields[:_SHOWN_NOT_ASKED]]
        more = f" and {len(one.fields) - len(labels)} more" if len(one.fields) > len(labels) else ""
        yield from _wrapped(f"not asked, {one.label}: {'; '.join(labels)}{more}", "  ")
    others = [one.label for one in found.not_asked if one.grade != "emergency"]
    if others:
        yield from _wrapped(f"not fully asked: {', '.join(others)}", "  ")


def flag_lines(flag: RedFlag) -> Iterator[str]:
    """Say a red flag in words: how grave, what was found, what to do."""
    yield from _wrapped(f"{flag.grade.upper()}: {flag.label}. Found: {flag.finding}", "  ")
    yield from _wrapped(f"{flag.action} [{flag.source}]", "    ")


def _score_lines(scores: tuple[Score, ...]) -> Iterator[str]:
    if not scores:
        return
    yield ""
    yield "Scores"
    for score in scores:
        side = "" if score.side == "none" else f", {score.side}"
        better = "" if score.better == "neither" else f" ({score.better} is better)"
        value = "no score" if score.value is None else f"{score.value:.3g} {score.unit}{better}"
        reason = f": {score.reason}" if score.reason else ""
        yield from _wrapped(f"{score.label}{side}: {value}{reason}", "  ")


def _question_lines(found: Evaluation) -> Iterator[str]:
    for question in found.differential.questions:
        yield ""
        yield from _question(question)
    for rule in found.differential.rules:
        if rule.met:
            yield ""
            yield from _wrapped(f"{rule.label}: {rule.action} [{rule.source}]", "")


def _question(question: Question) -> Iterator[str]:
    yield from _wrapped(f"{question.label}: {question.answer}", "")
    for hypothesis in question.hypotheses[:_SHOWN_HYPOTHESES]:
        yield from _hypothesis(hypothesis)
    if question.next_test is not None:
        yield from _wrapped(f"Most telling next: {question.next_test.words}", "  ")


def _hypothesis(hypothesis: Hypothesis) -> Iterator[str]:
    yield from _wrapped(f"{hypothesis.label}: evidence {hypothesis.grade}", "  ")
    for head, signs in (("for", hypothesis.supports), ("against", hypothesis.against)):
        if signs:
            yield from _wrapped(f"{head}: {'; '.join(sign.words for sign in signs)}", "    ")


def _plan_lines(plan: Plan) -> Iterator[str]:
    yield ""
    yield "What could be done"
    for statement in plan.statements:
        yield from _wrapped(statement, "  ")
    for action in plan.first:
        yield from _wrapped(f"First: {action}", "  ")
    for advice in plan.advice:
        yield from _advice(advice)
    for one in plan.follow_up:
        weeks = ", ".join(str(week) for week in one.weeks)
        yield from _wrapped(f"Measure {one.label} in weeks {weeks}: {one.matters} [{one.source}]", "  ")


def _advice(advice: Advice) -> Iterator[str]:
    grade = f", grade {advice.grade}" if advice.grade else ""
    guideline = f" [{advice.guideline}]" if advice.guideline else ""
    yield from _wrapped(f"{advice.use.upper()}: {advice.label}{grade}{guideline}", "  ")
    if advice.use in ("consider", "with care", "ask first"):
        yield from _wrapped(f"{advice.dose}. Expect: {advice.expect} ({advice.time})", "    ")
    for caution in advice.cautions:
        if caution.level != "ask":
            yield from _wrapped(f"{_CAUTIONS[caution.level]}: {caution.words} [{caution.source}]", "    ")
    open_ = [caution.words for caution in advice.cautions if caution.level == "ask"]
    if open_:
        yield from _wrapped(f"ask first: {' '.join(open_)}", "    ")
    for prediction in advice.predictions:
        yield from _wrapped(f"{prediction.text} ({prediction.note})", "    ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False)
