# Everything a developer calls. Needs Python 3.11, git, make and a package index; everything else is made in .venv/
# and, one environment per image role, by the launcher in $SLIPWAY_HOME (default ~/.cache/slipway).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3.11
# More arguments for pytest, such as `make test-light PYTEST="-k splits"`.
PYTEST ?=
# Where and how `make demo` runs, such as `make demo DEMO="--rows 2000"`.
DEMO ?=

UV := .venv/uv/bin/uv
SLIPWAY := .venv/launcher/bin/slipway
CHECK := .venv/check/bin

ROLES := light tfdv tensorflow
# Where tests run: beside the roles, the launcher's environment, TFMA's, which the evaluation is compared with, and the
# manifests', which knows Kubernetes' schemas.
SUITES := launcher $(ROLES) oracle manifests
# What benchmarks compare with; a machine that cannot install one does without.
PEERS := peer-tft
ENVIRONMENTS := audit check launcher moto oracle manifests $(PEERS)

.PHONY: help
help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/launcher/.ready ## train, judge and publish a model on the bundled data, on this machine
	@$(SLIPWAY) demo $(DEMO)

# --- tests ------------------------------------------------------------------------------------------------------------

.PHONY: test
test: .venv/launcher/.ready .venv/oracle/.ready .venv/manifests/.ready ## run every test but those that need Docker, each in the environment it is about
	@failed=""; \
	for suite in $(SUITES); do \
	  printf '\n== tests in the environment %s\n' "$$suite"; \
	  $(MAKE) --no-print-directory "test-$$suite" || failed="$$failed $$suite"; \
	done; \
	printf '\nskipped: tests/docker, which need a Docker engine (make test-docker)\n'; \
	if [ -n "$$failed" ]; then printf '\nfailed:%s\n' "$$failed" >&2; exit 1; fi

# Where oneDNN is on, TensorFlow computes with other kernels. Everything is tested with it, and what is marked
# any_processor without it too, so that no test depends on the processor it happens to run on.
ONEDNN := 1

# pytest comes last on the path, so that a role's own packages win. Exit code 5: nothing to run here, which
# PYTEST="-k ..." may well cause.
define pytest
status=0; \
PYTHONPATH='$(CURDIR)/components' SLIPWAY_TEST_ROLE=$(1) SLIPWAY_MOTO_SERVER='$(CURDIR)/.venv/moto/bin/moto_server' \
TF_CPP_MIN_LOG_LEVEL=2 TF_ENABLE_ONEDNN_OPTS=$(ONEDNN) \
  "$$python" -P -c 'import sys; sys.path.append("$(CURDIR)/.venv/test"); import pytest; sys.exit(pytest.main())' $(2) $(PYTEST) \
  || status=$$?; \
[ "$$status" -eq 0 ] || $(if $(PYTEST),[ "$$status" -eq 5 ],exit "$$status")
endef

TEST_TOOLS := .venv/launcher/.ready .venv/moto/.ready .venv/test/.ready

.PHONY: test-launcher test-oracle test-manifests
test-launcher test-oracle test-manifests: test-%: .venv/%/.ready $(TEST_TOOLS)
	@python=.venv/$*/bin/python; $(call pytest,$*,-m 'not docker')

.PHONY: test-docker
test-docker: .venv/launcher/.ready $(TEST_TOOLS) ## build the images and test them; needs a Docker engine, see docker/start-engine.sh
	@python=.venv/launcher/bin/python; $(call pytest,launcher,-m docker)

test-manifests: .venv/manifests-tools/.ready

.PHONY: $(ROLES:%=test-%)
$(ROLES:%=test-%): test-%: $(TEST_TOOLS)
	@python="$$($(SLIPWAY) environments $* | awk '$$1 == "$*" {print $$2}')/bin/python"; $(call pytest,$*)

test-tensorflow: test-tensorflow-without-onednn
.PHONY: test-tensorflow-without-onednn
test-tensorflow-without-onednn: ONEDNN := 0
test-tensorflow-without-onednn: $(TEST_TOOLS)
	@python="$$($(SLIPWAY) environments tensorflow | awk '$$1 == "tensorflow" {print $$2}')/bin/python"; \
	$(call pytest,tensorflow,-m any_processor)

# How many and which, such as `make mutants MUTANTS="--each 20 --seed 1"`.
MUTANTS ?=

.PHONY: mutants
mutants: $(TEST_TOOLS) ## change decisions one by one, and say which changes no test notices; half an hour
	@roles="$$($(SLIPWAY) environments $(ROLES) | awk '{print "--python " $$1 "=" $$2 "/bin/python"}')"; \
	$(PYTHON) tests/mutants/mutate.py $$roles $(MUTANTS)

# --- benchmarks -------------------------------------------------------------------------------------------------------

# Which ones and how, such as `make bench BENCH="ingest transform"`.
BENCH ?=

.PHONY: bench bench-full
bench: .venv/launcher/.ready ## measure Slipway beside its peers: benchmarks/RESULTS.md, ten minutes
	@for peer in oracle $(PEERS); do $(MAKE) --no-print-directory ".venv/$$peer/.ready" || true; done
	@PYTHONPATH='$(CURDIR)/components:$(CURDIR)' .venv/launcher/bin/python -P -m benchmarks $(BENCH)

bench-full: ## the same with larger sizes and more rounds, an hour or two
	@$(MAKE) --no-print-directory bench BENCH="--full $(BENCH)"

# --- checks -----------------------------------------------------------------------------------------------------------

.PHONY: check
check: check-format check-lint check-types check-imports check-docs check-goldens check-manifests ## format, lint, types, import contracts, generated files, manifests

.PHONY: check-format
check-format: .venv/check/.ready
	$(CHECK)/ruff format --check .

.PHONY: check-lint
check-lint: .venv/check/.ready
	$(CHECK)/ruff check .

.PHONY: check-types
check-types: .venv/check/.ready
	$(CHECK)/mypy

.PHONY: check-imports
check-imports: .venv/check/.ready
	PYTHONPATH=components:. $(CHECK)/lint-imports

.PHONY: check-docs
check-docs: .venv/launcher/.ready
	.venv/launcher/bin/python -P -m slipway.runs.component_docs --check

PIPELINES := $(patsubst pipelines/%.py,%,$(filter-out pipelines/__init__.py,$(wildcard pipelines/*.py)))

.PHONY: check-goldens
check-goldens: .venv/launcher/.ready
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	for pipeline in $(PIPELINES); do $(SLIPWAY) compile "$$pipeline" -o "$$folder/$$pipeline.yaml" >/dev/null; done; \
	diff -r tests/golden/packages "$$folder" || { echo 'compiled packages have changed: make goldens' >&2; exit 1; }

.PHONY: check-manifests
check-manifests: test-manifests

.PHONY: audit
audit: .venv/audit/.ready ## look up what is locked in the OSV database of known vulnerabilities
	@if ! .venv/audit/bin/python -c 'import socket; socket.create_connection(("api.osv.dev", 443), 10)' 2>/dev/null; then \
	  echo "skipped: the OSV database, api.osv.dev, cannot be reached from here"; exit 0; \
	fi; \
	failed=""; \
	for lock in launcher $(ROLES); do \
	  printf '\n== requirements/%s.txt\n' "$$lock"; \
	  .venv/audit/bin/pip-audit --vulnerability-service osv --disable-pip --require-hashes --progress-spinner off \
	    --requirement "requirements/$$lock.txt" || failed="$$failed $$lock"; \
	done; \
	if [ -n "$$failed" ]; then printf '\nnot clean:%s\n' "$$failed" >&2; exit 1; fi

.PHONY: format
format: .venv/check/.ready ## format, and mend what the linter can
	$(CHECK)/ruff check --fix .
	$(CHECK)/ruff format .

.PHONY: docs
docs: .venv/launcher/.ready ## write the generated tables of the components' READMEs
	.venv/launcher/bin/python -P -m slipway.runs.component_docs

.PHONY: goldens
goldens: .venv/launcher/.ready ## compile the reference pipelines anew into tests/golden/packages
	for pipeline in $(PIPELINES); do $(SLIPWAY) compile "$$pipeline" -o "tests/golden/packages/$$pipeline.yaml"; done

# --- environments -----------------------------------------------------------------------------------------------------

COMPILE = $(UV) pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
  --python-version 3.11 --custom-compile-command "make lock" $(LOCK)

.PHONY: lock
lock: .venv/uv/.ready ## solve every requirements/*.txt again; LOCK=--upgrade takes newer versions
	$(COMPILE) --group pyproject.toml:uv -o requirements/uv.txt
	$(COMPILE) pyproject.toml -o requirements/launcher.txt
	for group in test moto sbom audit; do $(COMPILE) --group "pyproject.toml:$$group" -o "requirements/$$group.txt"; done
	$(COMPILE) --group pyproject.toml:check --constraint requirements/launcher.txt -o requirements/check.txt
	$(COMPILE) --group pyproject.toml:manifests -o requirements/manifests.txt
	for role in $(ROLES) oracle $(PEERS); do \
	  $(COMPILE) --config-file requirements/roles.toml --group "pyproject.toml:$$role" -o "requirements/$$role.txt"; \
	done
	$(COMPILE) --config-file requirements/tensorflow-gpu.toml --constraint requirements/tensorflow.txt \
	  --group pyproject.toml:tensorflow --group pyproject.toml:tensorflow-gpu -o requirements/tensorflow-gpu.txt

.venv/uv/.ready: requirements/uv.txt
	$(PYTHON) -m venv .venv/uv
	.venv/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(ENVIRONMENTS:%=.venv/%/.ready): .venv/%/.ready: requirements/%.txt .venv/uv/.ready
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv/$*
	$(UV) pip sync --quiet --require-hashes --python .venv/$*/bin/python $<
	@if [ "$*" = launcher ]; then \
	  echo '$(CURDIR)/components' >.venv/launcher/lib/python3.11/site-packages/slipway.pth; \
	  printf '#!%s\nimport sys\n\nfrom slipway.cli.main import main\n\nsys.exit(main())\n' \
	    '$(CURDIR)/.venv/launcher/bin/python' >$(SLIPWAY); chmod +x $(SLIPWAY); fi
	@touch $@

# pytest lies beside the environments, not in them: a role's tests see what the role's image has, and nothing more.
.venv/test/.ready: requirements/test.txt .venv/launcher/.ready
	rm -rf .venv/test
	$(UV) pip install --quiet --no-deps --require-hashes --python .venv/launcher/bin/python --target .venv/test -r $<
	@touch $@

# Without Go nothing is made, and the tests that need these tools skip and say so.
.venv/manifests-tools/.ready: $(wildcard tests/manifests/tools/*)
	$(PYTHON) tests/manifests/tools/install.py .venv/manifests-tools

.PHONY: manifests-tools
manifests-tools: .venv/manifests-tools/.ready ## build kustomize and what judges the manifests, with Go

.PHONY: clean
clean: ## remove what was made in this folder; the roles' environments stay
	rm -rf .venv dist slipway-output .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
