"""How far each stage can be trusted: every check with its limit, where it failed and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from groundup.chain.quality.forces import residual_items
from groundup.chain.quality.markers import marker_items
from groundup.chain.quality.muscles import muscle_items, reserve_shares
from groundup.chain.quality.recording import examined, recording_items
from groundup.chain.quality.scaling import scaling_items
from groundup.loads.analysis import Analysis
from groundup.motion.marker_checks import Finding
from groundup.study import Cycle, QualityItem


def quality_items(
    a: Analysis,
    cycles: Sequence[Cycle],
    *,
    findings: Iterable[Finding] = (),
    scaling: Iterable[QualityItem] = (),
    covered: np.ndarray | None = None,
    height_m: float | None = None,
) -> tuple[QualityItem, ...]:
    """All checks of one analysis, in the order of the stages.

    Parameters
    ----------
    findings : of the examination of the recordings
    scaling : what :func:`scaling_items` says of the body, where one was fitted
    covered : frames in which every ground force is known, bool (F,); None takes all
    height_m : of the person
    """
    return (
        *examined(findings),
        *recording_items(a, cycles),
        *scaling,
        *marker_items(a),
        *residual_items(a, covered, height_m),
        *muscle_items(a),
        *_model(a),
    )


def _model(a: Analysis) -> Iterator[QualityItem]:
    for item in a.body.unsupported:
        yield QualityItem("model", "info", f"{item.kind} {item.name}".strip(), item.effect)


__all__ = ["examined", "quality_items", "reserve_shares", "scaling_items"]
