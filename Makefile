# TCP by hand. `make` alone lists what there is.

PYTHON ?= python3
LAB_ARGS ?=
PYTEST_ARGS ?=
TIMES ?= 20
BUSY ?= 0
N ?= 1000000
WHAT ?= stack
SEED ?= 1

VENV := .venv
IN_VENV := $(VENV)/bin/python
BUILD := $(IN_VENV) notebooks/source/build.py
SETTINGS := $(VENV)/share/jupyter/lab/settings/overrides.json

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup lab fresh handout test steady notebooks check zoo fuzz lint format bench binder-link

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.course ## Make .venv and install the course into it
	@echo "The course is installed in $(VENV)."

lab: $(VENV)/.course ## Open the lessons in JupyterLab, on your own copies in my/
	@$(BUILD) my
	@exec $(IN_VENV) -m jupyterlab --log-level=WARN --LabApp.default_url=/lab/tree/my/00_start_here.ipynb \
		$$(test "$$(id -u)" = 0 && echo --allow-root) $(NO_BROWSER) $(LAB_ARGS)

fresh: $(VENV)/.course ## Put one lesson in my/ back, keeping yours (LESSON=02)
	@test -n "$(LESSON)" || { echo "Which lesson? For example: make fresh LESSON=02" >&2; exit 1; }
	@$(BUILD) fresh "$(LESSON)"

handout: $(VENV)/.course ## Make what a teacher hands out: a zip, and pages to print
	@$(BUILD) handout

test: export PYTHONDONTWRITEBYTECODE := # the tests start hundreds of Python processes: compile once
test: $(VENV)/.tests ## Run every test, the notebooks included
	@start=$$(date +%s); $(IN_VENV) -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=10 $(PYTEST_ARGS); \
	status=$$?; echo "make test: $$(($$(date +%s) - start)) s"; exit $$status

steady: $(VENV)/.tests ## Run all notebooks 20 times (TIMES=20), as they are or while others work (BUSY=4)
	@$(IN_VENV) tests/steady.py $(TIMES) $(BUSY)

notebooks: $(VENV)/.tests ## Build and run the notebooks from their sources (LESSON=02 for one)
	@$(BUILD) write $(LESSON)

check: $(VENV)/.tests ## Prove that sources and notebooks agree, running nothing
	@$(BUILD) check

zoo: $(VENV)/.tests ## Put single-line faults into the TCP, and print which test finds which
	@$(IN_VENV) tests/zoo.py

fuzz: $(VENV)/.tests ## Throw a million bad segments at the TCP (N=20000 for fewer, SEED=7 for others; WHAT=captures for bad files)
	@$(IN_VENV) tests/fuzz_$(WHAT).py $(N) $(SEED)

lint: $(VENV)/.tests ## Look over the code's style and types
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .
	@$(IN_VENV) -m mypy

format: $(VENV)/.tests ## Put the code's style right
	@$(IN_VENV) -m ruff check --fix .
	@$(IN_VENV) -m ruff format .

bench: $(VENV)/.tests ## Compare the speed of the course's tools with their peers'
	@$(IN_VENV) -m benchmarks

binder-link: ## Print the link that opens the course on Binder
	@$(PYTHON) binder/link.py

# No screen: print the address and go on serving.
ifeq ($(shell uname -s)$(DISPLAY)$(WAYLAND_DISPLAY)$(BROWSER),Linux)
NO_BROWSER := --no-browser
endif

# The environment is whole if it has a Python, stands where it was made, and no
# installation into it was cut short. If not, it is made anew.
ifneq ($(shell test -x $(IN_VENV) -a ! -e $(VENV)/.unfinished && cat $(VENV)/.made 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.made $(VENV)/.course $(VENV)/.tests
endif

# Install without a word. The mark stays if this is cut short (Ctrl-C, power),
# but not if pip gives up by itself, with no network: then nothing is broken.
define install
@touch $(VENV)/.unfinished; trap 'exit 1' INT TERM HUP; \
	$(IN_VENV) -m pip install --quiet --disable-pip-version-check $(1); \
	status=$$?; rm $(VENV)/.unfinished; exit $$status
endef

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "The course needs Python 3.11 or newer, and \`$(PYTHON)\` is not that." >&2; \
		echo "Install one, or name one that is there: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "Python could not make $(VENV). On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@printf %s "$(CURDIR)" > $@

$(VENV)/.course: pyproject.toml binder/overrides.json | $(VENV)/.made
	@echo "Installing the course (once; a minute or two) ..."
	$(call install,--editable .)
	@mkdir -p $(dir $(SETTINGS)) $(VENV)/etc/ipython && cp binder/overrides.json $(SETTINGS)
	@# Else each kernel warns in the terminal that it encrypts nothing; it talks on lo only.
	@echo 'c.IPKernelApp.log_level = "ERROR"' > $(VENV)/etc/ipython/ipython_kernel_config.py
	@$(IN_VENV) -c 'import matplotlib.pyplot' # finds the fonts now, not in the middle of a lesson
	@$(IN_VENV) -c 'import compileall; compileall.compile_dir("tcpkit", quiet=1)' # pip compiles only what it copies
	@touch $@

$(VENV)/.tests: pyproject.toml | $(VENV)/.course
	@echo "Installing the tests' tools (once; a minute or two) ..."
	$(call install,--upgrade "pip>=25.1") # the first that reads dependency groups
	$(call install,--group test)
	@touch $@
