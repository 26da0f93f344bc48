# Every task does what it needs first; `make help` lists them.
.DEFAULT_GOAL := help
BIN := .venv/bin
INSTALLED := .venv/.installed
# The first Python that podboard runs on; another one with `make install PYTHON=...`.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$name && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --quiet
PYTEST_ARGS ?=
# One more than there are processors: some tests wait, for a server that never answers or a process that was killed.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)
PYTEST = $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Some machines say that Python is to keep no compiled modules. Every process would then compile those of Dash, SQLAlchemy and
# pandas anew, which is 3 s of each start and a third of the tests' time; what is kept goes with `make clean`.
unexport PYTHONDONTWRITEBYTECODE
# A .venv that was made by halves hands pip on to the machine's own Python: pip is to refuse then.
export PIP_REQUIRE_VIRTUALENV := 1
# The oldest PostgreSQL of the operating system that podboard runs on: 15 on Debian 12.
SYSTEM_PG ?= $(shell ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | awk -F/ '$$5 >= 15' | head -n 1)

.PHONY: help install run test drills test-system structure lint format types bench rights shown proof audit lock clean

help: ## List the tasks
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | while IFS='|' read -r name text; do \
		printf '  make %-11s %s\n' "$$name" "$$text"; done

install: $(INSTALLED) ## Make .venv with everything in it, the command podboard too
	@:

$(INSTALLED): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "podboard needs Python 3.11, 3.12 or 3.13; none was found. Name one: make install PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || deploy/install-system-packages.sh venv $(PYTHON)
	@test -f .venv/pyvenv.cfg && $(PIP) --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo "Installing into .venv ..."
	@$(PIP) install "$$(grep -o -m1 '^uv==[^ ]*' requirements-dev.lock)" && \
		$(BIN)/uv pip install --quiet --python .venv --require-hashes -r requirements-dev.lock || \
		$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

run: install ## Start everything, with demo data, on http://127.0.0.1:8050 (PORT, PODBOARD_HOME)
	@deploy/install-system-packages.sh run
	@exec $(BIN)/podboard run

test: install ## Lint, types and all tests but drills and proofs (PYTEST_ARGS passes options on)
	@deploy/install-system-packages.sh test
	@$(MAKE) --no-print-directory -j3 lint types collect
	@$(PYTEST) -m 'not proof and not drill' $(PYTEST_ARGS)

drills: install ## What kills, restores, breaks a guard, begins at an old version or starts a second engine
	@deploy/install-system-packages.sh test
	@$(PYTEST) -m 'drill and not proof' $(PYTEST_ARGS)

# Once, before several processes collect at the same time: each would compile all modules for itself. What cannot be collected is
# told by the run itself.
.PHONY: collect
collect: install
	@$(BIN)/pytest --collect-only -qq --no-header -p no:cacheprovider > /dev/null 2>&1 || true

test-system: install ## What depends on the database, on the operating system's PostgreSQL instead of the wheel's
	@deploy/install-system-packages.sh test
	@test -n "$(SYSTEM_PG)" || { echo "No PostgreSQL 15 or newer in /usr/lib/postgresql; name one: make test-system SYSTEM_PG=.../bin"; exit 1; }
	@echo "Testing on $$($(SYSTEM_PG)/postgres --version)"
	@PODBOARD_PG_BIN=$(SYSTEM_PG) $(PYTEST) -m 'not proof and not wheel and not once' tests/schema tests/queries tests/reports tests/dashboard $(PYTEST_ARGS)

lint: install ## Style, formatting and the direction of imports
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run make format"; exit 1; }
	@$(BIN)/lint-imports --no-cache > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

format: install ## Format the Python files
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

types: install ## Check the types of schema, queries and reports
	@$(BIN)/mypy --no-error-summary

structure: install ## Write down the structure that the migrations make, for both engines, and add what is new to tests/schema/kept.toml
	@$(BIN)/podboard structure
	@$(BIN)/python -m tests.timescale.server && echo "Wrote schema/structure.timescale.sql."
	@$(BIN)/python -m tests.kept

bench: install ## Measure on the large demo data
	@$(BIN)/python -m bench

rights: install ## Write tests/schema/rights.toml and guards.toml anew: who may do what with each relation, by which guard
	@$(BIN)/pytest --quiet --write-rights tests/schema/test_rights.py

shown: install ## Write dashboard/shown.toml anew: which metrics each box shows, as the methodology page says it
	@$(BIN)/pytest --quiet --write-shown tests/dashboard/test_shown.py

# The audit asks a database on the internet. Without an answer the proof is not complete, which is neither passed nor failed:
# make ends with "Error 75", after a line that says so.
proof: install ## Drills, and the long programmes: isolation, all mutants, predicates, large plans, faults, every page, the audit
	@deploy/install-system-packages.sh test
	@PODBOARD_THOROUGH=1 $(BIN)/pytest -m 'proof or searched or drill' $(PYTEST_ARGS) || { echo "Proof: FAILED: a programme did."; exit 1; }
	@$(BIN)/python -m tests.audit; code=$$?; case $$code in \
		0) echo "Proof: passed.";; \
		75) echo "Proof: NOT COMPLETE: every programme passed; the audit was not done. Do it where the network allows: make audit";; \
		*) echo "Proof: FAILED: the audit found what is known.";; esac; exit $$code

audit: install ## Known holes in what requirements.lock names: 0 none, 1 some, 75 the database gave no answer
	@$(BIN)/python -m tests.audit

lock: install ## Choose the newest versions that pyproject.toml allows
	@$(LOCK) --upgrade --output-file requirements.lock
	@$(LOCK) --upgrade --group dev --constraints requirements.lock --output-file requirements-dev.lock

clean: ## Remove .venv, caches and what tests left; data in PODBOARD_HOME stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist artefacts
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
