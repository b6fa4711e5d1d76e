"""``groundup analyse``: a recording and a body become a result folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from groundup.cli.arguments import add_out_folder, add_sampling, not_negative, number, positive

SUMMARY = "Analyse a recorded walk: angles, moments, muscle forces, joint and low-back loads."
EXAMPLE = """groundup analyse walk.c3d --static static.c3d --mass 72 --height 1.78 -o out/walk
  groundup analyse walk.trc --forces walk_forces.mot --mass 72
  groundup analyse walk.trc --forces walk_forces.xml --model body.osim"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    _add_inputs(parser.add_argument_group("recording"))
    _add_person(parser.add_argument_group("body: groundup's own, scaled to the person, or a model"))
    _add_choices(parser.add_argument_group("method"))
    add_out_folder(parser, "out/ and the name of the recording")


def _add_inputs(group: argparse._ArgumentGroup) -> None:
    group.add_argument("recording", type=Path, metavar="RECORDING", nargs="?", help="the walk: C3D or TRC")
    group.add_argument("--markers", type=Path, metavar="FILE", help="the same, by name")
    group.add_argument(
        "--forces",
        type=Path,
        metavar="FILE",
        help="ground forces: an ExternalLoads .xml, or a .mot table of force plates (default: the plates of a C3D "
        "recording)",
    )
    group.add_argument(
        "--pressure",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="plantar pressure by region or as a grid of one foot, CSV, again for each; used for heel, midfoot, "
        "forefoot and toes in place of the centre of pressure (docs/plantar-pressure.md)",
    )
    group.add_argument(
        "--marker-units", choices=("m", "cm", "mm", "in", "ft"), help="unit of the markers, where the header is wrong"
    )
    group.add_argument(
        "--up",
        choices=("auto", "y", "z"),
        help="the axis that points up in markers and forces of a TRC recording; auto finds it, and the way the person "
        "faces, from the markers (default: y with --model, else auto)",
    )
    group.add_argument("--start-s", type=number, metavar="S", help="begin here, seconds (default: first frame)")
    group.add_argument("--end-s", type=number, metavar="S", help="end here, seconds (default: last frame)")


def _add_person(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--static", type=Path, metavar="FILE", help="the person standing still: C3D or TRC; makes the scaling surer"
    )
    group.add_argument(
        "--mass", type=number, metavar="KG", help="body mass (default: what the recording says, or the plates show)"
    )
    group.add_argument("--height", type=number, metavar="M", help="body height (default: what the recording says)")
    group.add_argument(
        "--tape",
        type=_length,
        action="append",
        default=[],
        metavar="NAME=M",
        help="a tape measurement, again for each: leg_length_r (ASIS to medial malleolus), knee_width_r, "
        "ankle_width_r, foot_length_r, and with _l",
    )
    group.add_argument("--sex", choices=("female", "male"), help="chooses published ranges (default: those for both)")
    group.add_argument(
        "--age", type=positive, metavar="YEARS", help="chooses published ranges (default: those for all)"
    )
    group.add_argument(
        "--steps-per-day",
        type=positive,
        metavar="N",
        help="steps of both feet in a day, for the load per day (default: 5117, the mean of adults)",
    )
    group.add_argument(
        "--marker-set",
        metavar="NAME|FILE.toml",
        help="what the labels mean: the name of a marker set or a file (default: found by the labels)",
    )
    group.add_argument(
        "--model",
        type=Path,
        metavar="FILE.osim",
        help="use this OpenSim model as it is, scaled to the person, instead of groundup's own body",
    )


def _length(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=M, such as leg_length_r=0.92")
    return name, positive(value)


def _add_choices(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--ik-tasks",
        type=Path,
        metavar="FILE.xml",
        help="marker weights: IKTaskSet or set-up file (default: all 1)",
    )
    group.add_argument(
        "--lowpass-hz",
        type=not_negative,
        default=6.0,
        metavar="HZ",
        help="cut-off of the motion's filter; 0: no filter (default: 6)",
    )
    group.add_argument(
        "--exponent",
        type=positive,
        default=2.0,
        metavar="P",
        help="muscles share the load so that the sum of activation to the power P is least (default: 2)",
    )
    group.add_argument(
        "--reduce-residuals",
        action="store_true",
        help="move mass within the body (trunk up to 5 cm, segments up to 10 %%) so that motion and plates agree",
    )
    group.add_argument("--reserves", type=Path, metavar="FILE.xml", help="actuators to add: a ForceSet")
    group.add_argument(
        "--reserve-nm",
        type=not_negative,
        default=1.0,
        metavar="NM",
        help="strength of the reserve torque at each coordinate that lacks one, N·m (default: 1)",
    )
    group.add_argument(
        "--opensim-equivalent",
        action="store_true",
        help="leave out what OpenSim's tools leave out (passive fibre force, tendon), to compare with them",
    )
    add_sampling(group)
    group.add_argument(
        "--attribution",
        action="store_true",
        help="tell which link of the chain makes left and right differ in low back, hips and knees, and how these "
        "loads answer to small changes of the walk; takes 10 to 30 seconds",
    )


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    recording = _check(args)
    from groundup import from_files
    from groundup.cli.results import make_result

    options = from_files.AnalyseOptions(
        markers=recording,
        forces=args.forces,
        model=args.model,
        static=args.static,
        mass_kg=args.mass,
        height_m=args.height,
        lengths_m=dict(args.tape),
        marker_set=args.marker_set,
        sex=args.sex,
        age_years=args.age,
        steps_per_day=args.steps_per_day,
        pressure=tuple(args.pressure),
        reduce_residuals=args.reduce_residuals,
        ik_tasks=args.ik_tasks,
        lowpass_hz=args.lowpass_hz or None,
        exponent=args.exponent,
        opensim_equivalent=args.opensim_equivalent,
        reserves=args.reserves,
        reserve_nm=args.reserve_nm,
        marker_units=args.marker_units,
        start_s=args.start_s,
        end_s=args.end_s,
        up=args.up,
        samples=args.samples,
        seed=args.seed,
        attribution=args.attribution,
        command=args.line,
    )
    out = args.out or Path("out", recording.stem)
    return make_result(args, out, lambda progress: from_files.analyse_files(options, progress))


def _check(args: argparse.Namespace) -> Path:
    """Refuse what cannot be meant; returns the recording."""
    if (args.recording is None) == (args.markers is None):
        args.usage_error("expected one recording: a C3D or TRC file")
    if args.start_s is not None and args.end_s is not None and args.start_s >= args.end_s:
        args.usage_error(f"--start-s {args.start_s:g} is not before --end-s {args.end_s:g}")
    if args.exponent < 1:
        args.usage_error(f"--exponent {args.exponent:g} is below 1: the least sum would use one muscle per joint")
    person = {"--static": args.static, "--mass": args.mass, "--height": args.height, "--marker-set": args.marker_set}
    given = [option for option, value in (*person.items(), ("--tape", args.tape or None)) if value is not None]
    if args.model is not None and given:
        args.usage_error(
            f"{', '.join(given)}: for groundup's own body; a model is used as it is. Leave --model out, or these."
        )
    if args.model is None and args.ik_tasks is not None:
        args.usage_error("--ik-tasks names markers of a model; expected --model too")
    recording: Path = args.recording or args.markers
    return recording
