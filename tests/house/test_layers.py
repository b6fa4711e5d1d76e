"""Imports point down. The order and the reasons are in pyproject.toml, section tool.importlinter."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "groundup"


def test_imports_point_down() -> None:
    pytest.importorskip("importlinter")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "statement", ["import groundup", "from groundup.cli.main import main, build_parser; build_parser()"]
)
def test_start_is_light(statement: str) -> None:
    heavy = {"numpy", "scipy", "pandas", "matplotlib", "opensim", "jax", "casadi", "xml", "asyncio"}
    code = f"{statement}\nimport sys\nprint(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_runtime_needs_only_what_it_declares() -> None:
    # Extras are imported where they are used, and looked for first.
    extras = {"alembic", "casadi", "fhir", "spm1d", "sqlalchemy", "statsmodels"}
    allowed = {"ezc3d", "groundup", "numpy", "scipy", *extras, *sys.stdlib_module_names}
    found = {
        (name.split(".")[0], path.relative_to(ROOT).as_posix())
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported(node)
    }
    assert {(name, path) for name, path in found if name not in allowed} == set()


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
