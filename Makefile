# `make quickstart` and `make test` set up all they need. Everything else builds on the same environment.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := .venv-peers
RELEASE := .venv-release
BROWSER := .venv-browser
SITE := .venv-site
PYTHONS ?= 3.11 3.12 3.13 3.14

.PHONY: $(shell sed -nE 's/^([a-z-]+):.*/\1/p' $(MAKEFILE_LIST))

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	@echo "creating the environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=…")'
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev --editable ".[all]"
	@touch $@

# An environment of the peers' own: instructor wants an older rich than import-linter, and an older openai than the latest;
# langextract an older tenacity.
$(PEERS)/.ready: pyproject.toml constraints.txt
	@echo "creating the environment of the peers in $(PEERS) ..."
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@grep -vE '^(jiter|openai|rich|tenacity)==' constraints.txt > $(PEERS)/constraints.txt
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --constraint $(PEERS)/constraints.txt --group bench --editable .
	@touch $@

# What builds, checks and audits a release; none of it belongs among what the tests need.
$(RELEASE)/.ready: pyproject.toml
	@echo "creating the environment of the release's tools in $(RELEASE) ..."
	@test -x $(RELEASE)/bin/python || $(PYTHON) -m venv $(RELEASE)
	@$(RELEASE)/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@$(RELEASE)/bin/python -m pip install --quiet --disable-pip-version-check --group release
	@touch $@

quickstart: $(READY) ## extract from a document with the embedded model (or the endpoint in NUEXTRACT_BASE_URL)
	@$(RUN)/python examples/quickstart.py

.PHONY: cheques
cheques: $(READY) ## draw twelve cheques, compare two models on them, and write a report, tasks to correct and rows to train on
	@$(RUN)/python examples/cheques/draw.py build/cheques
	@$(RUN)/nuextract evaluate build/cheques/gold.jsonl --schema examples/cheques/schema.py:Cheque \
	  --predictions examples/cheques/predictions/base.jsonl --predictions examples/cheques/predictions/tuned.jsonl \
	  --output build/cheques $(ARGS)
	@$(RUN)/nuextract label-studio config examples/cheques/schema.py:Cheque --document image > build/cheques/config.xml
	@$(RUN)/nuextract label-studio tasks build/cheques/gold.jsonl --predictions examples/cheques/predictions/tuned.jsonl \
	  --schema examples/cheques/schema.py:Cheque --document image > build/cheques/tasks.json
	@$(RUN)/nuextract export-training build/cheques/gold.jsonl --schema examples/cheques/schema.py:Cheque --dialect 3 \
	  --split 60/20/20 --seed 5 --output build/cheques/training
	@echo "look at build/cheques/report.html"

test: $(READY) ## all tests that need no vLLM
	@$(RUN)/python -m pytest -m "not vllm and not browser and not label_studio and not training and not docs and not ray and not spark" \
	  --numprocesses $(or $(WORKERS),auto) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(READY) ## format, lint, types, import contract and tests: what CI runs, without vLLM
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/pyright
	@$(RUN)/lint-imports
	@$(MAKE) --no-print-directory test

# Where pyenv is used, its commands find those versions alone that are named to it.
test-pythons: ## the tests on every Python of PYTHONS that is installed
	@export PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | paste -sd: -)"; \
	for version in $(PYTHONS); do \
	  if python$$version -c '' 2>/dev/null; then \
	    $(MAKE) --no-print-directory test PYTHON=python$$version VENV=.venv-$$version || exit 1; \
	  else echo "Python $$version is not installed"; fi; \
	done

package: $(READY) $(RELEASE)/.ready ## build the wheel, check it, and run the tests against it as installed
	@rm -rf dist build/wheel
	@$(RELEASE)/bin/python -m build --quiet --outdir dist .
	@$(RELEASE)/bin/twine check --strict dist/*.whl dist/*.tar.gz
	@$(RELEASE)/bin/check-wheel-contents dist/*.whl
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target build/wheel dist/*.whl
	@cp -r tests examples docs README.md pyproject.toml build/wheel/
	@cd build/wheel && PYTHONPATH=$(CURDIR)/build/wheel $(CURDIR)/$(RUN)/python -m pytest \
	  -c $(CURDIR)/pyproject.toml --rootdir . -p no:cacheprovider --numprocesses $(or $(WORKERS),auto) tests/unit_tests $(ARGS)

audit: $(RELEASE)/.ready ## look the locked dependencies up among known vulnerabilities, and write an SBOM to dist/sbom.json
	@mkdir -p dist
	@$(RELEASE)/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip
	@$(RELEASE)/bin/cyclonedx-py requirements requirements.lock --output-file dist/sbom.json

lock: $(RELEASE)/.ready ## write requirements.lock: what constraints.txt pins, for Linux, with hashes
	@$(RELEASE)/bin/uv pip compile --quiet pyproject.toml --all-extras --python-platform linux --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --no-annotate --constraint constraints.txt --python-version 3.11.5 \
	  --output-file requirements.lock

format: $(READY) ## format and mend what can be mended
	@$(RUN)/ruff format .
	@$(RUN)/ruff check --fix .

test-vllm: $(READY) ## build a real vLLM for the CPU (once) and run the tests that need it
	@$(RUN)/python tests/integration_tests/vllm/build.py
	@$(RUN)/python -m pytest tests/integration_tests/vllm -m vllm $(ARGS)

# What drives a browser; the browser itself is Debian's package chromium, or one named in CHROMIUM.
$(BROWSER)/.ready: pyproject.toml constraints.txt
	@echo "creating the environment of the browser's tests in $(BROWSER) ..."
	@test -x $(BROWSER)/bin/python || $(PYTHON) -m venv $(BROWSER)
	@$(BROWSER)/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@$(BROWSER)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev --group browser --editable ".[pages]"
	@touch $@

test-browser: $(BROWSER)/.ready ## open the pages that show documents and reports in a real Chromium; screenshots in build/
	@$(BROWSER)/bin/python -m pytest tests/browser -m browser -rs $(ARGS)

$(SITE)/.ready: pyproject.toml constraints.txt
	@echo "creating the environment that builds the site in $(SITE) ..."
	@test -x $(SITE)/bin/python || $(PYTHON) -m venv $(SITE)
	@$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group site
	@touch $@

docs: $(SITE)/.ready ## build the site of guides and API reference into build/site/html; a warning is an error
	@$(SITE)/bin/python docs/site/build.py

test-training: $(READY) ## install what trains (once, 1.5 GB) and take a step with the tiny model on exported rows
	@$(RUN)/python tests/integration_tests/vllm/build.py
	@$(RUN)/python tests/integration_tests/training/build.py
	@$(RUN)/python -m pytest tests/integration_tests/training -m training --timeout 1800 $(ARGS)
test-label-studio: $(READY) ## install a real Label Studio (once, 1 GB) and send it forms and tasks
	@$(RUN)/python -m pytest tests/integration_tests/label_studio -m label_studio --timeout 900 $(ARGS)

test-docs: $(READY) $(PEERS)/.ready ## install what the guides and examples use (once, 1.5 GB), and run those that need more than this package
	@$(RUN)/python tests/docs_environment.py
	@ANONYMIZED_TELEMETRY=False $$($(RUN)/python tests/docs_environment.py | tail -1) -m pytest tests -m docs \
	  -W ignore::DeprecationWarning -W ignore::PendingDeprecationWarning $(ARGS)

test-ray: $(READY) ## install Ray, Daft and Dask (once, 900 MB), extract on a cluster whose workers die, and run the guide's blocks
	@$(RUN)/python tests/integration_tests/engines/build.py ray -m pytest tests/integration_tests/engines/test_ray.py \
	  -m ray --timeout 900 -rP $(ARGS)
	@$(RUN)/python tests/integration_tests/engines/build.py ray -m pytest tests/test_docs.py \
	  -k "engines-" -m "not spark" -W ignore --timeout 900

test-spark: $(READY) ## install PySpark (once, 600 MB, it runs on a Java of 17 or newer) and do the same
	@$(RUN)/python tests/integration_tests/engines/build.py spark -m pytest tests/integration_tests/engines/test_spark.py \
	  -m spark --timeout 900 -rP $(ARGS)
	@$(RUN)/python tests/integration_tests/engines/build.py spark -m pytest tests/test_docs.py \
	  -k "engines-" -m "not ray" -W ignore --timeout 900

bench: $(READY) $(PEERS)/.ready ## what a document costs the client, against other clients in the same run
	@$(RUN)/python tests/bench/speed.py $(ARGS)

bench-embedded: $(READY) ## precision, recall and seconds a document of the embedded model
	@$(RUN)/python tests/bench/embedded.py $(ARGS)

bench-schema: $(READY) ## what the schema compiler holds, and what it costs
	@$(RUN)/python tests/bench/schema.py $(ARGS)

bench-repair: $(READY) ## what is read from broken answers, against json_repair and LangChain
	@$(RUN)/python -m tests.bench.repair $(ARGS)

bench-held: $(READY) ## verbatim values under the document's grammar, beside the JSON Schema, on a real vLLM
	@$(RUN)/python tests/integration_tests/vllm/build.py
	@$(RUN)/python -m tests.bench.extractive $(ARGS)

bench-evidence: $(READY) ## where values are placed in documents that are made, with slips, absent and near by
	@$(RUN)/python -m tests.bench.evidence $(ARGS)

fuzz: $(READY) ## read damaged answers for ten minutes: make fuzz SECONDS=60 SEED=7
	@$(RUN)/python -m tests.fuzz.run --seconds $(or $(SECONDS),600) --seed $(or $(SEED),1)

soak: $(READY) ## ten minutes of failing endpoints, killed runs, a shared checkpoint and a full disk
	@$(RUN)/python -m tests.soak.run $(ARGS)

bench-leaks: $(READY) ## how well values copied from examples are told from values of the document
	@$(RUN)/python tests/bench/leaks.py $(ARGS)

bench-many: $(READY) ## memory and speed of extract_many over 100,000 documents
	@$(RUN)/python tests/bench/many.py $(ARGS)

bench-tables: $(READY) ## memory and speed of writing 10,000 and 200,000 rows
	@$(RUN)/python tests/bench/tables.py $(ARGS)

bench-documents: $(READY) ## pages a second, MB/s of HTML and memory, beside the libraries beneath
	@$(RUN)/python -m tests.bench.documents $(ARGS)

bench-long: $(READY) ## what is lost and doubled of long documents, and how many requests they take
	@$(RUN)/python -m tests.bench.long $(ARGS)

clean: ## remove the environment and what the tools left
	rm -rf $(VENV) $(PEERS) $(RELEASE) $(BROWSER) $(SITE) .venv-3.* dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
