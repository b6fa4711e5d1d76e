"""What is wrong with a body as a model of a person: what its makers and we know, and what can be found by trying it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.model import Muscle
from groundup.chain.card.measures import Mechanics
from groundup.engine.muscle import rigid_tendon_state

KNOWN = (
    "Strength is that of a young and fit man, of any age and sex; it does not change when the body is scaled.",
    "Tendons of leg muscles were lengthened by groundup: the distributed model puts the muscles of one leg model on "
    "the hips and ankles of another, which stretched soleus to 1.7 times its optimal length.",
    "Discs, facet joints and ligaments of the spine have no stiffness; muscles carry every moment of the trunk.",
    "Pressure in the abdomen, which may take load off the spine when lifting, is not modelled.",
    "One rhythm moves all lumbar levels in fixed proportions; muscles balance all levels together, not each of them.",
    "The obliques end on a massless plate in place of the abdomen, which hangs from the sacrum and turns with the "
    "thorax; what they pull there reaches the pelvis without passing the lumbar joints.",
    "Transversus abdominis is missing, and rectus abdominis is one straight line.",
    "Thorax and neck are one piece each: the thoracic spine does not bend.",
    "Arms and neck have no muscles but latissimus dorsi; motors move them.",
    "Intrinsic muscles of the foot and the plantar fascia are missing; the foot behind the toes is one piece.",
    "The pelvis is one piece: no sacroiliac motion. Hip, knee and ankle have no ligaments.",
    "Only L5/S1 has a range of flexion and side bending (-11° to 4°, ±2°); the levels above follow it and have none.",
)
"""Faults of the default body that hold whatever the posture."""

_FIBER = (0.5, 1.5)  # optimal lengths; beyond, a muscle makes next to no active force
_WEAK_N = 1.0
_JUMP_M = 0.005
_FLIP_M = 0.005
_MARGIN = np.radians(5.0)
_CHAIN = (
    *("hip_flexion_r", "hip_adduction_r", "hip_rotation_r", "knee_angle_r", "ankle_angle_r", "subtalar_angle_r"),
    *("L5_S1_Flex_Ext", "L5_S1_Lat_Bending", "L5_S1_axial_rotation"),
)


@dataclass(frozen=True)
class Trial:
    """What trying the body over its ranges found.

    Attributes
    ----------
    long_fibers, short_fibers : muscle and its extreme fibre length over the walk, optimal lengths, tendon slack
    jumps : muscle, coordinate, angle in degrees and change of the arm over one degree, mm, where that is more than 5 mm
    flips : muscle and coordinate where the arm goes from 5 mm on one side to 5 mm on the other within 5° of the walk
    powerless : muscles of less than 1 N
    uneven : muscles that differ between left and right by more than 1 %, and in what
    """

    long_fibers: tuple[tuple[str, float], ...]
    short_fibers: tuple[tuple[str, float], ...]
    jumps: tuple[tuple[str, str, float, float], ...]
    flips: tuple[tuple[str, str], ...]
    powerless: tuple[str, ...]
    uneven: tuple[tuple[str, str], ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Findings in plain words; one line for each kind."""
        return (
            _listed("Fibres longer than 1.5 optimal lengths in level walking", self.long_fibers, "{0} {1:.2f}"),
            _listed("Fibres shorter than 0.5 optimal lengths in level walking", self.short_fibers, "{0} {1:.2f}"),
            _listed(
                "Moment arms that jump by more than 5 mm in one degree", self.jumps, "{0} at {1} {2:.0f}° ({3:.0f} mm)"
            ),
            _listed(
                "Moment arms that change sides within the range of walking (some do in people)",
                _by_coordinate(self.flips),
                "{0}",
            ),
            _listed("Muscles without strength", [(name,) for name in self.powerless], "{0}"),
            _listed("Muscles that differ between left and right by more than 1 %", self.uneven, "{0} ({1})"),
        )


def _by_coordinate(flips: tuple[tuple[str, str], ...]) -> list[tuple[str]]:
    """Muscles without their side, coordinate by coordinate."""
    names = dict.fromkeys(coordinate for _, coordinate in flips)
    return [(f"{c} of {', '.join(m.removesuffix('_r') for m, own in flips if own == c)}",) for c in names]


def _listed(what: str, found: object, pattern: str) -> str:
    items = [pattern.format(*one) for one in found]  # type: ignore[attr-defined]
    return f"{what}: {', '.join(items) if items else 'none'}."


def try_body(m: Mechanics, walk: np.ndarray) -> Trial:
    """Try a body over the ranges of its joints and over a walk.

    Parameters
    ----------
    walk : array, shape (F, C), rad and m
    """
    low, high = _fibers(m, walk)
    names = [u.name for u in m.body.muscles]
    jumps, flips = _arms(m, walk)
    return Trial(
        long_fibers=tuple((n, float(x)) for n, x in zip(names, high, strict=True) if x > _FIBER[1]),
        short_fibers=tuple((n, float(x)) for n, x in zip(names, low, strict=True) if x < _FIBER[0]),
        jumps=jumps,
        flips=flips,
        powerless=tuple(u.name for u in m.body.muscles if u.max_isometric_force < _WEAK_N),
        uneven=_uneven(m),
    )


def _fibers(m: Mechanics, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shortest and longest fibre of each muscle, optimal lengths, tendons at slack length."""
    _, length = m.arms_and_lengths(q)
    state = rigid_tendon_state(m.muscles, length, np.zeros_like(length))
    return state.norm_length.min(axis=0), state.norm_length.max(axis=0)


def _arms(
    m: Mechanics, walk: np.ndarray
) -> tuple[tuple[tuple[str, str, float, float], ...], tuple[tuple[str, str], ...]]:
    """Jumps of moment arms over each joint's range, and flips within that of walking, right side and trunk."""
    jumps, flips = [], []
    right = [k for k, u in enumerate(m.body.muscles) if not u.name.endswith("_l")]
    for name in _CHAIN:
        i = m.skeleton.coordinate_index[name]
        low, high = m.body.coordinates[i].range
        turns = m.whole_arms(name, m.sweep(name, low, high, 2))[0]
        q = m.sweep(name, low, high, max(2, round(float(np.ptp(turns))) + 1))
        angle, arms = m.whole_arms(name, q)
        walked = (q[:, i] > walk[:, i].min() - _MARGIN) & (q[:, i] < walk[:, i].max() + _MARGIN)
        step = np.abs(np.diff(arms, axis=0))
        for k in right:
            worst = int(step[:, k].argmax())
            if step[worst, k] > _JUMP_M:
                jumps.append((m.body.muscles[k].name, name, float(angle[worst]), 1000 * float(step[worst, k])))
            if arms[walked, k].min() < -_FLIP_M and arms[walked, k].max() > _FLIP_M:
                flips.append((m.body.muscles[k].name, name))
    return tuple(jumps), tuple(flips)


def _uneven(m: Mechanics) -> tuple[tuple[str, str], ...]:
    """Muscles whose figures or neutral lengths differ between the sides."""
    q = np.array([[c.default for c in m.body.coordinates]])
    length = dict(zip((u.name for u in m.body.muscles), m.arms_and_lengths(q)[1][0], strict=True))
    by_name = {u.name: u for u in m.body.muscles}
    found = []
    for right in (u for u in m.body.muscles if u.name.endswith("_r")):
        left = by_name.get(f"{right.name[:-2]}_l")
        if left is None:
            found.append((right.name, "no left one"))
            continue
        pairs = {what: (getattr(right, field), getattr(left, field)) for what, field in _FIGURES.items()}
        pairs["path length"] = (float(length[right.name]), float(length[left.name]))
        odd = [what for what, (r, x) in pairs.items() if abs(r - x) > 0.01 * max(abs(r), abs(x))]
        if odd:
            found.append((right.name[:-2], ", ".join(odd)))
    return tuple(found)


_FIGURES = {
    "strength": "max_isometric_force",
    "optimal fibre length": "optimal_fiber_length",
    "tendon slack length": "tendon_slack_length",
    "pennation": "pennation_angle",
}


def is_trunk(muscle: Muscle) -> bool:
    """Whether a muscle pulls on the spine, thorax or abdomen."""
    return any(p.segment.startswith(("lumbar", "torso", "Abdomen")) for p in muscle.points)
