"""How far each stage can be trusted: every check with its limit, where it failed and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from groundup.chain.quality.forces import residual_items, weight_items
from groundup.chain.quality.ground import ground_items
from groundup.chain.quality.markers import marker_items
from groundup.chain.quality.muscles import muscle_items, reserve_shares
from groundup.chain.quality.recording import examined, recording_items
from groundup.chain.quality.scaling import scaling_items
from groundup.loads.analysis import Analysis
from groundup.study import Cycle, QualityItem


def quality_items(a: Analysis, cycles: Sequence[Cycle]) -> tuple[QualityItem, ...]:
    """All checks of one analysis, in the order of the stages."""
    return (
        *examined(() if a.fitting is None else a.fitting.findings),
        *recording_items(a, cycles),
        *scaling_items(a),
        *marker_items(a),
        *ground_items(a),
        *weight_items(a),
        *residual_items(a, _covered(a), a.height_m),
        *muscle_items(a),
        *_model(a),
    )


def _covered(a: Analysis) -> np.ndarray | None:
    """Frames in which plates measured every force, bool (F,); None without plates."""
    return None if a.ground.contacts is None else a.ground.contacts.covered & a.ground.known


def _model(a: Analysis) -> Iterator[QualityItem]:
    for item in a.body.unsupported:
        yield QualityItem("model", "info", f"{item.kind} {item.name}".strip(), item.effect)


__all__ = ["quality_items", "reserve_shares"]
