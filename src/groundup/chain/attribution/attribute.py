"""Which link of the chain makes a load change: integrated gradients between two conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.attribution.between import NEIGHBOURS, Between, Block, Sharing, between
from groundup.chain.attribution.condition import Condition
from groundup.chain.attribution.interest import LoadOfInterest, mirrored_load
from groundup.chain.attribution.links import Part
from groundup.errors import RecordingError
from groundup.study import NAN, Attribution, Share

STEP = 2e-3
"""Part of the whole change by which a link is moved to feel the slope; its square is negligible."""

GOAL = 0.005
"""Part of the change that the pieces of the path together may leave unexplained before they are halved."""

MOST_PIECES = {"peak": 14, "mean": 4, "impulse": 4}
NOTHING = 1e-2
"""A change below this part of the load is none: its percentages would only be noise."""

QUIET = 2e-4
"""Parts whose share is below this part of the change everywhere on the way are not felt again on finer pieces."""

AGAINST = 3.0
"""Shares that together are so many times the change are said to work against each other."""

_NODES = {"peak": 3, "mean": 2, "impulse": 2}  # Gauss–Legendre nodes of a piece
_OPPOSITE = 4.0  # goals that pieces together may miss if their errors cancel
_MARGIN = 0.02  # of the range of the curve: points so far below the peak at both ends of a piece may still pass it
_EVERY = 2  # points of the cycle that a mean is taken over
_FAR = 4  # points of the cycle; peaks farther apart are two


@dataclass(frozen=True, eq=False)
class Place:
    """The load at one place of the path: its value, at which point of the cycle, and its curve.

    The curve (n_points,) is NaN where the load was not looked at.
    """

    s: float
    value: float
    point: int
    curve: Floats


@dataclass(frozen=True, eq=False)
class _Piece:
    """A stretch of the path: its ends and the shares of the parts within it."""

    start: Place
    end: Place
    shares: Floats

    @property
    def miss(self) -> float:
        """What the shares leave unexplained."""
        return float(self.end.value - self.start.value - self.shares.sum())

    @property
    def complete(self) -> Floats:
        """Shares that add up: what they miss is spread over them by their size."""
        size = np.abs(self.shares).sum()
        return self.shares + self.miss * np.abs(self.shares) / size if size > 0 else self.shares


def attribute(before: Condition, after: Condition, load: LoadOfInterest, sharing: Sharing | None = None) -> Attribution:
    """Split the change of a load between two conditions among the links of the chain.

    Parameters
    ----------
    before, after : of one person; for left against right, give the right cycle and the mirrored left one
    load : which number of the cycle
    sharing : how muscles share the load; as the analysis did it

    Raises
    ------
    ModelError
        The bodies differ in more than size, or lack what the load needs.
    RecordingError
        The two have too few points of the cycle with known forces in common.

    Notes
    -----
    All that makes a walk moves together on the straight line from before to after. At every place of it the slope of
    the load by each link is felt, times how far that link goes; the sum over the line is the link's share (the
    Aumann–Shapley value [1]_, integrated gradients [2]_). Shares add up to the whole change; a link that does not
    change gets none; and it does not matter which link is named first. The highest value of a cycle is followed
    wherever in the cycle it goes. Places come from Gauss–Legendre nodes on pieces of the line, which are halved, or
    parted where the peak jumps, until their errors together stay below ``GOAL`` of the change. What the shares then
    still miss is told as the completeness error, and spread over them by their size.

    All is computed on the body of ``before``. What remains is the share of the body model: another scaling, or sides
    that differ.

    References
    ----------
    .. [1] Aumann, Shapley, 1974, *Values of non-atomic games*.
    .. [2] Sundararajan, Taly, Yan, 2017, Axiomatic attribution for deep networks, arXiv:1703.01365
    """
    path = Path(between(before, after, sharing), load)
    pieces = _pieces(path)
    missed = sum(p.miss for p in pieces)
    shares = np.sum([p.complete for p in pieces], axis=0)
    start, end = pieces[0].start, pieces[-1].end
    own_before, own_after = (_own(c, path, place.value) for c, place in ((before, start), (after, end)))
    body_model = (own_after - end.value) - (own_before - start.value)
    change = own_after - own_before
    changed = abs(change) > NOTHING * max(abs(own_before), abs(own_after))
    parts = [*zip(path.box.parts, shares, strict=True)]
    if before.body is not after.body or before.mirror_of or after.mirror_of:
        parts.append((Part("body model"), body_model))
    return Attribution(
        load.id,
        load.label,
        load.side,
        load.unit,
        before.label,
        after.label,
        own_before,
        own_after,
        tuple(Share(p.link, p.side, float(v), 100 * float(v) / change if changed else NAN) for p, v in parts),
        missed / change if changed else NAN,
        path.percent(start),
        path.percent(end),
        _notes(path, len(pieces), change if changed else 0.0, shares),
    )


@dataclass(frozen=True, eq=False)
class Path:
    """The straight line between two conditions, and the load along it."""

    box: Between
    load: LoadOfInterest

    @property
    def active(self) -> np.ndarray:
        """Places of the parts that change at all."""
        return np.flatnonzero([_changes(self.box, i) for i in range(len(self.box.parts))])

    def at(self, s: float) -> Floats:
        """The point of the box where every part has gone as far."""
        return np.full(len(self.box.parts), s)

    def points(self) -> np.ndarray:
        """Points of the cycle that count.

        Raises
        ------
        RecordingError
            Too few forces are known.
        """
        known, percent = self.box.known, self.box.before.percent
        within = (percent >= self.load.within[0]) & (percent <= self.load.within[1])
        found = np.flatnonzero(known & within)
        if self.load.statistic != "peak":
            found = np.flatnonzero(within)[::_EVERY]
            if not known[found].all():
                found = found[:0]
        if len(found) < 3:
            raise RecordingError(
                f"{self.load.label} of {self.box.before.label} and {self.box.after.label}: ground forces are known for "
                f"{int((known & within).sum())} of {int(within.sum())} points of the cycle in both, expected some for "
                "a peak and all for a mean. Choose cycles on the plates, or a peak."
            )
        return found

    def evaluate(self, places: Sequence[float], points: np.ndarray) -> list[Place]:
        """The load at places of the path, looking at some points of the cycle."""
        runs = _runs(points, self.box.n_points) if self.load.statistic == "peak" else [(points, np.arange(len(points)))]
        blocks = [Block(self.at(s), frames, wanted) for s in places for frames, wanted in runs]
        curves = self.box.curves(self.load, blocks)
        joined = [np.concatenate(curves[i : i + len(runs)]) for i in range(0, len(curves), len(runs))]
        return [self._place(s, c, points) for s, c in zip(places, joined, strict=True)]

    def _place(self, s: float, values: Floats, points: np.ndarray) -> Place:
        curve = np.full(self.box.n_points, np.nan)
        curve[points] = values
        if self.load.statistic == "peak":
            top = int(np.nanargmax(curve))
            return Place(s, float(curve[top]), top, curve)
        return Place(s, self.total(values, self.at(s)), -1, curve)

    def percent(self, place: Place) -> float:
        """Where in the cycle the peak lies, %."""
        return 100.0 * place.point / (self.box.n_points - 1) if place.point >= 0 else NAN

    def total(self, curve: Floats, gone: Floats) -> float:
        """Mean over the cycle, or sum over time."""
        mean = float(np.mean(0.5 * (curve[1:] + curve[:-1])))
        part = (self.load.within[1] - self.load.within[0]) / 100.0
        return mean * part * self.box.duration_s(gone) if self.load.statistic == "impulse" else mean

    def slopes(self, places: Sequence[Place], active: np.ndarray) -> list[Floats]:
        """Derivative of the load by how far each part has gone, (n_parts,), at each place; 0 for those not active."""
        blocks = []
        for place in places:
            for part in (-1, *active):
                gone = self.at(place.s)
                if part >= 0:
                    gone[part] += STEP
                blocks.append(self._felt(gone, place))
        curves = self.box.curves(self.load, blocks)
        values = [float(c[0]) if len(c) == 1 else self.total(c, b.gone) for c, b in zip(curves, blocks, strict=True)]
        table = np.array(values).reshape(len(places), 1 + len(active))
        out = np.zeros((len(places), len(self.box.parts)))
        out[:, active] = (table[:, 1:] - table[:, :1]) / STEP
        return list(out)

    def _felt(self, gone: Floats, place: Place) -> Block:
        """What the value of a place comes from: the point of its peak, or all that were looked at."""
        if place.point >= 0:
            return self.box.instant(gone, place.point)
        points = np.flatnonzero(np.isfinite(place.curve))
        return Block(gone, points, np.arange(len(points)))


def _changes(box: Between, part: int) -> bool:
    """Whether a part differs between the two conditions."""
    a, b = box.before, box.after
    moved = any(np.any(step[part]) for step in (box.steps.q, box.steps.rate, box.steps.bend))
    pushed = any(
        np.any(x[:, mask] != y[:, mask])
        for mask, pairs in (
            (box.of_force == part, ((a.force_bw, b.force_bw), (a.torque_m, b.torque_m))),
            (box.of_point == part, ((a.point_m, b.point_m),)),
        )
        for x, y in pairs
    )
    heavier = part == box.of_mass and (box.heavier is not None or a.weight_n != b.weight_n)
    return bool(moved or pushed or heavier or (part == box.of_timing and a.duration_s != b.duration_s))


def _pieces(path: Path) -> list[_Piece]:
    """Pieces of the path with their shares, in order."""
    points = path.points()
    if not len(path.active):
        (only,) = path.evaluate((0.0,), points)
        return [_Piece(only, only, np.zeros(len(path.box.parts)))]
    first, last = path.evaluate((0.0, 1.0), points)
    ends = [(first, last)]
    if _jumps(first, last):
        (middle,) = path.evaluate([_parting(first, last)], points)
        ends = [(first, middle), (middle, last)]
    pieces = _with_shares(path, ends, path.active)
    change, most = abs(last.value - first.value), MOST_PIECES[path.load.statistic]
    goal = GOAL * change
    felt = np.abs([p.shares for p in pieces]).max(axis=0)
    moving = path.active[felt[path.active] > QUIET * change]
    still = np.where(np.isin(np.arange(len(felt)), moving), 0.0, np.sum([p.shares for p in pieces], axis=0))
    while change > NOTHING * abs(first.value) and len(pieces) < most and not _good(pieces, goal):
        # Only pieces that miss more than their part of the goal are worth parting, the worst first.
        poor = sorted((p for p in pieces if abs(p.miss) > 0.5 * goal / most), key=lambda p: -abs(p.miss))
        halves = [half for p in poor[: most - len(pieces)] for half in _halves(path, p)]
        kept = poor[most - len(pieces) :] + [p for p in pieces if p not in poor]
        finer = [
            replace(p, shares=p.shares + (p.end.s - p.start.s) * still) for p in _with_shares(path, halves, moving)
        ]
        pieces = sorted([*kept, *finer], key=lambda p: p.start.s)
    return pieces


def _good(pieces: Sequence[_Piece], goal: float) -> bool:
    """Whether the shares add up, and not only because pieces err in opposite ways."""
    miss = np.array([p.miss for p in pieces])
    return bool(abs(miss.sum()) <= goal and np.abs(miss).sum() <= _OPPOSITE * goal)


def _halves(path: Path, piece: _Piece) -> list[tuple[Place, Place]]:
    points = _candidates(piece.start, piece.end)
    (middle,) = path.evaluate([_parting(piece.start, piece.end)], points)
    return [(piece.start, middle), (middle, piece.end)]


def _with_shares(path: Path, ends: Sequence[tuple[Place, Place]], active: np.ndarray) -> list[_Piece]:
    """Shares of the active parts within each stretch between two places, by Gauss–Legendre nodes."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES[path.load.statistic])
    nodes, weights = 0.5 * (nodes + 1.0), 0.5 * weights
    places = [path.evaluate([a.s + x * (b.s - a.s) for x in nodes], _candidates(a, b)) for a, b in ends]
    slopes = np.array(path.slopes([p for own in places for p in own], active)).reshape(len(ends), len(nodes), -1)
    shares = np.einsum("n,enp->ep", weights, slopes)
    return [_Piece(a, b, (b.s - a.s) * own) for (a, b), own in zip(ends, shares, strict=True)]


def _candidates(a: Place, b: Place) -> np.ndarray:
    """Points that may hold the highest value somewhere between two places, or all that a mean is taken over."""
    seen = np.isfinite(a.curve) & np.isfinite(b.curve)
    if a.point < 0:
        return np.flatnonzero(seen)
    one, two = a.curve[seen], b.curve[seen]
    # Between the places a curve may bulge by half of what it moves.
    reach = np.maximum(one, two) + 0.5 * np.abs(two - one) + _MARGIN * np.ptp(one)
    return np.flatnonzero(seen)[reach >= min(a.value, b.value)]


def _jumps(a: Place, b: Place) -> bool:
    return abs(a.point - b.point) > _FAR


def _parting(a: Place, b: Place) -> float:
    """Where to part the stretch between two places: in its middle, or where one peak overtakes the other."""
    if _jumps(a, b):
        ahead, behind = a.value - a.curve[b.point], b.value - b.curve[a.point]
        if ahead + behind > 0:
            return float(a.s + np.clip(ahead / (ahead + behind), 0.02, 0.98) * (b.s - a.s))
    return 0.5 * (a.s + b.s)


def _runs(points: np.ndarray, n_points: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Stretches of neighbouring points with the neighbours they need, and which of them were asked for."""
    runs = np.split(points, np.flatnonzero(np.diff(points) > 2 * NEIGHBOURS) + 1)
    out = []
    for run in runs:
        frames = np.arange(max(0, run[0] - NEIGHBOURS), min(n_points, run[-1] + NEIGHBOURS + 1))
        out.append((frames, run - frames[0]))
    return out


def _own(condition: Condition, path: Path, on_path: float) -> float:
    """The load on the condition's own body, as it was before it was mirrored."""
    load, body = path.load, path.box.before.body
    if condition.mirror_of is not None:
        condition, load = condition.mirror_of, mirrored_load(body, load)
    elif condition.body is body:
        return on_path
    own = Path(between(condition, condition, path.box.sharing), load)
    return own.evaluate((0.0,), path.points())[0].value


def _notes(path: Path, n_pieces: int, change: float, shares: Floats) -> tuple[str, ...]:
    """What to know beside the numbers."""
    notes = []
    n, known = path.box.n_points, int(path.box.known.sum())
    if known < n:
        notes.append(f"Ground forces are known in both for {100 * known / n:.0f} % of the cycle; the rest is left out.")
    if not change:
        notes.append("The load does not change: there is nothing to share out.")
    elif np.abs(shares).sum() > AGAINST * abs(change):
        times = np.abs(shares).sum() / abs(change)
        notes.append(f"Links work against each other: their shares, signs aside, are {times:.0f} times the change.")
    if change and n_pieces >= MOST_PIECES[path.load.statistic]:
        notes.append("The load changes so unevenly on the way that the path was parted as often as is allowed.")
    return tuple(notes)
