# What people and CI run. Needs Python >= 3.11 and make; everything else is fetched into .venv.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 3
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run test check soak bench bench-services fuzz services build lock clean

run: .venv/run.stamp build            ## the product on sandboxes: prints the address and the logins
	$(BIN)/navigator demo

test: .venv/dev.stamp build           ## all tests, in WORKERS processes (3); says which peers are missing
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder -m "not alone"
	$(BIN)/pytest -m alone
	$(BIN)/python scripts/npm.py run test

check: .venv/dev.stamp build          ## format, lint and strict types, Python and TypeScript; what pages load
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/npm.py run check
	$(BIN)/python scripts/web_size.py

soak: .venv/dev.stamp build           ## a hundred kills over a hundred thousand notifications, on each store
	KILLS=100 $(BIN)/pytest tests/faults -o timeout=3600

bench: .venv/dev.stamp build          ## figures beside peers in the same run, as ratios
	$(BIN)/python -m tests.benchmarks

fuzz: .venv/dev.stamp                 ## the parsers under atheris for SECONDS in all (600); the corpus is kept
	scripts/fuzz $(SECONDS)

bench-services:                       ## Debian packages of the peers of `make bench` (as root)
	scripts/bench-services

services:                             ## Debian packages of the real peers that the tests start (as root)
	scripts/services

build: .venv/run.stamp                ## the browser side, when its sources changed
	$(BIN)/python scripts/build_web.py

lock:                                 ## new lock files from the ranges in pyproject.toml
	scripts/lock

.venv/run.stamp: requirements/run.txt pyproject.toml hub/speedups.c
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	$(BIN)/pip install --quiet --requirement requirements/dev.txt
	@touch $@

clean:                                ## everything that was fetched or built
	rm -rf .venv web/static clients/js/node_modules
