"""Say in plain words how far a fitted body is to be believed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from groundup.body.functions import Floats
from groundup.motion.body_problem import BodyProblem, split
from groundup.motion.body_proportions import SIZE
from groundup.motion.body_setup import WALKING
from groundup.solvers.bordered_least_squares import BorderedSolution
from groundup.solvers.solution import MESSAGES, Status

FAR_SIGMAS = 3.0  # of a marker's place or a proportion
# Thrice what skin does: the marker is not where its label says, or is taken for another one in part of the frames.
FAR_SKINS = 3.0
LENGTHS = {"thigh_length": "thigh", "shank_length": "shank", "pelvis_width": "pelvis width", "trunk_length": "trunk"}


def notes(
    problem: BodyProblem,
    found: BorderedSolution,
    walking_error_m: Mapping[str, float],
    with_standing: Floats | None,
    height_m: float | None,
) -> tuple[str, ...]:
    """Collect what a reader should know.

    Parameters
    ----------
    walking_error_m : label to root mean square distance, m
    with_standing : array, shape (P, P), or None
        Covariance of the scale parameters if there had been a standing trial; None where there was.
    """
    said = [
        *_no_standing(problem, found, with_standing),
        *_no_height(problem, found, height_m),
        *_odd_proportions(problem, found, height_m),
        *_odd_markers(problem, found, walking_error_m),
    ]
    if found.status is not Status.CONVERGED:
        said.append(f"The fit of the body {MESSAGES[found.status]}. Check the labels of the markers.")
    return tuple(said)


def _no_standing(problem: BodyProblem, found: BorderedSolution, with_standing: Floats | None) -> list[str]:
    if with_standing is None or not (problem.prior_kind == WALKING).any():
        return []
    now, then = (_percent(problem, c, _lengths(problem)) for c in (found.covariance, with_standing))
    told = ", ".join(f"{LENGTHS[n]} ±{now[n]:.1f} % (±{then[n]:.1f} % with one)" for n in now)
    return [f"No standing trial: lengths and the places of markers come from the walk alone: {told}."]


def _no_height(problem: BodyProblem, found: BorderedSolution, height_m: float | None) -> list[str]:
    if height_m is not None:
        return []
    sd = _percent(problem, found.covariance, [SIZE])[SIZE]
    return [f"No height given: parts of the body that no marker shows follow the others, ±{sd:.0f} %. Pass --height."]


def _odd_proportions(problem: BodyProblem, found: BorderedSolution, height_m: float | None) -> list[str]:
    parameters = problem.parameters
    values, _ = split(problem, found.shared)
    off = (values - parameters.mean) / parameters.sigma
    odd = {n: float(z) for n, z in zip(parameters.names, off, strict=True) if abs(z) > FAR_SIGMAS}
    if height_m is None and SIZE in odd:
        of_published = 100.0 * float(np.exp(values[parameters.names.index(SIZE)]))
        del odd[SIZE]
        return [
            f"The fitted body is {of_published:.0f} % of an adult's size. Check the units of the markers unless that "
            "is a child, or pass --height.",
            *_each(odd),
        ]
    if height_m is not None and (SIZE in odd or len(odd) > 1):
        parts = ", ".join(f"{_plain(n)} {z:+.1f}" for n, z in odd.items())
        return [
            f"Height {height_m:g} m and the markers do not agree: in standard deviations from what people of this "
            f"height have, {parts}. Check --height and the units and labels of the markers."
        ]
    return _each(odd)


def _each(odd: Mapping[str, float]) -> list[str]:
    return [
        f"{_plain(name).capitalize()} of the fitted body: {abs(z):.1f} standard deviations "
        f"{'over' if z > 0 else 'under'} what people of this height have. Check height, units and labels."
        for name, z in odd.items()
    ]


def _plain(name: str) -> str:
    return name.replace("_right_over_left", ", right over left").replace("_", " ")


def _odd_markers(problem: BodyProblem, found: BorderedSolution, walking_error_m: Mapping[str, float]) -> list[str]:
    """Markers that do not stay where they are on a segment; and those that do, but elsewhere than their label says."""
    markers = problem.markers
    _, offsets = split(problem, found.shared)
    far = np.abs(offsets / markers.sigma_m).max(-1)
    said = []
    for i, label in enumerate(markers.labels):
        expected = float(np.sqrt(3.0) * markers.skin_m[i])
        moves, segment = walking_error_m.get(label, 0.0), problem.bones.segments[markers.segment[i] - 1].name
        if moves > FAR_SKINS * expected:
            said.append(
                f"Marker {label} moves {1000 * moves:.0f} mm (root mean square) over {segment}, expected up to "
                f"{1000 * expected:.0f} mm. It counts little; check its label and whether it was knocked off."
            )
        elif far[i] > FAR_SIGMAS:
            said.append(
                f"Marker {label} sits {100 * np.linalg.norm(offsets[i]):.0f} cm from where its label says on "
                f"{segment}, {far[i]:.1f} times its usual spread. It was used where it is; check that it has the right "
                "label."
            )
    return said


def _lengths(problem: BodyProblem) -> list[str]:
    return [n for n in LENGTHS if n in problem.parameters.names]


def _percent(problem: BodyProblem, covariance: Floats, names: list[str]) -> dict[str, float]:
    """Standard deviation of the length itself, size and proportion together, per cent."""
    at = problem.parameters.names.index
    out = {}
    for name in names:
        columns = [at(SIZE)] if name == SIZE else [at(SIZE), at(name)]
        out[name] = 100.0 * float(np.sqrt(covariance[np.ix_(columns, columns)].sum()))
    return out
