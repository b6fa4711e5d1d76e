"""All checks of the markers of one recording, in the order in which one makes the next possible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath

from groundup.body.person import Recognition
from groundup.body.recording import MarkerTrajectories
from groundup.motion.marker_checks.exchanges import undo_exchanges
from groundup.motion.marker_checks.finding import Finding
from groundup.motion.marker_checks.gaps import LONGEST_GAP_S, drop_copies, long_gaps, zeros_to_gaps
from groundup.motion.marker_checks.noise import recording_quality
from groundup.motion.marker_checks.sides import put_sides_right
from groundup.motion.marker_checks.size import check_size
from groundup.motion.marker_checks.strays import remove_strays


@dataclass(frozen=True, eq=False)
class Examined:
    """A recording after its examination.

    Attributes
    ----------
    markers : MarkerTrajectories
        With what was certainly wrong put right or made a gap; same names, frames and clock.
    findings : what was found, with what was done about it
    """

    markers: MarkerTrajectories
    findings: tuple[Finding, ...]


def examine(
    markers: MarkerTrajectories,
    recognition: Recognition,
    *,
    height_m: float | None = None,
    lowpass_hz: float | None = None,
    longest_gap_s: float = LONGEST_GAP_S,
) -> Examined:
    """Look for what goes wrong in laboratories, and put right what can be put right without doubt.

    Zeros that stand for gaps and markers that jump, freeze or sit elsewhere for a while become gaps. Labels that
    two markers exchange on the way, and pairs that are certainly on the wrong side, are exchanged back.

    Parameters
    ----------
    markers : y up
    recognition : what the labels are on the body
    height_m : of the person, where known
    lowpass_hz : cut-off of the motion's filter, for advice about it
    longest_gap_s : gaps above this are told, s

    Raises
    ------
    RecordingError
        The unit cannot be right, or right and left are exchanged throughout; the message says what to do.
    """
    check_size(markers, recognition, height_m)
    findings: list[Finding] = []
    markers, found = zeros_to_gaps(markers)
    findings += found
    markers, found = drop_copies(markers, recognition)
    findings += found
    markers, found = undo_exchanges(markers)
    findings += found
    markers, found = put_sides_right(markers, recognition)
    findings += found
    markers, found = remove_strays(markers)
    findings += found
    findings += long_gaps(markers, recognition, longest_gap_s)
    findings += recording_quality(markers, lowpass_hz)
    trial = PurePath(markers.source).name
    return Examined(markers, tuple(replace(f, trial=trial) for f in findings))


__all__ = ["Examined", "examine"]
