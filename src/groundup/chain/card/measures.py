"""Moment arms and isometric strength of a body over its joint angles, beside what is published."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.chain.names import is_lumbar
from groundup.engine.kinematics import poses
from groundup.engine.moment_arms import moment_arms, plan_moment_arms
from groundup.engine.muscle import MuscleSet, compile_muscles
from groundup.engine.muscle_path import path_geometry, segment_pulls
from groundup.engine.muscle_tendon import linear_in_activation
from groundup.engine.path_set import PathSet, compile_paths
from groundup.engine.skeleton import Skeleton, compile_skeleton

PUBLISHED = Path(__file__).with_name("published.toml")
TRUNK = "trunk"
"""Stands for the coordinate that bends all levels of the low back; its angle is that of all levels together."""
_TRUNK_COORDINATE = "L5_S1_Flex_Ext"
_STEPS = 46


@dataclass(frozen=True, eq=False)
class Curve:
    """A quantity over a joint angle, and the range published for it.

    ``values`` (n,) in ``unit`` at ``angle_deg`` (n,); the range ``low`` to ``high`` holds between ``from_deg`` and
    ``to_deg``. ``checked`` says whether the range was looked up; one that was not judges nothing.
    """

    name: str
    kind: str
    coordinate: str
    unit: str
    angle_deg: Floats
    values: Floats
    from_deg: float
    to_deg: float
    low: float
    high: float
    checked: bool
    source: str

    @property
    def inside(self) -> Floats:
        """Values at the angles for which there is a range."""
        return self.values[(self.angle_deg >= self.from_deg) & (self.angle_deg <= self.to_deg)]

    @property
    def verdict(self) -> str:
        """``within``, ``above`` or ``below`` the published range by more than a tenth; ``not judged``."""
        if not self.checked:
            return "not judged"
        low, high = float(self.inside.min()), float(self.inside.max())
        above, below = high > 1.1 * self.high, low < 0.9 * self.low
        return "above and below" if above and below else "above" if above else "below" if below else "within"


@dataclass(frozen=True, eq=False)
class Mechanics:
    """A body compiled to ask for arms, lengths and forces."""

    body: Body
    skeleton: Skeleton
    paths: PathSet
    muscles: MuscleSet

    def arms_and_lengths(self, q: Floats) -> tuple[Floats, Floats]:
        """Moment arms (F, M, C), m, and path lengths (F, M), m, at coordinates (F, C)."""
        at = poses(self.skeleton, q)
        geometry = path_geometry(self.paths, at.rotation, at.translation, q)
        plan = plan_moment_arms(self.skeleton, self.paths)
        return moment_arms(plan, at, geometry, segment_pulls(self.paths, geometry)), geometry.length

    def sweep(self, coordinate: str, low: float, high: float, steps: int = _STEPS) -> Floats:
        """Coordinates (steps, C) with one moved from ``low`` to ``high``, rad, what follows it moved along."""
        q = np.tile([c.default for c in self.body.coordinates], (steps, 1))
        q[:, self.skeleton.coordinate_index[coordinate]] = np.linspace(low, high, steps)
        return self.skeleton.couplers.apply(q)

    def whole_arms(self, coordinate: str, q: Floats) -> tuple[Floats, Floats]:
        """Angle (F,), deg, and arms (F, M), m, of a coordinate with all that follows it.

        For a coordinate that bends several levels of the low back: the angle of all levels, and the mean of their arms.
        """
        i = self.skeleton.coordinate_index[coordinate]
        levels = [k for k, c in enumerate(self.body.coordinates) if is_lumbar(c.joint)]
        turns = np.abs(self.skeleton.couplers.jacobian(q[:1])[0][levels, i]).sum() if i in levels else 1.0
        arms, _ = self.arms_and_lengths(q)
        return turns * np.degrees(q[:, i]), self.skeleton.couplers.fold(q, arms)[..., i] / turns


def mechanics(body: Body) -> Mechanics:
    """Compile a body."""
    skeleton = compile_skeleton(body)
    paths = compile_paths(body, skeleton.segment_index, skeleton.coordinate_index)
    return Mechanics(body, skeleton, paths, compile_muscles(body.muscles))


@cache
def published() -> dict[str, Any]:
    """Ranges of ``published.toml``."""
    return tomllib.loads(PUBLISHED.read_text(encoding="utf-8"))


def curves(m: Mechanics) -> tuple[Curve, ...]:
    """Arms and strengths of the right side and of the trunk."""
    found = published()
    return (*(_arm(m, one) for one in found["arm"]), *(_strength(m, one) for one in found["strength"]))


def _arm(m: Mechanics, one: dict[str, Any]) -> Curve:
    """Mean arm of a group, weighted by strength, of those of its muscles that cross the joint."""
    degrees, arms, _ = _turned(m, one)
    names = np.array([u.name for u in m.body.muscles])
    group = [k for k, name in enumerate(names) if name.startswith(tuple(one["muscles"])) and _counts(name, one)]
    group = [k for k in group if np.abs(arms[:, k]).max() > 1e-3]
    strength = np.array([m.body.muscles[k].max_isometric_force for k in group])
    values = 1000 * one["sign"] * (arms[:, group] @ strength) / strength.sum()
    return _curve(one, "moment arm", "mm", degrees, values)


def _strength(m: Mechanics, one: dict[str, Any]) -> Curve:
    """Moment that all muscles that turn one way add to their passive one when fully active and still."""
    degrees, arms, lengths = _turned(m, one)
    force, _ = linear_in_activation(m.muscles, lengths, np.zeros_like(lengths))
    own = np.array([_counts(u.name, one) for u in m.body.muscles])
    turning = np.maximum(one["sign"] * arms, 0.0) * force * own
    return _curve(one, "strength", "N·m/kg", degrees, turning.sum(axis=1) / m.body.mass)


def _counts(muscle: str, one: dict[str, Any]) -> bool:
    return one["coordinate"] == TRUNK or "_L5" in one["coordinate"] or muscle.endswith("_r")


def _turned(m: Mechanics, one: dict[str, Any]) -> tuple[Floats, Floats, Floats]:
    """Angles (n,) deg, arms (n, M) and lengths (n, M) of a sweep over the coordinate's range."""
    name = one["coordinate"]
    driver = _driver(m, name)
    low, high = m.body.coordinates[m.skeleton.coordinate_index[driver]].range
    q = m.sweep(driver, low, high)
    if name in (TRUNK, driver):
        return *m.whole_arms(driver, q), m.arms_and_lengths(q)[1]
    column = m.skeleton.coordinate_index[name]
    arms, lengths = m.arms_and_lengths(q)
    return np.degrees(q[:, column]), arms[..., column], lengths


def _driver(m: Mechanics, name: str) -> str:
    """The coordinate that moves another; itself where it follows none."""
    if name == TRUNK:
        return _TRUNK_COORDINATE
    follows = {c.dependent: c.independents[0] for c in m.body.couplers}
    return follows.get(name, name)


def _curve(one: dict[str, Any], kind: str, unit: str, degrees: Floats, values: Floats) -> Curve:
    ends = (float(one["from_deg"]), float(one["to_deg"]), float(one["low"]), float(one["high"]))
    return Curve(one["name"], kind, one["coordinate"], unit, degrees, values, *ends, one["checked"], one["source"])
