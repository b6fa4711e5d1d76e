"""How far each stage can be trusted: every check with its limit, where it failed and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from groundup.body.model import MotionKind
from groundup.chain.gait import NO_CYCLE
from groundup.chain.names import chain_joint, is_lumbar
from groundup.loads.analysis import Analysis
from groundup.solvers.solution import Status
from groundup.study import NAN, Cycle, QualityItem, Severity

# Limits of OpenSim's own guide to good practice (Hicks et al., 2015, doi:10.1115/1.4029304).
MARKER_RMS_M, MARKER_MAX_M = 0.02, 0.04
RESIDUAL_FORCE_SHARE, RESIDUAL_MOMENT_SHARE = 0.05, 0.01
RESERVE_SHARE = 0.05
NEGLIGIBLE_NM_PER_KG = 0.005  # a third of a newton metre in an adult
SATURATED = 0.98


def quality_items(a: Analysis, cycles: Sequence[Cycle]) -> tuple[QualityItem, ...]:
    """All checks of one analysis, in the order of the stages."""
    return (*_recording(a, cycles), *_markers(a), *_residuals(a), *_sharing(a), *_model(a))


def _graded(bad: bool, warn: bool = False) -> Severity:
    return "bad" if bad else "warn" if warn else "info"


def _recording(a: Analysis, cycles: Sequence[Cycle]) -> Iterator[QualityItem]:
    for cycle in cycles:
        if cycle.source == NO_CYCLE:
            text = (
                f"The recording holds no complete cycle of the {cycle.side} foot; its curves show the whole recording."
            )
            yield QualityItem(
                "recording", "warn", f"{cycle.side} foot", text, advice="Record two strikes of each foot."
            )
    for note in a.notes:
        yield QualityItem("recording", "info", a.recording.source, note)
    absent = [m.name for m in a.body.markers if m.name not in a.recording.names]
    if absent:
        yield QualityItem(
            "recording",
            "info",
            f"{len(absent)} of {len(a.body.markers)} markers of the model",
            f"Not in the recording: {', '.join(absent)}.",
        )
    gaps = ~np.isfinite(a.fit.error_m)
    share = gaps.mean(axis=0)
    for k in np.flatnonzero(share > 0):
        yield QualityItem(
            "recording",
            _graded(bool(share[k] > 0.5), bool(share[k] > 0.1)),
            f"marker {a.fit.markers[k]}",
            "Frames in which this marker was not seen: short gaps are bridged, in long ones the others carry the pose.",
            100 * float(share[k]),
            "%",
            10.0,
            "Fill the gap in the motion-capture software if the limb has fewer than three markers left.",
        )


def _markers(a: Analysis) -> Iterator[QualityItem]:
    error = a.fit.error_m
    yield _marker_item(
        "all markers",
        "Root-mean-square distance of model and measured markers.",
        _rms(error),
        MARKER_RMS_M,
        bad=_rms(error) > 2 * MARKER_RMS_M,
    )
    for k, name in enumerate(a.fit.markers):
        if np.isfinite(error[:, k]).any():
            yield _marker_item(f"marker {name}", "Root-mean-square distance.", _rms(error[:, k]), MARKER_MAX_M)
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
        yield QualityItem("inverse kinematics", _graded(False, in_chain), name, text, advice=advice)


def _marker_item(where: str, message: str, value: float, limit: float, bad: bool = False) -> QualityItem:
    advice = "" if value <= limit else "Check its label and its place on the model; a marker 4 cm off is one misplaced."
    return QualityItem("inverse kinematics", _graded(bad, value > limit), where, message, value, "m", limit, advice)


def _rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.nanmean(x**2))) if np.isfinite(x).any() else NAN


def _residuals(a: Analysis) -> Iterator[QualityItem]:
    """Generalised forces on the root that nothing but the ground could supply."""
    if a.moments is None or a.forces is None:
        return
    peak_n = max((float(np.linalg.norm(w.force_n, axis=1).max()) for w in a.forces.wrenches), default=0.0)
    if peak_n <= 0:
        return
    root = [i for i, c in enumerate(a.body.coordinates) if c.joint == a.body.joints[0].name]
    linear = [i for i in root if a.body.coordinates[i].motion is MotionKind.TRANSLATIONAL]
    turning = [i for i in root if i not in linear]
    advice = "Check that every foot contact is on a plate and on the right foot; loads are wrong by about this much."
    arm_m = float(np.abs(a.segment_origin(a.pelvis)[:, 1]).mean())
    for kind, columns, scale, limit in (
        ("force", linear, peak_n, RESIDUAL_FORCE_SHARE),
        ("moment", turning, peak_n * arm_m, RESIDUAL_MOMENT_SHARE),
    ):
        if columns:
            share = np.linalg.norm(a.moments[:, columns], axis=1) / scale
            rms, worst = float(np.sqrt(np.mean(share**2))), int(share.argmax())
            unit = "% of peak ground force" + (" × pelvis height" if kind == "moment" else "")
            yield QualityItem(
                "moments",
                _graded(rms > 4 * limit, rms > limit),
                f"residual {kind}, largest {100 * share[worst]:.1f} % at {a.motion.time_s[worst]:.3f} s",
                f"Root-mean-square {kind} on the pelvis that motion and plates leave unexplained.",
                100 * rms,
                unit,
                100 * limit,
                advice if rms > limit else "",
            )


def _sharing(a: Analysis) -> Iterator[QualityItem]:
    if a.loads is None:
        return
    unsolved = np.flatnonzero(a.loads.status != Status.CONVERGED)
    yield QualityItem(
        "muscles",
        _graded(bool(len(unsolved))),
        "all frames" if not len(unsolved) else f"first at {a.motion.time_s[unsolved[0]]:.3f} s",
        "Frames in which muscles and reserves could not supply the moments.",
        float(len(unsolved)),
        "frames",
        0.0,
        "Add reserve actuators (--reserves) or check muscle strengths." if len(unsolved) else "",
    )
    crossed = a.loads.crossed
    # Arms have few muscles in most models; what a motor does there changes no load of the chain.
    chain = {c.name for c in a.body.coordinates if chain_joint(c.joint) or is_lumbar(c.joint) or "subtalar" in c.joint}
    for coordinate, share in reserve_shares(a).items():
        if coordinate not in crossed:
            text = "No muscle crosses this coordinate; an ideal motor drives it."
            yield QualityItem("muscles", "info", f"motor of {coordinate}", text)
            continue
        small = _peak_reserve(a, coordinate) < NEGLIGIBLE_NM_PER_KG * a.body.mass or coordinate not in chain
        yield QualityItem(
            "muscles",
            _graded(share > 0.5 and not small, share > RESERVE_SHARE and not small),
            f"reserve of {coordinate}",
            "Share of this moment that no muscle supplies.",
            100 * share,
            "%",
            100 * RESERVE_SHARE,
            _reserve_advice(share, small),
        )
    full = (a.loads.activation > SATURATED).mean(axis=0)
    for k in np.flatnonzero(full > 0.02):
        yield QualityItem(
            "muscles",
            _graded(False, bool(full[k] > 0.1)),
            f"muscle {a.loads.muscles[k]}",
            "Frames at full activation.",
            100 * float(full[k]),
            "%",
            10.0,
            "Check the muscle's strength and fibre length for this person." if full[k] > 0.1 else "",
        )


def _peak_reserve(a: Analysis, coordinate: str) -> float:
    assert a.loads is not None
    columns = [k for k, driven in enumerate(a.loads.driven) if driven == coordinate]
    return float(np.abs(a.loads.actuator_force[:, columns]).max())


def _reserve_advice(share: float, small: bool) -> str:
    if share <= RESERVE_SHARE:
        return ""
    if small:
        return "It changes no load between heel and back."
    return "Loads at joints that this coordinate crosses are too low by this share."


def reserve_shares(a: Analysis) -> dict[str, float]:
    """Share of each coordinate's moment that actuators beside the muscles carry, over the recording."""
    if a.loads is None or a.moments is None:
        return {}
    shares: dict[str, float] = {}
    root = {c.name for c in a.body.coordinates if c.joint == a.body.joints[0].name}
    for k, coordinate in enumerate(a.loads.driven):
        if coordinate is not None and coordinate not in root:
            asked = np.abs(a.moments[:, a.skeleton.coordinate_index[coordinate]]).sum()
            given = np.abs(a.loads.actuator_force[:, k]).sum()
            shares[coordinate] = shares.get(coordinate, 0.0) + float(given / asked) if asked > 0 else 0.0
    return shares


def _model(a: Analysis) -> Iterator[QualityItem]:
    for item in a.body.unsupported:
        yield QualityItem("model", "info", f"{item.kind} {item.name}".strip(), item.effect)


__all__ = ["quality_items", "reserve_shares"]
