"""``groundup doctor``: is everything here that groundup needs."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from groundup import __version__
from groundup.cli.arguments import add_out_file
from groundup.cli.console import answer, to_json

SUMMARY = "Check this computer: versions, optional parts, room to write."
EXAMPLE = "groundup doctor --json"

_OPTIONAL = {
    "sqlalchemy": "keeps people and visits; pip install 'groundup[clinic]'",
    "opensim": "compares groundup with OpenSim; pip install 'groundup[opensim]'",
    "spm1d": "tests curves over the cycle in groundup compare; pip install 'groundup[statistics]'",
}


@dataclass(frozen=True)
class Check:
    """One line of the table: ``state`` is ``ok``, ``absent`` (optional) or ``bad``."""

    name: str
    state: str
    found: str
    advice: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_out_file(parser)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns 1 where something needed is missing."""
    checks = [_python(), Check("groundup", "ok", __version__), *map(_needed, ("numpy", "scipy"))]
    checks += [_optional(name, use) for name, use in _OPTIONAL.items()]
    checks += [_demo_data(), _writable("this folder", Path.cwd()), _writable("temporary folder", None)]
    checks.append(Check("computer", "ok", f"{platform.platform()}, {os.cpu_count()} processors"))
    healthy = all(check.state != "bad" for check in checks)
    if args.json:
        answer(to_json({"healthy": healthy, "checks": [asdict(check) for check in checks]}), args.out)
    else:
        answer("\n".join(_line(check) for check in checks), args.out)
    return 0 if healthy else 1


def _python() -> Check:
    new_enough = sys.version_info >= (3, 11)
    return Check("python", "ok" if new_enough else "bad", platform.python_version(), "" if new_enough else "needs 3.11")


def _needed(name: str) -> Check:
    try:
        module = __import__(name)
    except Exception as error:
        return Check(name, "bad", f"{type(error).__name__}: {error}", f"pip install --force-reinstall {name}")
    return Check(name, "ok", module.__version__)


def _optional(name: str, use: str) -> Check:
    # Importing opensim takes seconds and prints; its version is known without.
    from importlib import metadata

    try:
        return Check(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, "absent", "not installed", f"optional: {use}")


def _demo_data() -> Check:
    import groundup

    folder = Path(groundup.__file__).parent
    missing = [name for name in ("io/study.schema.json", "report/assets") if not (folder / name).exists()]
    if missing:
        return Check("own data", "bad", f"{', '.join(missing)} missing", "install groundup again")
    return Check("own data", "ok", "complete")


def _writable(name: str, folder: Path | None) -> Check:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check(name, "bad", f"cannot be written ({error.strerror})", "pass --out with a folder of your own")
    return Check(name, "ok", "can be written")


def _line(check: Check) -> str:
    line = f"{check.state:<7} {check.name:<17} {check.found}"
    return f"{line} ({check.advice})" if check.advice else line
