"""``groundup analyse``: a recording and a body become a result folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from groundup.cli.arguments import add_out_folder, not_negative, number, positive

SUMMARY = "Analyse a recorded walk: angles, moments, muscle forces, joint loads."
EXAMPLE = "groundup analyse --model body.osim --markers walk.trc --forces walk_forces.xml -o out/walk"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    _add_inputs(parser.add_argument_group("recording"))
    _add_choices(parser.add_argument_group("method"))
    add_out_folder(parser, "out/ and the name of the markers file")


def _add_inputs(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--model", type=Path, metavar="FILE.osim", required=True, help="the body, scaled to the person")
    group.add_argument("--markers", type=Path, metavar="FILE", required=True, help="where the markers were: TRC or C3D")
    group.add_argument(
        "--forces",
        type=Path,
        metavar="FILE",
        help="ground forces: an ExternalLoads .xml, or a .mot table of force plates (default: the plates of a C3D "
        "recording); without forces there are no moments",
    )
    group.add_argument(
        "--marker-units", choices=("m", "cm", "mm", "in", "ft"), help="unit of the markers, where the header is wrong"
    )
    group.add_argument(
        "--up",
        choices=("y", "z"),
        default="y",
        help="the axis that points up in markers and forces; forces that push along y stay (default: y)",
    )
    group.add_argument("--start-s", type=number, metavar="S", help="begin here, seconds (default: first frame)")
    group.add_argument("--end-s", type=number, metavar="S", help="end here, seconds (default: last frame)")


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


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if args.start_s is not None and args.end_s is not None and args.start_s >= args.end_s:
        args.usage_error(f"--start-s {args.start_s:g} is not before --end-s {args.end_s:g}")
    if args.exponent < 1:
        args.usage_error(f"--exponent {args.exponent:g} is below 1: the least sum would use one muscle per joint")
    from groundup import from_files
    from groundup.cli.results import make_result

    options = from_files.AnalyseOptions(
        model=args.model,
        markers=args.markers,
        forces=args.forces,
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
        command=args.line,
    )
    out = args.out or Path("out", args.markers.stem)
    return make_result(args, out, lambda progress: from_files.analyse_files(options, progress))
