"""Solved walks, found again by what they are the answer to: the project's own healthy one, and those in a folder."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from math import isclose
from pathlib import Path

from groundup.body.default_body import default_body
from groundup.errors import FileError
from groundup.predict.gait.baseline import PAINLESS, SPEED_M_PER_S, healthy_walk
from groundup.predict.gait.walk import Walk, load_walk, save_walk
from groundup.predict.request import HEALTHY
from groundup.predict.terms import WEIGHT_OF_ALL, chosen, own_names
from groundup.predict.walk_job import WalkJob

OBJECTIVE_TOLERANCE = 1e-6
"""In parts: as far as a sum of the same numbers may differ."""


def usual_folder() -> Path:
    """Folder of the user's own solved walks: ``groundup/walks`` where programs keep what can be made again."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".cache") / "groundup" / "walks"


class WalkStore:
    """Walks by what they answer. Nothing in it is needed: what is missing or damaged is solved again.

    ``folder`` None keeps walks only as long as the store lives.
    """

    def __init__(self, folder: Path | None) -> None:
        """Use a folder; it is made when the first walk is kept."""
        self.folder = folder
        self._met: dict[str, Walk] = {}

    def solved(self, job: WalkJob) -> Walk | None:
        """The solved walk of a job, or None."""
        if job.question == _healthy_question() and is_weighed(healthy_walk(), job):
            return healthy_walk()
        walk = self._met.get(job.key) or _read(self._file(job.key))
        return walk if walk is not None and walk.solved else None

    def begun(self, job: WalkJob) -> Walk | None:
        """The best iterate of a solve that was stopped, or None."""
        return _read(self._file(f"{job.key}.begun"))

    def keep(self, job: WalkJob, walk: Walk) -> Path | None:
        """Keep a walk, or a best iterate; returns its file, None where it could not be kept."""
        if walk.solved:
            self._met[job.key] = walk
        file, begun = self._file(job.key if walk.solved else f"{job.key}.begun"), self._file(f"{job.key}.begun")
        if file is None or begun is None:
            return None
        with suppress(FileError, OSError):  # a full disk must not cost the walk
            file.parent.mkdir(parents=True, exist_ok=True)
            save_walk(walk, file, notes={"label": job.label})
            if walk.solved:
                begun.unlink(missing_ok=True)
            return file
        return None

    def _file(self, key: str) -> Path | None:
        return None if self.folder is None else self.folder / f"walk-{key}.npz"


def is_weighed(walk: Walk, job: WalkJob) -> bool:
    """Whether a walk was solved with the weights of a job: its terms, weighed so, make the objective it ended with."""
    weights = {name: weight for name, weight in job.weights.items() if weight}
    if set(weights) != set(walk.terms):
        return False
    objective = WEIGHT_OF_ALL * sum(weights[name] * value for name, value in walk.terms.items())
    return isclose(objective, walk.stats["objective"], rel_tol=OBJECTIVE_TOLERANCE)


def _read(file: Path | None) -> Walk | None:
    if file is None or not file.exists():
        return None
    with suppress(FileError):
        return load_walk(file)
    return None


@cache
def _healthy_question() -> str:
    """What the project's own healthy walk answers: groundup's own body, unchanged, at the usual weights."""
    walk = healthy_walk()
    intervals = (len(walk.time_s) - 1) // 2  # each has a point in its middle
    weights = {t.name: t.weight for t in chosen(PAINLESS) if t.name in own_names()}
    return WalkJob(HEALTHY, HEALTHY, default_body(), (), SPEED_M_PER_S, weights, intervals).question
