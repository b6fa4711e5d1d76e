"""The real command once, on a coarse mesh, with a term of the user's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

from groundup.cli.main import main
from groundup.io.study_file import read_study
from groundup.predict import terms

PAGE = Path(__file__).parents[2] / "docs" / "simulate.md"


def test_a_coarse_walk_with_a_term_of_ones_own(tmp_path, capsys):
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    file = tmp_path / "upright.py"
    file.write_text(found[1], encoding="utf-8")
    out, keep = tmp_path / "out", tmp_path / "keep"
    words = ["simulate", "--mesh", "10", "--terms", str(file), "-o", str(out), "--keep", str(keep)]
    before = dict(terms._registry())
    try:
        assert main(words) == 0
        told = capsys.readouterr()
        assert re.search(r"healthy: hermite-simpson on 5 intervals, iteration 0, objective .* left", told.err)
    finally:
        terms._registry().clear()
        terms._registry().update(before)
    (healthy,) = json.loads((out / "simulation.json").read_text(encoding="utf-8"))["cases"]
    assert healthy["status"] == "solved"
    assert healthy["terms"]["upright"] > 0
    assert healthy["checks"]["largest_miss"] < 1e-5
    assert read_study(out / "cases" / "healthy" / "study.json").synthetic
    assert len(list(keep.glob("walk-*.npz"))) == 1
