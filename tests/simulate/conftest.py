"""Tests that need CasADi. They run in a process of their own: CasADi cannot be loaded beside the opensim package.

``pytest tests/simulate`` runs them; a run of everything does so through ``tests/unit/test_simulate_suite.py``.
"""

from __future__ import annotations

import os
import sys

if os.environ.get("GROUNDUP_SIMULATE_TESTS") != "1" and not any("simulate" in a for a in sys.argv[1:]):
    collect_ignore_glob = ["test_*.py"]
