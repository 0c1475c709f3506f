# The developer's and the operator's commands; `make help` lists them.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# More options for pytest, for example: make test PYTEST_ARGS="-n 2 -k rules"
PYTEST_ARGS ?=
# `full`, or `small` to see the shapes in a minute
BENCH ?= full
# pip compiles what it copies, and an editable package stays where it is: without this the first start would compile
# it, and every start where Python may not write beside the sources.
COMPILE := $(BIN)/python -m compileall -q app migrations
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Where the published npm client of root-level routes is installed; the test that runs it is skipped without.
NPM_CLIENT ?= $(VENV)/npm-client
export STERNPOST_TEST_NPM_CLIENT ?= $(abspath $(NPM_CLIENT))

.PHONY: help setup npm-client run test postgres-test bench lint errors clean

help:  ## List these commands
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-14s %s\n", $$1, $$2 }'

setup: $(VENV)/developer.stamp  ## Make the environment with the developer's tools

npm-client: $(VENV)/npm-client.stamp  ## Install the npm client that one test runs (needs node and npm)

run: $(VENV)/server.stamp  ## Do all that is needed and start the server
	@$(BIN)/sternpost serve

test: $(VENV)/developer.stamp  ## Run the tests (PYTEST_ARGS=...)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

postgres-test: $(VENV)/developer.stamp  ## Run the tests also on a PostgreSQL that is started for them
	tests/postgres-server run $(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(VENV)/developer.stamp  ## Compare our speed with its floors and with naive versions (BENCH=small)
	$(BIN)/python -m tests.bench $(BENCH)

lint: $(VENV)/developer.stamp  ## Check form, types, direction of imports, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python .ci/check_source.py

errors: $(VENV)/developer.stamp  ## Print every refusal as a table, for a person to read
	@$(BIN)/python -m tests.errors

clean:  ## Remove the environment and what the tools left; never the data directory
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find app migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@sh .ci/check-tools "$(PYTHON)"
	@echo "Making the environment in $(VENV) ..."
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/npm-client.stamp: tests/takaro/npm/package.json tests/takaro/npm/package-lock.json | $(VENV)/bin/python
	@echo "Installing the npm client into $(NPM_CLIENT) ..."
	@mkdir -p $(NPM_CLIENT) && cp $^ $(NPM_CLIENT)
	@npm ci --prefix $(NPM_CLIENT) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# The stamps make a second run quick; they age with the two files that say what to install.
$(VENV)/server.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Sternpost into $(VENV) ..."
	@$(PIP_INSTALL) --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/developer.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Sternpost and the developer's tools into $(VENV) ..."
	@$(PIP_INSTALL) --editable '.[dev,agent]'
	@$(COMPILE)
	@touch $@ $(VENV)/server.stamp
