# Everything a person or a machine does here. `make` alone lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
export PATH := $(if $(PATH),$(PATH),/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)

PY ?= python3
PROOF_SCALE ?= full
V := .venv
BIN := $(V)/bin
RUNS := $(V)/.runs
DEVELOPS := $(V)/.develops
CODE := asgi.py citydesk mobile_api models portal sandbox tasks wechat tests $(wildcard bench)
# What the machine says about where packages come from stays as it is; pip only speaks less.
PIP = -m pip install -qq --no-input --disable-pip-version-check --progress-bar off --root-user-action ignore
LOCK := uv pip compile -q --universal --generate-hashes --custom-compile-command 'make lock'
step = @printf '[%s] %s …\n' "$(1)" "$(2)"

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(RUNS) ## a Python environment (.venv) with what running needs

run: $(RUNS) ## everything on this machine: http://127.0.0.1:8000
	@exec $(BIN)/citydesk up

test: $(DEVELOPS) ## all tests; ARGS='-k booking' for some
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $$(( $$(nproc) + 1 )) --maxprocesses 6 --dist worksteal $(ARGS)

check: $(DEVELOPS) ## format, lint, types, layers, generated files
	$(call step,1/6,format)
	@$(BIN)/ruff format --check --quiet $(CODE) || { echo 'Run: make fix'; exit 1; }
	$(call step,2/6,lint)
	@$(BIN)/ruff check --quiet $(CODE)
	$(call step,3/6,types)
	@$(BIN)/mypy --no-error-summary
	$(call step,4/6,layers)
	@$(BIN)/lint-imports --no-logo >$(V)/.layers 2>&1 || { cat $(V)/.layers; exit 1; }
	$(call step,5/6,generated files and locks)
	@$(BIN)/citydesk generate --check
	$(call step,6/6,the mini program)
	@$(BIN)/python -m tests.miniprogram.checking

fix: $(DEVELOPS) ## format, mend what can be mended, write the generated files
	@$(BIN)/ruff format --quiet $(CODE)
	@$(BIN)/ruff check --quiet --fix $(CODE)
	@$(BIN)/citydesk generate

proof: $(DEVELOPS) ## heavy proofs: kills, fuzzing, simulated years; PROOF_SCALE=small|full
	@PROOF_SCALE=$(PROOF_SCALE) $(BIN)/python -m pytest tests/proof $(ARGS)

bench: $(DEVELOPS) ## how fast, beside its peers (they get an environment of their own)
	@$(BIN)/python -m bench $(ARGS)

pictures: $(DEVELOPS) ## the READMEs' screenshots anew (docs/pictures), by the browser story
	@PICTURES=docs/pictures $(BIN)/python -m pytest tests/journeys/test_browser_story.py $(ARGS)

reset: ## clear the data of `make run` (.citydesk)
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m citydesk reset; else $(PY) -m citydesk reset; fi

lock: $(DEVELOPS) ## write the locks from pyproject.toml; ARGS=--upgrade for newest versions
	@$(BIN)/$(LOCK) $(ARGS) pyproject.toml -o requirements.txt
	@$(BIN)/$(LOCK) $(ARGS) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	@$(BIN)/$(LOCK) $(ARGS) requirements-bench.in -o requirements-bench.txt
	@$(BIN)/python -m citydesk.commands.generate

where: ## where a capability lives: make where CAP=cases
	@test -n '$(CAP)' || { echo 'Which one? make where CAP=cases'; exit 1; }
	@find wechat mobile_api portal tasks citydesk models migrations bench docs tests -path '*/__pycache__' -prune \
		-o \( -path '*/$(CAP)/*' -o -name '$(CAP).*' \) -type f -print 2>/dev/null | sort \
		| grep . || { echo 'Nothing of that name: $(CAP)'; exit 1; }

$(V)/.made:
	$(call step,1/3,a Python environment in $(V))
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed: make $(MAKECMDGOALS) PY=/path/to/python3'; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PY) -m venv --clear $(V)
	@touch $@

$(RUNS): requirements.txt pyproject.toml | $(V)/.made
	@$(call install,requirements.txt,2/3)
	$(call step,3/3,the command citydesk)
	@$(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPS): requirements-dev.txt $(RUNS)
	@$(call install,requirements-dev.txt,dev)
	@touch $@

# Hash-locked; says how many packages, and how long it took.
define install
began=$$(date +%s); \
printf '[%s] installing %s packages (%s) …\n' '$(2)' "$$(grep -c '==' $(1))" '$(1)'; \
$(BIN)/python $(PIP) --require-hashes -r $(1) || exit 1; \
printf '      done in %s s\n' "$$(( $$(date +%s) - began ))"
endef

.PHONY: help setup run test check fix proof bench pictures reset lock where
