"""Analyse a recording of your own and save the result folder.

Run: python examples/own_recording.py walk.c3d static.c3d 72 1.78 out/walk
"""

import sys
from pathlib import Path

import groundup

walk, standing, mass_kg, height_m, out = sys.argv[1:]
study = groundup.analyse_person(
    groundup.read_recording(Path(walk)),
    groundup.Person(float(mass_kg), float(height_m)),
    standing=groundup.read_recording(Path(standing)),
    progress=lambda stage: print("…", stage),
)
groundup.save(study, Path(out))
print(study.title, *(f"{h.label} ({h.side}): {h.value:.2f} {h.unit}" for h in study.headline), sep="\n  ")
for item in study.quality:
    if item.severity != "info":
        print(f"{item.severity}: {item.where}: {item.message} {item.advice}")
