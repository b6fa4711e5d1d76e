"""What the commands do with files: recordings, models and options in, a study out."""

from __future__ import annotations

from groundup.from_files.analyse import AnalyseOptions, analyse_files
from groundup.from_files.compare import CompareOptions, compare_files

__all__ = ["AnalyseOptions", "CompareOptions", "analyse_files", "compare_files"]
