# The only door: every target sets up what it needs under .build/ and node_modules/.
# A newcomer needs python3 3.11 or 3.12 with venv, and make. Node and Java come from PyPI wheels.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup rehearse test test-fast check format synth snapshots docs deploy destroy bench images conformance lock clean

PYTHON ?= python3
BUILD := .build
VENVS := $(BUILD)/venv
UV := $(BUILD)/uv/bin/uv
NODE_BIN := $(abspath $(VENVS)/synth/node/bin)
CDK := $(BUILD)/cdk
STAGE ?= dev
OUTPUT ?= cdk.out

export UV_LINK_MODE ?= hardlink
export JSII_NODE := $(NODE_BIN)/node
export PATH := $(abspath $(VENVS)/synth/bin):$(NODE_BIN):$(PATH)
export CDK_DISABLE_CLI_TELEMETRY := 1

help: ## Show what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: rehearsal-ready commands-ready test-ready ## Install everything that the other targets need

rehearse: rehearsal-ready ## From a file to a prediction, on this machine: deploy, train, serve, remove (KEEP=1 leaves it running)
	@$(VENVS)/rehearsal/bin/python -m rehearsal

test: test-ready rehearsal-ready commands-ready $(foreach group,sagemaker audit conformance,$(VENVS)/$(group)/.ready) ## All tests, one whole rehearsal included (ONLY=tests/commands for some)
	@$(VENVS)/dev/bin/python -m pytest -n 2 --dist loadgroup $(ONLY)

test-fast: test-ready $(VENVS)/image/.ready $(VENVS)/conformance/.ready ## The tests that need neither Spark nor the rehearsal: two minutes
	@$(VENVS)/dev/bin/python -m pytest -m "not slow"

check: test-ready ## Style, types and the rules of who may import whom
	@$(VENVS)/dev/bin/ruff check .
	@$(VENVS)/dev/bin/ruff format --check .
	@$(VENVS)/dev/bin/lint-imports
	@$(NODE_BIN)/node node_modules/pyright/index.js --pythonpath $(VENVS)/dev/bin/python

format: test-ready ## Bring the sources into shape
	@$(VENVS)/dev/bin/ruff check --fix .
	@$(VENVS)/dev/bin/ruff format .

synth: synth-ready ## Write the templates of STAGE (dev unless said) into cdk.out/
	@node node_modules/aws-cdk/bin/cdk synth --quiet --no-notices -c stage=$(STAGE) --output $(OUTPUT)
	@echo "Templates of stage $(STAGE) are in $(OUTPUT)/"

snapshots: test-ready ## Rewrite the template snapshots after a change that you meant
	@$(VENVS)/dev/bin/python -m tests.snapshots.refresh

docs: test-ready ## Regenerate the pages that are made from the assembly, the models and the tables
	@$(VENVS)/dev/bin/python -m tests.docs.refresh
	@$(VENVS)/dev/bin/python -m tests.audit.pages

deploy: synth-ready ## Put stage STAGE into the AWS account of your credentials
	@node node_modules/aws-cdk/bin/cdk deploy --all -c stage=$(STAGE)

destroy: synth-ready ## Take stage STAGE out of the AWS account of your credentials (YES=1 does not ask)
	@node node_modules/aws-cdk/bin/cdk destroy --all -c stage=$(STAGE) $(if $(YES),--force)

bench: test-ready rehearsal-ready ## What things cost beside the least they could: ratios (PART=synth, models, validation, etl or rehearsal for one)
	@PYTHONPATH=.:constructs $(VENVS)/dev/bin/python -m benchmarks $(PART)

images: $(VENVS)/sagemaker/.ready ## Regenerate the table of image accounts per region from the SageMaker SDK
	@$(VENVS)/sagemaker/bin/python tools/image_accounts.py --write

conformance: test-ready $(VENVS)/conformance/.ready $(BUILD)/oracle/.ready ## Compare with what nobody here wrote: calls, expressions, permissions, templates, policies (ONLY=jsonata for one)
	@REHEARSAL_NODE=$(NODE_BIN)/node REHEARSAL_JSONATA=$(abspath node_modules/jsonata) PYTHONPATH=.:constructs \
	  $(VENVS)/dev/bin/python -m tests.conformance $(ONLY)

lock: $(UV) ## Resolve requirements/*.in into hashed locks again
	@for group in uv synth rehearsal commands lambda spark image sagemaker dev audit conformance; do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    requirements/$$group.in -o requirements/$$group.txt; done

clean: ## Remove all that was installed or generated
	@rm -rf $(BUILD) cdk.out cdk.build node_modules .pytest_cache .ruff_cache .hypothesis

# --- what the targets stand on -------------------------------------------------------------

.PHONY: synth-ready rehearsal-ready commands-ready test-ready python-ready
synth-ready: $(VENVS)/synth/.ready node_modules/.ready
rehearsal-ready: synth-ready $(foreach group,rehearsal lambda spark image,$(VENVS)/$(group)/.ready)
commands-ready: $(VENVS)/commands/.ready
test-ready: synth-ready $(VENVS)/dev/.ready

python-ready:
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: install Python 3.11 or 3.12, or run make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' \
	  || { echo "$$($(PYTHON) --version) cannot run the rehearsal: use Python 3.11 or 3.12, for example make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "python3 has no venv: install it (Debian: apt-get install python3-venv)"; exit 1; }

$(UV): requirements/uv.txt | python-ready
	@echo "Setting up the installer"
	@$(PYTHON) -m venv $(BUILD)/uv
	@$(BUILD)/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt

$(VENVS)/%/.ready: requirements/%.txt $(UV)
	@echo "Setting up the environment '$*'"
	@$(UV) venv --quiet --clear --python $(PYTHON) $(VENVS)/$*
	@$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(VENVS)/$*/bin/python requirements/$*.txt
	@bash tools/after_install.sh $* $(abspath $(VENVS)/$*) $(abspath $(UV))
	@touch $@

node_modules/.ready: package-lock.json $(VENVS)/synth/.ready
	@echo "Setting up the CDK command line, the JSONata engine and two checkers"
	@node $(VENVS)/synth/npm/bin/npm-cli.js ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

# AGPL-3.0 and for developers alone: never in package.json, never shipped (docs/adr/0024 and 0025).
$(BUILD)/oracle/.ready: tests/conformance/oracle/package-lock.json $(VENVS)/synth/.ready
	@echo "Setting up the evaluator of policies that ours is compared with"
	@mkdir -p $(BUILD)/oracle && cp tests/conformance/oracle/package*.json $(BUILD)/oracle/
	@cd $(BUILD)/oracle && node $(abspath $(VENVS))/synth/npm/bin/npm-cli.js ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@
