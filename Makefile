# `make demo` and `make test` set up what they need on a machine with Python 3.11 or newer and make.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test fuzz check bench notebook clean

demo: .venv/.set-up
	@mkdir -p demo
	$(BIN)/trialgraph demo -o demo/trials.ttl
	@echo "The graph is in demo/trials.ttl; the sample records are described in extract/trialgraph/samples/README.md."

test: check
	$(BIN)/python -m pytest -n auto --dist loadgroup -q

fuzz: .venv/.set-up
	FUZZ_EXAMPLES=20000 $(BIN)/python -m pytest -n auto -q tests/test_fuzz.py

check: .venv/.set-up
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# SOURCE can name a file of records, which should be real ones; else the samples stand for them.
bench: .venv/.set-up .bench/.set-up
	$(BIN)/python benchmarks/build.py $(SOURCE)
	$(BIN)/python benchmarks/peers.py $(SOURCE)
	$(BIN)/python benchmarks/load.py $(SOURCE)
	$(BIN)/python benchmarks/growth.py $(SOURCE)
	$(BIN)/python benchmarks/queries.py $(SOURCE)
	$(BIN)/python benchmarks/serve.py $(SOURCE)
	$(BIN)/python benchmarks/similar.py $(SOURCE)
	$(BIN)/python benchmarks/validate.py $(SOURCE)

notebook: .venv/.set-up
	UPDATE_NOTEBOOK=1 $(BIN)/python -m pytest -q tests/test_notebook.py

clean:
	rm -rf .venv .bench demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.set-up: pyproject.toml extract/trialgraph/serve/frontend/package-lock.json
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

# The tools that the benchmarks measure against need other versions of what the package needs.
.bench/.set-up: benchmarks/requirements.txt
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet --requirement benchmarks/requirements.txt
	touch $@
