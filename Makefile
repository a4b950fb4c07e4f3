# What one does with policywatch, as commands. Each target sets up what it needs.
#   make demo [ARGS="--once --article FILE | --reset"]   a newsroom on this machine, watched end to end
#   make run                                             the service on config/
#   make test | make check | make quality | make bench | make fleet | make torture   for those who change it
#   make sbom | make audit                               what it is made of, and what is known against that
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: demo run test test-deps golden torture quality bench fleet check format lock sbom audit wheel docs pictures clean

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "policywatch needs Python 3.11 or newer: make demo PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

# Two stamps, so that the first demo does not wait for the tools of those who change the code.
$(VENV)/.run-ready: requirements.lock pyproject.toml | $(BIN)/python
	@echo "policywatch: installing what it needs (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev-ready: requirements-dev.lock $(VENV)/.run-ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.run-ready
	@$(BIN)/policywatch demo --state var/demo $(ARGS)

run: $(VENV)/.run-ready
	@$(BIN)/policywatch run --config config/policywatch.yaml $(ARGS)

test: $(VENV)/.dev-ready
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

# The mails that tests/core/test_digests_golden.py compares with, written anew; look at the difference before you commit.
golden: $(VENV)/.dev-ready
	POLICYWATCH_RENEW_GOLDEN=1 $(BIN)/python -m pytest -q -p no:randomly tests/core/test_digests_golden.py

# The full counts of the tests that are long by nature: kills at every stage, races, weeks of simulated time. How many times as often as `make test`.
TORTURE_COUNT ?= 20
torture: $(VENV)/.dev-ready
	POLICYWATCH_TORTURE=$(TORTURE_COUNT) $(BIN)/python -m pytest -p no:randomly --timeout 14400 $(ARGS) \
	  $$(grep -rl --include='test_*.py' POLICYWATCH_TORTURE tests)

# Quality on an evaluation set (not part of the project), held to the floors in tests/quality/floors.yaml.
EVALUATION ?= ../shared/evaluation/dev
quality: $(VENV)/.dev-ready
	$(BIN)/python tests/quality/shared_set.py $(EVALUATION)
	$(BIN)/python tests/quality/feed_agreement.py $(EVALUATION)
	$(BIN)/python tests/quality/undamaged.py

# Ratios against peers, in turn in one run; writes benchmarks/results.md. The peers live in an environment of their own:
# what one of them pins must not decide what policywatch runs on.
BENCH := .venv-bench
$(BENCH)/.ready: requirements-bench.lock pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

bench: $(BENCH)/.ready
	$(BENCH)/bin/python -m benchmarks $(ARGS)

# Ten thousand sources, three of ten failing, both engines: about an hour.
fleet: $(BENCH)/.ready
	$(BENCH)/bin/python -m benchmarks.fleet $(ARGS)

# What some tests want beside Python's packages; they say so and are skipped without it.
test-deps:
	apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk gcc libc6-dev postgresql spamassassin
	if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix var/caniemail caniemail@2.0.2; fi

check: $(VENV)/.dev-ready
	$(BIN)/ruff check src tests benchmarks tools
	$(BIN)/ruff format --check src tests benchmarks tools
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -p no:randomly tests/test_house.py

format: $(VENV)/.dev-ready
	$(BIN)/ruff format src tests benchmarks tools
	$(BIN)/ruff check --fix src tests benchmarks tools

# Pins with hashes for every platform; `uv` must be on the path. No download address is written.
lock:
	uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml --all-extras --group build -o requirements.lock
	uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml --all-extras --group build --group dev -o requirements-dev.lock
	uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml --all-extras --group build --group bench -c requirements.lock -o requirements-bench.lock

	uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header --group pyproject.toml:audit -o requirements-audit.lock

# What is installed: names, versions, hashes and licences, as CycloneDX 1.6.
sbom: $(VENV)/.run-ready
	@mkdir -p dist
	$(BIN)/python tools/sbom.py requirements.lock > dist/policywatch.cdx.json

# Known vulnerabilities of what is pinned. It asks a service on the Internet, so `make test` does without it.
AUDIT := .venv-audit
$(AUDIT)/.ready: requirements-audit.lock
	$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.lock
	@touch $@

audit: $(AUDIT)/.ready
	@$(AUDIT)/bin/python tools/audit.py requirements.lock $(ARGS)

wheel: $(VENV)/.dev-ready
	$(BIN)/python -m pip wheel --quiet --no-build-isolation --no-deps --wheel-dir dist .

# What is written from the code: the schemas that the shipped files name, and the reference.
docs: $(VENV)/.run-ready
	$(BIN)/policywatch schema --output config/schema
	$(BIN)/policywatch schema --markdown --output docs

pictures: $(VENV)/.run-ready
	$(BIN)/python docs/pictures/draw.py

clean:
	rm -rf $(VENV) $(BENCH) $(AUDIT) var dist .mypy_cache .ruff_cache .pytest_cache
