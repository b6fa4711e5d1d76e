"""An examination and its evaluation as a FHIR bundle, R5 or R4B, and back without loss. Needs ``groundup[fhir]``.

The bundle is a collection of: Patient (a pseudonym, no name, no date of birth), an Observation for each answer, score
and measure, a QuestionnaireResponse for answers to questionnaires (numbers only: the questions are licensed), a
Condition with verification status "unconfirmed" for each hypothesis, and a preliminary DiagnosticReport over it all.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.errors import FileError, SetupError
from groundup.io.atomic import write_text_atomic
from groundup.io.fhir.record import FhirRecord, Flag, Number, Release, Suspicion

if TYPE_CHECKING:
    import datetime

__all__ = ["FhirRecord", "Flag", "Number", "Release", "Suspicion", "from_fhir", "read_fhir", "to_fhir", "write_fhir"]

NOT_INSTALLED = "FHIR needs fhir.resources, which is not installed. Install it: pip install 'groundup[fhir]'."
MAX_BYTES = 50_000_000
RELEASES: tuple[Release, ...] = ("R5", "R4B")
_MODELS = {"R5": "fhir.resources.bundle", "R4B": "fhir.resources.R4B.bundle"}


def to_fhir(record: FhirRecord, release: Release = "R5") -> str:
    """Return a record as the JSON text of a bundle, validated with the models of ``fhir.resources``.

    Raises
    ------
    SetupError
        ``fhir.resources`` is not installed.
    FileError
        The record cannot be said in FHIR, such as a text of blanks only.
    """
    from groundup.io.fhir.writing import bundle

    text: str = _validated(bundle(record, release), release, "FHIR bundle").model_dump_json(indent=1)
    return text


def from_fhir(text: str, today: datetime.date, name: str = "FHIR bundle") -> tuple[FhirRecord, tuple[str, ...]]:
    """Return the record of a bundle, and which of its resources groundup does not know and left out.

    Parameters
    ----------
    text : JSON of a bundle
    today : later dates are refused
    name : begins every message

    Raises
    ------
    SetupError
        ``fhir.resources`` is not installed.
    FileError
        It is no bundle, not of one person, or holds values that the examination does not take.
    """
    from groundup.io.exam_file import exam_from_tree, exam_to_tree
    from groundup.io.fhir.reading import record

    plain = _loaded(text, name)
    valid = json.loads(_validated(plain, _release(plain), name).model_dump_json())
    found, ignored = record(valid, name)
    tree = exam_to_tree(found.examination)
    return replace(found, examination=exam_from_tree(tree, name, today)), ignored


def write_fhir(record: FhirRecord, path: str | Path, release: Release = "R5") -> None:
    """Write a record as a bundle, whole or not at all; see :func:`to_fhir`."""
    write_text_atomic(path, to_fhir(record, release) + "\n", private=True)


def read_fhir(path: str | Path, today: datetime.date) -> tuple[FhirRecord, tuple[str, ...]]:
    """Read a bundle; see :func:`from_fhir`."""
    try:
        if Path(path).stat().st_size > MAX_BYTES:
            raise FileError(f"{path}: has over {MAX_BYTES // 1_000_000} MB, expected the bundle of one examination.")
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: byte {error.start + 1} is not UTF-8 text, expected JSON. Export it again.") from error
    except (OSError, ValueError) as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else str(error).lower()
        raise FileError(f"{path}: cannot be read ({why}). Check the path.") from error
    return from_fhir(text, today, str(path))


def _loaded(text: str, name: str) -> dict[str, Any]:
    try:
        plain = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileError(f"{name}: is not JSON ({error}), expected a FHIR bundle. Export it again.") from error
    if not isinstance(plain, dict) or plain.get("resourceType") != "Bundle":
        raise FileError(f"{name}: is no FHIR bundle, expected resourceType Bundle. Export it again.")
    return plain


def _release(plain: dict[str, Any]) -> Release:
    from groundup.io.fhir.codes import RELEASE

    meta = plain.get("meta")
    tags = meta.get("tag", ()) if isinstance(meta, dict) else ()
    named = {t.get("code") for t in tags if isinstance(t, dict) and t.get("system") == RELEASE}
    return next((r for r in RELEASES if r in named), "R5")


def _validated(plain: dict[str, Any], release: Release, name: str) -> Any:
    if importlib.util.find_spec("fhir") is None or importlib.util.find_spec("fhir.resources") is None:
        raise SetupError(NOT_INSTALLED)
    model = importlib.import_module(_MODELS[release]).Bundle
    try:
        return model.model_validate(plain)
    except ValueError as error:
        raise FileError(
            f"{name}: {_first_fault(error)}, expected FHIR {release}. Correct it or export again."
        ) from error


def _first_fault(error: Any) -> str:
    """Where the first fault is and what, of those that the models list."""
    faults = error.errors() if hasattr(error, "errors") else [{"loc": (), "msg": str(error)}]
    place = ".".join(str(part) for part in faults[0]["loc"])
    told = " ".join(f"{place[:120]}: {faults[0]['msg'][:200]}".split())
    return told if len(faults) == 1 else f"{told} (the first of {len(faults)} faults)"
