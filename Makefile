PYTHON ?= python3
DEMO := build/my-project
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help demo test test-elsewhere unit coverage lint lock audit architecture benchmark clean

help:        ## Show what can be made
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## */\t/' | expand -t 17

demo: .venv/ready  ## Generate a project into build/my-project and run it
	@$(MAKE) --no-print-directory $(DEMO)
	@tools/demo.sh $(DEMO)

$(DEMO):
	cookiecutter . --no-input --default-config --output-dir build

test: .venv/ready lint  ## Run every test
	pytest -n 2

test-elsewhere: .venv/ready  ## Run what machines could differ in as another user, in another place, with other arithmetic
	python tests/elsewhere.py

unit: .venv/ready  ## Run the tests that call functions: under a minute
	pytest -n 2 tests/unit

coverage: .venv/ready  ## Measure which lines of the kit the unit and command tests run, in their subprocesses as well
	@rm -rf build/coverage
	coverage run -m pytest -q -n 2 tests/unit tests/cli
	@coverage combine --quiet
	coverage report --skip-covered --sort=miss

lint: .venv/ready  ## Check style and types of the template's and the kit's source
	ruff check --config pyproject.toml
	ruff format --check --config pyproject.toml
	mypy

lock: .venv/ready  ## Pin the template's own tools, those of `kit test`, and every module's packages
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --custom-compile-command "make lock" requirements.in --output-file requirements.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
	  tests/validators/requirements.in --output-file tests/validators/requirements.lock
	PYTHONPATH='{{cookiecutter.project}}/kit/src' python tools/lock.py

audit: .venv/ready  ## Run docs/audit.md in a generated project, and write what it prints into the page
	PYTHONPATH='tests:{{cookiecutter.project}}/kit/src' python tools/audit.py

architecture: .venv/ready  ## Draw the picture of rooms in docs/architecture.md again
	PYTHONPATH=tests python tests/house.py

benchmark: .venv/ready  ## Measure speed, as ratios against references
	python benchmarks/rendering.py
	python benchmarks/stage_overhead.py
	python benchmarks/check.py
	python benchmarks/lineage.py
	python benchmarks/report.py
	python benchmarks/everyday.py

clean:       ## Remove the generated project and the tools
	rm -rf build .venv

# pip checks the hash of uv, uv checks the hashes of the rest and is ten times faster.
.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	@.venv/bin/python -c "" 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	VIRTUAL_ENV=.venv .venv/bin/uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock
	@touch .venv/ready
