"""Pain law and objective terms give the same for numbers and for symbols."""

from __future__ import annotations

import numpy as np

from groundup.predict import terms
from groundup.predict.pain import Reference, uncalibrated
from groundup.predict.terms import Instant, integrands, quantities
from groundup.solvers.collocation.symbols import casadi

REFERENCE = Reference(1.1, 1.3)


def test_the_pain_law() -> None:
    law = uncalibrated(2.0)
    load = np.linspace(0, 1.5, 40)
    heel, fascia = casadi.SX.sym("heel"), casadi.SX.sym("fascia")
    rate = casadi.Function("rate", [heel, fascia], [law.rate(heel, fascia, 6, 0.5, REFERENCE, 1.3)])
    symbolic = np.array([float(rate(x, 0.8 * x)) for x in load])
    np.testing.assert_allclose(symbolic, law.rate(load, 0.8 * load, 6, 0.5, REFERENCE, 1.3), rtol=1e-12)


def test_the_terms() -> None:
    random = np.random.default_rng(3)
    values = {name: random.uniform(0.1, 1.0, 3 if q.size else 1) for name, q in quantities().items()}
    symbols = {name: casadi.SX.sym(name, len(v)) for name, v in values.items()}
    rates = integrands(terms.terms(), Instant(symbols))
    function = casadi.Function("rates", list(symbols.values()), list(rates.values()))
    symbolic = [float(x) for x in function(*values.values())]
    plain = [float(np.squeeze(x)) for x in integrands(terms.terms(), Instant(values)).values()]
    np.testing.assert_allclose(symbolic, plain, rtol=1e-12)
