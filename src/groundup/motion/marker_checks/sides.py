"""Whether left is left: pairs of markers whose labels are exchanged for the whole recording."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.names import side_of
from groundup.body.person import Placement, Recognition
from groundup.body.recording import MarkerTrajectories
from groundup.errors import RecordingError
from groundup.motion.marker_checks.finding import Finding, low_median

_LEAST_APART_M = 0.03
_CLEARLY_APART_M = 0.05
"""Feet may cross and knees touch; nothing on the right of a body is this far left of its partner most of the time."""
_MOST_FRAMES = 0.9
_ALL = 0.8
_FEWEST_PAIRS = 4
_STEADIER, _UNSTEADY_M = 0.5, 0.015
_BESIDE = {
    "femur": ("tibia",),
    "tibia": ("femur", "calcn"),
    "calcn": ("tibia", "toes"),
    "toes": ("calcn", "tibia"),
    "humerus": ("ulna", "radius"),
    "ulna": ("radius", "humerus"),
    "radius": ("ulna", "hand"),
    "hand": ("radius", "ulna"),
}
_LIMBS = {
    "legs": ("femur", "patella", "tibia", "talus", "calcn", "toes"),
    "arms": ("humerus", "ulna", "radius", "hand"),
}
_UP = np.array([0.0, 1.0, 0.0])
_WALKED_M = 0.4


@dataclass(frozen=True)
class _Pair:
    """The columns of a marker and its partner, and the columns of what sits on the same bones, by side."""

    right: int
    left: int
    segment: str


def put_sides_right(
    markers: MarkerTrajectories, recognition: Recognition
) -> tuple[MarkerTrajectories, tuple[Finding, ...]]:
    """Exchange pairs of labels back that are certainly on the wrong side; say what is doubtful.

    Raises
    ------
    RecordingError
        All pairs are on the wrong side: labels or axes are mirrored, which markers alone cannot tell apart.
    """
    pairs = _pairs(markers.names, recognition)
    forward = facing(markers, recognition)
    if not pairs or forward is None:
        return markers, ()
    apart = _apart(markers.positions_m, pairs, np.cross(forward, _UP))  # (n_frames, n_pairs), positive where right
    middle = np.nan_to_num(low_median(apart))
    wrong = np.flatnonzero(middle < -_LEAST_APART_M)
    clear = np.abs(middle) > _LEAST_APART_M
    if len(wrong) >= max(_FEWEST_PAIRS, _ALL * clear.sum()):
        raise _mirrored(markers, len(wrong), int(clear.sum()), forward)
    crossing = [limb for limb in _LIMBS.values() if _hangs_on_own_side(markers.positions_m, limb, pairs)]
    limbs = [limb for limb in _LIMBS.values() if limb not in crossing and _is_exchanged(limb, pairs, middle)]
    whole = [k for k, p in enumerate(pairs) if any(p.segment.startswith(limb) for limb in limbs)]
    verdict = {
        k: _verdict(markers.positions_m, pairs, k, apart[:, k], wrong) for k in range(len(pairs)) if k not in whole
    }
    for k in verdict:  # where whole limbs cross, none of their markers is a witness for another
        if verdict[k] == "exchanged" and not _mates(pairs, k, wrong) and _is_on(pairs[k], crossing):
            verdict[k] = "doubtful"
    swap = [k for k, said in verdict.items() if said == "exchanged"]
    return _exchanged(markers, [pairs[k] for k in (*whole, *swap)]), (
        *(_limb_put_back(limb, pairs, middle) for limb, parts in _LIMBS.items() if parts in limbs),
        *(_put_back(markers, pairs[k], float(middle[k])) for k in swap),
        *(_doubt(markers, pairs[k], float(middle[k])) for k, said in verdict.items() if said == "doubtful"),
    )


# --- which way the person faces --------------------------------------------------------------------------------------


def facing(markers: MarkerTrajectories, recognition: Recognition) -> Floats | None:
    """Horizontal unit vectors (n_frames, 3) the way the person faces; None where nothing shows it.

    From all of pelvis, trunk, head and feet that have markers in front and behind, one vote each. Exchanging left and
    right does not change it.
    """
    total = np.zeros((len(markers.time_s), 3))
    for front in fronts(markers, recognition).values():
        total = total + np.nan_to_num(front / np.maximum(np.linalg.norm(front, axis=1, keepdims=True), 1e-9))
    if not np.linalg.norm(total, axis=1).any():
        way = _way(markers.positions_m)
        if np.linalg.norm(way) < _WALKED_M:
            return None
        total = np.broadcast_to(way, total.shape)
    # A frame in which nothing is seen faces where the others do.
    size = np.linalg.norm(total, axis=1, keepdims=True)
    mean = total.sum(axis=0) / max(float(np.linalg.norm(total.sum(axis=0))), 1e-9)
    return np.asarray(np.where(size > 0.3, total / np.maximum(size, 1e-9), mean))


def fronts(markers: MarkerTrajectories, recognition: Recognition) -> Mapping[str, Floats]:
    """Horizontal vectors (n_frames, 3) along the x axes of segments, as their own markers show it; NaN in gaps.

    Both feet give one together: exchanging a heel for the other does not turn the sum.
    """
    column = {name: k for k, name in enumerate(markers.names)}
    found: dict[str, Floats] = {}
    for segment in dict.fromkeys(p.segment for p in recognition.placements):
        if not re.match(r"pelvis|torso|head|calcn", segment):
            continue
        own = [p for p in recognition.placements if p.segment == segment and p.label in column]
        front = _front(markers.positions_m[:, [column[p.label] for p in own]], own)
        if front is not None:
            part = segment.split("_")[0]
            found[part] = found[part] + front if part in found else front
    return found


def _front(x: Floats, own: Sequence[Placement]) -> Floats | None:
    """Regression of where markers are on how far ahead they sit; frames with a gap among them are left out."""
    if len(own) < 2:
        return None
    ahead = np.array([p.location_m[0] for p in own])
    aside = np.array([p.location_m[2] for p in own])
    if np.ptp(ahead) < 0.04:
        return None
    design = np.column_stack([np.ones(len(own)), ahead, aside])
    return np.asarray(np.einsum("m,fmk->fk", np.linalg.pinv(design, rcond=1e-3)[1], x) * [1.0, 0.0, 1.0])


def _way(x: Floats) -> Floats:
    """Horizontal way of the markers over the recording, (3,) m."""
    tenth = max(len(x) // 10, 1)
    way = low_median(low_median(x[-tenth:]) - low_median(x[:tenth]))
    return np.asarray(np.nan_to_num(way) * [1.0, 0.0, 1.0])


# --- pairs ------------------------------------------------------------------------------------------------------------


def _pairs(names: Sequence[str], recognition: Recognition) -> list[_Pair]:
    column = {name: k for k, name in enumerate(names)}
    placed = {(p.segment, p.landmark or _one_side(p.label)): p for p in recognition.placements if p.label in column}
    found = []
    for (segment, landmark), p in placed.items():
        other = placed.get((_mirror(segment), _mirror(landmark)))
        if other is not None and other is not p and _is_right(p):
            found.append(_Pair(column[p.label], column[other.label], segment))
    return found


def _is_right(p: Placement) -> bool:
    side = side_of(p.landmark) if p.landmark else side_of(p.segment)
    return side == "right" if side != "none" else float(p.location_m[2]) > 0


def _mirror(name: str) -> str:
    return re.sub(r"_([rl])$", lambda m: "_l" if m[1] == "r" else "_r", name)


def _one_side(label: str) -> str:
    """Label with its side as an ending: ``LTHI`` and ``L.Thigh.Rear`` become ``thi_l`` and ``thigh.rear_l``."""
    match = re.match(r"(left|right|l|r)[._ ]*(.+)", label, re.I)
    return f"{match[2].lower()}_{match[1][0].lower()}" if match else label.lower()


def _apart(x: Floats, pairs: Sequence[_Pair], rightward: Floats) -> Floats:
    """How far each right marker is to the right of its partner, (n_frames, n_pairs) m."""
    gap = x[:, [p.right for p in pairs]] - x[:, [p.left for p in pairs]]
    return np.asarray(np.einsum("fpk,fk->fp", gap, rightward))


# --- certain or not ---------------------------------------------------------------------------------------------------


def _is_exchanged(limb: tuple[str, ...], pairs: Sequence[_Pair], middle: Floats) -> bool:
    """Whether nearly every pair of both legs or both arms is on the wrong side, and some far on it."""
    own = np.array([middle[k] for k, p in enumerate(pairs) if p.segment.startswith(limb)])
    clear = own[np.abs(own) > _LEAST_APART_M]
    return bool(len(clear) >= _FEWEST_PAIRS and np.mean(clear < 0) >= _ALL and np.median(clear) < -2 * _CLEARLY_APART_M)


def _is_on(p: _Pair, limbs: Sequence[tuple[str, ...]]) -> bool:
    return any(p.segment.startswith(limb) for limb in limbs)


def _hangs_on_own_side(x: Floats, limb: tuple[str, ...], pairs: Sequence[_Pair]) -> bool:
    """Whether thighs are nearer to their own side of the pelvis, upper arms to their own shoulder: limbs may cross."""
    trunk = [p for p in pairs if p.segment in ("pelvis", "torso")]
    own = crossed = 0.0
    for p in (p for p in pairs if p.segment.startswith(limb[0])):
        for q in trunk:
            for marker, near, far in ((p.right, q.right, q.left), (p.left, q.left, q.right)):
                for_own, for_other = (np.linalg.norm(x[:, marker] - x[:, k], axis=-1) for k in (near, far))
                own += float(np.nan_to_num(low_median(for_own)))
                crossed += float(np.nan_to_num(low_median(for_other)))
    return own < crossed


def _verdict(x: Floats, pairs: Sequence[_Pair], k: int, apart: Floats, wrong: np.ndarray) -> str:
    """Whether a pair's labels are ``exchanged``, its limbs ``crossed``, it is ``right`` or that is ``doubtful``.

    Markers that move tell by themselves: each keeps its distances to those on the same bone.
    """
    known = apart[np.isfinite(apart)]
    negative = k in wrong
    clearly = bool(negative and np.mean(known < 0) >= _MOST_FRAMES and np.median(known) < -_CLEARLY_APART_M)
    p = pairs[k]
    if side_of(p.segment) == "none":  # both on one bone: nothing but the labels can turn them round
        return ("exchanged" if clearly else "doubtful") if negative else "right"
    mates = _mates(pairs, k, wrong)
    if mates:
        own, exchanged = _spread_to(x, p.right, p.left, mates), _spread_to(x, p.left, p.right, mates)
        if max(own, exchanged) > _UNSTEADY_M and (negative or len(mates) > 1):
            if exchanged < _STEADIER * own:
                return "exchanged"
            return ("crossed" if own < _STEADIER * exchanged else "doubtful") if negative else "right"
        return ("exchanged" if clearly else "doubtful") if negative else "right"
    far = clearly and np.median(known) < -2 * _CLEARLY_APART_M
    return ("exchanged" if far else "doubtful") if negative else "right"


def _mates(pairs: Sequence[_Pair], k: int, wrong: np.ndarray) -> list[_Pair]:
    """Pairs on the same bones that are on their right sides, else those on the bones beside."""
    others = [(j, q) for j, q in enumerate(pairs) if j != k and j not in wrong]
    own = [q for _, q in others if q.segment == pairs[k].segment]
    if own:
        return own
    part = pairs[k].segment.split("_")[0]
    return [q for _, q in others if q.segment.split("_")[0] in _BESIDE.get(part, ())]


def _spread_to(x: Floats, right: int, left: int, mates: Sequence[_Pair]) -> float:
    """How much the distances to markers of the same side change, m, with ``right`` taken as the right marker."""
    spread = []
    for marker, others in ((right, [q.right for q in mates]), (left, [q.left for q in mates])):
        apart = np.linalg.norm(x[:, others] - x[:, marker : marker + 1], axis=-1)
        spread.append(low_median(np.abs(apart - low_median(apart))))
    known = np.concatenate(spread)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else 0.0


def _exchanged(markers: MarkerTrajectories, pairs: Sequence[_Pair]) -> MarkerTrajectories:
    if not pairs:
        return markers
    order = np.arange(len(markers.names))
    for p in pairs:
        order[[p.right, p.left]] = order[[p.left, p.right]]
    return replace(markers, positions_m=markers.positions_m[:, order])


# --- words ------------------------------------------------------------------------------------------------------------


def _put_back(markers: MarkerTrajectories, p: _Pair, apart_m: float) -> Finding:
    right, left = markers.names[p.right], markers.names[p.left]
    return Finding(
        "warn",
        f"markers {right} and {left}",
        f"LABELS EXCHANGED for the whole recording: {right} is on the left of the body and {left} on the "
        "right. They were put back for this analysis.",
        "Correct the labels in the motion-capture software.",
        value=apart_m,
        unit="m",
        limit=0.0,
    )


def _limb_put_back(limb: str, pairs: Sequence[_Pair], middle: Floats) -> Finding:
    own = [middle[k] for k, p in enumerate(pairs) if p.segment.startswith(_LIMBS[limb])]
    return Finding(
        "warn",
        f"both {limb}",
        f"LABELS EXCHANGED for the whole recording: all {len(own)} right markers of the {limb} are to the left of the "
        "left ones, those of the trunk are not. They were put back for this analysis.",
        "Correct the labels in the motion-capture software.",
        value=float(np.median(own)),
        unit="m",
        limit=0.0,
    )


def _doubt(markers: MarkerTrajectories, p: _Pair, apart_m: float) -> Finding:
    right, left = markers.names[p.right], markers.names[p.left]
    return Finding(
        "warn",
        f"markers {right} and {left}",
        f"{right} is on average {-100 * apart_m:.0f} cm to the left of {left}: either the labels are exchanged or the "
        "legs cross. Nothing was changed.",
        "Look at the recording; if they are exchanged, correct them there, or name them in a file for --marker-set.",
        value=apart_m,
        unit="m",
        limit=0.0,
    )


def _mirrored(markers: MarkerTrajectories, n_wrong: int, n_pairs: int, forward: Floats) -> RecordingError:
    way = _way(markers.positions_m)
    backwards = np.linalg.norm(way) > _WALKED_M and float(way @ forward.mean(axis=0)) < 0
    doubt = " The person also seems to walk backwards, so front and back may be exchanged instead." if backwards else ""
    return RecordingError(
        f"{markers.source}: right and left are exchanged in {n_wrong} of {n_pairs} pairs of markers, expected right "
        f"markers on the right of a person who faces along heel to toe. Either the labels are mirrored or the axes are "
        f"left-handed.{doubt} Export with right-handed axes, or correct the labels or give them in a file for "
        "--marker-set."
    )
