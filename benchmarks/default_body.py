"""Write docs/validation/default-body.md: the body that comes with groundup beside what is published of people.

Run: python -m benchmarks.default_body
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import groundup
from groundup.body.default_body import DATA, MESH_FILE, default_body
from groundup.chain.card.card import Card, describe_card, make_card, range_words
from groundup.chain.card.faults import KNOWN
from groundup.chain.card.measures import Curve
from groundup.chain.lumbar import disc_tilt_deg
from groundup.chain.names import is_lumbar, lumbar_level
from groundup.engine.skeleton import compile_skeleton
from groundup.report.body_page import Drawing, svg

OUT = Path(__file__).resolve().parents[1] / "docs" / "validation" / "default-body.md"
_REPEATS = 5

_HEAD = """# The body that comes with groundup

Written by `python -m benchmarks.default_body`, groundup {version}; do not edit. The same is shown by
`groundup inspect default`, and `groundup inspect default -o body.html` draws it.

{mass_kg} kg, {height_m} m, {counts}. Source: {source}. Licence: {licence}.

The tables are read in {load_ms:.0f} ms (limit 300 ms); tables and bones are {size_kb} kB and {mesh_kb} kB (limit
1000 kB).
"""


def main() -> None:
    """Measure and write."""
    card = make_card()
    pictures = OUT.parent / "images"
    pictures.mkdir(parents=True, exist_ok=True)
    parts = [_head(card), _masses(card), _discs(), *_curves(card, pictures), _faults(card)]
    OUT.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")
    print(OUT)


def _head(card: Card) -> str:
    facts = describe_card(card)
    counts = facts.pop("counts")
    assert isinstance(counts, dict)
    begin = time.perf_counter()
    for _ in range(_REPEATS):
        default_body()
    return _HEAD.format(
        version=groundup.__version__,
        counts=", ".join(f"{n} {what}" for what, n in counts.items()),
        load_ms=1000 * (time.perf_counter() - begin) / _REPEATS,
        size_kb=round(sum(f.stat().st_size for f in (DATA / "default").iterdir()) / 1000),
        mesh_kb=round(MESH_FILE.stat().st_size / 1000),
        **facts,
    )


def _masses(card: Card) -> str:
    rows = [f"| {x.part} | {x.percent:.1f} | {x.published[0]:.1f} | {x.published[1]:.1f} |" for x in card.masses]
    head = "## Mass, % of the body\n\n| part | here | de Leva 1996, men | Winter 2009 |\n|---|---|---|---|\n"
    return head + "\n".join(rows)


def _discs() -> str:
    skeleton = compile_skeleton(default_body())
    rows = [
        f"| {lumbar_level(name)} | {disc_tilt_deg(skeleton, j):.1f} |"
        for j, name in enumerate(skeleton.joints)
        if is_lumbar(name) and "T" not in lumbar_level(name)
    ]
    return (
        "## Discs\n\nCompression is told along the normal of a disc. How far it leans forward, degrees, neutral "
        "posture (the frames of the vertebrae do not lean):\n\n| level | leans forward |\n|---|---|\n" + "\n".join(rows)
    )


def _curves(card: Card, folder: Path) -> list[str]:
    parts = []
    for kind, title in (("moment arm", "Moment arms"), ("strength", "Isometric strength")):
        rows, pictures = [], []
        for c in (c for c in card.curves if c.kind == kind):
            name = f"default-body-{re.sub(r'[^a-z0-9]+', '-', c.name.lower()).strip('-')}.svg"
            (folder / name).write_text(svg(drawing(c)) + "\n", encoding="utf-8")
            rows.append(f"| {c.name} | {range_words(c)} | {c.verdict} | {c.source} |")
            pictures.append(f"![{c.name}](images/{name})")
        table = "| what | here, and published | verdict | source |\n|---|---|---|---|\n" + "\n".join(rows)
        parts.append(f"## {title}\n\n{_LEGEND}\n\n{table}\n\n" + "\n".join(pictures))
    return parts


_LEGEND = (
    "Right side or trunk, over the whole range of the joint. Green: published range; grey and dashed: from memory of "
    "the literature, which judges nothing. Within: no more than a tenth outside."
)


def drawing(c: Curve) -> Drawing:
    """Turn a curve into what is drawn."""
    return Drawing(c.name, c.unit, c.angle_deg, c.values, (c.from_deg, c.to_deg, c.low, c.high), c.checked, "")


def _faults(card: Card) -> str:
    lines = ["## Known faults", "", *(f"- {words}" for words in KNOWN), "", "## Found by trying it", ""]
    return "\n".join([*lines, *(f"- {words}" for words in card.found)])


if __name__ == "__main__":
    main()
