# Everything runs in .venv, which make creates itself. It needs python3 (3.11 or newer) with the venv module and a
# package index for pip; nothing else is installed by hand.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
BENCH_BIN := .bench-venv/bin
JOBS ?= 2
SOAK ?= 1
FACTS ?=
PYTEST := $(BIN)/python -m pytest -n $(JOBS)

.PHONY: bench-serve help demo check test soak lint types accuracy quality-accuracy fit catalog verify bench messages readme docs screenshots clean needs-facts quality-tiers hidden-costs

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

demo: .venv/package ## one recommendation from the shipped facts
	$(BIN)/sizewise recommend --task summarization --device "RTX 4090"

check: .venv/tools ## the quick tests: under a minute, no engine, no network
	$(PYTEST) -m "not slow and not engine and not soak and not network"

test: .venv/tools .venv/engine .venv/browser ## every test that this machine can run
	$(PYTEST) -m "not soak and not network"

soak: .venv/tools .venv/engine ## the laws and the engine with large counts; SOAK=0.1 for a tenth of them
	SIZEWISE_SOAK=$(SOAK) $(PYTEST) -m "soak or law" --timeout 1800

lint: .venv/tools ## style, format, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(MAKE) --no-print-directory types
	$(BIN)/lint-imports

types: .venv/tools ## mypy --strict
	$(BIN)/mypy

accuracy: .venv/package ## predictions against measured facts; FACTS=DIR for other facts than the shipped ones
	$(BIN)/python scripts/render_accuracy.py $(if $(FACTS),--facts "$(FACTS)",--out docs/accuracy.md)

quality-accuracy: needs-facts .venv/tools ## scores hidden and predicted, into docs/quality_accuracy.md; FACTS=DIR
	$(BIN)/python scripts/fit_quality.py --facts "$(FACTS)/facts" --validate

quality-tiers: .venv/package ## where the guide's sizes hold, from the shipped facts, into docs/quality_tiers.md
	$(BIN)/python scripts/render_quality_tiers.py --out docs/quality_tiers.md

fit: needs-facts .venv/tools ## the fitted constants again; FACTS=DIR with facts/ and measured/
	$(BIN)/python scripts/fit_memory.py --facts "$(FACTS)"
	$(BIN)/python scripts/fit_memory.py --facts "$(FACTS)"  # ranges of the new constants
	$(BIN)/python scripts/build_weights.py --facts "$(FACTS)/facts"
	$(BIN)/python scripts/fit_speed.py --facts "$(FACTS)"
	$(BIN)/python scripts/fit_quality.py --facts "$(FACTS)/facts"

catalog: needs-facts .venv/tools ## the shipped tables again; FACTS=DIR with facts/ and measured/
	$(BIN)/python scripts/build_prices.py --facts "$(FACTS)/facts"
	$(BIN)/python scripts/build_catalog.py --facts "$(FACTS)/facts"
	$(BIN)/python scripts/build_weights.py --facts "$(FACTS)/facts"
	$(BIN)/python scripts/refresh_api_prices.py --facts "$(FACTS)/facts"

verify: .venv/tools .venv/engine ## shapes run by the real engine on this computer, beside their predictions; writes docs/verify.md
	$(BIN)/python scripts/fit_without_own.py
	$(BIN)/python scripts/render_verify.py --measure

bench: .venv/package .venv/tools .venv/engine .bench-venv/llmfit .bench-venv/aiconfigurator .bench-venv/guidellm ## speed and memory beside llmfit, aiconfigurator and guidellm, in one run; writes docs/performance.md
	$(BIN)/python scripts/bench.py --llmfit $(BENCH_BIN)/llmfit \
	  --aiconfigurator .bench-venv/aic/bin/aiconfigurator --guidellm .bench-venv/gl/bin/guidellm --out docs/performance.md
	$(MAKE) --no-print-directory bench-serve

bench-serve: .venv/tools .venv/browser ## the server under 200 clients beside a bare route, the page for one person; writes docs/performance_page.md
	$(BIN)/python scripts/bench_serve.py --out docs/performance_page.md

hidden-costs: .venv/package ## what three kinds of machines really cost, and when 30B runs on a consumer card: docs/hidden_costs.md
	$(BIN)/python scripts/render_hidden_costs.py --out docs/hidden_costs.md

messages: .venv/tools ## the message catalogs: new sentences in, compiled, checked
	$(BIN)/python scripts/messages.py update
	$(BIN)/python scripts/messages.py compile
	$(BIN)/python scripts/messages.py check

readme: .venv/package ## the examples and pictures of the READMEs and the guides
	$(BIN)/python scripts/render_readme.py

screenshots: .venv/browser ## pictures of the page, in docs/images
	$(BIN)/python scripts/screenshots.py

docs: .venv/docs ## the documentation site, in build/docs; a warning is an error
	$(BIN)/python scripts/render_reference.py
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/docs
	@echo "build/docs/index.html"

.PHONY: scenarios
scenarios: .venv/tools ## the ten written scenarios in docs/scenarios, English and Chinese
	$(BIN)/python scripts/render_scenarios.py

clean: ## remove environments and caches
	rm -rf .venv .bench-venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find src tests scripts -name __pycache__ -prune -exec rm -rf {} +

needs-facts:
	@test -d "$(FACTS)/facts" || { echo "give FACTS=DIR, a folder with facts/ and measured/" >&2; exit 2; }

$(BIN)/python:
	$(PYTHON) -m venv .venv

.venv/package: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --upgrade pip
	$(PIP_INSTALL) --editable .
	touch $@

.venv/tools: .venv/package
	$(PIP_INSTALL) --group test --group lint --group facts --editable '.[measure,evaluate,postgres]'
	touch $@

.venv/engine: .venv/package
	$(PIP_INSTALL) --editable '.[engine]' || echo "no xllamacpp for this system: tests that ask the engine are skipped"
	touch $@

.venv/browser: .venv/tools
	command -v chromium >/dev/null || { apt-get update -qq && apt-get install --yes -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null; } \
	  || echo "no Chromium and no apt-get that may install it: tests in a browser are skipped"
	touch $@

.venv/docs: .venv/package
	$(PIP_INSTALL) --group docs
	touch $@

.bench-venv/aiconfigurator: constraints.txt
	$(PYTHON) -m venv .bench-venv/aic
	.bench-venv/aic/bin/python -m pip install --quiet --disable-pip-version-check aiconfigurator==0.12.0 \
	  || echo "no aiconfigurator here: the comparison with it is skipped"
	touch $@

.bench-venv/guidellm: constraints.txt
	$(PYTHON) -m venv .bench-venv/gl
	.bench-venv/gl/bin/python -m pip install --quiet --disable-pip-version-check guidellm==0.8.1 \
	  || echo "no guidellm here: the comparison with it is skipped"
	touch $@

.bench-venv/llmfit: constraints.txt
	$(PYTHON) -m venv .bench-venv
	$(BENCH_BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt llmfit
	touch $@
