# Everything a person or a machine does with this checkout. `make run` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Bytecode is kept whatever the machine says: the tests start some hundred processes, and each would compile the whole product anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: setup setup-dev run test test-long walls domain-beside-walls coverage audit bill lint types bench eval migrate demo lock docs screenshots prove-image

setup: $(VENV)/.run-ready
setup-dev: $(VENV)/.dev-ready

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "MindfulCRM needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 run")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev-ready: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run-ready

run: setup
	$(BIN)/mindfulcrm run

demo: setup
	$(BIN)/mindfulcrm demo

migrate: setup
	$(BIN)/mindfulcrm migrate

test: setup-dev
	@scripts/ensure_chromium.sh $(BIN)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not long"

# The full counts of SECURITY.md; `make test` is the rest. ONLY=tests/jobs runs a part of them. SHARE=0.01 tries a hundredth of each count,
# and never fewer than `make test`. One at a time to whoever is free: the longest take twenty minutes.
SHARE = 1
ONLY = tests
test-long: setup-dev
	@scripts/ensure_chromium.sh $(BIN)
	@mkdir -p build
	LONG_SHARE=$(SHARE) $(BIN)/python -m pytest -n 2 --dist load --maxschedchunk 1 -m long --junitxml=build/long.xml $(ONLY); ended=$$?; [ "$(SHARE)" != 1 ] || $(BIN)/python -m benchmarks.long build/long.xml; exit $$ended

# All branches of what decides who may do what, of what a key seals, and of what every request and guess must pass. A new access
# module joins by itself, and its tests by their name here.
WALLS = $(addprefix tests/,domain/test_ai_models.py security/test_walls.py security/test_pwd.py security/test_tok.py api/test_gate.py api/test_documents.py infrastructure/test_backup_cipher.py infrastructure/test_key_ring.py infrastructure/test_rotation.py jobs/test_mail_files.py) \
	$(addprefix tests/domain/test_,accounts.py addressbooks.py analyses.py audit.py calendar.py connections.py consents.py contacts.py contacts_bulk.py conversations.py delegations.py disclosure.py documents.py drives.py event_changes.py goals.py interactions.py landing.py letters.py mail.py metering.py programmes.py \
	projects.py spending.py suggestions.py tasks.py task_parts.py team.py)
walls: setup-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not long" --cov --cov-config=.coveragerc-walls --cov-report=term $(WALLS)

# What else of the domain asks a server. Both together are what CI tries on Debian's.
domain-beside-walls: setup-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "database and not long" $(addprefix --ignore=,$(filter tests/domain/%,$(WALLS))) tests/domain

# How many lines of the whole product the suite reaches, counted in every process that it starts; slower than `make test` by half. Red below
# nine in ten; of a part (COVERED=tests/jobs) it only tells.
COVERED = tests
FLOOR = $(if $(filter tests,$(COVERED)),90,0)
coverage: setup-dev
	@scripts/ensure_chromium.sh $(BIN)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not long" --cov --cov-config=.coveragerc-all --cov-report=term --cov-fail-under=$(FLOOR) $(COVERED)

lint: setup-dev
	$(BIN)/ruff check crm_app alembic tests benchmarks scripts
	$(BIN)/lint-imports

types: setup-dev
	$(BIN)/mypy crm_app benchmarks

# Known holes in what is locked; red as well when the index could not be asked. Asks the index, so it is not part of `make test`.
audit: setup-dev
	$(BIN)/python scripts/audit.py

# What a build holds, as CycloneDX: build/mindfulcrm.cdx.json. The image carries the same.
bill:
	$(PYTHON) scripts/write_bill_of_materials.py

bench: setup-dev
	$(BIN)/python -m benchmarks.run

# How well a model does what the skills ask of it, with a key of one's own (benchmarks/evals.py says how to name it). It costs money.
eval: setup-dev
	$(BIN)/python -m benchmarks.evals

docs: setup-dev
	$(BIN)/python scripts/write_configuration_docs.py

screenshots: setup-dev
	@scripts/ensure_chromium.sh $(BIN)
	$(BIN)/python scripts/screenshots.py

# Minutes, root and debootstrap: run it when the Dockerfile or the lock has changed.
prove-image: setup-dev
	$(BIN)/python scripts/prove_dockerfile.py

# LiteLLM asks for a certifi that no index serves yet; overrides.txt says which one is taken instead.
LOCK = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --override overrides.txt --group build
lock:
	$(LOCK) -o requirements.lock
	$(LOCK) --group dev -o requirements-dev.lock
