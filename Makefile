# Everything that one does with Dozor. `make` alone says what there is.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PO := $(wildcard webapp/translations/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check screenshots bench faults soak mutants long wheels translations clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.ready $(MO) ## an environment of exact versions, without the tools of developers

setup-dev: $(VENV)/.ready-dev $(MO) ## the same with them

run: setup ## start everything here; an empty database gets the lesson's firm, or asks; FIRM=own
	@$(if $(FIRM),DOZOR_FIRM=$(FIRM)) exec $(RUN) -m webapp.box

test: setup-dev ## all tests; ARGS="-k word" goes to pytest
	$(RUN) -m pytest -n 2 $(ARGS)

check: setup-dev ## ruff, mypy, import contracts, lines, translations complete
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(RUN) -m tests.tools.lines
	$(RUN) -m tests.tools.catalogues

faults: setup-dev ## processes are killed at random, invariants checked; SECONDS=600 DB=postgresql
	$(RUN) -m tests.faults
	POSTS_EXAMPLES=$${POSTS_EXAMPLES:-100} $(RUN) -m pytest -q -n 0 tests/faults/test_posts.py

soak: setup-dev ## half an hour of thirty people at work, memory and the like watched; MINUTES=5 PEOPLE=10 DB=postgresql
	$(RUN) -m tests.soak

mutants: setup-dev ## small faults are planted, tests must notice; ROOM=webapp/services COUNT=300 SEED=1 SECONDS=7200
	$(RUN) -m tests.tools.mutants

long: setup-dev ## before a release, some hours: 10,000 runs under faults and the golden roads on both databases, mutants
	PAGES=real RUNS=10000 SECONDS=240 $(RUN) -m tests.faults
	PAGES=real RUNS=10000 SECONDS=300 DB=postgresql $(RUN) -m tests.faults
	EVERY_START=1 MACHINE_EXAMPLES=500 $(RUN) -m pytest -n 2 tests/faults/test_machine.py tests/faults/test_broken.py tests/faults/test_started.py
	POSTS_EXAMPLES=500 $(RUN) -m pytest -n 0 tests/faults/test_posts.py
	EVERY_REVISION=1 $(RUN) -m pytest -n 2 tests/test_migrations.py
	EVERY_WAY=1 $(RUN) -m pytest -n 2 tests/channels/test_endless.py
	EVERY_FIRM=1 $(RUN) -m pytest -n 2 tests/views/test_archived_offers.py tests/views/test_every_form.py tests/browser/test_pages.py \
		tests/browser/test_hostile_markup.py
	SETUP_EXAMPLES=200 $(RUN) -m pytest -n 0 tests/views/test_any_setup.py tests/services/test_any_change.py
	HAND_OVER_EXAMPLES=100 $(RUN) -m pytest -n 2 tests/services/test_hand_overs.py
	PUBLISHING_ROUNDS=60 $(RUN) -m pytest -n 0 tests/services/test_publishing_under_load.py
	REHEARSAL_DEALS=200 $(RUN) -m pytest -n 0 tests/services/test_rehearsal.py
	BUILT_BY=keys $(RUN) -m pytest -n 0 tests/browser/test_set_up_by_clicking.py
	BUILT_BY=finger BUILT_IN=ru $(RUN) -m pytest -n 0 tests/browser/test_set_up_by_clicking.py
	BROWSER_MOVES=500 $(RUN) -m pytest -n 0 tests/browser/test_board.py -k many_random_moves
	RATIOS=1 $(RUN) -m pytest -s -n 0 tests/box/test_costs.py tests/box/test_web_worker.py
	BY_KEYS=1 $(RUN) -m pytest -n 0 tests/browser/test_org.py
	IN_TIME=1 $(RUN) -m pytest -n 0 tests/browser/test_golden_in_time.py
	BOTH_DATABASES=1 $(RUN) -m pytest -n 0 tests/browser/test_golden.py tests/browser/test_golden_reached.py tests/browser/test_golden_keyboard.py tests/api/test_api_golden.py
	ROOM=rules COUNT=300 SECONDS=7200 $(RUN) -m tests.tools.mutants
	ROOM=webapp/services COUNT=300 SECONDS=7200 $(RUN) -m tests.tools.mutants

wheels: setup-dev ## it installs without a compiler: Python 3.11 to 3.13, x86-64 and ARM
	$(RUN) -m tests.tools.wheels

screenshots: setup-dev ## the main screens into build/screenshots
	$(RUN) -m tests.tools.screenshots $(ARGS)

bench: setup-dev ## the figures of performance; DB=postgresql, PART=herd
	$(RUN) -m tests.bench

translations: setup-dev ## bring the catalogues up to date with the code
	$(RUN) -m tests.tools.catalogues --update

clean: ## remove what was made here, never the data
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache $(MO)

# The stamp of the smaller set also stands for the larger one.
$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Dozor needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …")'
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "no venv here: on Debian run apt-get install -y python3-venv" >&2; exit 1; }
	@echo "Installing what Dozor needs (a minute or so)"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[push]'
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@echo "Installing what its developers need"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[push,dev]'
	@touch $@

# A catalogue without a header counts as fuzzy; `make check` refuses single texts that are.
%.mo: %.po | $(VENV)/.ready
	@$(VENV)/bin/pybabel --quiet compile --use-fuzzy --input-file $< --output-file $@ --locale $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))
