# make serve   environment, models, index of the sample corpus, server with the page   (PROFILE=small PORT=8001 CORPUS=path)
# make test    everything that must hold before a change goes in
# make check   formatting, lint, types, import rules only
# make bench   timings, as ratios measured in one run

PYTHON  ?= $(shell command -v python3.11 || command -v python3)
PROFILE ?= default
PORT    ?= 8000
CORPUS  ?= evals/corpus

BIN      := .venv/bin
FOOTNOTE := $(BIN)/footnote --profile $(PROFILE)
SOURCES  := config indexer qa_service evals tests

.PHONY: serve test check bench environment models clean
.DEFAULT_GOAL := help

.PHONY: help
help:
	@sed -n '1,/^$$/s/^# //p' Makefile

environment:
	@test -n "$(PYTHON)" || { echo "footnote: python3 not found: install Python 3.11, or run make with PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -m config.environment

models: environment
	@$(FOOTNOTE) models fetch

serve: models
	@$(FOOTNOTE) index $(CORPUS)
	@exec $(FOOTNOTE) serve --port $(PORT)

check: environment
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo "run: $(BIN)/ruff format $(SOURCES)" >&2; exit 1; }
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

test: check models
	@$(FOOTNOTE) models fetch smollm2-135m-instruct-q4_1
	@$(BIN)/python -m pytest

bench: models
	@$(BIN)/python -m evals.bench --profile $(PROFILE) --json data/bench/report.json --html data/bench/report.html

clean:
	rm -rf .venv data build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
