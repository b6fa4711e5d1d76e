"""What a C3D file's parameters say: looked up by group and name, whatever their case, shape and number of parts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundup.body.functions import Floats


@dataclass(frozen=True)
class C3dParameters:
    """The parameters of one file, by group and name in capitals."""

    groups: Mapping[str, Mapping[str, Any]]

    def numbers(self, group: str, name: str) -> Floats:
        """Return a parameter as float64, flat, in the order of the file; empty where there is none."""
        value = self._value(group, name)
        if value is None or isinstance(value, list):
            return np.empty(0)
        return np.asarray(value, dtype=np.float64).ravel(order="F")

    def number(self, group: str, name: str) -> float | None:
        """Return the first finite number of a parameter."""
        values = self.numbers(group, name)
        return float(values[0]) if values.size and math.isfinite(values[0]) else None

    def texts(self, group: str, name: str) -> list[str]:
        """Return a list of texts, with what follows in ``NAME2``, ``NAME3`` … (a parameter holds 255 at most)."""
        found = self._texts(group, name)
        part = 2
        while more := self._texts(group, f"{name}{part}"):
            found += more
            part += 1
        return found

    def text(self, group: str, name: str) -> str:
        """Return the first text of a parameter."""
        return next(iter(self._texts(group, name)), "")

    def single_numbers(self, group: str) -> Iterator[tuple[str, float]]:
        """Give every parameter of a group that holds one number."""
        for name in self.groups.get(group.upper(), {}):
            values = self.numbers(group, name)
            if values.size == 1 and math.isfinite(values[0]):
                yield name, float(values[0])

    def _value(self, group: str, name: str) -> Any:
        return self.groups.get(group.upper(), {}).get(name.upper())

    def _texts(self, group: str, name: str) -> list[str]:
        value = self._value(group, name)
        return [_printable(text) for text in value] if isinstance(value, list) else []


def from_ezc3d(parameters: Mapping[str, Mapping[str, Any]]) -> C3dParameters:
    """Take over the parameters that ezc3d read."""
    return C3dParameters(
        {
            group.upper(): {name.upper(): entry["value"] for name, entry in entries.items() if name != "__METADATA__"}
            for group, entries in parameters.items()
        }
    )


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in str(text)).strip()
