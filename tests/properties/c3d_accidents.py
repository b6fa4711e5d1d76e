"""Read many damaged C3D files in a process of its own: a library in C++ may end the process, which is the failure.

Arguments: a whole C3D file, a folder to write to, the number of files, the seed. Prints what came of them as JSON.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from pathlib import Path

from groundup.errors import GroundupError
from groundup.io.c3d import read_c3d

HURTFUL = (0, 1, 2, 127, 128, 254, 255)


def damaged(whole: bytes, chance: random.Random, reach: int) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(min(len(data), reach) or 1)
        kind = chance.choice(("set", "set", "set", "cut", "drop", "put"))
        if kind == "set" and at < len(data):
            data[at] = chance.choice((*HURTFUL, chance.randrange(256)))
        elif kind == "cut":
            del data[chance.randrange(len(data) or 1) :]
        elif kind == "drop":
            del data[at : at + chance.randint(1, 9)]
        elif kind == "put":
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 5)))
    return bytes(data)


def main(source: Path, folder: Path, number: int, seed: int) -> None:
    whole = source.read_bytes()
    chance = random.Random(seed)
    path = folder / "damaged.c3d"
    outcome: Counter[str] = Counter()
    messages = []
    for index in range(number):
        path.write_bytes(damaged(whole, chance, 6000))
        (folder / "current").write_text(str(index))
        try:
            read_c3d(path)
            outcome["read"] += 1
        except GroundupError as error:
            outcome["refused"] += 1
            messages.append(str(error))
    bad = [m for m in messages if "\n" in m or str(path) not in m or len(m) > 600]
    print(json.dumps({**outcome, "bad messages": bad[:3]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
