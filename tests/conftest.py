"""What every test may ask for: recordings, a large model, the outside witness. Absent ones skip with the reason."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

# The maths of many frames is spread over cores by numpy itself otherwise, which makes timings and load unpredictable.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Importing opensim adds its libraries to the environment; there they would stand in for CasADi's own.
_CLEAN = dict(os.environ)

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]}
settings.register_profile("ci", derandomize=True, print_blob=True, **_COMMON)
settings.register_profile("dev", **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def clean_environment() -> dict[str, str]:
    """Return the environment as it was before any test: for processes that use CasADi."""
    return _CLEAN


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared recordings and models (``GROUNDUP_SHARED``, default ``../shared``): its ``data``."""
    folder = Path(os.environ.get("GROUNDUP_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no shared recordings at {folder}; set GROUNDUP_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session")
def full_body_path() -> Path:
    """Return the 318-muscle full-body model (``GROUNDUP_FULL_BODY``, or the one inside the pose2sim wheel)."""
    named = os.environ.get("GROUNDUP_FULL_BODY")
    path = Path(named) if named else _inside_pose2sim()
    if path is None or not path.is_file():
        pytest.skip("no full-body model; install pose2sim or set GROUNDUP_FULL_BODY to its .osim file")
    return path


def _inside_pose2sim() -> Path | None:
    spec = importlib.util.find_spec("Pose2Sim")
    folders = (spec.submodule_search_locations or []) if spec is not None else []
    found = (Path(folder) / "OpenSim_Setup" / "Model_Pose2Sim_muscles_flex.osim" for folder in folders)
    return next((path for path in found if path.is_file()), None)


@pytest.fixture(scope="session")
def opensim() -> ModuleType:
    """Return the ``opensim`` package with its log silenced."""
    module: ModuleType = pytest.importorskip("opensim", reason="the opensim package is not installed")
    module.Logger.setLevelString("Off")
    return module


@pytest.fixture(scope="session")
def walk_folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of OpenSim's example walk with the model scaled to the person (``subject01_simbody.osim``)."""
    from groundup.io.setup_xml import ScaleSetup, read_setup
    from groundup.motion.scaling import run_scale, write_scale_files

    folder = Path(shutil.copytree(shared / "gait2392", tmp_path_factory.mktemp("walk") / "gait2392"))
    setup = read_setup(folder / "subject01_Setup_Scale.xml")
    assert isinstance(setup, ScaleSetup)
    write_scale_files(run_scale(setup))
    return folder
