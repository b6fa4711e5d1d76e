"""TOML of a stranger, parsed in a time that grows with its length.

``tomllib`` takes a time that grows with the square of the parts of one dotted name (``a.a.a…``): minutes for 100 kB.
No file of groundup nests that deep, so such a name is refused before it is parsed.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

DEEPEST_NAME = 16
"""Files of groundup have names of at most two parts."""

# An opened and never closed string runs to the end: the parser stops there as well.
_TEXT_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\\?\Z)' r"|'''.*?(?:'''|\Z)" r'|"(?:\\[^\n]|[^"\\\n])*+"?' r"|'[^'\n]*+'?" r"|\#[^\n]*+",
    re.DOTALL | re.VERBOSE,
)
_DEEP_NAME = re.compile(rf"(?:\.[ \t]*+[\w\"-]++[ \t]*+){{{DEEPEST_NAME}}}")


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises
    ------
    tomllib.TOMLDecodeError
        It is no TOML, nests too deep, or holds a number that no computer number can be.
    """
    # Text and comments may hold any number of dots.
    deep = _DEEP_NAME.search(_TEXT_OR_COMMENT.sub('""', text))
    if deep:
        raise tomllib.TOMLDecodeError(f"a name has more than {DEEPEST_NAME} parts between dots")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise tomllib.TOMLDecodeError(str(error)) from error
