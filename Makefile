# `make demo` and `make test` are all that a fresh machine needs (Python 3.11, pip, make).
PYTHON ?= python3
VENV := .venv
HUDNA := $(VENV)/bin/hudna

.PHONY: demo test lint corpus build clean

demo: $(VENV)/.core
	@$(HUDNA) analyze examples/*.txt
	@echo
	@echo "Your own text:        $(HUDNA) analyze FILE    (or - for standard input; --json for programs)"
	@echo "Start the service:    $(HUDNA) serve           then POST to http://127.0.0.1:3000/v1/analyze"

test: $(VENV)/.dev
	$(VENV)/bin/python -m pytest

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

corpus: $(VENV)/.dev
	$(HUDNA) corpus check

build: $(VENV)/.core
	$(VENV)/bin/bentoml build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e '.[train,dev]'
	@touch $@

clean:
	rm -rf $(VENV) runs build *.egg-info
