"""What each stage did, for the report's last pages."""

from __future__ import annotations

from collections.abc import Iterator

from groundup.loads.analysis import Analysis
from groundup.study import Method


def methods(a: Analysis) -> tuple[Method, ...]:
    """Methods of the stages that ran."""
    return tuple(_stages(a))


def _stages(a: Analysis) -> Iterator[Method]:
    yield Method(
        "inverse kinematics",
        "The joint angles that bring the model's markers closest to the measured ones in the sense of weighted least "
        "squares, within the ranges of the joints, all frames together. Marker gaps up to 0.1 s are bridged before.",
        "Lu, O'Connor, 1999, doi:10.1016/S0021-9290(98)00158-4",
    )
    yield Method(
        "smoothing",
        "Zero-lag third-order Butterworth low-pass, run both ways; a quintic spline gives speeds and accelerations.",
        "Winter, 2009, Biomechanics and motor control of human movement, ch. 3",
    )
    yield Method(
        "gait events",
        "From 20 N on the plates where a foot stands on one; elsewhere from the foot's own motion: it stands while its "
        "heel or its ball is still, and strike and foot-off are refined by how it slows, falls, rises and pushes.",
        "O'Connor, Thorpe, O'Malley, Vaughan, 2007, doi:10.1016/j.gaitpost.2006.05.016; Hreljac, Marshall, 2000, "
        "doi:10.1016/S0021-9290(00)00014-2; Bruening, Ridge, 2014, doi:10.1016/j.gaitpost.2013.08.023",
    )
    if a.pressure is not None:
        yield Method(
            "plantar pressure",
            "What heel, midfoot, forefoot and toes of a foot carry was recorded (boundaries at 27, 55 and 80 % of the "
            "foot's length) and is used in place of the centre of pressure; loads of joints rest on plates.",
            a.pressure.source,
        )
    if a.moments is not None:
        yield Method(
            "joint moments",
            "Newton–Euler inverse dynamics of the whole body with the measured ground forces; internal moments.",
            "Featherstone, 2008, Rigid body dynamics algorithms, ch. 5",
        )
    if a.loads is not None:
        yield Method(
            "muscle forces",
            "Static optimisation: at each instant the activations with the least sum of powers that supply the "
            "moments, within each muscle's strength at its length and speed.",
            "Crowninshield, Brand, 1981, doi:10.1016/0021-9290(81)90035-X",
        )
        yield Method(
            "joint loads",
            "What passes through a joint is what the segments beyond it need, less what muscles and the ground supply.",
            "Steele, DeMers, Schwartz, Delp, 2012, doi:10.1016/j.gaitpost.2011.11.006",
        )
    if a.loads is not None and "lumbar" not in a.reasons:
        yield Method(
            "low back",
            "Compression acts along the normal of a disc, shear along its surface, on the vertebra below. The normal "
            "lies midway between the lines from disc to disc through the vertebrae above and below, in the model's "
            "neutral posture; it moves with the vertebra above. What weight and inertia of the body above make of it "
            "is computed from the motion, the rest is pulled by muscles. One rhythm moves all levels: muscles balance "
            "the moments of all levels together, not of each. Pressure in the abdomen, which may take load off the "
            "spine, and stiffness of discs and ligaments are not modelled; the abdomen is a plate that turns with the "
            "thorax and passes what the abdominal muscles pull on to the pelvis. Loads are refused where reserves "
            "carry more than 5 % of the trunk's moment (root mean squares).",
            "Christophy et al., 2012, doi:10.1007/s10237-011-0290-6; Beaucage-Gauvreau et al., 2019, "
            "doi:10.1080/10255842.2018.1564819",
        )
