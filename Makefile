# make run        opens llada-tui
# make test       runs the tests, but for the slow ones
# make test-slow  runs those, and tries every property on more examples
# make check      formatting, lint, types, and who imports whom
#
# Everything is installed into .venv, the first time and whenever pyproject.toml or constraints.txt change.
# make clean removes it. PYTHON=... chooses the Python; JOBS=... how many tests run at once.

VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 4
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$name; break; }; done)
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt

# Compiled once, and not in every program that a test starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-slow check clean
.DELETE_ON_ERROR:

run: $(VENV)/installed
	@$(BIN)/llada-tui

test: $(VENV)/installed-dev
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

test-slow: $(VENV)/installed-dev
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m 'slow or hypothesis' --hypothesis-profile=thorough $(ARGS)

check: $(VENV)/installed-dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "Not formatted: run $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log; exit 1; }
	@echo "All checks passed."

clean:
	@rm -rf $(VENV) build dist

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "llada-tui needs Python 3.11 or newer, with venv (on Debian: apt install python3-venv)." >&2; \
		echo "Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@echo "Making .venv with $(PYTHON)."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing llada-tui into .venv; the first time takes a few minutes."
	@$(INSTALL) -e .
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing llada-tui and what its tests need into .venv; the first time takes a few minutes."
	@$(INSTALL) -e '.[dev,eval,serve,ray,web]'
	@touch $(VENV)/installed $@
