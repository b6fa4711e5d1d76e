"""The recordings that the stories of ``groundup analyse`` begin with, and how to run the command on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from groundup.cli.main import main


@dataclass(frozen=True)
class Files:
    """What the command is given."""

    model: Path
    markers: Path
    forces: Path | None
    tasks: Path | None = None

    def words(self, out: Path, *more: str) -> list[str]:
        """Words after ``groundup``."""
        words = ["analyse", "--model", str(self.model), "--markers", str(self.markers), "-o", str(out)]
        words += [] if self.forces is None else ["--forces", str(self.forces)]
        words += [] if self.tasks is None else ["--ik-tasks", str(self.tasks)]
        return [*words, *more]

    def analyse(self, out: Path, *more: str) -> int:
        """Run the command in this process; returns the exit code."""
        return main(self.words(out, *more))


def example_walk(folder: Path) -> Files:
    """OpenSim's example walk, its model scaled."""
    return Files(
        folder / "subject01_simbody.osim",
        folder / "subject01_walk1.trc",
        folder / "subject01_walk1_grf.xml",
        folder / "subject01_Setup_IK.xml",
    )


def bare_plates(shared: Path, subject: str) -> Files:
    """A walk with bare plates on a Rajagopal-type model, whose trunk is driven by torque motors."""
    folder = shared / "arnold2013" / subject
    return Files(folder / f"{subject}.osim", folder / "markers.trc", folder / "grf.mot")


def names(folder: Path) -> set[str]:
    """Files in a folder, as relative paths."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
