"""From a study back to the arrays it was made from."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import MotionKind
from groundup.errors import ModelError
from groundup.study import Study

NO_BODY = "the result folder holds no body.osim, expected the scaled body beside study.json"


def coordinates(study: Study) -> Floats:
    """Coordinates of a study as its body has them, (n_frames, n_coordinates), rad or m.

    Raises
    ------
    ModelError
        The study has no body, or its angles are not those of the body.
    """
    if study.body is None:
        raise ModelError(f"{study.title}: {NO_BODY}. Analyse the recording again with this groundup.")
    by_name = {s.name: s for s in study.series if s.group == "angle"}
    absent = [c.name for c in study.body.coordinates if c.name not in by_name]
    if absent:
        raise ModelError(
            f"{study.title}: the study has no coordinate {absent[0]} of its body {study.body.name}; study.json and "
            "body.osim are of different results. Analyse the recording again."
        )
    columns = [by_name[c.name].values for c in study.body.coordinates]
    turns = [c.motion is MotionKind.ROTATIONAL for c in study.body.coordinates]
    return np.column_stack([np.radians(v) if turn else v for v, turn in zip(columns, turns, strict=True)])
