"""From a request to an answer. The solving itself is not there yet; what it is asked and what it returns is."""

from __future__ import annotations

from collections.abc import Callable

from groundup.errors import GroundupError, SetupError
from groundup.predict.answer import SimulationAnswer
from groundup.predict.request import SimulationRequest

Progress = Callable[[str], None]


def require_casadi() -> None:
    """Raise `SetupError` that says how to install the solver where it is missing."""
    from importlib.util import find_spec

    if find_spec("casadi") is None:
        raise SetupError(
            "groundup simulate needs the solver CasADi, which is not installed. "
            "Install it with: pip install 'groundup[simulate]'"
        )


def simulate(request: SimulationRequest, progress: Progress) -> SimulationAnswer:
    """Solve every walk of a request and compare them.

    Parameters
    ----------
    request : SimulationRequest
    progress : called with what begins

    Raises
    ------
    GroundupError
        The walks cannot be solved yet.
    """
    raise GroundupError(
        f"groundup simulate: {len(request.cases)} walks are asked for, but predicted walks cannot be solved yet "
        "in this version. What was asked for is understood and valid."
    )
