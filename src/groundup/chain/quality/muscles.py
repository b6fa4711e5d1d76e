"""Checks of how muscles share the moments."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groundup.chain.names import chain_joint, is_lumbar
from groundup.chain.quality.grades import graded
from groundup.chain.trunk_reserves import trunk_reserve_shares
from groundup.loads.analysis import Analysis
from groundup.solvers.solution import Status
from groundup.study import QualityItem

RESERVE_SHARE = 0.05  # Hicks et al., 2015, doi:10.1115/1.4029304
NEGLIGIBLE_NM_PER_KG = 0.005  # a third of a newton metre in an adult
SATURATED = 0.98


def muscle_items(a: Analysis) -> Iterator[QualityItem]:
    """Moments that muscles cannot supply, reserves, muscles at their end."""
    if a.loads is None:
        return
    unsolved = np.flatnonzero(a.ground.known & (a.loads.status != Status.CONVERGED))
    yield QualityItem(
        "muscles",
        graded(bool(len(unsolved))),
        "all frames with known forces" if not len(unsolved) else f"first at {a.motion.time_s[unsolved[0]]:.3f} s",
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
            graded(share > 0.5 and not small, share > RESERVE_SHARE and not small),
            f"reserve of {coordinate}",
            "Share of this moment that no muscle supplies.",
            100 * share,
            "%",
            100 * RESERVE_SHARE,
            _reserve_advice(share, small),
        )
    known = np.isfinite(a.loads.activation).all(axis=1)
    full = (a.loads.activation > SATURATED).sum(axis=0) / max(int(known.sum()), 1)
    for k in np.flatnonzero(full > 0.02):
        yield QualityItem(
            "muscles",
            graded(False, bool(full[k] > 0.1)),
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
    return float(np.nanmax(np.abs(a.loads.actuator_force[:, columns]), initial=0.0))


def _reserve_advice(share: float, small: bool) -> str:
    if share <= RESERVE_SHARE:
        return ""
    if small:
        return "It changes no load between heel and back."
    return "Loads at joints that this coordinate crosses are too low by this share."


def reserve_shares(a: Analysis) -> dict[str, float]:
    """Share of each coordinate's moment that actuators beside the muscles carry, over the recording.

    Those of the low back are told by :func:`groundup.chain.trunk_reserves.trunk_reserve_shares`.
    """
    if a.loads is None or a.moments is None:
        return {}
    shares: dict[str, float] = {}
    root = {c.name for c in a.body.coordinates if c.joint == a.body.joints[0].name}
    for k, coordinate in enumerate(a.loads.driven):
        if coordinate is not None and coordinate not in root:
            asked = np.nansum(np.abs(a.moments[:, a.skeleton.coordinate_index[coordinate]]))
            given = np.nansum(np.abs(a.loads.actuator_force[:, k]))
            shares[coordinate] = shares.get(coordinate, 0.0) + float(given / asked) if asked > 0 else 0.0
    return shares | trunk_reserve_shares(a)
