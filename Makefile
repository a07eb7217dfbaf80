# `make demo` and `make test` are all that a fresh machine needs (Python 3.11, pip, make).
PYTHON ?= python3
VENV := .venv
HUDNA := $(VENV)/bin/hudna
BENCH_OUT ?= runs/bench

.PHONY: demo test lint corpus build page fuzz crash
.PHONY: load bench bench-gpu bench-page bench-archive bench-memory clean

demo: $(VENV)/.core
	@$(HUDNA) analyze examples/*.txt
	@echo
	@echo "Your own text:        $(HUDNA) analyze FILE    (or - for standard input; --json for programs)"
	@echo "Start the service:    $(HUDNA) serve           then open http://127.0.0.1:3000/, or POST to /v1/analyze"

test: $(VENV)/.dev $(VENV)/.servers
	$(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not alone"
	$(VENV)/bin/python -m pytest -m alone

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

corpus: $(VENV)/.dev
	$(HUDNA) corpus check

fuzz: $(VENV)/.dev
	HUDNA_FUZZ_EXAMPLES=2000 $(VENV)/bin/python -m pytest -m fuzz

crash: $(VENV)/.dev
	HUDNA_KILLS=50 $(VENV)/bin/python -m pytest tests/serving/test_batch.py -k kill

load: $(VENV)/.bench
	$(VENV)/bin/python -m serving.benchmarks.load

bench: $(VENV)/.peers
	$(HUDNA) bench --out $(BENCH_OUT)

bench-gpu: $(VENV)/.core
	$(VENV)/bin/python -m serving.benchmarks.gpu

bench-page: $(VENV)/.dev $(VENV)/.servers
	$(VENV)/bin/python -m serving.benchmarks.page

bench-archive: $(VENV)/.core
	$(VENV)/bin/python -m serving.benchmarks.archive

bench-memory: $(VENV)/.core
	$(VENV)/bin/python -m serving.benchmarks.memory

# The analyst's page, from its sources (node 20 or later); what is built is committed.
page:
	cd serving/page && npm install --no-save --no-audit --no-fund && npm run build

build: $(VENV)/.core
	$(VENV)/bin/bentoml build

# Resolvers before pip 25 give up on a package family whose newest release is only half published.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check 'pip>=25'

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e '.[train,batch,ray,report,dev,bench,traces]'
	@touch $@

$(VENV)/.bench: $(VENV)/.core
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

$(VENV)/.peers: $(VENV)/.core
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e '.[report,peers]'
	@touch $@

# What the tests start beside the service, from Debian: the documented proxy, the other database, a browser.
$(VENV)/.servers: | $(VENV)/bin/python
	@ls /usr/sbin/nginx /usr/lib/postgresql/*/bin/initdb /usr/bin/chromium >/dev/null 2>&1 || \
		{ apt-get -qq update && \
			apt-get -qq install -y --no-install-recommends nginx-light postgresql chromium; } || \
		echo "nginx, PostgreSQL and Chromium cannot be installed here; the tests with them are skipped."
	@touch $@

clean:
	rm -rf $(VENV) runs build *.egg-info
