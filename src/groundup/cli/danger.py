"""Red flags of a visit's examination: said when it is stored and whenever it is shown."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundup.clinic.red_flags import NotAsked, RedFlag

_WHAT_TO_READ = "groundup evaluate says more"


@dataclass(frozen=True)
class Danger:
    """What an examination says of dangers.

    Attributes
    ----------
    flags : the gravest first; None where nothing is known, which is not the same as none
    why : why nothing is known
    not_asked : dangers that are not excluded
    """

    flags: tuple[RedFlag, ...] | None = None
    why: str = ""
    not_asked: tuple[NotAsked, ...] = ()

    @property
    def grave(self) -> tuple[RedFlag, ...]:
        """Emergencies, and what is urgent."""
        return tuple(flag for flag in self.flags or () if flag.grade != "watch")

    def lines(self, weak: bool = True) -> list[str]:
        """Say the grave ones in full; with ``weak`` the others too, shortly."""
        from groundup.cli.evaluate import flag_lines

        told = [line.removeprefix("  ") for flag in self.grave for line in flag_lines(flag)]
        return told + (self._weak_lines() if weak else [])

    def _weak_lines(self) -> list[str]:
        if self.flags is None:
            return [f"red flags: not known, {self.why}"] if self.why else []
        told = [] if self.grave else ["red flags: no emergency and nothing urgent in what was asked"]
        watched = [flag.label for flag in self.flags if flag.grade == "watch"]
        if watched:
            told.append(f"weak signs, no alarm alone: {', '.join(watched)}")
        emergencies = [one.label for one in self.not_asked if one.grade == "emergency"]
        others = len(self.not_asked) - len(emergencies)
        if emergencies:
            told.append(f"not fully asked, could be an emergency: {', '.join(emergencies)}")
        if others:
            told.append(f"not fully asked: {others} {'' if not emergencies else 'other '}red flags; {_WHAT_TO_READ}")
        return told

    def as_plain(self) -> dict[str, Any]:
        """Return it as plain values: ``red_flags`` is null where nothing is known, ``red_flags_unknown`` says why."""
        return {
            "red_flags": None if self.flags is None else [dataclasses.asdict(flag) for flag in self.flags],
            "red_flags_unknown": self.why or None,
            "red_flags_not_asked": [dataclasses.asdict(one) for one in self.not_asked],
        }


def examined_danger(examination: str | None, name: str) -> Danger:
    """Look for red flags in an examination, JSON text as the store keeps it; ``name`` begins a message about it."""
    import datetime

    from groundup.clinic.red_flags import not_asked, red_flags
    from groundup.errors import FileError
    from groundup.io.exam_file import exam_from_json

    if examination is None:
        return Danger(why="no examination is stored with this visit")
    try:
        exam = exam_from_json(examination, name, datetime.date.today())
    except FileError as error:  # stored by another version or program: the rest of the visit can still be shown
        return Danger(why=f"the examination cannot be read ({error})")
    if not exam.answers:
        return Danger(why="nothing is answered in the examination", not_asked=not_asked(exam))
    return Danger(red_flags(exam), not_asked=not_asked(exam))
