"""What every solver returns beside its numbers: how it ended."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """How a solver ended, per frame."""

    CONVERGED = 0
    ITERATION_LIMIT = 1
    INFEASIBLE = 2
    NO_DATA = 3


MESSAGES = {
    Status.CONVERGED: "converged",
    Status.ITERATION_LIMIT: "stopped at the iteration limit; the best point found is returned",
    Status.INFEASIBLE: "no point satisfies the constraints; the least violation found is returned",
    Status.NO_DATA: "nothing to fit in this frame",
}
