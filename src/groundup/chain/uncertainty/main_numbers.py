"""The numbers of a study, quick enough to be computed for every sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import gait_cycles
from groundup.chain.headline import headlines
from groundup.chain.lumbar import LumbarLoad, disc_axes, disc_tilt_deg, lumbar_joints
from groundup.chain.measures import is_sampled, measures_of
from groundup.chain.names import lumbar_level
from groundup.loads.analysis import Analysis
from groundup.study import Measure, Side


def main_numbers(a: Analysis) -> Callable[[Analysis], Mapping[tuple[str, Side], float]]:
    """Make the function that reads the main numbers off an analysis or a sample of it.

    Parameters
    ----------
    a : the analysis, with the reason in it where the low back cannot be told
    """
    lowest, cycles = _lowest_level(a), gait_cycles(a)

    def read(sample: Analysis) -> Mapping[tuple[str, Side], float]:
        back = () if lowest is None else (lowest(sample),)
        return {(h.id, h.side): h.value for h in headlines(sample, back, cycles)}

    return read


def all_numbers(a: Analysis) -> Callable[[Analysis], Mapping[tuple[str, Side], float]]:
    """Make the function that reads the main numbers and every measure off an analysis or a sample of it."""
    main, lowest, cycles = main_numbers(a), _lowest_level(a), gait_cycles(a)

    def read(sample: Analysis) -> Mapping[tuple[str, Side], float]:
        back = () if lowest is None else (lowest(sample),)
        measured = measures_of(sample, cycles, back)
        return {**{(m.id, m.side): m.value for m in measured if is_sampled(m)}, **main(sample)}

    return read


def stride_errors(measures: Sequence[Measure]) -> dict[tuple[str, Side], float]:
    """Standard error of each measure by the differences between its strides; left out where there are too few."""
    return {(m.id, m.side): m.spread / float(np.sqrt(m.strides)) for m in measures if np.isfinite(m.spread)}


def _lowest_level(a: Analysis) -> Callable[[Analysis], LumbarLoad] | None:
    """Loads of the lowest level of the low back, without their parts."""
    joints = [] if a.loads is None or "lumbar" in a.reasons else lumbar_joints(a)
    if not joints:
        return None
    joint, level = joints[0], lumbar_level(a.body.joints[joints[0]].name)
    axes, tilt = disc_axes(a.skeleton, joint), disc_tilt_deg(a.skeleton, joint)

    def read(sample: Analysis) -> LumbarLoad:
        assert sample.loads is not None
        turn = sample.at.rotation[:, sample.skeleton.joint_child[joint]] @ axes
        force: Floats = (np.swapaxes(turn, -1, -2) @ sample.loads.reactions[:, joint, 3:, None])[..., 0]
        unknown = np.full_like(force, np.nan)
        return LumbarLoad(joint, level, tilt, force * [-1.0, 1.0, -1.0], unknown, unknown)

    return read
