"""Writes docs/marker-sets.md from the tables of marker sets: ``make docs``. A test fails when the file is not current.

::

    python tools/make_marker_sets_page.py docs/marker-sets.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from groundup.body.default_body import default_body
from groundup.body.marker_data import read_data
from groundup.body.marker_places import Place, places
from groundup.body.marker_sets import MarkerSet, marker_sets

_HEAD = """# Marker sets

<!-- Written by `make docs` from src/groundup/body/data/marker_sets. Change that, not this file. -->

`groundup analyse` finds the marker set of a recording by its labels. Upper and lower case, spaces, dots, underscores,
the side before or after (`R.ASIS`, `asis_r`, `RightAsis`) and a subject's name (`Subject:LASI`) do not matter. The
set taken is the one whose labels and the recording's agree best. Labels it does not know are looked up among landmark
names in common use; what is then left over is a technical marker, which is put on the segment it is seen to ride on.
Angles, moments, axes and joint centres that another program computed, and points that nobody named, are ignored. See
what was made of a recording, and which result suffers from what is missing:

```sh
groundup inspect walk.c3d
```

## Your own marker set

Name a set (`--marker-set plug_in_gait`) where the one found is wrong, or say in a file where single markers sit:

```toml
base = "plug_in_gait"        # for all other labels; leave it out to have the set found, "none" for no set

[markers]
"RASIS" = "asis_r"           # a landmark of the list below
"RWAND" = { segment = "femur_r", location_m = [0.010, -0.230, 0.120], sigma_m = [0.05, 0.08, 0.04] }
"SWORD" = false              # not on the body
```

```sh
groundup analyse walk.c3d --static static.c3d --mass 72 --height 1.78 --marker-set my.toml -o out
```

`location_m` is in metres, in the axes of the segment of the default body before it is scaled: x forward, y up, z to
the right, from the joint towards the body (`groundup inspect default` lists the segments). `sigma_m` says how far the
marker may be from there, one standard deviation along each axis; without it 0.015 m.

## The sets

The core decides which set a recording follows. A set's other labels are placed where present; of those in *extra* the
report says what suffers where they are absent.
"""


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([_HEAD, *_overview(), *(line for one in marker_sets() for line in _set(one)), *_landmarks(), ""])


def _overview() -> Iterator[str]:
    yield "| name | set | core | extra | all labels |"
    yield "|---|---|---|---|---|"
    for one in marker_sets():
        yield f"| `{one.name}` | {one.title} | {len(one.core)} | {len(one.extra)} | {len(one.places)} |"
    yield ""


def _set(one: MarkerSet) -> Iterator[str]:
    yield f"### {one.title}\n\n{one.source}. Licence: {one.licence}.\n"
    yield "| label | place | |"
    yield "|---|---|---|"
    for label, place in one.places.items():
        if _is_left(place, label):
            continue
        need = "core" if label in one.core else "extra" if label in one.extra else ""
        yield f"| `{label}` | {_words(place)} | {need} |"
    yield ""


def _is_left(place: Place | None, label: str) -> bool:
    """Tell whether a label is the left one of a pair, which the table leaves out."""
    if place is None:
        return re.match(r"l", label, re.IGNORECASE) is not None
    return any(name.endswith("_l") for name in (place.landmark, place.segment, place.joint))


def _words(place: Place | None) -> str:
    if place is None:
        return "ignored"
    if place.landmark:
        return f"`{place.landmark}`"
    if place.location_m is None:
        return f"centre of `{place.joint}`"
    return f"`{place.segment}` at {_metres(place)} m"


def _metres(place: Place) -> str:
    return "" if place.location_m is None else ", ".join(f"{v:.3f}" for v in place.location_m.tolist())


def _landmarks() -> Iterator[str]:
    body = default_body()
    yield "## Landmarks\n\nRight side and middle; the left ones end in `_l`. Deviation: one standard deviation.\n"
    yield "| landmark | segment | x, y, z (m) | deviation along x, y, z (mm) | why |"
    yield "|---|---|---|---|---|"
    kinds = read_data("places")["kinds"]
    for name, entry in read_data("places")["places"].items():
        placed = places()[name].on(body, name)
        where = ", ".join(f"{v:.3f}" for v in (placed.location_m + 0.0).tolist())
        sigma = ", ".join(f"{1e3 * v:.0f}" for v in placed.sigma_m.tolist())
        yield f"| `{name}` | `{placed.segment}` | {where} | {sigma} | {kinds[entry['kind']]['why']} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
