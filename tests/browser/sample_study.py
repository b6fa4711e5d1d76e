"""A made-up study with the shape of a real one: plain sinusoids, labelled synthetic. Nothing in it was measured."""

from __future__ import annotations

import numpy as np

from groundup.chain.flow import chain_links
from groundup.study import (
    Attribution,
    Cause,
    Cycle,
    CycleCurve,
    Finding,
    Group,
    Headline,
    InputFile,
    Interval,
    LumbarLevel,
    Measure,
    Method,
    Missing,
    Provenance,
    QualityItem,
    Scene,
    SceneForce,
    SceneMarker,
    SceneMuscle,
    SceneSegment,
    Sensitivity,
    Series,
    Share,
    Side,
    Study,
    Subject,
)

BODY_WEIGHT_N = 72.4 * 9.80665
PERIOD_S = 1.08
SPEED_M_S = 1.25
TIME_S = np.round(np.linspace(0.0, 2.6, 261), 4)
# Right foot strikes at 0.10 s, left half a cycle later.
STRIKE_S = {"right": 0.10, "left": 0.10 + PERIOD_S / 2}
STANCE_PERCENT = 62.0
# Enough strides for a band on the right, each drawn by itself on the left.
STRIDES = {"right": (-1, 0, 1), "left": (-1, 1)}


def phase(time_s: np.ndarray, side: str) -> np.ndarray:
    """Share of the cycle since the last strike of this foot, 0 to 1."""
    return ((time_s - STRIKE_S[side]) / PERIOD_S) % 1.0


def bump(p: np.ndarray, centre: float, width: float) -> np.ndarray:
    """A smooth hill of height 1 on the circle of the gait cycle."""
    d = (p - centre + 0.5) % 1.0 - 0.5
    return np.exp(-0.5 * (d / width) ** 2)


def hip(p: np.ndarray) -> np.ndarray:
    return 10 + 21 * np.cos(2 * np.pi * (p - 0.93))


def knee(p: np.ndarray) -> np.ndarray:
    return 5 + 16 * bump(p, 0.14, 0.06) + 56 * bump(p, 0.73, 0.085)


def ankle(p: np.ndarray) -> np.ndarray:
    return -6 * bump(p, 0.07, 0.04) + 11 * bump(p, 0.43, 0.10) - 19 * bump(p, 0.65, 0.05)


def vertical_force(p: np.ndarray) -> np.ndarray:
    s = p / (STANCE_PERCENT / 100)
    rise = np.clip(np.minimum(s, 1 - s) / 0.12, 0, 1)
    shape = 0.72 + 0.40 * np.exp(-(((s - 0.24) / 0.15) ** 2)) + 0.43 * np.exp(-(((s - 0.77) / 0.14) ** 2))
    return np.where(s < 1, shape * rise * (2 - rise), 0.0) * BODY_WEIGHT_N


def forward_force(p: np.ndarray) -> np.ndarray:
    s = p / (STANCE_PERCENT / 100)
    return np.where(s < 1, -0.19 * np.sin(2 * np.pi * s) * BODY_WEIGHT_N * np.where(s < 1, 1, 0), 0.0)


# name → (label, unit, function of the cycle phase)
ANGLES = {
    "hip_flexion": ("Hip flexion", "deg", hip),
    "hip_adduction": ("Hip adduction", "deg", lambda p: 6 * np.sin(2 * np.pi * (p + 0.02))),
    "hip_rotation": ("Hip rotation inward", "deg", lambda p: 5 * np.sin(2 * np.pi * (p - 0.2))),
    "knee_angle": ("Knee flexion", "deg", knee),
    "ankle_angle": ("Ankle dorsiflexion", "deg", ankle),
    "subtalar_angle": ("Subtalar inversion", "deg", lambda p: 4 * np.sin(2 * np.pi * (p - 0.1))),
}
MOMENTS = {
    "hip_flexion_moment": ("Hip flexion moment", "N·m", lambda p: -60 * bump(p, 0.1, 0.08) + 55 * bump(p, 0.52, 0.1)),
    "hip_adduction_moment": ("Hip adduction moment", "N·m", lambda p: -65 * bump(p, 0.3, 0.14)),
    "knee_angle_moment": ("Knee flexion moment", "N·m", lambda p: -38 * bump(p, 0.15, 0.06) + 18 * bump(p, 0.4, 0.1)),
    "ankle_angle_moment": (
        "Ankle dorsiflexion moment",
        "N·m",
        lambda p: 8 * bump(p, 0.05, 0.03) - 112 * bump(p, 0.5, 0.09),
    ),
}
JOINT_LOADS = {
    "hip_contact": ("Hip contact force", "BW", lambda p: 0.5 + 2.6 * bump(p, 0.14, 0.07) + 3.1 * bump(p, 0.5, 0.08)),
    "knee_contact": ("Knee contact force", "BW", lambda p: 0.4 + 1.9 * bump(p, 0.14, 0.06) + 2.5 * bump(p, 0.5, 0.08)),
    "ankle_contact": (
        "Ankle contact force",
        "BW",
        lambda p: 0.2 + 1.1 * bump(p, 0.1, 0.06) + 4.1 * bump(p, 0.49, 0.09),
    ),
}
# name → (peak force N, centre and width of its bursts, on the cycle of its own foot)
MUSCLES = {
    "glmax1": (520.0, ((0.08, 0.08),)),
    "glmed1": (780.0, ((0.15, 0.1), (0.45, 0.07))),
    "psoas": (900.0, ((0.55, 0.09),)),
    "iliacus": (610.0, ((0.57, 0.09),)),
    "recfem": (480.0, ((0.6, 0.06), (0.08, 0.04))),
    "vasmed": (350.0, ((0.12, 0.06),)),
    "vaslat": (760.0, ((0.12, 0.06),)),
    "bflh": (420.0, ((0.95, 0.07),)),
    "semimem": (560.0, ((0.96, 0.07),)),
    "gasmed": (1050.0, ((0.43, 0.08),)),
    "gaslat": (430.0, ((0.42, 0.08),)),
    "soleus": (2300.0, ((0.47, 0.09),)),
    "tibant": (620.0, ((0.05, 0.04), (0.75, 0.12))),
    "perlong": (400.0, ((0.5, 0.08),)),
    "tibpost": (700.0, ((0.4, 0.1),)),
}


def activation(name: str, p: np.ndarray) -> np.ndarray:
    bursts = sum(bump(p, c, w) for c, w in MUSCLES[name][1])
    return np.clip(0.02 + 0.75 * bursts, 0, 1)


def lumbar(p_right: np.ndarray) -> np.ndarray:
    """Compression at L5/S1 in BW: two hills per cycle, one after each foot strike."""
    return 1.1 + 0.75 * bump(p_right, 0.08, 0.07) + 0.9 * bump(p_right, 0.58, 0.07)


def _cycles() -> tuple[Cycle, ...]:
    found = []
    for side in ("right", "left"):
        start = STRIKE_S[side]
        while start + PERIOD_S <= TIME_S[-1] and len([c for c in found if c.side == side]) < 2:
            found.append(Cycle(side, round(start, 4), round(start + PERIOD_S, 4), "force plate", STANCE_PERCENT))
            start += PERIOD_S
    return tuple(found)


def _pair(group: Group, name: str, label: str, unit: str, shape, wobble: float, peak: float):
    """Series and curves of one quantity, left and right, each on its own cycle."""
    percent = np.linspace(0, 1, 101)
    series, curves = [], []
    for side, letter, gain in (("right", "r", 1.0), ("left", "l", 0.9)):
        full = name.replace("_moment", f"_{letter}_moment") if name.endswith("_moment") else f"{name}_{letter}"
        each = np.array(
            [gain * shape(percent) + wobble * peak * k * np.sin(2 * np.pi * (percent + 0.1 * k)) for k in STRIDES[side]]
        )
        series.append(Series(f"{group}.{full}", group, full, side, unit, gain * shape(phase(TIME_S, side))))
        curves.append(CycleCurve(f"{group}.{full}", group, full, side, side, unit, each.mean(0), each, label))
    return series, curves


def _quantities() -> tuple[tuple[Series, ...], tuple[CycleCurve, ...]]:
    series: list[Series] = []
    curves: list[CycleCurve] = []
    for group, table in (("angle", ANGLES), ("moment", MOMENTS), ("joint_load", JOINT_LOADS)):
        for name, (label, unit, shape) in table.items():
            s, c = _pair(group, name, label, unit, shape, 0.02, np.ptp(shape(np.linspace(0, 1, 101))))
            series += s
            curves += c
    for name, (peak, _) in MUSCLES.items():
        for group, unit, scale in (("muscle_force", "N", peak), ("activation", "1", 1.0)):
            s, c = _pair(group, name, "", unit, lambda p, n=name, k=scale: k * activation(n, p), 0.01, scale)
            series += s
            curves += c
    series.append(
        Series("lumbar.l5_s1_compression", "lumbar", "l5_s1_compression", "none", "BW", lumbar(phase(TIME_S, "right")))
    )
    percent = np.linspace(0, 1, 101)
    for side, shift in (("right", 0.0), ("left", 0.5)):
        each = np.array([k * lumbar((percent + shift) % 1) for k in (0.98, 1.02)])
        curves.append(
            CycleCurve(
                "lumbar.l5_s1_compression",
                "lumbar",
                "l5_s1_compression",
                "none",
                side,
                "BW",
                each.mean(0),
                each,
                "Compression at L5/S1",
            )
        )
    plate_s = np.round(np.linspace(0.0, 2.6, 521), 4)
    for side, letter in (("right", "r"), ("left", "l")):
        p = phase(plate_s, side)
        for axis, values in (
            ("vy", vertical_force(p)),
            ("vx", forward_force(p)),
            ("vz", 0.04 * vertical_force(p) * (1 if side == "left" else -1)),
        ):
            name = f"ground_force_{letter}_{axis}"
            series.append(Series(f"ground_force.{name}", "ground_force", name, side, "N", values, plate_s))
    return tuple(series), tuple(curves)


# --- the picture ----------------------------------------


def _rz(deg: np.ndarray) -> np.ndarray:
    c, s = np.cos(np.radians(deg)), np.sin(np.radians(deg))
    z, o = np.zeros_like(c), np.ones_like(c)
    return np.stack([np.stack([c, -s, z], -1), np.stack([s, c, z], -1), np.stack([z, z, o], -1)], -2)


def _pose(rotation: np.ndarray, origin: np.ndarray) -> np.ndarray:
    return np.concatenate([rotation, origin[..., None]], axis=-1)


def _at(pose: np.ndarray, point: tuple[float, float, float]) -> np.ndarray:
    return pose[:, :, :3] @ np.array(point) + pose[:, :, 3]


def _ball(rings: int = 12, around: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """An egg for a head: vertices in m and triangles."""
    tilt, turn = np.meshgrid(np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, around + 1), indexing="ij")
    shape = np.stack([np.sin(tilt) * np.cos(turn), np.cos(tilt), -np.sin(tilt) * np.sin(turn)], -1)
    k = np.arange(rings - 1)[:, None] * (around + 1) + np.arange(around)
    faces = np.concatenate(
        [np.stack([k, k + around + 1, k + 1], -1), np.stack([k + 1, k + around + 1, k + around + 2], -1)]
    )
    return (shape * (0.085, 0.115, 0.075)).reshape(-1, 3), faces.reshape(-1, 3)


def _scene(n_frames: int = 60) -> Scene:
    time = np.linspace(STRIKE_S["right"], STRIKE_S["right"] + 2 * PERIOD_S, n_frames)
    bob = 0.93 + 0.018 * np.cos(4 * np.pi * (phase(time, "right") - 0.3))
    origin = np.stack([SPEED_M_S * (time - time[0]) - 1.2, bob, 0.02 * np.sin(2 * np.pi * phase(time, "right"))], -1)
    flat = np.zeros(n_frames)
    pelvis = _pose(_rz(flat), origin)
    torso = _pose(_rz(flat - 3), _at(pelvis, (-0.08, 0.08, 0)))
    poses = {"pelvis": pelvis, "torso": torso}
    bones = {
        "pelvis": [
            ((0, -0.06, -0.085), (-0.06, 0.08, -0.06)),
            ((0, -0.06, 0.085), (-0.06, 0.08, 0.06)),
            ((-0.06, 0.08, -0.06), (-0.06, 0.08, 0.06)),
            ((0, -0.06, -0.085), (0, -0.06, 0.085)),
        ],
        "torso": [
            ((0, 0, 0), (0.02, 0.42, 0)),
            ((0.02, 0.36, -0.17), (0.02, 0.36, 0.17)),
            ((0.02, 0.42, 0), (0.05, 0.58, 0)),
        ],
    }
    muscles: list[SceneMuscle] = []
    forces: list[SceneForce] = []
    for side, letter, z in (("right", "r", 1), ("left", "l", -1)):
        p = phase(time, side)
        thigh_deg, knee_deg = hip(p) - 6, knee(p)
        femur = _pose(_rz(thigh_deg), _at(pelvis, (0, -0.06, 0.085 * z)))
        tibia = _pose(_rz(thigh_deg - knee_deg), _at(femur, (0, -0.41, 0)))
        foot = _pose(_rz(thigh_deg - knee_deg + ankle(p)), _at(tibia, (0, -0.40, 0)))
        humerus = _pose(_rz(-0.7 * (hip(p) - 10)), _at(torso, (0.02, 0.36, 0.19 * z)))
        forearm = _pose(_rz(-0.7 * (hip(p) - 10) + 25), _at(humerus, (0, -0.29, 0)))
        poses |= {
            f"femur_{letter}": femur,
            f"tibia_{letter}": tibia,
            f"foot_{letter}": foot,
            f"humerus_{letter}": humerus,
            f"forearm_{letter}": forearm,
        }
        bones |= {
            f"femur_{letter}": [((0, 0, 0), (0, -0.41, 0))],
            f"tibia_{letter}": [((0, 0, 0), (0, -0.40, 0))],
            f"foot_{letter}": [
                ((0, 0, 0), (-0.05, -0.05, 0)),
                ((0, 0, 0), (0.13, -0.06, 0)),
                ((0.13, -0.06, 0), (0.18, -0.06, 0)),
                ((-0.05, -0.05, 0), (0.13, -0.06, 0)),
            ],
            f"humerus_{letter}": [((0, 0, 0), (0, -0.29, 0))],
            f"forearm_{letter}": [((0, 0, 0), (0.02, -0.25, 0))],
        }
        b = {"p": pelvis, "f": femur, "t": tibia, "k": foot, "b": torso}
        paths = {
            "glmax1": [
                ("p", (-0.13, 0.02, 0.05 * z)),
                ("p", (-0.12, -0.08, 0.09 * z)),
                ("f", (-0.04, -0.10, 0.02 * z)),
            ],
            "glmed1": [("p", (-0.04, 0.07, 0.11 * z)), ("f", (-0.01, -0.01, 0.06 * z))],
            "psoas": [("b", (0.0, 0.10, 0.03 * z)), ("p", (0.03, -0.05, 0.08 * z)), ("f", (-0.01, -0.06, 0.0))],
            "iliacus": [
                ("p", (-0.02, 0.06, 0.10 * z)),
                ("p", (0.035, -0.05, 0.09 * z)),
                ("f", (-0.01, -0.06, 0.01 * z)),
            ],
            "recfem": [
                ("p", (0.03, 0.0, 0.10 * z)),
                ("f", (0.05, -0.20, 0.01 * z)),
                ("f", (0.05, -0.38, 0)),
                ("t", (0.04, -0.07, 0)),
            ],
            "vasmed": [("f", (0.02, -0.19, -0.02 * z)), ("f", (0.045, -0.38, -0.02 * z)), ("t", (0.04, -0.07, 0))],
            "vaslat": [("f", (0.02, -0.17, 0.03 * z)), ("f", (0.045, -0.38, 0.02 * z)), ("t", (0.04, -0.07, 0))],
            "bflh": [("p", (-0.07, -0.10, 0.07 * z)), ("f", (-0.05, -0.36, 0.03 * z)), ("t", (-0.02, -0.05, 0.04 * z))],
            "semimem": [
                ("p", (-0.07, -0.10, 0.06 * z)),
                ("f", (-0.05, -0.36, -0.02 * z)),
                ("t", (-0.02, -0.05, -0.02 * z)),
            ],
            "gasmed": [
                ("f", (-0.02, -0.39, -0.02 * z)),
                ("t", (-0.06, -0.12, -0.02 * z)),
                ("t", (-0.05, -0.30, 0)),
                ("k", (-0.05, -0.04, 0)),
            ],
            "gaslat": [
                ("f", (-0.02, -0.39, 0.02 * z)),
                ("t", (-0.06, -0.12, 0.025 * z)),
                ("t", (-0.05, -0.30, 0)),
                ("k", (-0.05, -0.04, 0)),
            ],
            "soleus": [("t", (-0.015, -0.08, 0.01 * z)), ("t", (-0.05, -0.22, 0.01 * z)), ("k", (-0.05, -0.035, 0))],
            "tibant": [
                ("t", (0.015, -0.12, 0.015 * z)),
                ("t", (0.035, -0.37, -0.01 * z)),
                ("k", (0.09, -0.04, -0.02 * z)),
            ],
            "perlong": [
                ("t", (0.0, -0.10, 0.04 * z)),
                ("t", (-0.015, -0.40, 0.03 * z)),
                ("k", (0.07, -0.055, 0.03 * z)),
            ],
            "tibpost": [
                ("t", (-0.005, -0.12, 0.0)),
                ("t", (-0.02, -0.39, -0.02 * z)),
                ("k", (0.05, -0.045, -0.02 * z)),
            ],
        }
        for name, path in paths.items():
            points = np.stack([_at(b[where], where_at) for where, where_at in path], axis=1)
            muscles.append(SceneMuscle(f"{name}_{letter}", side, points, activation(name, p)))
        down, forward = vertical_force(p), forward_force(p)
        share = np.clip(p / (STANCE_PERCENT / 100), 0, 1)[:, None]
        sole = (1 - share) * _at(foot, (-0.05, -0.05, 0)) + share * _at(foot, (0.15, -0.06, 0))
        sole[:, 1] = 0.0
        force = np.stack([forward, down, np.zeros(n_frames)], -1)
        forces.append(SceneForce(f"ground_force_{letter}", side, sole * (down > 0)[:, None], force))
    vertices, faces = _ball()
    segments = (
        *(SceneSegment(name, pose, np.array(bones[name], dtype=float)) for name, pose in poses.items()),
        SceneSegment("head", _pose(_rz(flat), _at(torso, (0.06, 0.62, 0))), np.zeros((0, 2, 3)), vertices, faces),
    )
    markers = tuple(
        SceneMarker(n, _at(poses[where], at))
        for n, where, at in (
            ("RASI", "pelvis", (0.05, 0.04, 0.13)),
            ("LASI", "pelvis", (0.05, 0.04, -0.13)),
            ("RKNE", "femur_r", (0, -0.41, 0.06)),
            ("LKNE", "femur_l", (0, -0.41, -0.06)),
            ("RANK", "tibia_r", (0, -0.40, 0.05)),
            ("LANK", "tibia_l", (0, -0.40, -0.05)),
            ("C7", "torso", (-0.06, 0.42, 0)),
        )
    )
    return Scene(time, segments, tuple(muscles), tuple(forces), markers)


# --- the whole ----------------------------------------


def _low_back() -> tuple[LumbarLevel, ...]:
    return (
        LumbarLevel("L5/S1", 18.7, 1131.4, 1.59, 1.12, 57.3, 0.36, -0.07, 27.2, -18.6, -5.4, 0.02),
        LumbarLevel("L4/L5", 8.5, 1102.1, 1.55, 1.08, 58.9, 0.25, -0.05, 24.5, -17.9, -5.5, float("nan")),
    )


def _headline() -> tuple[Headline, ...]:
    found = [
        Headline(
            "lumbar_peak",
            "Peak low-back compression (L5/S1)",
            2.0412345678901234,
            "BW",
            "none",
            "highest value over all cycles; 1 BW is the weight of the whole body",
            1.8,
            2.3,
            0.2,
            0.5,
            "typical",
        ),
    ]
    for ident, label, right, left, unit, detail in (
        ("hip_contact_peak", "Peak hip contact force", 3.6, 3.24, "BW", "highest value over the cycle of that side"),
        ("knee_contact_peak", "Peak knee contact force", 2.9, 2.61, "BW", "highest value over the cycle of that side"),
        (
            "ankle_contact_peak",
            "Peak ankle contact force",
            4.3,
            3.87,
            "BW",
            "highest value over the cycle of that side",
        ),
        ("ankle_moment_peak", "Peak ankle push-off moment", 112.04, 100.836, "N·m", "plantarflexion, internal"),
        ("ground_force_peak", "Peak ground force, vertical", 1.15, 1.15, "BW", ""),
    ):
        found += [
            Headline(ident, label, right, unit, "right", detail, 0.9 * right, 1.2 * right, 0.2, 0.4, "sampled"),
            Headline(ident, label, left, unit, "left", detail, 0.9 * left, 1.2 * left, 0.2, 0.4, "sampled"),
        ]
    found.append(
        Headline(
            "disc_pressure", "Pressure in the L5/S1 disc", float("nan"), "MPa", "none", "the body has no disc model"
        )
    )
    return tuple(found)


def _quality() -> tuple[QualityItem, ...]:
    return (
        QualityItem("recording", "info", "markers", "All 7 markers are seen in every frame.", 0.0, "%", 5.0),
        QualityItem("inverse kinematics", "info", "all markers", "Root-mean-square marker error.", 0.0119, "m", 0.02),
        QualityItem(
            "inverse kinematics",
            "warn",
            "marker C7",
            "Largest marker error of the recording.",
            0.0431,
            "m",
            0.04,
            "Look at C7 in the picture; if it jumps, remove it with --without C7 and run again.",
        ),
        QualityItem(
            "moments",
            "bad",
            "pelvis residual force",
            "The motion and the ground forces do not balance.",
            0.081,
            "BW",
            0.05,
            "Check that every foot contact is on a plate; loads above the hip may be wrong by this much.",
        ),
        QualityItem("muscles", "info", "all joints", "Largest torque that no muscle could supply.", 1.4, "N·m", 5.0),
    )


def _measure(
    name: str, side: Side, value: float, unit: str, label: str, spread: float = 0.02, reason: str = ""
) -> Measure:
    link = {"low_back": "low back"}.get(name.split(".")[0], name.split(".")[0])
    return Measure(name, link, side, value, unit, label, "as computed", "", spread, 3, reason=reason)


def _both(name: str, left: float, right: float, unit: str, label: str) -> tuple[Measure, ...]:
    return _measure(name, "left", left, unit, label), _measure(name, "right", right, unit, label)


# A left heel that is spared; the chain above it differs little.
MEASURES = (
    _measure("gait.speed", "none", 1.25, "m/s", "Walking speed"),
    *_both("gait.single_support_ratio", 0.85, 1.18, "1", "Single support against the other leg"),
    *_both("foot.heel_peak", 0.41, 0.81, "BW", "Highest load under the heel"),
    *_both("foot.heel_impulse", 0.07, 0.14, "BW·s", "Load under the heel over the step"),
    *_both("foot.midfoot_peak", 0.93, 0.88, "BW", "Highest load under the midfoot"),
    *_both("foot.forefoot_peak", 1.02, 0.97, "BW", "Highest load under the ball of the foot"),
    *_both("foot.toes_peak", 0.44, 0.41, "BW", "Highest load under the toes"),
    *_both("foot.force_peak", 1.15, 1.15, "BW", "Highest ground force"),
    *_both("foot.valley", 0.93, 0.76, "BW", "Ground force between the peaks"),
    *_both("foot.achilles_peak", 3.1, 3.4, "BW", "Highest Achilles tendon force"),
    *_both("ankle.contact_peak", 3.87, 4.3, "BW", "Ankle contact force, highest"),
    *_both("knee.contact_peak", 2.61, 2.9, "BW", "Knee contact force, highest"),
    *_both("hip.contact_peak", 3.24, 3.6, "BW", "Hip contact force, highest"),
    _measure("low_back.compression_peak", "none", 2.04, "BW", "Low-back compression, highest"),
    _measure("posture.trunk_lean", "none", 4.2, "deg", "Trunk lean forward"),
    _measure("foot.cop_speed", "left", float("nan"), "m/s", "Speed of the centre of pressure", reason="no plate"),
)
FINDINGS = (
    Finding(
        "pattern.heel_avoidance",
        "pattern",
        "foot.heel_peak",
        0.506,
        "1",
        "left",
        "the other leg",
        (0.44, 0.57),
        "strong",
        "Phillips and McClinton 2017",
        "Avoids the left heel: less load on the heel at its highest (0.51 of the other side).",
        ("less load on the heel at its highest (0.51 of the other side)",),
        (),
        "Press the inner side of the heel, ask for the first steps in the morning.",
        "APTA heel pain guideline 2014",
    ),
    Finding(
        "pattern.antalgic",
        "pattern",
        "gait.single_support_ratio",
        0.85,
        "1",
        "left",
        "a published limit",
        (0.81, 0.89),
        "moderate",
        "Hodt-Billington 2012",
        "Spares the left leg (antalgic gait): stands on it alone for less time than on the other (0.85).",
        ("stands on it alone for less time than on the other (0.85)",),
        ("not so: pushes off less (0.99 of the other side)",),
        "Ask where it hurts when standing on this leg.",
        "APTA heel pain guideline 2014",
    ),
    Finding(
        "reference.foot.valley",
        "reference",
        "foot.valley",
        0.93,
        "BW",
        "left",
        "0.65–0.85 BW (assert)",
        (0.65, 0.85),
        "weak",
        "Winter 2009",
        "Ground force between the peaks, left: 0.93 BW, above the published range 0.65–0.85 BW.",
    ),
    Finding(
        "reference.knee.contact_peak",
        "reference",
        "knee.contact_peak",
        2.9,
        "BW",
        "right",
        "2.00–3.50 BW (show)",
        (2.0, 3.5),
        "none",
        "Kutzner 2010",
        "Knee contact force, highest, right: 2.90 BW, published for comparison, no verdict: 2.00–3.50 BW.",
    ),
    Finding(
        "sides.foot.heel_impulse",
        "sides",
        "foot.heel_impulse",
        0.07,
        "BW·s",
        "right",
        "the other side",
        (0.05, 0.09),
        "noted",
        "between strides",
        "Load under the heel over the step, right: 0.07 BW·s more (0.14 BW·s against 0.07 BW·s of the other side).",
    ),
)
ATTRIBUTIONS = tuple(
    Attribution(
        load,
        label,
        "none",
        "BW",
        "right step",
        "left step",
        before,
        after,
        tuple(Share(link, side, (after - before) * part, 100 * part) for link, side, part in parts),
        0.002,
        58.0,
        57.0,
    )
    for load, label, before, after, parts in (
        (
            "lumbar_peak",
            "Low-back compression, highest",
            2.04,
            1.81,
            (
                ("ground force", "right", 0.55),
                ("trunk", "none", 0.4),
                ("hip", "right", 0.2),
                ("knee", "left", -0.16),
                ("timing", "none", 0.01),
            ),
        ),
        ("knee_contact_peak", "Knee contact force, highest", 2.9, 2.61, (("ground force", "right", 1.0),)),
    )
)


def _intervals() -> tuple[Interval, ...]:
    causes = (Cause("marker placement", 61.0), Cause("muscle strength", 29.0), Cause("mass", 10.0))
    return tuple(
        Interval(h.id, h.side, h.value, h.low, h.high, 0.1, 0.2, 0.4, causes, 200)
        for h in _headline()
        if h.low == h.low
    )


def sample_study() -> Study:
    """A complete study of a person who does not exist."""
    series, curves = _quantities()
    return Study(
        title="Level walking, sample",
        synthetic=True,
        provenance=Provenance(
            "0.1.0",
            "3.11.7",
            "2.1.0",
            "Linux-x86_64",
            "2025-01-31T12:00:00+00:00",
            "groundup analyse walk.trc --forces walk_grf.mot --body body.osim -o out",
            (
                InputFile("markers", "walk.trc", "0" * 63 + "a", 182_331),
                InputFile("forces", "walk_grf.mot", "0" * 63 + "b", 640_021),
            ),
            {"filter_hz": 6.0, "activation_power": 2, "reserves": True},
        ),
        subject=Subject(72.4, 1.76),
        time_s=TIME_S,
        quality=_quality(),
        cycles=_cycles(),
        series=series,
        curves=curves,
        headline=_headline(),
        low_back=_low_back(),
        measures=MEASURES,
        findings=FINDINGS,
        intervals=_intervals(),
        chain=chain_links(MEASURES, FINDINGS, _headline(), _low_back()),
        attributions=ATTRIBUTIONS,
        sensitivities=(
            Sensitivity("lumbar_peak", "trunk leans forward", "none", 1.0, "deg", 0.031, "BW", -6.0, 8.0),
            Sensitivity("knee_contact_peak", "knee bends more", "right", 1.0, "deg", 0.044, "BW"),
        ),
        missing=(),
        methods=(
            Method(
                "inverse kinematics",
                "Joint angles that bring the model's markers closest to the measured ones, all frames at once.",
                "Lu & O'Connor 1999, doi:10.1016/S0021-9290(98)00158-4",
            ),
            Method(
                "muscle sharing",
                "Least sum of squared activations that supplies the joint moments in each frame.",
                "Crowninshield & Brand 1981, doi:10.1016/0021-9290(81)90035-X",
            ),
        ),
        scene=_scene(),
    )


def bare_study() -> Study:
    """A study where hardly anything could be computed: no forces, no muscles, no picture."""
    full = sample_study()
    reason = "no ground forces were given; give them with --forces"
    return Study(
        title="Markers only",
        synthetic=False,
        provenance=full.provenance,
        subject=Subject(60.0),
        time_s=full.time_s,
        headline=(Headline("lumbar_peak", "Peak low-back compression (L5/S1)", float("nan"), "BW", "none", reason),),
        missing=tuple(Missing(g, reason) for g in ("moment", "muscle_force", "joint_load", "lumbar", "ground_force")),
    )


__all__ = ["Side", "bare_study", "sample_study"]
