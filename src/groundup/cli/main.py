"""The command ``groundup``: finds the command, runs it, and turns what went wrong into one line and an exit code.

Exit codes: 0 done; 1 could not do it; 2 wrong usage; 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from groundup import __version__
from groundup.cli import (
    analyse,
    bench,
    cohort,
    compare,
    demo,
    doctor,
    evaluate,
    evidence,
    inspect,
    person,
    run,
    simulate,
    visit,
)
from groundup.errors import GroundupError

COMMANDS: dict[str, ModuleType] = {
    "demo": demo,
    "analyse": analyse,
    "compare": compare,
    "simulate": simulate,
    "run": run,
    "inspect": inspect,
    "bench": bench,
    "evaluate": evaluate,
    "cohort": cohort,
    "person": person,
    "visit": visit,
    "evidence": evidence,
    "doctor": doctor,
}

SUMMARY = "From heel strike to lumbar load: gait recordings to joint moments, muscle forces and low-back loads."
EPILOG = "Start with: groundup demo -o out/demo\nEach command explains itself: groundup COMMAND --help"


# Commands share their work among the cores themselves; a linear-algebra library that spreads each small product as well
# takes half as much processor time again. What the user has set stays.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="groundup",
        description=SUMMARY,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"groundup {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, module in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=module.SUMMARY,
            description=module.SUMMARY,
            epilog=f"example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(sub)
        sub.set_defaults(execute=module.execute, usage_error=sub.error)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : the words after ``groundup``; None takes those of the process

    Returns
    -------
    int, the exit code. Wrong usage raises ``SystemExit(2)``, as argparse does.
    """
    for name in _THREADS:  # read when numpy is first loaded
        os.environ.setdefault(name, "1")
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help(sys.stderr)
        return 2
    args.line = " ".join(["groundup", *(sys.argv[1:] if argv is None else argv)])
    return _guarded(args)


def _guarded(args: argparse.Namespace) -> int:
    debug = bool(os.environ.get("GROUNDUP_DEBUG"))
    try:
        code: int = args.execute(args)
        sys.stdout.flush()
        return code
    except GroundupError as error:
        if debug:
            raise
        return _say(str(error), 1)
    except KeyboardInterrupt:
        return _say("stopped; nothing was written.", 130)
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if debug:
            raise
        return _say(_unexpected(error), 1)


def _unexpected(error: Exception) -> str:
    # The disk, the memory and the rights of the user are not faults of the program.
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror.lower()}. Check the disk and the rights of this folder (groundup doctor)."
    if isinstance(error, MemoryError):
        return "not enough memory. Analyse a shorter part with --start-s and --end-s."
    return (
        f"{type(error).__name__}: {error} - this is a fault in groundup, not in your files. Run the command again with "
        "GROUNDUP_DEBUG=1 and report what it prints, together with `groundup doctor`."
    )


def _say(message: str, code: int) -> int:
    print("groundup:", " ".join(message.split()), file=sys.stderr)
    return code
