"""The answer of a simulation as one self-contained page. Renders, never calculates: its numbers are in the files.

Every number on the page is one of ``simulation.json``, or of a walk's own ``cases/…/study.json``: what stands at
``cases.1.study.chain.3.peak_bw`` on the page stands at ``chain.3.peak_bw`` in the study of the second case.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from groundup.chain.comparison.walks import one_walk
from groundup.io.study_file import pack, plain_values
from groundup.predict.answer import CLEAR, CaseResult, SimulationAnswer, to_json
from groundup.predict.request import SimulationRequest
from groundup.report.template import fill, page_template, script_safe
from groundup.study import Side, Study

_STYLES = (
    "assets/uplot.min.css",
    "page/page.css",
    "page/glance.css",
    "page/compare.css",
    "page/simulation.css",
)
_LIBRARIES = ("assets/uplot.min.js", "assets/three.min.js")
_SCRIPTS = (
    "page/dom.js",
    "page/study.js",
    "page/names.js",
    "page/svg.js",
    "page/chart.js",
    "page/chain.js",
    "page/scene.js",
    "page/simulation_words.js",
    "page/simulation_chain.js",
    "page/simulation_table.js",
    "page/simulation_doses.js",
    "page/simulation_curves.js",
    "page/simulation_player.js",
    "page/simulation.js",
)

CURVES = re.compile(
    r"ground_force\.\w+_vy|foot_load\.heel_\w+|angle\.(ankle_angle|knee_angle|hip_flexion)_[rl]|lumbar\.l5_s1_compression"
)
"""Curves of a study that the page draws."""


def render_simulation(answer: SimulationAnswer) -> str:
    """Return the page of an answer as one HTML text."""
    return fill(_template(), {"title": escape(_title(answer)), "data": script_safe(_view(answer))})


def _title(answer: SimulationAnswer) -> str:
    """What was asked, in a line."""
    walks = [r.case.label for r in answer.results]
    return f"{' → '.join(walks)}" if len(walks) <= _FEW else f"{' → '.join(walks[:2])} → {len(walks) - 2} doses"


_FEW = 3


def _view(answer: SimulationAnswer) -> dict[str, Any]:
    """Return the answer as the page reads it: its file, and of each study what is drawn."""
    view: dict[str, Any] = to_json(answer)
    side = _shown_side(answer)
    for shown, result in zip(view["cases"], answer.results, strict=True):
        shown["study"] = None if result.study is None else _drawn(result.study)
    return view | {
        "asked": _asked(answer),
        "sweeps": _sweeps(answer.request),
        "picture": _picture(answer.results, side),
    }


def _shown_side(answer: SimulationAnswer) -> Side:
    """The foot whose cycle is shown: the painful one, else the right."""
    painful = [side for result in answer.results for side in result.case.painful]
    return painful[0] if painful else "right"


def _asked(answer: SimulationAnswer) -> dict[str, Any]:
    """The question in words: what is asked about, what is done about it, and what is called an answer."""
    request = answer.request
    given = {t.name: t.kind for t in (*request.treatments, *(s.treatments[0] for s in request.sweeps))}
    return {
        "side": _shown_side(answer),
        "clear": CLEAR,
        "treatments": [
            {
                "label": kind.label,
                "side": kind.side,
                "mechanism": kind.mechanism,
                "evidence": [{"text": e.text, "source": e.source, "status": e.status} for e in kind.evidence],
            }
            for kind in given.values()
        ],
    }


def _sweeps(request: SimulationRequest) -> list[dict[str, Any]]:
    """Each sweep with its doses; which of them a walk has is told by its case."""
    return [
        {"label": s.label(), "unit": s.treatments[0].kind.unit, "doses": [t.dose for t in s.treatments]}
        for s in request.sweeps
    ]


# --- what is drawn of a study ----------------------------------------------------------------------------------------


def _drawn(study: Study) -> dict[str, Any]:
    """Mass, chain and curves of a study, at their places in ``study.json``."""
    mass = {"mass_kg": study.subject.mass_kg}
    return {"subject": mass, "chain": plain_values(study.chain), "curves": dict(_curves(study))}


def _curves(study: Study) -> Iterator[tuple[str, dict[str, Any]]]:
    for k, curve in enumerate(study.curves):
        if CURVES.fullmatch(curve.id):
            words = {name: getattr(curve, name) for name in ("id", "side", "cycle_side", "unit", "label")}
            yield str(k), {**words, "mean": pack(curve.mean)}


def _picture(results: tuple[CaseResult, ...], side: Side) -> dict[str, Any]:
    """The walks for the 3D picture; bones that are the same in several walks travel once."""
    scenes: dict[str, Any] = {}
    shapes: dict[str, dict[str, Any]] = {}
    for result in results:
        scene = None if result.study is None else one_walk(result.study, side)
        if scene is None:
            continue
        plain = plain_values(scene)
        for segment in plain["segments"]:
            shape = {name: segment.pop(name) for name in ("lines", "vertices", "faces")}
            segment["shape"] = _place(shapes, segment["name"], shape)
        scenes[result.case.id] = plain
    return {"side": side, "scenes": scenes, "shapes": shapes}


def _place(shapes: dict[str, dict[str, Any]], name: str, shape: dict[str, Any]) -> str:
    """Key of a bone's shape; a walk on a body of another size has shapes of its own."""
    key = name
    while key in shapes and shapes[key] != shape:
        key += "'"
    shapes[key] = shape
    return key


@functools.cache
def _template() -> str:
    return page_template("page/simulation.html", _STYLES, _LIBRARIES, _SCRIPTS)
