# One environment for each Airflow: .venv for the default, .venv-2.11 and so on for the others. All that is written stays in this folder.
# Variables, as in `make test AIRFLOW=2.11 PYTHON=python3.10 ARGS="-k sensor"`:
#   AIRFLOW  3.3 (default), 3.2, 3.1, 3.0 or 2.11      PYTHON  the interpreter; found if not given      ARGS  passed on to the tool
AIRFLOW ?= 3.3
ifndef PYTHON
PYTHON := $(shell sh scripts/find-python.sh $(AIRFLOW))
endif

VENV := .venv$(if $(filter-out 3.3,$(AIRFLOW)),-$(AIRFLOW))
BIN := $(VENV)/bin
PINS := constraints/airflow-$(AIRFLOW).txt
# The mark of a finished environment. It bears the Python's version, so that another PYTHON makes another environment.
READY := $(VENV)/ready-$(shell $(PYTHON) -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)

export AIRFLOW_HOME := $(CURDIR)/.airflow/$(AIRFLOW)
export AIRFLOW__CORE__LOAD_EXAMPLES := False
# Hundreds of Pythons are started here: without bytecode each reads Airflow for seconds.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv test browser pages screenshots bench bench-bulk bench-delivery budget crash fleet soak demo up docs docs-fill
.PHONY: matrix lint format build
.PHONY: release-check constraints clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' $(MAKEFILE_LIST) | expand -t 22
	@sed -n 's/^#   /  /p' $(MAKEFILE_LIST)

venv: $(READY) ## make the environment: the project, editable, on that Airflow

$(READY): pyproject.toml $(PINS)
	@test -n "$(PYTHON)" && $(PYTHON) -c "import venv"
	rm -rf $(VENV)/ready-* $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint $(PINS) uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --build-constraint $(PINS) \
	    apache-airflow --editable '.[sandbox]' --group dev
	@touch $@

# The sandbox's page knows no Airflow: looking at it on one is enough.
test: $(READY) ## run the test suite, in three processes; its tests/browser want Chromium: `make browser`
	$(BIN)/python -m pytest -n 3 --dist worksteal --ignore tests/browser/airflow_pages \
	    $(if $(VENV:.venv=),--ignore tests/browser/sandbox) $(ARGS)

# Apart and in one process, since they share one Airflow, started as `make up` does.
pages: $(READY) ## look at Airflow's own pages in a browser: the connection's form, a run, its log, and `make up` itself
	$(BIN)/python -m pytest tests/browser/airflow_pages $(ARGS)

browser: ## install Chromium, which tests/browser drives, where it is missing and apt-get is there
	@command -v chromium || command -v chromium-browser || { \
	    sudo=$$([ "$$(id -u)" = 0 ] || echo sudo -n); export DEBIAN_FRONTEND=noninteractive; \
	    $$sudo apt-get update -qq && $$sudo apt-get install -qq --no-install-recommends chromium fonts-liberation; \
	} || { echo "Chromium is missing, and apt-get could not install it: install it by hand"; exit 1; }

screenshots: $(READY) browser ## take the pictures in docs/images anew; ARGS=tests/browser/sandbox for some
	SCREENSHOTS=1 $(BIN)/python -m pytest $(or $(ARGS),tests/browser)

bench: $(READY) ## measure beside the HTTP, Slack and Telegram providers, into docs/performance.md; ARGS="poll send" for some
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --group bench
	$(BIN)/python benchmarks/run.py $(or $(ARGS),--write docs/performance.md)

bench-delivery: $(READY) ## send through a server that drops what it accepted, beside the HTTP provider's hook
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --group bench
	$(BIN)/python benchmarks/delivery.py

bench-bulk: $(READY) ## send N messages (1000) in one task, then as mapped tasks, into docs/performance.md
	$(BIN)/python benchmarks/bench_bulk.py --messages $(or $(N),1000) $(or $(ARGS),--write docs/performance.md)

crash: $(READY) ## kill workers in the middle of N sends (100) and of a bulk task, and count what the customers got
	$(BIN)/python tests/real/crash.py --sends $(or $(N),100) $(ARGS)

budget: $(READY) ## send 1,000 messages within 300 a minute, and from 16 processes at once; count what is refused
	$(BIN)/python tests/real/budget.py $(ARGS)

SENDS ?= 300
WAITS ?= 100
fleet: $(READY) ## kill the parts of a CeleryExecutor fleet in the middle of SENDS (300) and WAITS (100); nothing may get lost
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --group fleet
	$(BIN)/python tests/distributed/fleet/run.py --sends $(SENDS) --waits $(WAITS) $(ARGS)

MINUTES ?= 60
soak: $(READY) ## ask, wait and alert for MINUTES (60); fails where memory, sockets, file handles or tasks grow
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --group bench
	$(BIN)/python benchmarks/soak.py --minutes $(MINUTES) $(ARGS)

demo: $(READY) ## text a customer from a DAG on the local Cekat, and go on when the answer comes
	@$(BIN)/python scripts/demo.py $(ARGS)

docs: $(READY) ## build the documentation into build/site, warnings as errors, and check its links
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/python scripts/check_site.py build/site

docs-fill: $(READY) ## write into README and docs/ the tables and parts of DAGs that the code has
	$(BIN)/python scripts/docs_fill.py

matrix: ## run the test suite on every Airflow and every Python it runs on; ARGS="3.0 3.1" for some
	@sh scripts/matrix.sh $(ARGS)

up: $(READY) ## Airflow with the example DAGs, and the local Cekat, until Ctrl-C; ARGS="--port 8081 --sandbox-port 3001"
	@exec $(BIN)/python scripts/up.py $(ARGS)

lint: $(READY) ## check lint, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(READY) ## mend lint and format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

build: $(READY) ## make the wheel and the sdist in dist/
	rm -rf dist
	$(BIN)/uv build --quiet --python $(BIN)/python --build-constraint $(PINS) --out-dir dist
	@ls dist

release-check: $(READY) ## build the last commit twice into dist/ and look at what a release would bring
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --group release
	$(BIN)/python scripts/release_check.py

constraints: $(READY) ## pin anew what pyproject.toml asks for; with ARGS=--upgrade the newest of everything
	for airflow in $(basename $(wildcard constraints/*.in)); do \
	    $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --extra sandbox $(addprefix --group ,dev bench browser docs fleet release) --no-annotate \
	        --no-emit-index-url --no-emit-find-links --custom-compile-command 'make constraints' $(ARGS) \
	        --output-file $$airflow.txt pyproject.toml $$airflow.in || exit; \
	done

clean: ## remove the environments and all that was made
	rm -rf .venv .venv-* .airflow .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find cekat_provider example_dags scripts tests -name __pycache__ -prune -exec rm -rf {} +
