# `make quickstart` and `make test` set up all they need. Everything else builds on the same environment.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := .venv-peers

.PHONY: help quickstart test check format test-vllm bench bench-embedded bench-schema bench-repair bench-leaks bench-many fuzz clean

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	@echo "creating the environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=…")'
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev --editable ".[all]"
	@touch $@

# An environment of their own: instructor wants an older rich than import-linter, and an older openai than the latest.
$(PEERS)/.ready: pyproject.toml constraints.txt
	@echo "creating the environment of the benchmark's peers in $(PEERS) ..."
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@grep -vE '^(rich|jiter|openai)==' constraints.txt > $(PEERS)/constraints.txt
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --constraint $(PEERS)/constraints.txt --group bench
	@touch $@

quickstart: $(READY) ## extract from a document with the embedded model (or the endpoint in NUEXTRACT_BASE_URL)
	@$(RUN)/python examples/quickstart.py

test: $(READY) ## all tests that need no vLLM
	@$(RUN)/python -m pytest -m "not vllm" --numprocesses $(or $(WORKERS),auto) $(ARGS)

check: $(READY) ## format, lint, types, import contract and tests: what CI runs, without vLLM
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/pyright
	@$(RUN)/lint-imports
	@$(MAKE) --no-print-directory test

format: $(READY) ## format and mend what can be mended
	@$(RUN)/ruff format .
	@$(RUN)/ruff check --fix .

test-vllm: $(READY) ## build a real vLLM for the CPU (once) and run the tests that need it
	@$(RUN)/python tests/integration_tests/vllm/build.py
	@$(RUN)/python -m pytest tests/integration_tests/vllm -m vllm $(ARGS)

bench: $(READY) $(PEERS)/.ready ## what a document costs the client, against other clients in the same run
	@$(RUN)/python tests/bench/speed.py $(ARGS)

bench-embedded: $(READY) ## precision, recall and seconds a document of the embedded model
	@$(RUN)/python tests/bench/embedded.py $(ARGS)

bench-schema: $(READY) ## what the schema compiler holds, and what it costs
	@$(RUN)/python tests/bench/schema.py $(ARGS)

bench-repair: $(READY) ## what is read from broken answers, against json_repair and LangChain
	@$(RUN)/python -m tests.bench.repair $(ARGS)

fuzz: $(READY) ## read damaged answers for ten minutes: make fuzz SECONDS=60 SEED=7
	@$(RUN)/python -m tests.fuzz.run --seconds $(or $(SECONDS),600) --seed $(or $(SEED),1)

bench-leaks: $(READY) ## how well values copied from examples are told from values of the document
	@$(RUN)/python tests/bench/leaks.py $(ARGS)

bench-many: $(READY) ## memory and speed of extract_many over 100,000 documents
	@$(RUN)/python tests/bench/many.py $(ARGS)

clean: ## remove the environment and what the tools left
	rm -rf $(VENV) $(PEERS) .pytest_cache .ruff_cache .hypothesis .import_linter_cache
