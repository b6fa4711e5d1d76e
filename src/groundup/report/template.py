"""Pages put together from their template, style, libraries and scripts, each a file beside this one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources


def page_template(page: str, styles: Sequence[str], libraries: Sequence[str], scripts: Sequence[str]) -> str:
    """Return a page with style, libraries and scripts in place; its own places, such as ``{{data}}``, are open."""
    parts = {"style": styles, "libraries": libraries, "script": scripts}
    return fill(asset(page), {name: "\n".join(map(asset, files)) for name, files in parts.items()})


def asset(name: str) -> str:
    """Return the text of a file of the pages."""
    return resources.files("groundup.report").joinpath(name).read_text(encoding="utf-8")


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put texts at their places ``{{name}}``."""
    # One pass, so that a value holding "{{data}}" (a title, say) is text and not a place.
    place = re.compile("{{(" + "|".join(values) + ")}}")
    return place.sub(lambda found: values[found[1]], template)


def script_safe(data: object) -> str:
    """Return JSON that may stand within ``<script>``."""
    # Inside <script> the browser looks only for "</script" and "<!--"; without "<" there is neither.
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
