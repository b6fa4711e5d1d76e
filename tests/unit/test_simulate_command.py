"""``groundup simulate`` by its own parser: what it reads, refuses and lists, before anything is solved."""

from __future__ import annotations

import argparse
import functools
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import stub_solvers
from groundup.cli import simulate as command
from groundup.errors import GroundupError
from groundup.predict.answer import CaseResult, Comparison, SimulationAnswer, changes
from groundup.predict.request import SimulationRequest
from groundup.predict.simulate import simulate


def _args(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="groundup simulate", allow_abbrev=False)
    command.add_arguments(parser)
    parser.set_defaults(usage_error=parser.error)
    args = parser.parse_args(words)
    args.line = " ".join(["groundup simulate", *words])
    return args


def test_what_is_written_is_what_is_asked_for() -> None:
    asked = command.read_request(
        _args(
            *("--condition", "heel_pain:right:6", "--treatment", "heel_cup+calf_stretching:3deg"),
            *("--treatment", "heel_lift:0..15mm:5", "--speed", "1.1", "--weight", "effort=2", "--mesh", "30"),
            *("--uncertainty", "--processes", "2"),
        )
    )
    assert [t.name for t in asked.treatments] == ["heel_cup", "calf_stretching"]
    assert asked.sweeps[0].count == 5
    assert (asked.speed_m_per_s, asked.intervals, asked.processes, asked.uncertainty) == (1.1, 30, 2, True)
    assert asked.weights == (("effort", 2.0),)
    assert command.read_request(_args("--speed", "free")).speed_m_per_s is None
    assert command.read_request(_args()).speed_m_per_s == 1.3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--condition heel_pain:right:11", "pain is 11, expected 0 to 10"),
        ("--condition sciatica:right:3", "Valid: heel_pain, weakness"),
        ("--condition heel_pain:right:6 --treatment heel_lift:300mm", "dose is 300 mm, expected 0 to 30 mm"),
        ("--condition heel_pain:right:6 --treatment magnets", "unknown treatment 'magnets'"),
        ("--speed 9", "walking speed is 9 m/s, expected 0.3 to 2.2 m/s"),
        ("--speed fast", "is not a number"),
        ("--treatment heel_lift", "no heel hurts"),
        ("--weight effort", "is not TERM=W"),
        ("--weight efort=2", "Did you mean effort"),
        ("--mesh 3", "expected 10 to 200"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_before_anything_is_solved(
    words: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundup.predict.simulate.simulate", _never)
    try:
        code = command.execute(_args(*words.split()))
    except SystemExit as ended:  # by the parser itself
        code = ended.code
    assert code == 2
    assert said in " ".join(capsys.readouterr().err.split())


def _never(*asked: object, **more: object) -> SimulationAnswer:
    raise AssertionError("solved")


BARE = (
    '<OpenSimDocument Version="40000"><Model name="bare"><BodySet><objects><Body name="box"><mass>1</mass>'
    "<mass_center>0 0 0</mass_center><inertia>1 1 1 0 0 0</inertia></Body></objects></BodySet><JointSet><objects>"
    '<WeldJoint name="j"><socket_parent_frame>/ground</socket_parent_frame><socket_child_frame>/bodyset/box'
    "</socket_child_frame></WeldJoint></objects></JointSet></Model></OpenSimDocument>"
)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--from {0}/none", "none: no such file or folder, expected a result folder or its study.json."),
        ("--from {0}/walk.c3d", "is a recording, expected a result folder or its study.json. Analyse it first:"),
        ("--from {0}", "holds no study.json"),
        ("--model {0}/none.osim", "cannot be read"),
        ("--model {0}/bare.osim", "the model has no contact with the ground"),
        ("--terms {0}/none.py", "none.py: cannot be read (no such file)"),
        ("--terms {0}/bare.osim", "SyntaxError"),
        ("--terms {0}/empty.py", "adds no objective term"),
        ("--terms {0}/wrong.py", "unknown quantity 'moonlight'"),
        ("--keep {0}/empty.py", "solved walks cannot be kept there"),
    ],
)
def test_wrong_files_are_one_line_before_anything_is_solved(
    words: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundup.predict.simulate.simulate", _never)
    (tmp_path / "bare.osim").write_text(BARE, encoding="utf-8")
    (tmp_path / "walk.c3d").write_bytes(b"\x02P\xd5")
    (tmp_path / "empty.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "wrong.py").write_text(
        "from groundup.predict.terms import objective_term\n"
        "objective_term('a', 'a', 'a', 1.0, 'a', ('moonlight',))(lambda at: 0)\n",
        encoding="utf-8",
    )
    before = sorted(tmp_path.iterdir())
    assert command.execute(_args(*words.format(tmp_path).split(), "-o", str(tmp_path / "out"))) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_without_casadi_it_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "casadi" else real(name, *a))
    assert command.execute(_args()) == 2
    assert "pip install 'groundup[simulate]'" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["conditions", "treatments", "terms"])
def test_lists_say_range_mechanism_source_and_status(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.execute(_args(f"--list-{what}", "--json")) == 0
    rows = json.loads(capsys.readouterr().out)[what]
    assert all(row["evidence"] and all(e["status"] for e in row["evidence"]) for row in rows)
    assert command.execute(_args(f"--list-{what}")) == 0
    text = capsys.readouterr().out
    assert all(f"{row['name']}: {row['label']}" in text for row in rows)
    assert all(row["note"] in text for row in rows if "note" in row)
    assert any(row.get("note") for row in rows) == (what != "terms")
    assert {"conditions": "heel_pain:right:6", "treatments": "0 to 30 mm", "terms": "activation"}[what] in text


def _solved(request: SimulationRequest, *more: object, **named: object) -> SimulationAnswer:
    results = tuple(CaseResult(c, None, "solved") for c in request.cases)
    before, after = ({("foot.heel_impulse", "right"): v} for v in (0.2, 0.16))
    told = Comparison("untreated", request.cases[-1].label, changes(before, after, {"foot.heel_impulse": "BW·s"}))
    return SimulationAnswer(request, results, (told,))


def test_an_answer_is_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundup.predict.simulate.require_casadi", lambda: None)
    monkeypatch.setattr("groundup.predict.simulate.simulate", _solved)
    out = tmp_path / "out"
    words = ("--condition", "heel_pain:right:6", "--treatment", "analgesic:50%", "-o", str(out))
    for more in ((), ("--json",)):
        assert command.execute(_args(*words, *more)) == 0
        printed = capsys.readouterr().out
        assert "not the load on the tissue" in printed
    assert json.loads(printed)["schema"] == "groundup.simulation/1"
    written = json.loads((out / "simulation.json").read_text(encoding="utf-8"))
    assert written["comparisons"][0]["changes"][0]["percent"] == pytest.approx(-20)
    assert "Load under the heel" in (out / "answer.txt").read_text(encoding="utf-8")


def test_a_walk_that_failed_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(request: SimulationRequest, *more: object, **named: object) -> SimulationAnswer:
        worst = "knee_angle_r defect 0.3 rad at 42 % of the stride"
        return SimulationAnswer(request, tuple(CaseResult(c, None, "failed", worst) for c in request.cases), ())

    monkeypatch.setattr("groundup.predict.simulate.require_casadi", lambda: None)
    monkeypatch.setattr("groundup.predict.simulate.simulate", failed)
    assert command.execute(_args("-o", str(tmp_path / "out"))) == 1
    told = capsys.readouterr()
    assert "groundup: not solved: healthy: knee_angle_r defect 0.3 rad at 42 %" in told.err
    assert json.loads((tmp_path / "out" / "simulation.json").read_text())["cases"][0]["folder"] is None


def test_after_ctrl_c_nothing_is_written_and_it_says_what_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(request: SimulationRequest, *more: object, **named: object) -> SimulationAnswer:
        raise KeyboardInterrupt(
            "stopped by the user (7 iterations, 9.1 s); missed most: x. Its best iterate lies in walk-1.begun.npz."
        )

    monkeypatch.setattr("groundup.predict.simulate.require_casadi", lambda: None)
    monkeypatch.setattr("groundup.predict.simulate.simulate", stopped)
    kept = tmp_path / "kept"
    assert command.execute(_args("-o", str(tmp_path / "out"), "--keep", str(kept))) == 130
    told = capsys.readouterr()
    assert told.out == ""
    assert "nothing was written to" in told.err
    assert "Its best iterate lies in walk-1.begun.npz" in told.err
    assert f"kept in {kept}: the same command goes on" in told.err
    assert list(tmp_path.iterdir()) == [kept]


def test_after_ctrl_c_among_the_variations_an_earlier_answer_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundup.predict.simulate.require_casadi", lambda: None)
    stopping = functools.partial(simulate, solver=stub_solvers.stops_in_variations)
    monkeypatch.setattr("groundup.predict.simulate.simulate", stopping)
    out = tmp_path / "out"
    out.mkdir()
    earlier = json.dumps({"schema": "groundup.simulation/1"})
    (out / "simulation.json").write_text(earlier, encoding="utf-8")
    words = ("--treatment", "speed:1.1", "--uncertainty", "--processes", "1", "-o", str(out))
    assert command.execute(_args(*words)) == 130
    told = capsys.readouterr()
    assert "stopped by the user (7 iterations, 0.4 s)" in told.err
    assert [file.read_text(encoding="utf-8") for file in out.iterdir()] == [earlier]


def test_until_it_can_be_solved_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(request: SimulationRequest, *more: object, **named: object) -> SimulationAnswer:
        raise GroundupError("cannot be solved")

    monkeypatch.setattr("groundup.predict.simulate.require_casadi", lambda: None)
    monkeypatch.setattr("groundup.predict.simulate.simulate", cannot)
    with pytest.raises(GroundupError):
        command.execute(_args("-o", str(tmp_path / "out")))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def test_reading_a_question_needs_no_heavy_library() -> None:
    heavy = {"numpy", "scipy", "casadi"}
    modules = (
        "cli.simulate predict.condition predict.treatments predict.pain predict.terms predict.request predict.answer"
    )
    code = "import sys\n" + "\n".join(f"import groundup.{m}" for m in f"{modules} predict.acceptance".split())
    code += f"\nprint(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
