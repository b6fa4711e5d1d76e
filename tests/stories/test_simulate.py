"""``groundup simulate`` as somebody uses it, with stored walks in place of a solver, and what can go wrong."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import stub_solvers
from groundup.cli.main import main
from groundup.errors import GroundupError
from groundup.io.study_file import read_study
from groundup.predict import answer_file, simulate
from groundup.predict.virtual_patient import SAME, stored_walk
from groundup.predict.walk_job import Solver
from groundup.study import Study

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Path(sys.modules[Study.__module__].__file__ or "").parent / "io" / "simulation.schema.json"


@pytest.fixture(scope="module")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("walks")


@pytest.fixture(autouse=True)
def _without_a_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "require_casadi", lambda: None)


def by(solved_by: Solver, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(simulate, "simulate", functools.partial(simulate.simulate, solver=solved_by))


@pytest.fixture(scope="module")
def what_if(tmp_path_factory: pytest.TempPathFactory, keep: Path) -> tuple[Path, str]:
    """Result folder of the virtual patient's question, and what was printed."""
    out = tmp_path_factory.mktemp("what_if") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate, "require_casadi", lambda: None)
        by(stored_walk, patch)
        printed: list[str] = []
        patch.setattr("builtins.print", lambda *words, file=None, **more: file or printed.append(" ".join(words)))
        assert main([*SAME.split()[1:], "-o", str(out), "--keep", str(keep)]) == 0
    return out, "\n".join(printed)


def test_a_painful_heel_and_a_treatment_from_an_empty_folder(what_if: tuple[Path, str]) -> None:
    out, printed = what_if
    assert {p.name for p in out.iterdir()} == {"answer.txt", "cases", "simulation.html", "simulation.json", "tables"}
    assert {p.name for p in (out / "cases").iterdir()} == {"healthy", "untreated", "treated"}
    values = answer_file.read_answer(out)
    schema = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [e.message for e in schema.iter_errors(values)] == []
    study = read_study(out / values["cases"][1]["folder"] / "study.json")
    assert study.synthetic
    assert study.provenance.command == f"{SAME} -o {out} --keep {values['request']['command'].split()[-1]}"
    text = (out / "answer.txt").read_text(encoding="utf-8")
    for words in (
        "healthy: solved (comes with groundup)",
        "Load under the heel over the step (right, painful)",
        "What does “heel pain",
        "Does “conforming insole or heel cup",
        "hypothesis; no trial shows it",
        "--uncertainty solves what is missing",
    ):
        assert words in text
        assert words in printed


def test_numbers_of_the_answer_are_those_of_the_walks(what_if: tuple[Path, str]) -> None:
    out, _ = what_if
    values = answer_file.read_answer(out)
    before, after = (read_study(out / values["cases"][k]["folder"] / "study.json") for k in (1, 2))
    rows = {(c["measure"], c["side"]): c for c in values["comparisons"][1]["changes"]}
    for name, side in (("foot.heel_impulse", "right"), ("low_back.compression_peak", "none"), ("gait.stance", "left")):
        first, second = (next(m for m in s.measures if (m.id, m.side) == (name, side)) for s in (before, after))
        row = rows[name, side]
        assert (row["unit"], row["before"], row["after"]) == (first.unit, pytest.approx(first.value), second.value)
        assert row["difference"] == pytest.approx(second.value - first.value)


def test_the_links_add_up_to_the_change_of_the_low_back(what_if: tuple[Path, str]) -> None:
    for comparison in answer_file.read_answer(what_if[0])["comparisons"]:
        (split,) = comparison["attributions"]
        (peak,) = [c for c in comparison["changes"] if c["measure"] == "low_back.compression_peak"]
        assert sum(s["value"] for s in split["shares"]) == pytest.approx(split["change"], abs=1e-9)
        # The table reads the curve, the split the walk's own instants.
        assert split["change"] == pytest.approx(peak["difference"], abs=0.003)


def test_asked_again_nothing_is_solved(
    what_if: tuple[Path, str],
    keep: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by(stub_solvers.refuses, monkeypatch)
    monkeypatch.setattr(simulate, "attribute", _no_time)
    assert main([*SAME.split()[1:], "-o", str(tmp_path / "again"), "--keep", str(keep), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    before = answer_file.read_answer(what_if[0])
    assert told["out"] == str(tmp_path / "again")
    assert [c["changes"] for c in told["comparisons"]] == [c["changes"] for c in before["comparisons"]]
    messages = [c["message"].partition(";")[0] for c in told["cases"]]
    assert messages == ["comes with groundup", "kept from before", "kept from before"]
    assert "Not split among links: takes long" in told["comparisons"][0]["notes"]


def _no_time(*given: object) -> None:
    raise GroundupError("takes long")


def test_a_sweep_in_two_processes(
    keep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    by(stub_solvers.same, monkeypatch)
    monkeypatch.setattr(simulate, "attribute", _no_time)
    words = ["--condition", "heel_pain:right:6", "--treatment", "heel_lift:5..15mm:2", "--treatment", "analgesic:50%"]
    assert main(["simulate", *words, "--processes", "2", "-o", str(tmp_path / "s"), "--keep", str(keep)]) == 0
    told = capsys.readouterr()
    assert "1 of 2 done, about" in told.err
    assert "change in % (right foot; * no clear change)" in told.out
    assert re.search(r"Which of 2 doses unload the low back\? Less: \d, more: \d, no clear change: \d;", told.out)
    assert "not the load on the tissue" in told.out
    assert {p.name for p in (tmp_path / "s" / "cases").iterdir()} >= {"heel_lift-5mm", "heel_lift-15mm"}


def test_a_walk_that_is_not_found_is_told_and_nothing_rests_on_it(
    keep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    by(stub_solvers.misses, monkeypatch)
    out = tmp_path / "out"
    assert main(["simulate", "--condition", "heel_pain:left:9", "-o", str(out), "--keep", str(keep)]) == 1
    told = capsys.readouterr()
    assert "groundup: not solved: heel pain" in told.err
    assert "missed most: knee_angle_r does not balance at 42 % by 0.3 N·m. Try a smaller condition or dose" in told.err
    values = answer_file.read_answer(out)
    assert [c["status"] for c in values["cases"]] == ["solved", "failed"]
    assert values["cases"][1]["folder"] is None
    assert values["comparisons"] == []
    assert not (out / "cases" / "untreated").exists()


def test_the_term_of_the_page_works(
    keep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "simulate.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", page, re.S)
    assert found
    lines = [line for line in found[1].splitlines() if line]
    assert len(lines) <= 12  # ten, and two of imports
    file = tmp_path / "upright.py"
    file.write_text(found[1], encoding="utf-8")
    from groundup.predict import terms

    before = dict(terms._registry())
    by(stub_solvers.tells, monkeypatch)
    monkeypatch.setattr(simulate, "attribute", _no_time)
    words = ["--condition", "heel_pain:right:6", "--terms", str(file), "--weight", "upright=0.05"]
    try:
        assert main(["simulate", *words, "-o", str(tmp_path / "out"), "--keep", str(keep)]) == 0
        told = capsys.readouterr().err
        assert len(re.findall(r"in \d+ with .*, upright", told)) == 2  # the healthy walk is solved anew
        assert terms.terms()[-1].weight == 0.02
    finally:
        terms._registry().clear()
        terms._registry().update(before)
    # Another computer has not the file: the answer can be read all the same.
    assert answer_file.read_answer(tmp_path / "out")["request"]["weights"] == {"upright": 0.05}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--condition heel_pain:right:11", "heel_pain:right:11: pain is 11, expected 0 to 10."),
        ("--condition heel_pain:right:6 --treatment heel_lift:300mm", "dose is 300 mm, expected 0 to 30 mm."),
        ("--condition heel_pain:right:6 --treatment magnets", "unknown treatment 'magnets'. Valid: cushioned_heel_pad"),
        ("--speed 9", "walking speed is 9 m/s, expected"),
        ("--from {0}/nowhere", "nowhere: no such file or folder"),
        ("--model {0}/none.osim", "none.osim: cannot be read (no such file)"),
        ("--terms {0}/none.py", "none.py: cannot be read (no such file)"),
        ("--condition heel_pain:right:6 --treatment heel_lift:0..15mm:500", "heel_lift:0..15mm:500"),
    ],
)
def test_bad_input_is_one_clear_line_before_any_solving(
    words: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: object, **more: object) -> Any:
        raise AssertionError("solved")

    monkeypatch.setattr(simulate, "simulate", never)
    assert main(["simulate", *words.format(tmp_path).split(), "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr()
    assert (told.out, len(told.err.strip().splitlines())) == ("", 1)
    assert said in told.err
    assert list(tmp_path.iterdir()) == []


def test_without_casadi_the_line_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: None)
    assert main(["simulate", "--condition", "heel_pain:right:6"]) == 2
    assert "pip install 'groundup[simulate]'" in capsys.readouterr().err


def test_ctrl_c_keeps_the_best_iterate_and_says_so(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    out, keep = tmp_path / "out", tmp_path / "keep"
    code = (
        "import sys, functools, stub_solvers\nfrom groundup.predict import simulate\n"
        "simulate.require_casadi = lambda: None\n"
        "simulate.simulate = functools.partial(simulate.simulate, solver=stub_solvers.waits)\n"
        "from groundup.cli.main import main\n"
        f"sys.exit(main(['simulate', '--condition', 'heel_pain:right:6', '-o', {str(out)!r}, '--keep', {str(keep)!r}]))"
    )
    env = {**clean_environment, "PYTHONPATH": str(ROOT / "tests")}
    # A session of its own, so that the signal reaches nobody else.
    running = subprocess.Popen(
        [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert running.stderr is not None
    said = ""
    while "untreated: iteration" not in said and running.poll() is None:
        said += os.read(running.stderr.fileno(), 4096).decode()
    time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    printed, rest = running.communicate(timeout=60)
    last = rest.decode().strip().splitlines()[-1]
    assert running.returncode == 130, said + rest.decode()
    assert printed == b""
    assert last.startswith(f"groundup: stopped; nothing was written to {out}. stopped by the user (7 iterations")
    assert f"kept in {keep}: the same command goes on from there." in last
    assert [p.name for p in tmp_path.iterdir()] == ["keep"]
    assert len(list(keep.glob("walk-*.begun.npz"))) == 1


def test_help_has_examples_and_lists_are_for_people_and_programs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--help"])
    assert ended.value.code == 0
    assert "groundup simulate --condition heel_pain:right:6 --treatment heel_lift:8mm" in capsys.readouterr().out
    assert main(["simulate", "--list-conditions", "--list-treatments", "--list-terms", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"conditions", "treatments", "terms", "quantities"}
    assert main(["simulate", "--list-conditions"]) == 0
    assert "gluteus_medius" in capsys.readouterr().out
