"""Checks of how the body follows the markers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groundup.chain.names import chain_joint, is_lumbar
from groundup.chain.quality.grades import graded, rms
from groundup.loads.analysis import Analysis
from groundup.solvers.solution import Status
from groundup.study import QualityItem

# Limits of OpenSim's own guide to good practice (Hicks et al., 2015, doi:10.1115/1.4029304).
MARKER_RMS_M, MARKER_MAX_M = 0.02, 0.04


def marker_items(a: Analysis) -> Iterator[QualityItem]:
    """Distances of model and measured markers, coordinates that none shows, frames without a pose."""
    error = a.fit.error_m
    yield _marker_item(
        "all markers",
        "Root-mean-square distance of model and measured markers.",
        rms(error),
        MARKER_RMS_M,
        bad=rms(error) > 2 * MARKER_RMS_M,
    )
    for k, name in enumerate(a.fit.markers):
        if np.isfinite(error[:, k]).any():
            yield _marker_item(f"marker {name}", "Root-mean-square distance.", rms(error[:, k]), MARKER_MAX_M)
            largest = float(np.nanmax(error[:, k]))
            if largest > MARKER_MAX_M:
                frame = int(np.nanargmax(error[:, k]))
                where = f"marker {name} at {a.motion.time_s[frame]:.3f} s"
                yield _marker_item(where, "Largest distance.", largest, MARKER_MAX_M)
    yield from _unseen(a)
    unsolved = np.flatnonzero(a.fit.status != Status.CONVERGED)
    if len(unsolved):
        yield QualityItem(
            "inverse kinematics",
            "warn",
            f"{len(unsolved)} frames, first at {a.motion.time_s[unsolved[0]]:.3f} s",
            "Frames with too few markers or without convergence; their pose lies between their neighbours.",
            float(len(unsolved)),
            "frames",
            0.0,
            "Choose a time range without them (--start-s, --end-s).",
        )


def _unseen(a: Analysis) -> Iterator[QualityItem]:
    """Coordinates that no marker shows; what hangs on them in the chain is guesswork."""
    joint_of = {c.name: c.joint for c in a.body.coordinates}
    for name in a.unseen:
        in_chain = bool(chain_joint(joint_of[name])) or is_lumbar(joint_of[name])
        text = "No recorded marker shows this coordinate; it keeps the model's default value."
        advice = "Loads from here upwards are those of that posture." if in_chain else ""
        yield QualityItem("inverse kinematics", graded(False, in_chain), name, text, advice=advice)


def _marker_item(where: str, message: str, value: float, limit: float, bad: bool = False) -> QualityItem:
    advice = "" if value <= limit else "Check its label and its place on the model; a marker 4 cm off is one misplaced."
    return QualityItem("inverse kinematics", graded(bad, value > limit), where, message, value, "m", limit, advice)
