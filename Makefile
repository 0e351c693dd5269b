# Two commands matter: `make demo` and `make test`. See README.md.
SHELL := /bin/sh
BIN := .venv/bin
PLAYER := $(shell find exam_engine/player -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: demo test checks lint types contracts player-test pytest bench soak lock clean

demo: .venv/installed
	@$(BIN)/exam-engine demo

.venv/installed: pyproject.toml requirements.lock hatch_build.py $(PLAYER)
	@.ci/venv
	@echo "Installing into .venv and building the player (the first time takes a few minutes) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/provided: .ci/provide .ci/system | .venv/installed
	@.ci/provide
	@touch $@

test: checks pytest

checks: .venv/installed .venv/provided lint types contracts player-test

lint: .venv/installed
	$(BIN)/ruff check .

types: .venv/installed
	$(BIN)/mypy

contracts: .venv/installed
	$(BIN)/lint-imports

player-test: .venv/installed
	$(BIN)/python hatch_build.py test

pytest: .venv/installed .venv/provided
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: .venv/installed .venv/provided
	$(BIN)/python -m tests.bench

soak: .venv/installed .venv/provided
	$(BIN)/pytest tests/soak -m soak --override-ini addopts=

lock: .venv/installed
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-header --output-file requirements.lock

clean:
	rm -rf .venv exam_engine/player/dist exam_engine/player/node_modules
