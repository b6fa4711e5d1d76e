"""The plan of an evaluation, drawn."""

from __future__ import annotations

from groundup.report.markup import Markup, element


def plan_section(plan: object | None) -> Markup:
    """Return the plan as a section; None is said."""
    return element("p", "No plan was made.", class_="not-computed")
