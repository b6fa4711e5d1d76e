"""How well the body fits the person: markers, residuals, lengths, mass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.laboratories.cases import Measured, measure
from benchmarks.laboratories.checks import Check
from groundup.body.model import Body
from groundup.io.osim_read import read_osim

RMS_MM, MEDIAN_MM, FORCE_PERCENT, MOMENT_PERCENT, LENGTH_PERCENT = 20.0, 12.0, 5.0, 2.0, 3.0
EXACT_KG = 1e-9
_PELVIS_TO_HEIGHT = 0.55


def fit_checks(m: Measured) -> list[Check]:
    """Marker errors, residuals at the pelvis and the mass of one recording."""
    a = m.analysis
    error = 1000 * a.fit.error_m[np.isfinite(a.fit.error_m)]
    force, moment = residuals(m)
    mass = m.laboratory.options.mass_kg or m.study.subject.mass_kg
    return [
        Check("marker distance, root mean square", m.name, float(np.sqrt((error**2).mean())), "mm", high=RMS_MM),
        Check("marker distance, median", m.name, float(np.median(error)), "mm", high=MEDIAN_MM),
        Check("residual force at the pelvis, mean", m.name, 100 * force, "% BW", high=FORCE_PERCENT),
        Check("residual moment at the pelvis, mean", m.name, 100 * moment, "% BW·height", high=MOMENT_PERCENT),
        Check("part with every ground force measured", m.name, 100 * float(a.ground.known.mean()), "%"),
        Check("segment masses less the person's", m.name, abs(a.body.mass - mass), "kg", high=EXACT_KG),
    ]


def reduced_checks(m: Measured) -> list[Check]:
    """Residuals of the same recording where the mass may be moved within the body (``--reduce-residuals``)."""
    again = measure(replace(m.laboratory, options=replace(m.laboratory.options, reduce_residuals=True)))
    force, moment = residuals(again)
    return [
        Check("residual force, with `--reduce-residuals`", m.name, 100 * force, "% BW"),
        Check("residual moment, with `--reduce-residuals`", m.name, 100 * moment, "% BW·height"),
    ]


def residuals(m: Measured) -> tuple[float, float]:
    """Mean unexplained force (parts of the weight) and moment (of weight times height) in the covered frames."""
    a = m.analysis
    if a.moments is None or a.ground.estimate is not None:
        return np.nan, np.nan
    own = [i for i, c in enumerate(a.body.coordinates) if c.joint == a.body.joints[0].name]
    root = a.moments[a.ground.known][:, own]
    turning, shifting = root[:, :3], root[:, 3:]
    height = a.height_m or float(a.segment_origin(a.pelvis)[:, 1].mean()) / _PELVIS_TO_HEIGHT
    weight = a.body_weight_n
    return (
        float(np.linalg.norm(shifting, axis=1).mean() / weight),
        float(np.linalg.norm(turning, axis=1).mean() / weight / height),
    )


def length_checks(m: Measured) -> list[Check]:
    """Lengths between joints beside the published model of the same person; none where there is no such model."""
    if m.laboratory.model is None:
        return []
    true, own = joint_distances(read_osim(m.laboratory.model)), joint_distances(m.analysis.body)
    return [
        Check(part, m.name, 100 * (own[part] / true[part] - 1), "%", -LENGTH_PERCENT, LENGTH_PERCENT) for part in true
    ]


def joint_distances(body: Body) -> dict[str, float]:
    """Distances between joint centres, m: hips, hip to knee, knee to ankle."""
    joints = {j.name: j for j in body.joints}
    hips = [joints[f"hip_{s}"].parent_frame.translation for s in "rl"]
    found = {"hip to hip": float(np.linalg.norm(hips[0] - hips[1]))}
    for side, word in (("r", "right"), ("l", "left")):
        knee, ankle = joints[f"walker_knee_{side}"], joints[f"ankle_{side}"]
        found[f"hip to knee, {word}"] = float(np.linalg.norm(knee.parent_frame.translation))
        shank = ankle.parent_frame.translation - knee.child_frame.translation
        found[f"knee to ankle, {word}"] = float(np.linalg.norm(shank))
    return found
