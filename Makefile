# make run    install everything and run the features against the reference
# make test   install everything and run all checks
# make proof  show that the kit judges correctly
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
PORT ?= 8000
.PHONY: help run test golden map proof corpus mutation fuzz hostile lab notebooks runtime site-lab site browser editors neighbours independent acceptance bench bench-check clean

help: ## list the targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "billing-tck needs Python 3.11 or later; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(BIN)/python
	@echo "installing billing-tck into $(VENV)"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "installing billing-tck and its test dependencies into $(VENV)"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --editable '.[dev,notebooks]'
	@touch $@ $(VENV)/.core

$(VENV)/.browser: pyproject.toml | $(BIN)/python
	@echo "installing the dependencies of the browser tests into $(VENV)"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --editable '.[dev,notebooks,browser,lab]'
	@touch $@

$(VENV)/.lab: pyproject.toml | $(BIN)/python
	@echo "installing what the notebooks of a site are made with into $(VENV)"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --editable '.[dev,notebooks,lab]'
	@touch $@

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	@echo "installing the dependencies of the benchmark into $(VENV)"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --editable '.[dev,bench]'
	@touch $@

$(VENV)/.acceptance: pyproject.toml | $(BIN)/python
	@echo "installing billing-tck and the dependencies of the example service into $(VENV)"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --editable '.[acceptance]'
	@touch $@ $(VENV)/.core

$(VENV)/.mutation: pyproject.toml | $(BIN)/python
	@echo "installing the dependencies of mutation testing into $(VENV)"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --editable '.[dev,notebooks,mutation]'
	@touch $@

run: $(VENV)/.core ## run the features against the reference
	@echo "running the features against the reference implementation"
	@$(BIN)/billing-tck run && echo "make run: the reference conforms" || \
	  { status=$$?; echo "make run: failed with status $$status"; exit $$status; }

test: $(VENV)/.dev ## all checks: style, types, imports, tests
	@$(BIN)/python -m tests.checks

golden: $(VENV)/.dev ## regenerate the golden files in tests/golden
	@$(BIN)/python -m tests.golden

map: $(VENV)/.dev ## search the map of situations and the tables of infer again; fail where a stored one was another
	@changed=0; for command in coverage infer impact; do $(BIN)/billing-tck $$command --rebuild || changed=1; done; exit $$changed

proof: $(VENV)/.dev ## show that the kit judges correctly, and write proof.html
	@$(BIN)/billing-tck prove --report report

corpus: $(VENV)/.dev ## play the corpus under all readings, against the JavaScript (needs Node) and against every fault (ARGS="--every 12")
	@$(BIN)/python -m tests.corpus_proof $(ARGS)

mutation: $(VENV)/.mutation ## mutate the code that decides verdicts; list the mutants that its tests miss
	@$(BIN)/python -m tests.mutation

hostile: $(VENV)/.dev ## the table of hostile and unlucky cases: status, seconds, and what was left behind (ARGS="signal:" for some)
	@$(BIN)/python -m tests.hostile_cases $(ARGS)

fuzz: $(VENV)/.dev ## ten thousand random inputs of each kind: answers, values, features, TOML, reports, histories
	@BILLING_TCK_FUZZ=$${EXAMPLES:-10000} $(BIN)/pytest -q -n 2 --dist load tests/test_fuzz.py

lab: $(VENV)/.dev ## open JupyterLab on the notebooks
	@$(BIN)/jupyter lab $$(test "$$(id -u)" = 0 && echo --allow-root) --LabApp.app_settings_dir=notebooks/settings notebooks/00-start-here.ipynb

notebooks: $(VENV)/.dev ## rebuild the notebooks from notebooks/sources, with their outputs
	@$(BIN)/python -m notebooks.build

site-lab: $(VENV)/.lab ## make the lab of the site, its notebooks in the browser, in build/lab (needs Node and npm)
	@$(BIN)/python -m billing_tck.site.lab.bundle build/lab

runtime: $(VENV)/.dev ## make the runtime of the site's playground in build/runtime (needs Node and npm)
	@$(BIN)/python -m billing_tck.site.playground.bundle build/runtime

site: $(VENV)/.dev ## write the specification as static pages, and serve them on 127.0.0.1 (PORT=8000)
	@$(BIN)/billing-tck site build/site $$(test -d build/runtime && echo --runtime build/runtime) $$(test -d build/lab && echo --lab build/lab) $(ARGS)
	@echo "http://127.0.0.1:$(PORT)/ (end it with Ctrl-C)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site $(PORT)

browser: $(VENV)/.browser ## test JupyterLab, the reports and the site in a real Chromium (which must be installed)
	@$(BIN)/python -m tests.browser.walk --shots screenshots && $(BIN)/python -m tests.browser.notebooks && \
	  $(BIN)/python -m tests.browser.lesson --shots screenshots && $(BIN)/python -m tests.browser.report && \
	  $(BIN)/python -m tests.browser.site && $(BIN)/python -m tests.browser.playground && \
	  $(BIN)/python -m tests.browser.site_lab

editors: $(VENV)/.dev ## check the kit's output with the Cucumber language service and formatters (needs Node)
	@$(BIN)/python -m tests.editors

neighbours: $(VENV)/.dev ## run the slow tests of the pytest plugin, and the plugin beside others, on every Python here
	@$(BIN)/pytest -q -n 2 -m "slow and not node" tests && $(BIN)/python -m tests.neighbours $(ARGS)

independent: $(VENV)/.dev ## run the tests against the independent implementation in JavaScript (needs Node)
	@command -v node >/dev/null || { echo "make independent: there is no command 'node'; install Node 20 or later"; exit 1; }
	@$(BIN)/pytest -q -n 2 -m node tests && echo "make independent: all tests passed"

acceptance: $(VENV)/.acceptance ## run the kit against a FastAPI service on a real PostgreSQL (Debian package postgresql)
	@$(BIN)/python tests/third_party/postgres/acceptance.py $(ARGS)

bench: $(VENV)/.bench ## compare with pytest-bdd, behave, cucumber-js and plain pytest
	@$(BIN)/python -m tests.bench

bench-check: $(VENV)/.dev ## fail when the kit is 1.3 times slower than stored, against bare calls in the same run
	@$(BIN)/python -m tests.bench.check $(ARGS)

clean: ## remove everything that make created
	@rm -rf $(VENV) .editors .neighbours report build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@echo "make clean: done"
