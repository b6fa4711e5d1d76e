"""The one place where CasADi enters; every module that writes expressions takes it from here."""

from __future__ import annotations

import sys
from typing import Any

from groundup.errors import SetupError

try:
    import casadi as _casadi
except ImportError as missing:
    if "opensim" in sys.modules:
        raise SetupError(
            "CasADi cannot be loaded beside OpenSim's Python package: both carry a library of the same name. "
            "Predict gait in a Python of its own, without importing opensim."
        ) from missing
    raise SetupError(
        f"Predicting gait needs CasADi, which cannot be loaded ({missing}). "
        "Install it with: pip install 'groundup[simulate]'"
    ) from missing

# Its type stubs do not know its operators.
casadi: Any = _casadi
# An expression of scalars, (rows, columns).
Expression = Any
