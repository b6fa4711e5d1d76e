"""Elements of a page, written in Python: text is always escaped, so that what people typed stays text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

VOID = {"path", "rect", "circle", "line", "br"}


class Markup(str):
    """Text that is markup already."""


def element(name: str, *children: str | None, **attributes: object) -> Markup:
    """Return an element. Attributes: a trailing underscore is dropped, the others become hyphens; None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID and not children:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{join(children)}</{name}>")


def join(children: Iterable[str | None]) -> Markup:
    """Return children one after the other, plain text escaped."""
    return Markup("".join(c if isinstance(c, Markup) else escape(c, quote=False) for c in children if c is not None))


def bullets(texts: Iterable[str], **attributes: object) -> Markup:
    """Return a list of texts."""
    return element("ul", *(element("li", text) for text in texts), **attributes)


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = (), **attributes: object
) -> Markup:
    """Return a table; the first cell of a row is its head, ``numbers`` are the columns of figures."""
    figures = set(numbers)

    def cell(k: int, text: str) -> Markup:
        look = "figure" if k in figures else None
        return element("td", text, class_=look) if k else element("th", text, scope="row", class_=look)

    heads = (element("th", text, scope="col", class_="figure" if k in figures else None) for k, text in enumerate(head))
    body = (element("tr", *(cell(k, text) for k, text in enumerate(row))) for row in rows)
    return element("table", element("thead", element("tr", *heads)), element("tbody", *body), **attributes)


def scrolling(content: str, label: str) -> Markup:
    """Return content that may be wider than the page, in a box that scrolls by keyboard too."""
    return element("div", content, class_="wide", tabindex="0", role="region", aria_label=label)
