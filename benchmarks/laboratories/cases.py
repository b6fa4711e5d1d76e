"""The recordings of four laboratories, analysed as anybody would: no model, no hand-made settings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from benchmarks.recordings import ROOT
from groundup import pipeline
from groundup.chain.conclude import conclude as study_of
from groundup.from_files import AnalyseOptions, analyse_files
from groundup.loads.analysis import Analysis
from groundup.study import Study


@dataclass(frozen=True)
class Laboratory:
    """One recording: its name here, what ``groundup analyse`` gets, and a published model of the same person."""

    name: str
    options: AnalyseOptions
    model: Path | None = None

    @property
    def words(self) -> list[str]:
        """The command line that analyses it."""
        o = self.options
        given = {
            "--forces": o.forces,
            "--static": o.static,
            "--mass": o.mass_kg,
            "--height": o.height_m,
        }
        return ["analyse", str(o.markers), *(str(w) for k, v in given.items() if v is not None for w in (k, v))]


@dataclass(frozen=True, eq=False)
class Measured:
    """What came out: all arrays, and the study that the report is made from."""

    laboratory: Laboratory
    analysis: Analysis
    study: Study

    @property
    def name(self) -> str:
        """Name of the recording."""
        return self.laboratory.name


def data_folder() -> Path | None:
    """Where the recordings lie; None where they are not at hand."""
    data = Path(os.environ.get("GROUNDUP_SHARED", ROOT.parent / "shared")) / "data"
    return data if data.is_dir() else None


def laboratories(data: Path) -> tuple[Laboratory, ...]:
    """The recordings with what is known of the person; mass and height stand in the C3D files themselves."""
    gait, arnold = data / "gait2392", data / "arnold2013"
    pig, slow = data / "plug_in_gait", data / "schreiber2019"
    return (
        Laboratory(
            "gait2392",
            AnalyseOptions(
                gait / "subject01_walk1.trc",
                gait / "subject01_walk1_grf.mot",
                static=gait / "subject01_static.trc",
                mass_kg=72.6,
                height_m=1.8,
            ),
        ),
        Laboratory("schreiber2019", AnalyseOptions(slow / "2014001_C1_01.c3d", static=slow / "2014001_ST.c3d")),
        Laboratory("plug_in_gait", AnalyseOptions(pig / "PiG_Motion3_FF.c3d", static=pig / "PiG_Calibration3_FF.c3d")),
        _arnold(arnold / "subject01", 72.84, 1.808),
        _arnold(arnold / "subject18", 64.09, 1.775),
    )


def _arnold(folder: Path, mass_kg: float, height_m: float) -> Laboratory:
    options = AnalyseOptions(folder / "markers.trc", folder / "grf.mot", mass_kg=mass_kg, height_m=height_m)
    return Laboratory(f"arnold2013 {folder.name}", options, folder / f"{folder.name}.osim")


def measure(laboratory: Laboratory) -> Measured:
    """Analyse one recording as the command does, and keep the arrays that the study is made from."""
    seen: list[Analysis] = []

    def watched(analysis: Analysis, *rest: object, **options: object) -> Study:
        seen.append(analysis)
        return study_of(analysis, *rest, **options)  # type: ignore[arg-type]

    # The study holds what a reader sees; the bars also ask for the arrays behind it.
    with mock.patch.object(pipeline, "conclude", watched):
        study = analyse_files(laboratory.options)
    return Measured(laboratory, seen[-1], study)
