"""The body as the prediction of gait needs it: fewer coordinates, lean muscles, smooth paths, soft soles.

:func:`prediction_body` makes all of it from a person's body; :func:`walk_guess` gives a cycle to start from.
"""

from groundup.predict.body.contact import Soles, normal_force, peak_pressure
from groundup.predict.body.fascia import Fascia
from groundup.predict.body.guess import OwnCycle, WalkGuess, walk_guess
from groundup.predict.body.muscles import LeanMuscle
from groundup.predict.body.passive import PassiveSettings, passive_moments
from groundup.predict.body.polynomials import PathPolynomial
from groundup.predict.body.prediction_body import PredictionBody, prediction_body
from groundup.predict.body.reduced import Reduction, reduce_body
from groundup.predict.body.reference import (
    VerticalShape,
    normal_angles,
    strays_from_normal,
    vertical_force_bw,
    vertical_shape,
)

__all__ = [
    "Fascia",
    "LeanMuscle",
    "OwnCycle",
    "PassiveSettings",
    "PathPolynomial",
    "PredictionBody",
    "Reduction",
    "Soles",
    "VerticalShape",
    "WalkGuess",
    "normal_angles",
    "normal_force",
    "passive_moments",
    "peak_pressure",
    "prediction_body",
    "reduce_body",
    "strays_from_normal",
    "vertical_force_bw",
    "vertical_shape",
    "walk_guess",
]
