"""The virtual patient of ``groundup demo``: healthy, with right heel pain of 6 in 10, and treated.

The three walks were solved beforehand and are kept as the project's data, so that they are shown without a solver;
``python tools/make_virtual_patient.py`` solves them anew. Everything that follows from a walk is computed when it is
shown, as for any simulation; of the walks with variations, on which the intervals rest, what they say is kept alone.
"""

from __future__ import annotations

from groundup.errors import FileError
from groundup.predict.condition import parse_condition
from groundup.predict.gait.baseline import FILE as HEALTHY_FILE
from groundup.predict.gait.baseline import healthy_walk
from groundup.predict.gait.walk import Walk, load_walk
from groundup.predict.request import HEALTHY, TREATED, UNTREATED, SimulationRequest
from groundup.predict.treatments import parse_treatment
from groundup.predict.walk_job import Tell, WalkJob
from groundup.predict.walk_store import is_weighed

CONDITION = "heel_pain:right:6"
TREATMENT = "heel_cup"
"""A conforming insole: of the treatments, the one whose pressure under the heel is known best (Goske 2006)."""

FILES = {
    HEALTHY: HEALTHY_FILE,
    UNTREATED: HEALTHY_FILE.with_name("heel_pain.npz"),
    TREATED: HEALTHY_FILE.with_name("heel_pain_treated.npz"),
}
"""File of the walk of each case."""


VARIED_FILE = HEALTHY_FILE.with_name("heel_pain_varied.json")
"""What both walks of each comparison say with each variation."""

SAME = f"groundup simulate --condition {CONDITION} --treatment {TREATMENT} --uncertainty"
"""The command that asks the same and solves the walks anew."""


def virtual_patient() -> SimulationRequest:
    """Return what is asked about the virtual patient; its intervals are known."""
    return SimulationRequest((parse_condition(CONDITION),), (parse_treatment(TREATMENT),), command=SAME)


def stored_walk(job: WalkJob, tell: Tell) -> Walk:
    """Return the stored walk of a case of the virtual patient; stands in for a solver.

    Raises
    ------
    FileError
        The file is missing or damaged, or was solved with other weights.
    """
    walk = healthy_walk() if job.id == HEALTHY else load_walk(FILES[job.id])
    if not is_weighed(walk, job):
        raise FileError(
            f"{FILES[job.id].name}: was solved with other weights than today's. Solve it anew: "
            "python tools/make_virtual_patient.py"
        )
    return walk
