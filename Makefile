# Needs Python 3.11 or newer, git and make; everything else goes into .venv, from the locks in requirements/.
#
#   make demo    show a virtual patient; says where the answer is
#   make test    run the tests
#   make check   lint, types, layers, tests: what CI runs
#   make help    the rest

VENV   ?= .venv
OUT    ?= out/demo
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -qq install
LOCKED := $(PIP) --require-hashes
# Tests run two at a time or more; a linear-algebra library that also spreads out only slows them down.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
PYTEST_ARGS ?= -n auto --dist loadfile

# The first Python that is new enough; override with `make PYTHON=/path/to/python demo`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help demo demo-walks test check lint format types layers docs validation validation-speed validation-labs validation-ground validation-body validation-findings validation-uncertainty validation-walking validation-predicted validation-store lock wheel clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## show a virtual patient, into out/demo
	@$(BIN)/groundup demo -o $(OUT)

demo-walks: $(VENV)/.test ## solve the walks of the virtual patient anew, from the healthy one (minutes)
	$(BIN)/python tools/make_virtual_patient.py

test: $(VENV)/.test ## run the tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: lint types layers test ## lint, types, layers and tests

lint: $(VENV)/.dev ## style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev ## put the code into house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev ## static types, strict
	$(BIN)/mypy

layers: $(VENV)/.test ## imports point down
	$(BIN)/lint-imports

docs: $(VENV)/.runtime ## write docs/cli.md and docs/marker-sets.md from what they describe
	$(BIN)/python -m groundup.cli.reference docs/cli.md
	$(BIN)/python tools/make_marker_sets_page.py docs/marker-sets.md

validation: validation-speed validation-labs validation-ground validation-body validation-findings validation-uncertainty validation-walking validation-predicted validation-store ## measure everything into docs/validation/

validation-speed: $(VENV)/.test ## speed and agreement beside OpenSim
	$(BIN)/python -m benchmarks.validate

validation-labs: $(VENV)/.validation ## published recordings on groundup's own body
	$(BIN)/python -m benchmarks.laboratories

validation-ground: $(VENV)/.test ## ground forces estimated without plates
	$(BIN)/python -m benchmarks.ground_forces

validation-body: $(VENV)/.test ## strengths and moment arms of groundup's own body
	$(BIN)/python -m benchmarks.default_body

validation-findings: $(VENV)/.test ## what is said of healthy people
	$(BIN)/python -m benchmarks.findings

validation-uncertainty: $(VENV)/.test ## how sure the main numbers are
	$(BIN)/python -m benchmarks.uncertainty

validation-walking: $(VENV)/.test ## planar walking predicted, beside stored solutions of OpenSim Moco
	$(BIN)/python -m benchmarks.planar_walking --tight

validation-predicted: $(VENV)/.test ## walks predicted in 3D beside what is published: cold, painful, treated, on a finer mesh; half an hour
	$(BIN)/python -m benchmarks.predicted_walks

validation-store: $(VENV)/.test ## the store with 100 000 visits
	$(BIN)/python -m benchmarks.store

wheel: $(VENV)/.runtime ## build dist/*.whl
	$(BIN)/python -m pip -qq wheel --no-deps --no-build-isolation -w dist .

lock: $(VENV)/.venv ## remake requirements/*.lock (needs the network)
	$(PIP) 'uv>=0.5'
	PYTHON=$(BIN)/python sh requirements/relock.sh

clean: ## remove .venv, caches and out/
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Stamps: a step runs again only when what it was made from has changed.
$(VENV)/.venv:
	@test -n "$(PYTHON)" || { echo "groundup needs Python 3.11 or newer; none was found. Install one, or run: make PYTHON=/path/to/python ..." >&2; exit 1; }
	@echo "Preparing $(VENV) (once)" >&2
	@$(PYTHON) -m venv $(VENV) || { echo "Python could not make $(VENV). On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.runtime: $(VENV)/.venv requirements/runtime.lock pyproject.toml
	@echo "Installing groundup" >&2
	@$(LOCKED) -r requirements/runtime.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.runtime requirements/test.lock requirements/models.lock
	@echo "Installing what the tests need" >&2
	@$(LOCKED) -r requirements/test.lock
	@$(LOCKED) --no-deps -r requirements/models.lock
	@touch $@

$(VENV)/.validation: $(VENV)/.test requirements/validation.lock
	@echo "Installing what draws the validation pages" >&2
	@$(LOCKED) -r requirements/validation.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.test requirements/dev.lock
	@echo "Installing the linters" >&2
	@$(LOCKED) -r requirements/dev.lock
	@touch $@
