# Every target sets up what it needs. `make help` lists them.
SHELL := /bin/bash
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-faults lint types contracts docs-check validators check bench lock clean setup setup-dev

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/bin/uv: requirements/bootstrap.txt
	@echo "accord: making a virtual environment" >&2
	@$(PY) -m venv $(VENV)
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/bootstrap.txt
	@touch $@

# uv is many times quicker than pip; where it cannot reach a registry that pip can, pip does the same work.
# Compiled once here: ten processes start at a time, and each would compile all libraries anew (2 s of a core each).
define install
	@echo "accord: installing $(1)" >&2
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/$(1).txt 2>$(VENV)/uv.log \
	  || $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/$(1).txt \
	  || { cat $(VENV)/uv.log >&2; exit 1; }
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps --no-build-isolation --no-index -e .
endef

$(VENV)/.run: $(VENV)/bin/uv requirements/run.txt pyproject.toml
	$(call install,run)
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(call install,dev)
	@touch $@

setup: $(VENV)/.run ## install what Accord runs on into .venv
setup-dev: $(VENV)/.dev ## install what the checks and tests need, too

demo: setup ## set up, start everything, play the story; ONCE=1 stops by itself
	@$(BIN)/accord demo $(if $(ONCE),--once,)

test: setup-dev ## every test, on a real Kafka and a real PostgreSQL; WORKERS=0 one after another
	@$(BIN)/python tools/run_tests.py $(if $(WORKERS),--workers $(WORKERS),)

test-faults: setup-dev ## kills and pauses under load, with a printed seed; each entry of a ledger and each byte of a bundle altered
	@$(BIN)/python -m pytest tests/faults tests/integration/test_audit_verify.py tests/unit/audit/test_evidence_bundle.py --faults-full -s

lint: setup-dev ## ruff, format and rules
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: setup-dev ## mypy, strict
	@$(BIN)/mypy

contracts: setup-dev ## who may import whom
	@$(BIN)/lint-imports

docs-check: setup-dev ## generated documents are what the code says
	@$(BIN)/accord events export --check

validators: setup-dev ## public validators of AsyncAPI and JSON Schema over the exports
	@$(BIN)/python -m tools.validate_exports

check: lint types contracts docs-check ## lint, types, contracts and docs-check

bench: setup-dev ## every figure, each with the baseline of the same run
	@$(BIN)/python -m bench

lock: $(VENV)/bin/uv ## resolve requirements/*.in anew into hashed files without index lines
	@for f in bootstrap run dev; do $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header requirements/$$f.in -o requirements/$$f.txt; done

clean: ## remove the virtual environment and caches (not your data)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
