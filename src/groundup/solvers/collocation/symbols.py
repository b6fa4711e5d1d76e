"""The one place where CasADi enters; every module that writes expressions takes it from here."""

from __future__ import annotations

from typing import Any

from groundup.errors import SetupError

try:
    import casadi
except ImportError as missing:  # pragma: no cover - depends on what is installed
    raise SetupError(
        "Predicting gait needs CasADi, which is not installed. Install it with: pip install 'groundup[simulate]'"
    ) from missing

# An expression of scalars, (rows, columns). CasADi ships no types.
Expression = Any

__all__ = ["Expression", "casadi"]
