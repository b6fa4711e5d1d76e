"""What is refused of a person, and what the message takes it to be meant as."""

from __future__ import annotations

import pytest

from groundup.body.person import Person, check_person
from groundup.errors import SetupError


@pytest.mark.parametrize(
    ("mass_kg", "height_m", "words"),
    [
        (0.0, 1.78, "mass is 0 kg, expected 5 to 300 kg. Check --mass."),
        (-72.0, None, "mass is -72 kg, expected 5 to 300 kg"),
        (7200.0, 1.78, "Did you mean 72 kg"),
        (72000.0, 1.78, "Did you mean 72 kg (in g)?"),
        (float("nan"), 1.78, "mass is nan kg"),
        (72.0, 178.0, "height is 178 m, expected 0.5 to 2.5 m. Did you mean 1.78 m (in cm)?"),
        (72.0, 1780.0, "Did you mean 1.78 m (in mm)?"),
        (72.0, 5.9, "Did you mean 1.8 m (in feet)?"),
        (72.0, 70.0, "Did you mean 1.78 m (in inches)?"),
        (744_594.0, 178.0, "height is 178 m"),  # a mass that was assumed from the height is not blamed
        (72.0, 0.6, "do not belong together"),
    ],
)
def test_refused(mass_kg: float, height_m: float | None, words: str) -> None:
    with pytest.raises(SetupError) as raised:
        check_person(Person(mass_kg, height_m))
    assert words in str(raised.value)


def test_lengths_are_in_metres() -> None:
    with pytest.raises(SetupError, match=r"leg_length_r is 92 m.*Did you mean 0.92 m \(in cm\)"):
        check_person(Person(72.0, 1.78, {"leg_length_r": 92.0}))


@pytest.mark.parametrize(("mass_kg", "height_m"), [(5.0, 0.55), (13.0, 0.95), (72.0, 1.78), (180.0, 1.6), (72.0, None)])
def test_people_pass(mass_kg: float, height_m: float | None) -> None:
    check_person(Person(mass_kg, height_m, {"knee_width_r": 0.1}))
