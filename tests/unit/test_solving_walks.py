"""Which walks are solved for a request, in which order, from where, and what happens when one does not come."""

from __future__ import annotations

import ast
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import groundup
import stub_solvers
from groundup.body.default_body import default_body
from groundup.predict import solving
from groundup.predict.condition import parse_condition
from groundup.predict.content import content_hash
from groundup.predict.gait.baseline import PAINLESS, healthy_walk
from groundup.predict.gait.walk import Walk
from groundup.predict.pain import Reference
from groundup.predict.request import SimulationRequest
from groundup.predict.solving import Walks, job_of
from groundup.predict.terms import chosen
from groundup.predict.treatments import parse_combination, parse_sweep
from groundup.predict.variations import NOMINAL, variations
from groundup.predict.walk_job import Solver, Tell, WalkJob, method_files
from groundup.predict.walk_store import WalkStore, is_weighed, usual_folder

PAIN = (parse_condition("heel_pain:right:6"),)


@pytest.fixture(autouse=True)
def _painless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest painless loads need the whole prediction body, which takes a second."""
    loads = {"right": Reference(1.0, 1.3), "left": Reference(1.0, 1.3)}
    monkeypatch.setattr(solving, "painless", lambda walk, changed: loads)
    monkeypatch.setattr(WalkJob, "changed", None)


@pytest.fixture
def keep(tmp_path: Path) -> Path:
    return tmp_path / "keep"


def request(treatments: str = "", *sweeps: str, **more: object) -> SimulationRequest:
    given = parse_combination(treatments) if treatments else ()
    return SimulationRequest(PAIN, given, tuple(map(parse_sweep, sweeps)), **more)  # type: ignore[arg-type]


def walks(asked: SimulationRequest, keep: Path | None, solver: Solver, tell: Tell = lambda words: None) -> Walks:
    found = Walks(asked, default_body(), None, WalkStore(keep), solver, tell)
    found.solve()
    return found


class Noting:
    """The stub solver, with the jobs it was given."""

    def __init__(self, solver: Solver = stub_solvers.same) -> None:
        self.solver = solver
        self.jobs: list[WalkJob] = []

    def __call__(self, job: WalkJob, tell: Tell) -> Walk:
        self.jobs.append(job)
        return self.solver(job, tell)

    @property
    def ids(self) -> list[str]:
        return [job.id for job in self.jobs]


def test_each_starts_from_the_one_before_and_the_healthy_walk_comes_solved(keep: Path) -> None:
    solver = Noting()
    found = walks(request("heel_lift:8mm"), keep, solver)
    assert solver.ids == ["untreated", "treated"]
    assert solver.jobs[0].start is healthy_walk()
    assert solver.jobs[1].start is found.walk(("untreated", NOMINAL.id))
    assert found.attempts["healthy", NOMINAL.id].message == "comes with groundup"


def test_a_cadence_counts_from_the_walk_without_it(keep: Path) -> None:
    def limping(job: WalkJob, tell: Tell) -> Walk:
        walk = stub_solvers.same(job, tell)
        return replace(walk, time_s=0.9 * walk.time_s) if job.id == "untreated" else walk

    solver = Noting(limping)
    found = walks(request("cadence:5%"), keep, solver)
    untreated = found.walk(("untreated", NOMINAL.id))
    assert untreated is not None
    assert solver.jobs[1].usual_cycle_s == pytest.approx(untreated.cycle_s)
    assert untreated.cycle_s == pytest.approx(0.9 * healthy_walk().cycle_s)


@pytest.mark.parametrize(
    "nothing", ["heel_lift:0mm", "calf_stretching:0deg", "body_mass:0%", "analgesic:0%", "hip_strengthening:0%"]
)
def test_a_dose_of_nought_is_the_walk_without_it(keep: Path, nothing: str) -> None:
    solver = Noting()
    found = walks(request(nothing), keep, solver)
    assert solver.ids == ["untreated"]
    assert found.walk(("treated", NOMINAL.id)) is not None


def test_pain_that_is_not_felt_is_none(keep: Path) -> None:
    solver = Noting()
    walks(request("analgesic:100%"), keep, solver)
    assert solver.ids == ["untreated"]
    solver = Noting()
    walks(SimulationRequest((parse_condition("heel_pain:right:0"),)), keep, solver)
    assert solver.ids == []


def test_another_speed_mesh_or_weight_has_a_healthy_walk_of_its_own(keep: Path) -> None:
    for more in ({"speed_m_per_s": 1.2}, {"intervals": 30}, {"weights": (("effort", 2.0),)}):
        solver = Noting()
        walks(SimulationRequest(**more), keep, solver)  # type: ignore[arg-type]
        assert solver.ids == ["healthy"]
        assert solver.jobs[0].halves


def test_what_is_kept_is_not_solved_again_and_what_is_damaged_is(keep: Path) -> None:
    walks(request("heel_lift:8mm"), keep, stub_solvers.same)
    solver = Noting()
    walks(request("heel_lift:8mm"), keep, solver)
    assert solver.ids == []
    walks(request("", "heel_lift:4..8mm:2"), keep, solver)
    assert solver.ids == ["heel_lift-4mm"]
    for file in keep.glob("walk-*.npz"):
        file.write_bytes(file.read_bytes()[:1000])
    walks(request("heel_lift:8mm"), keep, solver)
    assert solver.ids == ["heel_lift-4mm", "untreated", "treated"]


def test_nothing_is_kept_without_a_folder_and_each_question_is_solved_once() -> None:
    solver = Noting()
    found = walks(request(uncertainty=True), None, solver)
    # The calibration of pain does not change a walk without pain.
    assert len(solver.jobs) == 1 + 4 + 6
    assert len(found.attempts) == 2 + 2 * len(variations())
    assert all(a.status == "solved" for a in found.attempts.values())


def test_variations_start_from_the_walk_itself_and_are_used_later_without_being_asked_for(keep: Path) -> None:
    solver = Noting()
    asked = request("heel_lift:8mm", uncertainty=True)
    found = walks(asked, keep, solver)
    assert len(solver.jobs) == 2 + 4 + 6 + 6
    for job in solver.jobs:
        case, _, varied = job.id.partition("~")
        if varied:
            assert job.start is found.walk((case, NOMINAL.id))
    assert next(j for j in solver.jobs if j.id == "treated~gain-0.82-1").strength == 0.82
    doubled = next(j for j in solver.jobs if j.id == "treated~gain-1-2").weights
    usual = next(j for j in solver.jobs if j.id == "treated").weights
    kept = {"effort", "heel_pain", "fascia_pain", "own_gait"}
    assert doubled == {name: w if name in kept else 2 * w for name, w in usual.items()}
    again = walks(replace(asked, uncertainty=False), keep, stub_solvers.refuses)
    assert len(again.attempts) == 3 * 7
    alone = walks(request("heel_lift:7mm"), keep, stub_solvers.same)
    assert ("treated", variations()[0].id) not in alone.attempts


def test_a_walk_that_is_not_found_is_tried_from_another_start_and_rests_on_nothing(keep: Path) -> None:
    solver = Noting(stub_solvers.misses)
    found = walks(request("analgesic:50%"), keep, solver)
    starts = [(j.id, j.start is None) for j in solver.jobs]
    assert starts[:2] == [("untreated", False), ("untreated", True)]
    lost = found.attempts["untreated", NOMINAL.id]
    assert lost.status == "failed"
    assert "missed most: knee_angle_r does not balance at 42 %" in lost.message
    assert found.walk(("untreated", NOMINAL.id)) is None
    assert not list(keep.glob("walk-*"))


def test_what_rests_on_a_lost_walk_is_not_begun(keep: Path) -> None:
    solver = Noting(stub_solvers.refuses)
    found = walks(request("heel_lift:8mm", speed_m_per_s=1.1), keep, solver)
    assert set(solver.ids) == {"healthy"}
    assert found.attempts["healthy", NOMINAL.id].message == "no solver here."
    assert "the walk “healthy” was not solved" in found.attempts["treated", NOMINAL.id].message


def test_after_ctrl_c_nothing_more_is_begun_and_the_best_iterate_is_gone_on_from(keep: Path) -> None:
    def pressed(job: WalkJob, tell: Tell) -> Walk:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        return stub_solvers.waits(job, tell)

    asked = request("heel_lift:8mm")
    found = walks(asked, keep, pressed)
    assert {p[0]: a.status for p, a in found.attempts.items()} == {
        "healthy": "solved",
        "untreated": "stopped",
        "treated": "stopped",
    }
    assert "Its best iterate lies in" in found.attempts["untreated", NOMINAL.id].message
    assert found.attempts["treated", NOMINAL.id].walk is None
    (begun,) = keep.glob("walk-*.begun.npz")
    solver = Noting()
    walks(asked, keep, solver)
    assert solver.ids == ["untreated", "treated"]
    start = solver.jobs[0].start
    assert start is not None
    assert not start.solved
    assert not begun.exists()


# --- several at once ------------------------------------------------------------------------------------------------


def test_a_process_that_dies_costs_its_own_walk(keep: Path) -> None:
    found = walks(request("", "heel_lift:5..15mm:3", processes=2), keep, stub_solvers.dies_of_lift)
    status = {place[0]: a.status for place, a in found.attempts.items()}
    assert status.pop("heel_lift-5mm") == "failed"
    assert set(status.values()) == {"solved"}
    assert "exit code 9" in found.attempts["heel_lift-5mm", NOMINAL.id].message


@pytest.mark.parametrize("processes", [1, 2])
def test_a_fault_costs_its_own_walk_and_is_told(keep: Path, processes: int) -> None:
    found = walks(request("", "heel_lift:5..15mm:2", processes=processes), keep, stub_solvers.breaks_at_lift)
    lost = {place[0]: a.message for place, a in found.attempts.items() if a.status == "failed"}
    assert lost == {"heel_lift-5mm": "ValueError: no such spline"}


def test_terms_of_the_users_own_reach_every_process(keep: Path, tmp_path: Path) -> None:
    file = tmp_path / "stillness.py"
    file.write_text(
        "from groundup.predict.terms import mean_square, objective_term, terms\n"
        "if 'stillness' not in [t.name for t in terms()]:\n"
        "    @objective_term('stillness', 'speed of joints', 'mean (rad/s)²', 0.001, 'test', ('speeds',))\n"
        "    def stillness(at):\n"
        "        return mean_square(at.speeds)\n",
        encoding="utf-8",
    )
    from groundup.predict import terms

    before = dict(terms._registry())
    said: list[str] = []
    try:
        terms.read_terms(file)
        asked = request("", "heel_lift:5..15mm:2", processes=2, terms_file=file)
        found = walks(asked, keep, stub_solvers.tells, said.append)
        assert job_of(found, asked.cases[0]).uses_own_terms
    finally:
        terms._registry().clear()
        terms._registry().update(before)
    told = [words for words in said if "stillness" in words and " in " in words]
    assert len({words.split(" in ")[1].split()[0] for words in told}) >= 3  # this process and two others
    assert all(a.status == "solved" for a in found.attempts.values())


def test_ctrl_c_ends_all_processes_with_their_best_iterate(keep: Path) -> None:
    walks(request(), keep, stub_solvers.same)
    said: list[str] = []

    def heard(words: str) -> None:
        said.append(words)
        if len({w for w in said if w.endswith(": iteration")}) == 2 and "pressed" not in said:
            said.append("pressed")
            os.kill(os.getpid(), signal.SIGINT)

    begun = time.monotonic()
    found = walks(request("", "heel_lift:5..15mm:3", processes=2), keep, stub_solvers.waits, heard)
    assert time.monotonic() - begun < 9
    status = [a.status for place, a in found.attempts.items() if place[0].startswith("heel_lift")]
    assert status == ["stopped"] * 3
    assert len(list(keep.glob("walk-*.begun.npz"))) == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_stronger_body_has_stronger_muscles_and_torques(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    weak, usual = (job(strength=factor).changed.prepared for factor in (0.82, 1.0))
    for a, b in zip(weak.reduction.full.muscles, usual.reduction.full.muscles, strict=True):
        assert a.max_isometric_force == pytest.approx(0.82 * b.max_isometric_force)
    assert all(weak.torques[n].up_nm == pytest.approx(0.82 * t.up_nm) for n, t in usual.torques.items())


# --- what a walk is kept under --------------------------------------------------------------------------------------


def job(**more: object) -> WalkJob:
    usual: dict[str, object] = dict(
        id="a", label="a", body=default_body(), effects=(), speed_m_per_s=1.3, weights={"effort": 1.0}, intervals=40
    )
    return WalkJob(**(usual | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "more",
    [
        {"speed_m_per_s": 1.31},
        {"speed_m_per_s": None},
        {"weights": {"effort": 1.1}},
        {"weights": {"effort": 1.0, "accelerations": 0.2}},
        {"intervals": 41},
        {"strength": 0.82},
        {"effects": request("heel_lift:8mm").cases[-1].effects},
        {"body": default_body().with_(muscles=default_body().muscles[1:])},
    ],
    ids=str,
)
def test_another_question_has_another_key(more: dict[str, object]) -> None:
    assert job(**more).key != job().key


@pytest.mark.parametrize(
    "more",
    [
        {"id": "b", "label": "b"},
        {"start": healthy_walk()},
        {"halves": True},
        {"weights": {"effort": 1.0, "own_gait": 0.0}},
        {"fits": Path("x")},
        {"speed_m_per_s": float(np.nextafter(1.3, 2))},
    ],
    ids=lambda m: next(iter(m)),
)
def test_the_same_question_has_the_same_key(more: dict[str, object]) -> None:
    assert job(**more).key == job().key


NO_PART_OF_A_SOLUTION = {
    *("body.model", "body.pressure", "body.recording", "study", "errors", "io.atomic", "io.setup_xml", "io.xml"),
    *("predict.condition", "predict.content", "predict.words"),
}
"""Modules that the solver loads for their records, errors and files: what they hold is in the question."""


def test_what_poses_and_solves_a_walk_is_in_its_key() -> None:
    package = Path(groundup.__file__).parent
    solver = {m.removeprefix("groundup.") for m in _imported(package / "predict" / "solver.py")}
    hashed = {".".join(f.relative_to(package).with_suffix("").parts) for f in method_files()}
    assert solver - hashed - NO_PART_OF_A_SOLUTION == set()
    tables = {f.name for f in method_files() if f.suffix in (".tsv", ".toml")}
    assert {"contact.tsv", "muscles.tsv", "passive.tsv", "walk_targets.tsv", "muscle_groups.toml"} <= tables


def _imported(file: Path) -> set[str]:
    """Modules of groundup that a file loads, and those that they load; what is for type checkers alone is not."""
    package, found, waiting = Path(groundup.__file__).parent, set[str](), [file]

    def at(module: str) -> Path | None:
        place = package.parent.joinpath(*module.split("."))
        return next((f for f in (place.with_suffix(".py"), place / "__init__.py") if f.exists()), None)

    while waiting:
        tree = ast.parse(waiting.pop().read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                node.body = []
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("groundup."):
                continue
            for name in (str(node.module), *(f"{node.module}.{one.name}" for one in node.names)):
                place = at(name)
                if place is not None and name not in found:
                    waiting.append(place)
                    if place.name != "__init__.py":
                        found.add(name)
    return found


def test_a_walk_of_other_weights_is_not_the_projects_own() -> None:
    walk = healthy_walk()
    usual = {t.name: t.weight for t in chosen(PAINLESS)}
    assert is_weighed(walk, job(weights=usual))
    assert is_weighed(walk, job(weights={**usual, "heel_pain": 0.0}))
    assert not is_weighed(walk, job(weights={**usual, "normal_gait": 0.11}))
    assert not is_weighed(walk, job(weights={**usual, "heel_pain": 1.0}))
    del usual["normal_gait"]
    assert not is_weighed(walk, job(weights=usual))


def test_a_hash_tells_contents_apart_and_nothing_else() -> None:
    assert content_hash([1.0, 2.0]) == content_hash((1, 2)) == content_hash((1.0 + 1e-12, 2.0))
    assert content_hash(np.zeros(3)) == content_hash(-np.zeros(3)) != content_hash(np.zeros((3, 1)))
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert len({content_hash(x) for x in ("1", 1, [1], [[1]], True, None, 1.0001)}) == 7
    for unknown in (object(), {1, 2}, lambda: 0):
        with pytest.raises(TypeError):
            content_hash(unknown)


def test_the_usual_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert usual_folder() == tmp_path / "groundup" / "walks"


def test_a_full_disk_costs_no_walk(keep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*anything: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("groundup.predict.walk_store.save_walk", full)
    found = walks(request(), keep, stub_solvers.same)
    assert all(a.status == "solved" for a in found.attempts.values())
