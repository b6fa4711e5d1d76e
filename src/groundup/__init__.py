"""groundup: from heel strike to lumbar load.

The names below are the public interface. Each is loaded when it is first used, so that ``import groundup`` and
``groundup --help`` cost next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from groundup.body.model import Body
    from groundup.body.person import Person
    from groundup.body.recording import Recording
    from groundup.chain.comparison import Comparison, compare
    from groundup.errors import GroundupError
    from groundup.from_files import AnalyseOptions, CompareOptions, analyse_files, compare_files
    from groundup.from_files.recordings import read_recording
    from groundup.io.external_loads import read_external_loads
    from groundup.io.osim_read import read_osim
    from groundup.io.pressure_table import read_pressure
    from groundup.io.storage import read_storage, write_storage
    from groundup.io.study_file import read_study, write_study
    from groundup.io.trc import read_trc
    from groundup.pipeline import Method, analyse, analyse_person, save
    from groundup.predict.answer import SimulationAnswer
    from groundup.predict.condition import parse_condition
    from groundup.predict.own_gait import own_walk
    from groundup.predict.request import SimulationRequest
    from groundup.predict.simulate import simulate
    from groundup.predict.treatments import parse_sweep, parse_treatment
    from groundup.study import Study

_HOME = {
    "AnalyseOptions": "groundup.from_files",
    "Body": "groundup.body.model",
    "CompareOptions": "groundup.from_files",
    "Comparison": "groundup.chain.comparison",
    "GroundupError": "groundup.errors",
    "Method": "groundup.pipeline",
    "Person": "groundup.body.person",
    "Recording": "groundup.body.recording",
    "SimulationAnswer": "groundup.predict.answer",
    "SimulationRequest": "groundup.predict.request",
    "Study": "groundup.study",
    "analyse": "groundup.pipeline",
    "analyse_files": "groundup.from_files",
    "analyse_person": "groundup.pipeline",
    "compare": "groundup.chain.comparison",
    "compare_files": "groundup.from_files",
    "own_walk": "groundup.predict.own_gait",
    "parse_condition": "groundup.predict.condition",
    "parse_sweep": "groundup.predict.treatments",
    "parse_treatment": "groundup.predict.treatments",
    "read_external_loads": "groundup.io.external_loads",
    "read_osim": "groundup.io.osim_read",
    "read_pressure": "groundup.io.pressure_table",
    "read_recording": "groundup.from_files.recordings",
    "read_storage": "groundup.io.storage",
    "read_study": "groundup.io.study_file",
    "read_trc": "groundup.io.trc",
    "save": "groundup.pipeline",
    "simulate": "groundup.predict.simulate",
    "write_storage": "groundup.io.storage",
    "write_study": "groundup.io.study_file",
}

__all__ = [
    "AnalyseOptions",
    "Body",
    "CompareOptions",
    "Comparison",
    "GroundupError",
    "Method",
    "Person",
    "Recording",
    "SimulationAnswer",
    "SimulationRequest",
    "Study",
    "__version__",
    "analyse",
    "analyse_files",
    "analyse_person",
    "compare",
    "compare_files",
    "own_walk",
    "parse_condition",
    "parse_sweep",
    "parse_treatment",
    "read_external_loads",
    "read_osim",
    "read_pressure",
    "read_recording",
    "read_storage",
    "read_study",
    "read_trc",
    "save",
    "simulate",
    "write_storage",
    "write_study",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'groundup' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
