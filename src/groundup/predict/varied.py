"""What both walks of a comparison say when they are solved again with each variation: the intervals rest on it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.errors import FileError
from groundup.predict.answer import Readings, interval, row_kinds
from groundup.study import Attribution

SCHEMA = "groundup.varied/1"
_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Varied:
    """Both walks of a comparison, solved again with one variation.

    Attributes
    ----------
    before, after : readings of either, loads in body weights of its own
    shares : mapping of (link, side) to its share in the change of the low back's peak, BW
        None where it could not be split.
    """

    before: Readings
    after: Readings
    shares: Mapping[tuple[str, str], float] | None


ByCause = Mapping[str, Sequence[Varied]]
"""By the cause of uncertainty; nothing where no variation was solved."""

Known = Mapping[tuple[str, str], ByCause]
"""By the ids of both cases of a comparison."""


def shares_of(split: Attribution | None) -> Mapping[tuple[str, str], float] | None:
    """Return the shares of a change by link and side."""
    if split is None:
        return None
    return {(s.link, s.side): split.of(s.link, s.side) for s in split.shares}


def share_intervals(split: Attribution, varied: ByCause) -> tuple[tuple[float, float], ...]:
    """Interval of each share over the variations, in the order of the shares; none without variations."""
    if not varied:
        return ()

    def moved(link: str, side: str, value: float) -> dict[str, list[float]]:
        return {
            cause: [math.nan if v.shares is None else v.shares.get((link, side), 0.0) - value for v in several]
            for cause, several in varied.items()
        }

    return tuple(interval(s.value, moved(s.link, s.side, s.value)) for s in split.shares)


# --- kept in a file -------------------------------------------------------------------------------------------------


def to_json(known: Known) -> dict[str, object]:
    """Return what variations say as plain JSON values, of the measures that an answer shows."""
    shown = {kind.measure for kind in row_kinds()}

    def plain(values: Mapping[tuple[str, str], float], names: set[str] | None = None) -> list[list[object]]:
        kept = (((n, s), v) for (n, s), v in sorted(values.items()) if names is None or n in names)
        return [[n, s, float(f"{v:.{_DIGITS}g}") if math.isfinite(v) else None] for (n, s), v in kept]

    def one(v: Varied) -> dict[str, object]:
        shares = None if v.shares is None else plain(v.shares)
        return {"before": plain(v.before, shown), "after": plain(v.after, shown), "shares": shares}

    return {
        "schema": SCHEMA,
        "comparisons": [
            {
                "before": before,
                "after": after,
                "causes": {c: [one(v) for v in several] for c, several in causes.items()},
            }
            for (before, after), causes in known.items()
        ],
    }


def read_varied(path: Path) -> Known:
    """Read what variations said, as `to_json` wrote it.

    Raises
    ------
    FileError
        It is missing or damaged.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["schema"] != SCHEMA:
            raise ValueError(f"schema {values['schema']!r}, expected {SCHEMA!r}")
        return {
            (c["before"], c["after"]): {
                cause: [_from_json(v) for v in several] for cause, several in c["causes"].items()
            }
            for c in values["comparisons"]
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{path.name}: cannot be read ({error}). Make it anew: make demo-walks") from error


def _from_json(values: Mapping[str, Any]) -> Varied:
    def known(rows: Sequence[Sequence[Any]]) -> dict[tuple[str, str], float]:
        return {(n, s): math.nan if v is None else float(v) for n, s, v in rows}

    shares = values["shares"]
    return Varied(known(values["before"]), known(values["after"]), None if shares is None else known(shares))
