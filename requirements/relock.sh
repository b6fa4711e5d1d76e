#!/bin/sh
# Remake the locks: exact versions and hashes for every platform and Python >= 3.11. Run by `make lock`.
# Each lock keeps the versions of the one before it, so that one environment can hold all of them.
set -eu
cd "$(dirname "$0")/.."
compile() {
    "$PYTHON" -m uv pip compile --quiet --universal --python-version 3.11 --upgrade \
        --generate-hashes --no-emit-index-url --no-header --no-annotate "$@"
}
compile pyproject.toml requirements/build.in -o requirements/runtime.lock
compile pyproject.toml requirements/build.in --group test -c requirements/runtime.lock -o requirements/test.lock
compile pyproject.toml requirements/build.in --group dev -c requirements/test.lock -o requirements/dev.lock
compile pyproject.toml requirements/build.in --group test --group validation -c requirements/test.lock -o requirements/validation.lock
compile --group models --no-deps -o requirements/models.lock
