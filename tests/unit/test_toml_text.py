"""TOML of a stranger: what is TOML stays what it is, and no short file takes long."""

from __future__ import annotations

import time
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.io.toml_text import DEEPEST_NAME, parse_toml

PIECES = ["a", ".", "=", '"', "'", '"""', "'''", "\\", "\n", "#", "[", "]", "{", "}", ",", " ", "1", "1.5", "é", "-"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_it_reads_what_tomllib_reads_and_refuses_what_it_refuses(text: str) -> None:
    try:
        expected: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        expected = str(error)
    try:
        found: object = parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        found = str(error)
    if not isinstance(expected, str) and isinstance(found, str):
        assert "parts between dots" in found
        assert text.count(".") >= DEEPEST_NAME
    else:
        assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        'a = "' + "b.c." * 500 + '"',
        "a = '" + "b.c." * 500 + "'",
        'a = """' + 'b.c.\n"d".' * 500 + '"""',
        "a = '''" + "b.c.\n" * 500 + "'''",
        r'a = "\"' + "b.c." * 500 + '"',
        "# " + "b.c." * 500,
        "a = [" + "1.5, " * 500 + "]",
    ],
)
def test_dots_in_text_comments_and_numbers_are_no_names(text: str) -> None:
    assert parse_toml(text) == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 400_000 + " = 1",
        "[a" + " . a" * 200_000 + "]",
        'x = { a = { "b"' + '."b"' * 200_000 + " = 1 } }",
        "'b'" + ".'b'" * 200_000 + " = 1",
        "a = " + "[" * 400_000,
        "a = " + "9" * 400_000,
        'a = """' + r"\"" "" * 150_000,
        '"' * 400_001,
        "." * 400_000,
        "a" * 400_000,
        "a." + " " * 400_000,
    ],
)
def test_no_short_file_takes_long(text: str) -> None:
    began = time.process_time()
    with pytest.raises(tomllib.TOMLDecodeError):
        parse_toml(text)
    assert time.process_time() - began < 5.0
