# make run    set up, index the shipped corpus, serve the page        make ask Q="..."    one answer in the terminal
# make test   set up, run every test                                  make lint           style and types
#
# make llama CMAKE_ARGS=-DGGML_CUDA=on   build llama.cpp anew for an NVIDIA GPU (AMD: -DGGML_HIP=on, Apple: by itself)
#
# With a CUDA GPU: install torch for your CUDA version into .venv first, or empty the `torch` line in constraints.txt.
# `make setup` compiles llama.cpp for the processor, which needs a C++ compiler; pip finds CMake for itself.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PORT   ?= 8501
TEST_JOBS ?= 2
Q      ?= What fraction of the parameters does LoRA train?

export SOTA_RAG_INDEX ?= $(CURDIR)/.sota-rag/index
export HF_HUB_OFFLINE = 1
export TOKENIZERS_PARALLELISM = false

.DEFAULT_GOAL := help
.PHONY: help setup llama run ask test lint clean

help:
	@sed -n 's/^# make/  make/p' Makefile

setup: $(VENV)/.ready

# The stamp is newer than what decides the installation, so `make` installs again only when that changed.
$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "== setting up $(VENV): about 1 GB of packages, some 10 minutes the first time"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sota-rag needs Python 3.11 or newer; name one with: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "== torch (CPU build unless one is installed already)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	@$(BIN)/python -c 'import llama_cpp' 2>/dev/null || \
	    echo "== compiling llama.cpp comes next: 4 to 5 minutes on two cores the first time; pip keeps the result"
	@echo "== sota-rag and what it needs"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
	@echo "== set up"

# --no-cache-dir, because pip would take what it compiled before, whatever CMAKE_ARGS says.
llama: setup
	@echo "== compiling llama.cpp with CMAKE_ARGS='$(CMAKE_ARGS)': some 5 minutes, longer with CUDA"
	@CMAKE_ARGS="$(CMAKE_ARGS)" $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt \
	    --force-reinstall --no-deps --no-cache-dir --no-binary llama-cpp-python llama-cpp-python
	@$(BIN)/sota-rag doctor | grep -A1 ' llm '

run: setup
	@echo "== indexing the documents that ship with sota-rag: about a minute on two cores the first time"
	@$(BIN)/sota-rag ingest
	@echo "== serving the page on http://127.0.0.1:$(PORT), stop it with Ctrl-C"
	@$(BIN)/sota-rag app --port $(PORT) $(APP_FLAGS)

# By way of the environment, so that the shell does not read the question.
ask: export QUESTION = $(value Q)
ask: setup
	@test -e "$(SOTA_RAG_INDEX)/CURRENT" || $(BIN)/sota-rag ingest
	@$(BIN)/sota-rag ask -- "$$QUESTION"

test: setup
	@echo "== tests, $(TEST_JOBS) at a time: some seven minutes on two cores"
	@TEST_SHIPPED_INDEX="$(dir $(SOTA_RAG_INDEX))eval/shipped" $(BIN)/python -m pytest \
	    --numprocesses $(TEST_JOBS) --dist loadfile -m "not browser" $(PYTEST_FLAGS)
	@echo "== tests in a browser, alone; they need chromium and are skipped without it"
	@$(BIN)/python -m pytest -m browser $(PYTEST_FLAGS)
	@echo "== the retrieval of the shipped documents against the committed baseline"
	@$(BIN)/sota-rag eval gate --limit 120

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright

clean:
	rm -rf $(VENV) .sota-rag build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
