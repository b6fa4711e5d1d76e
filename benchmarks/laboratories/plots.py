"""Pictures of the validation page, as SVG; matplotlib comes with the dependency group ``validation``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.laboratories import witness as other
from benchmarks.laboratories.cases import Measured
from benchmarks.laboratories.joints import LEVELS, LUMBAR_BW, compression
from groundup.body.functions import Floats
from groundup.motion.foot_contacts import foot_contacts
from groundup.study import Cycle

COLOURS = {"right": "#1b6ca8", "left": "#c8553d"}
GREY = "#777777"
PERCENT = np.linspace(0.0, 100.0, 101)
_SHOWN = (
    ("hip flexion", "hip_flexion_{s}"),
    ("knee flexion", "knee_angle_{s}"),
    ("ankle dorsiflexion", "ankle_angle_{s}"),
)


def installed() -> bool:
    """Whether pictures can be drawn."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


@contextmanager
def _figure(path: Path, rows: int, columns: int, width: float, height: float) -> Iterator[Any]:
    """Axes of a picture that is written at the end, the same bytes for the same figures."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams |= {
        "svg.hashsalt": "groundup",
        "svg.fonttype": "none",
        "font.size": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, layout="constrained")
    yield axes
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def draw_lumbar(found: list[Measured], path: Path) -> None:
    """L5/S1 compression over time with foot strikes, a row for each recording."""
    with _figure(path, len(found), 1, 7.0, 1.7 * len(found)) as axes:
        for ax, m in zip(axes[:, 0], found, strict=True):
            _lumbar(ax, m)
        axes[-1, 0].set_xlabel("time, s")


def _lumbar(ax: Any, m: Measured) -> None:
    a = m.analysis
    values = compression(a, LEVELS[0])
    for side, times in strikes(m).items():
        for k, t in enumerate(times):
            ax.axvline(t, color=COLOURS[side], lw=0.8, ls=":", label=f"{side} foot strikes" if k == 0 else None)
    ax.axhspan(*LUMBAR_BW, color="#eeeeee", zorder=0)
    if values is not None:
        ax.plot(a.motion.time_s, values, color="black", lw=1.2)
    ax.set(title=f"{m.name}: compression at {LEVELS[0]}", ylabel="BW", ylim=(0, 3.2))
    ax.set_xlim(a.motion.time_s[0], a.motion.time_s[-1])
    ax.legend(loc="upper right", frameon=False, ncols=2)


def strikes(m: Measured) -> dict[str, list[float]]:
    """Foot strikes by side: those of the cycles, or those of the motion where there is no cycle."""
    a = m.analysis
    feet = foot_contacts(a.skeleton, a.at, a.motion.time_s).feet
    found = {}
    for side, foot in zip(("right", "left"), feet, strict=True):
        cycles = complete(m, side)
        times = {c.start_s for c in cycles} | {c.end_s for c in cycles}
        found[side] = sorted(times) if times else [float(t) for t in foot.strikes_s]
    return found


def complete(m: Measured, side: str) -> list[Cycle]:
    """Whole cycles of one foot."""
    return [c for c in m.study.cycles if c.side == side and np.isfinite(c.foot_off_percent)]


def over_cycle(time_s: Floats, values: Floats, cycle: Cycle) -> Floats:
    """Values at 0 to 100 % of a cycle; NaN where there are none."""
    at = cycle.start_s + PERCENT / 100 * (cycle.end_s - cycle.start_s)
    return np.where((at >= time_s[0]) & (at <= time_s[-1]), np.interp(at, time_s, values), np.nan)


def draw_angles(found: list[Measured], path: Path) -> None:
    """Hip, knee and ankle over the cycle; over time where the recording holds no whole cycle."""
    with _figure(path, len(found), len(_SHOWN), 8.5, 1.7 * len(found)) as axes:
        for row, m in zip(axes, found, strict=True):
            for ax, (what, name) in zip(row, _SHOWN, strict=True):
                whole = _angle(ax, m, name)
                ax.set_title(f"{m.name}: {what}", fontsize=7.5)
                ax.set_xlabel("% of the cycle" if whole else "time, s")
            row[0].set_ylabel("deg")
        axes[0, 0].legend(frameon=False)


def _angle(ax: Any, m: Measured, name: str) -> bool:
    a = m.analysis
    time = a.motion.time_s
    any_cycle = any(complete(m, side) for side in COLOURS)
    for side, colour in COLOURS.items():
        q = np.degrees(a.motion.q[:, a.skeleton.coordinates.index(name.format(s=side[0]))])
        if not any_cycle:
            ax.plot(time, q, color=colour, lw=1, label=side)
        for k, cycle in enumerate(complete(m, side)):
            ax.plot(PERCENT, over_cycle(time, q, cycle), color=colour, lw=1, label=side if k == 0 else None)
    return any_cycle


def draw_stored_angles(w: other.Witness, path: Path) -> None:
    """Our angles, ours by the other definition, and the stored ones, over the cycle."""
    with _figure(path, 2, len(other.ANGLES), 10.0, 4.4) as axes:
        for row, (side, word) in zip(axes, other.SIDES, strict=True):
            cycle = w.cycles(word)[-1]
            for ax, (what, ours, alike, stored) in zip(row, other.angle_series(w, side), strict=True):
                ax.plot(PERCENT, over_cycle(w.time_s, stored, cycle), color=GREY, lw=2.5, label="stored in the file")
                ax.plot(PERCENT, over_cycle(w.time_s, ours, cycle), color=COLOURS[word], lw=1.2, label="groundup")
                same = over_cycle(w.time_s, alike, cycle)
                ax.plot(PERCENT, same, color=COLOURS[word], lw=1, ls="--", label="groundup, their definition")
                ax.set_title(f"{what}, {word}")
            row[0].set_ylabel("deg")
        for ax in axes[-1]:
            ax.set_xlabel("% of the cycle")
        _legend(axes)


def _legend(axes: Any) -> None:
    """One legend below all axes, in the colour of the first row."""
    handles, labels = axes[0, 0].get_legend_handles_labels()
    axes[0, 0].figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)


def draw_stored_moments(w: other.Witness, found: list[other.Moments], path: Path) -> None:
    """Our moments, ours with the other program's choices, and the stored ones, over the cycle with most of them."""
    names = [j.name for j in other.JOINTS]
    with _figure(path, 2, len(names), 9.0, 4.8) as axes:
        for row, (side, word) in zip(axes, other.SIDES, strict=True):
            for ax, name in zip(row, names, strict=True):
                one = next(m for m in found if (m.name, m.side) == (name, side))
                cycle = max(w.cycles(word), key=lambda c: int(one.frames[w.within(c)].sum()))
                for values, style in (
                    (one.stored, {"color": GREY, "lw": 2.5, "label": "stored in the file"}),
                    (one.stages[0], {"color": COLOURS[word], "lw": 1.2, "label": "groundup"}),
                    (one.stages[-1], {"color": COLOURS[word], "lw": 1, "ls": "--", "label": "groundup, their choices"}),
                ):
                    ax.plot(PERCENT, over_cycle(w.time_s, values, cycle), **style)
                ax.axhline(0, color="#cccccc", lw=0.6, zorder=0)
                ax.set_title(f"{name}, {word}, {cycle.start_s:.2f}–{cycle.end_s:.2f} s")
            row[0].set_ylabel("N·m/kg, internal\nextension, plantarflexion +")
        for ax in axes[-1]:
            ax.set_xlabel("% of the cycle")
        _legend(axes)


def draw(found: list[Measured], folder: Path) -> dict[str, str]:
    """Draw everything into a folder; returns names of pictures by what they show."""
    files = {what: f"any-laboratory-{what}.svg" for what in ("lumbar", "angles", "stored-angles", "stored-moments")}
    draw_lumbar(found, folder / files["lumbar"])
    draw_angles(found, folder / files["angles"])
    stored = [m for m in found if m.name == other.RECORDING]
    if not stored:
        return {what: file for what, file in files.items() if not what.startswith("stored")}
    w = other.witness(stored[0])
    draw_stored_angles(w, folder / files["stored-angles"])
    draw_stored_moments(w, other.moments(w), folder / files["stored-moments"])
    return files
