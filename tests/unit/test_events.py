"""Gait events of made-up forces and motions whose events are known."""

from __future__ import annotations

import numpy as np
import pytest

from groundup.motion.events import (
    CONTACT_N,
    Contact,
    contacts_from_force,
    cycles,
    facing_from_feet,
    walking_speed,
)

T = np.round(np.arange(0.0, 4.0, 0.01), 10)


def stance(*spans: tuple[float, float], peak: float = 700.0) -> np.ndarray:
    """Half-sines of force over the spans (s), a little noise between."""
    force = np.full(len(T), 3.0)
    for start, end in spans:
        inside = (start - 1e-9 <= T) & (end + 1e-9 >= T)
        force[inside] = 40.0 + peak * np.sin(np.pi * (T[inside] - start) / (end - start))
    return force


def test_contacts_are_found_to_the_frame() -> None:
    assert contacts_from_force(T, stance((0.5, 1.1), (1.7, 2.3))) == (Contact(0.5, 1.1), Contact(1.7, 2.3))


def test_short_touches_and_noise_are_no_contacts() -> None:
    assert contacts_from_force(T, stance((0.5, 0.55))) == ()
    assert contacts_from_force(T, np.full(len(T), CONTACT_N)) == ()
    assert contacts_from_force(T, np.zeros(len(T))) == ()


def test_contacts_under_way_at_the_ends_are_open() -> None:
    first, last = contacts_from_force(T, stance((-0.3, 0.4), (3.6, 4.4)))
    assert np.isnan(first.on_s)
    assert first.off_s == 0.4
    assert last.on_s == 3.6
    assert np.isnan(last.off_s)


def test_a_recording_cut_at_the_events_holds_them() -> None:
    assert contacts_from_force(T, stance((0.0, 3.99))) == (Contact(0.0, 3.99),)


def test_plates_replace_events_from_motion_beside_them() -> None:
    contacts = (Contact(0.60, 1.25), Contact(np.nan, 0.2))
    found = cycles(contacts, np.array([0.63, 1.72, 2.81]), np.array([0.17, 1.28, 2.38]))
    assert [(c.start_s, c.end_s, c.off_s) for c in found] == [(0.60, 1.72, 1.25), (1.72, 2.81, 2.38)]
    assert found[1].source == "motion"
    assert "force plate" in found[0].source
    assert "motion" in found[0].source


def test_plates_know_better_throughout_their_contacts() -> None:
    """A foot that stands on a plate neither lands nor leaves, whatever its motion looks like."""
    contacts = (Contact(0.6, 1.6), Contact(2.0, np.nan))
    found = cycles(contacts, np.array([1.1, 2.5]), np.array([0.9, 2.4]))
    assert [(c.start_s, c.end_s, c.off_s) for c in found] == [(0.6, 2.0, 1.6)]


def test_cycles_of_plates_alone() -> None:
    found = cycles((Contact(0.5, 1.1), Contact(1.6, 2.2)), np.array([]), np.array([]))
    assert [(c.start_s, c.end_s, c.off_s, c.source) for c in found] == [(0.5, 1.6, 1.1, "force plate")]


def test_steps_too_long_or_too_short_are_no_cycles() -> None:
    assert cycles((), np.array([0.0, 0.3, 3.9]), np.array([])) == ()
    (only,) = cycles((), np.array([0.0, 1.0]), np.array([]))
    assert np.isnan(only.off_s)


@pytest.mark.parametrize("heading", [0.0, 0.7, np.pi])
@pytest.mark.parametrize("belt_m_s", [0.0, 1.25])
def test_speed_over_ground_and_on_a_treadmill(heading: float, belt_m_s: float) -> None:
    """Feet take turns standing; on a treadmill everything moves back with the belt."""
    way = np.array([np.cos(heading), 0.0, -np.sin(heading)])
    speed, period = 1.25, 1.1
    pelvis_along = speed * T
    feet_along = []
    for phase in (0.0, 0.5):
        cycle = T / period + phase
        swing = np.clip((cycle % 1.0 - 0.6) / 0.4, 0.0, 1.0)
        step = swing - np.sin(2 * np.pi * swing) / (2 * np.pi)
        feet_along.append(speed * period * (np.floor(cycle) - phase + step))
    pelvis = (pelvis_along - belt_m_s * T)[:, None] * way + [0.0, 1.0, 0.0]
    heels = np.array([(f - belt_m_s * T)[:, None] * way for f in feet_along])
    toes = heels + 0.2 * way
    facing = facing_from_feet(heels, toes)
    np.testing.assert_allclose(facing, np.broadcast_to(way, facing.shape), atol=1e-12)
    assert walking_speed(T, pelvis, heels, facing) == pytest.approx(speed, abs=0.02)


def test_a_contact_that_the_recording_cuts_short_counts() -> None:
    """A trial often stops just after the strike that ends its cycle."""
    time_s = np.arange(1000) / 1000
    force = np.where((time_s > 0.95) | ((time_s > 0.5) & (time_s < 0.55)), 400.0, 0.0)
    found = contacts_from_force(time_s, force)
    assert [c.on_s for c in found] == pytest.approx([0.951])
    assert np.isnan(found[0].off_s)
    force[-10:-1], force[-1] = 0.0, 400.0
    assert contacts_from_force(time_s, np.where(time_s > 0.99, force, 0.0)) == (), "a spike is no contact"
