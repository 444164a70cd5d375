# Each target makes its own environment in .venv first; nothing needs to be installed by hand.
# PYTHON=/path/to/python3.12 chooses an interpreter, ARGS="…" goes to the command underneath.
BOOT := $(firstword $(foreach name,$(PYTHON) python3 python3.13 python3.12 python3.11 python,$(shell command -v $(name) 2>/dev/null)))
ARGS ?=
export PYTHON BUILD

.DEFAULT_GOAL := help
.PHONY: help run test env lock screenshots clean

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: python ## Set up, make the sample bank if there is none, start JupyterLab and the dashboards
	@"$(BOOT)" scripts/bootstrap.py run $(ARGS)

test: python ## Set up all the tests need, then lint, types, contracts, unit, notebook and browser tests
	@"$(BOOT)" scripts/bootstrap.py test $(ARGS)

env: python ## Only make the environment for development (.venv, with what the tests need)
	@"$(BOOT)" scripts/bootstrap.py env test

lock: env ## Resolve both lock files anew from pyproject.toml
	@.venv/bin/python scripts/lock.py $(ARGS)

screenshots: env ## Take the README's screenshots of the four dashboards
	@.venv/bin/python scripts/checks.py --screenshots

clean: ## Remove the environment, caches and logs; projects and raw files stay
	@rm -rf .venv .work build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: python
python:
	@test -n "$(BOOT)" || { echo "Python was not found. On Debian, as root: apt-get install python3 python3-venv" >&2; exit 2; }
