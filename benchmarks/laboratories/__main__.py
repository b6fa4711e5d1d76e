"""Measure every bar and write docs/validation/any-laboratory.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.laboratories import plots
from benchmarks.laboratories.cases import data_folder, laboratories, measure
from benchmarks.laboratories.page import Extras, extras, page
from benchmarks.recordings import ROOT

OUT = ROOT / "docs" / "validation" / "any-laboratory.md"


def main() -> None:
    """Measure and write, or say why not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.laboratories", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no timing, no OpenSim, no other ways of sharing")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    data = data_folder()
    if data is None:
        print("skipped: the recordings are not at hand; GROUNDUP_SHARED names their folder", file=sys.stderr)
        return
    found = []
    for laboratory in laboratories(data):
        if not laboratory.options.markers.is_file():
            print(f"skipped: {laboratory.name} is not in {data}", file=sys.stderr)
            continue
        print(laboratory.name, file=sys.stderr)
        found.append(measure(laboratory))
    images = asked.out.parent / "images"
    if not plots.installed():
        print("no pictures: matplotlib is not installed (dependency group validation)", file=sys.stderr)
    drawn = plots.draw(found, images) if plots.installed() else {}
    more = Extras() if asked.quick else extras(found, lambda stage: print(stage, file=sys.stderr))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(page(found, more, drawn), encoding="utf-8")
    print(asked.out)


if __name__ == "__main__":
    main()
