# Two commands matter: `make run` and `make test`. Both do all set-up that is missing, and nothing twice.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
export ORT_DISABLE_TELEMETRY := 1
# An office that answers its telephone, with the hours of docs/operating.md: nobody is really called.
OFFICE := IVR_OFFICE_PHONE=03-1234-5678 IVR_OFFICE_HOURS='mon-fri 08:30-17:00, sun 09:00-12:00'

.PHONY: run setup test test-setup check prove clocks lock clean

# Where the files cannot be used, `serve` goes on with the last good set, or says what is wrong with them.
run: setup
	-$(BIN)/ivr prompts build
	$(BIN)/ivr serve --work

setup: $(VENV)/.run

test: test-setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/ivr prompts build
	$(BIN)/ivr check
	$(BIN)/ivr prompts check
	$(BIN)/ivr test
	$(OFFICE) $(BIN)/ivr check
	$(OFFICE) $(BIN)/ivr prompts check
	$(OFFICE) $(BIN)/ivr test
	$(BIN)/ivr walk
	$(BIN)/python -m pytest -n auto -q

test-setup: $(VENV)/.test

prove: test-setup
	$(BIN)/ivr bench callers
	$(BIN)/ivr bench start
	$(BIN)/ivr bench records
	$(BIN)/ivr bench reports
	$(BIN)/python -m pytest -q tests/service/test_faults.py --faults 300
	$(BIN)/ivr walk --full --html var/walk.html
	$(OFFICE) $(BIN)/ivr prompts build
	$(OFFICE) $(BIN)/ivr check
	$(OFFICE) $(BIN)/ivr walk
	$(BIN)/python tests/support/clocks.py -n auto

# Needs Debian's package faketime to shift the day; without it only the zones are tried, and the last line says so.
clocks: test-setup
	$(BIN)/python tests/support/clocks.py -n auto $(TESTS)

# The stamps change with the lock files, so a second start installs nothing.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the helpline needs: $$(sed -n 's/^# //p' requirements.lock | head -1)."
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements-test.lock pyproject.toml | $(VENV)/.run
	@command -v chromedriver >/dev/null 2>&1 || sh .ci/debian-package chromium-driver
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || sh .ci/debian-package postgresql
	@echo "Installing what only the tests need: $$(sed -n 's/^# //p' requirements-test.lock | head -1)."
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. On Debian 12: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh .ci/debian-package python3-venv
	$(PYTHON) -m venv $(VENV)

# Needs uv; writes both lock files with hashes and without the address of any index.
lock:
	sh .ci/lock

clean:
	rm -rf $(VENV) var
