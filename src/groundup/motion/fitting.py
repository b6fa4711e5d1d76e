"""From the labels of any laboratory to a body that fits the person: recognise, examine, fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from groundup.body.marker_labels import bare, main_subject
from groundup.body.marker_recognition import recognise
from groundup.body.marker_sets import MarkerMap
from groundup.body.model import Body
from groundup.body.person import Person, Recognition
from groundup.body.recording import Recording
from groundup.motion.body_fit import FittedBody, fit_body
from groundup.motion.marker_checks import Finding, examine, examine_forces, examine_standing


@dataclass(frozen=True, eq=False)
class Fitting:
    """A body fitted to a recording, and what was found on the way.

    Attributes
    ----------
    recording : Recording
        The walk as it was used: false positions are gaps.
    recognition : what the labels are on the body
    findings : faults of the markers, with what was done or is to be done about them
    fitted : FittedBody
    standing : whether a standing trial was used
    still : the standing trial as it was used, whose pose is ``fitted.standing_q``; None where there was none
    """

    recording: Recording
    recognition: Recognition
    findings: tuple[Finding, ...]
    fitted: FittedBody
    standing: bool
    still: Recording | None = None


def fit_person(
    body: Body,
    recording: Recording,
    person: Person,
    standing: Recording | None = None,
    marker_map: MarkerMap | None = None,
    marker_set: str | None = None,
    progress: Callable[[str], None] = lambda stage: None,
    lowpass_hz: float | None = None,
) -> Fitting:
    """Scale a body to the person in a recording.

    Parameters
    ----------
    standing : the person standing still, whose markers may be more than those of the walk
    marker_map, marker_set : what the labels mean; None finds the marker set by the labels
    lowpass_hz : cut-off of the motion's filter, for advice about it

    Raises
    ------
    RecordingError
        The markers are not recognised, or no body fits them.
    """
    recording = _without_subject(recording)
    standing = None if standing is None else _without_subject(standing)
    labels = dict.fromkeys(recording.markers.names + (standing.markers.names if standing else ()))
    recognition = recognise(tuple(labels), body, marker_map, marker_set)
    walk = examine(recording.markers, recognition, height_m=person.height_m, lowpass_hz=lowpass_hz)
    findings = walk.findings
    if recording.forces is not None:
        findings += examine_forces(recording.forces, walk.markers, recognition)
    still = at_rest = None
    if standing is not None:
        examined = examine(standing.markers, recognition, height_m=person.height_m)
        still = examined.markers
        at_rest = replace(standing, markers=still)
        findings = (*examined.findings, *examine_standing(still, walk.markers, recognition), *findings)
    fitted = fit_body(body, recognition, person, still, walk.markers, progress)
    return Fitting(replace(recording, markers=walk.markers), recognition, findings, fitted, still is not None, at_rest)


def _without_subject(recording: Recording) -> Recording:
    """Drop the subject's name from its labels, which a walk may carry and a standing trial not (``Anna:LASI``)."""
    names = recording.markers.names
    subject = main_subject(names)
    own = tuple(bare(name) if subject and name.startswith(f"{subject}:") else name for name in names)
    if len(set(own)) < len(own):
        return recording
    return replace(recording, markers=replace(recording.markers, names=own))
