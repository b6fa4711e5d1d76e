"""``groundup inspect default``: the card of the body that comes with groundup."""

from __future__ import annotations

from pathlib import Path

NAME = "default"
PAGE_ENDINGS = (".html", ".htm")


def is_asked_for(file: Path) -> bool:
    """Whether the card is meant and not a file of that name."""
    return str(file) == NAME and not file.exists()


def describe_default() -> dict[str, object]:
    """The card as plain values."""
    from groundup.chain.card.card import describe_card, make_card

    return {"kind": "groundup's own body", **describe_card(make_card())}


def write_page(out: Path) -> None:
    """Write the card as a page with pictures of moment arms and strengths."""
    from groundup.chain.card.card import describe_card, make_card, range_words
    from groundup.io.atomic import write_text_atomic
    from groundup.report.body_page import Drawing, body_page

    card = make_card()
    drawings = [
        Drawing(
            c.name,
            c.unit,
            c.angle_deg,
            c.values,
            (c.from_deg, c.to_deg, c.low, c.high),
            c.checked,
            f"{c.kind}; {range_words(c)}: {c.verdict}. {c.source}",
        )
        for c in card.curves
    ]
    write_text_atomic(out, body_page("The body that comes with groundup", describe_card(card), drawings))
