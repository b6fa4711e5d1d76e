"""What is written about groundup agrees with groundup."""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import shlex
import subprocess
from pathlib import Path

import pytest

import groundup
from groundup import errors
from groundup.cli.main import COMMANDS, build_parser
from groundup.cli.reference import reference

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_command_reference_is_current() -> None:
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written == reference(), "docs/cli.md is not current. Run: make docs"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"groundup {name}" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    assert "example:" in _subparser(name).format_help()
    for parser in _with_verbs(_subparser(name)):
        assert {"-h", "-o", "--out", "--json"} <= parser._option_string_actions.keys()
        assert all(action.help for action in parser._actions)
        assert "example:" in parser.format_help()


def _with_verbs(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """A command, or the commands below it where it has some."""
    verbs = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return list(verbs[0].choices.values()) if verbs else [parser]


def _subparser(name: str) -> argparse.ArgumentParser:
    parent = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    parser: argparse.ArgumentParser = parent.choices[name]
    return parser


def _shown_commands() -> list[str]:
    documents = [README, *(module.EXAMPLE for module in COMMANDS.values())]
    documents += [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))]
    text = "\n".join(documents).replace("\\\n", " ")
    return sorted({line.strip() for line in re.findall(r"^ *groundup [a-z]+ .*$", text, re.MULTILINE)})


@pytest.mark.parametrize("line", _shown_commands())
def test_every_command_line_shown_is_understood(line: str) -> None:
    words = shlex.split(line.split(" > ")[0], comments=True)[1:]
    assert build_parser().parse_args(words).command == words[0]


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)`?$", README, re.MULTILINE)) <= targets
    assert {"demo", "test", "check", "docs", "lock"} <= targets


def test_links_in_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.relative_to(ROOT)}: {link}"


def test_public_names_are_sorted_and_exist() -> None:
    assert groundup.__all__ == sorted(groundup.__all__)
    assert all(getattr(groundup, name) is not None for name in groundup.__all__)


def test_module_lists_are_sorted_and_exist() -> None:
    for path in (ROOT / "src" / "groundup").rglob("*.py"):
        if re.search(r"^__all__", path.read_text(encoding="utf-8"), re.MULTILINE):
            parts = path.relative_to(ROOT / "src").with_suffix("").parts
            module = importlib.import_module(".".join(part for part in parts if part != "__init__"))
            assert list(module.__all__) == sorted(module.__all__, key=_constants_first), path
            assert all(hasattr(module, name) for name in module.__all__), path


def _constants_first(name: str) -> tuple[int, str]:
    """Constants, classes, functions: the linter's own order."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn: list[tuple[int, str]] = [
        (len(depth) // 4, name)
        for depth, name in re.findall(r"^ {4}([│├└─ ]*)([A-Z]\w+) ", errors.__doc__ or "", re.MULTILINE)
    ]
    parents = dict(_with_parent(drawn))
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]
    assert parents == {c.__name__: c.__bases__[0].__name__ for c in classes}


def _with_parent(drawn: list[tuple[int, str]]) -> list[tuple[str, str]]:
    above = {-1: "Exception"}
    pairs = []
    for depth, name in drawn:
        above[depth] = name
        pairs.append((name, above[depth - 1]))
    return pairs


def test_version_is_in_the_changelog() -> None:
    assert f"## [{groundup.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_files_name_no_machine() -> None:
    # Registry addresses belong to pip's settings, absolute paths to one computer; both are useless to the reader.
    wrong = re.compile(
        r"(index-url|find-links|trusted-host)\s*[=\s]\s*\S+://|files\.pythonhosted|pypi\.org/simple|/(home|root|work|Users)/\w"
    )
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".png", ".js", ".gz", ".npz"} or path == Path(__file__) or not path.is_file():
            continue
        found = wrong.search(path.read_text(encoding="utf-8", errors="replace"))
        assert found is None, f"{name}: {found[0] if found else ''}"
