# `make demo` and `make test` are the two that matter; both work on a fresh Debian or Ubuntu that has Swift.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: demo test sanitize fuzz torture simulate reliability help bench build docs examples install lint format vectors set-up set-up-tests
.NOTPARALLEL:

export TRACEWIRE_PYTHON := $(CURDIR)/.build/venv/bin/python
# The directory whose generate.py writes events as NDJSON, for the tests and benchmarks that need realistic traffic.
TRACEWIRE_WORKLOAD ?= $(abspath $(firstword $(wildcard ../shared/workload) Benchmarks/workload))
export TRACEWIRE_WORKLOAD

RELEASE := .build/release/tracewire
# What the program says of itself, laid out as below /usr/share.
SHARE := .build/share
# Where `make install` puts the program: in bin below it.
PREFIX ?= $(HOME)/.local

# Builds the product and runs the date planner against a collector of its own.
demo: build
	$(RELEASE) demo

# Everything that has to pass: style, warnings, then the tests, fast ones first. The log is .build/test.log.
test: set-up-tests lint
	@scripts/test.sh

# The SDK's tests again, under ThreadSanitizer and AddressSanitizer. The log is .build/sanitize.log.
sanitize: set-up-tests
	@scripts/sanitize.sh

# The fuzzers, each for SECONDS; see Fuzz/README.md.
fuzz: set-up
	@scripts/fuzz.sh $(or $(SECONDS),60)

# What the programs do on a machine's worst day; see Torture/README.md. QUICK=1 makes a bounded part of each scenario, SCENARIOS names
# some, SEED makes the choices of an earlier run again.
torture: set-up-tests build
	@scripts/torture.sh $(SCENARIOS) $(if $(QUICK),--quick) $(if $(SEED),--seed $(SEED))

# Whole runs of clients and collector, in which everything fails, on a clock of their own: COUNT of them from SEED on; see
# Simulation/README.md.
simulate: set-up
	@scripts/simulate.sh "$(SEED)" $(or $(COUNT),2000)

# A bounded part of simulation and torture, with the same seeds each time, which CI runs; see RELIABILITY.md.
reliability: set-up-tests build
	@scripts/simulate.sh 1 2000
	@scripts/simulate.sh --prove
	@scripts/torture.sh --quick --seed 1

# What there is to make.
help:
	@echo 'make demo     build the program, and see it at work (the default)'
	@echo 'make test     every test, with style and warnings'
	@echo 'make sanitize the tests of the SDK under the thread and address sanitizers'
	@echo 'make fuzz     inputs that no client sends, to what reads them; SECONDS for each fuzzer may be given'
	@echo 'make torture  kills, full and failing disks, cut connections, wrong clocks, overload; QUICK=1, SCENARIOS and SEED may be given'
	@echo 'make simulate runs in which everything fails, from SEED on, COUNT of them; a seed always gives the same run'
	@echo 'make reliability  a bounded part of simulation and torture, always the same'
	@echo 'make build    the program, at $(RELEASE)'
	@echo 'make install  copy it to PREFIX/bin, its manual and completions to PREFIX/share; PREFIX is $(PREFIX)'
	@echo 'make bench    the figures; ROUNDS, WORKFLOWS and RUNS may be given'
	@echo 'make docs     the documentation of the SDK, at .build/documentation'
	@echo 'make examples run the examples against a collector of their own'
	@echo 'make lint     say what breaks the style; make format mends it'
	@echo 'make vectors  write protocol/vectors anew'

# The product, optimised, with Swift's own libraries linked in.
build: set-up
	swift build -c release --product tracewire --static-swift-stdlib
	$(RELEASE) manual $(SHARE)

# What `make build` built, with its manual pages and completion scripts. It is not built here, so that root can install what
# somebody else built.
install:
	@test -x $(RELEASE) || { echo "error: nothing is built yet; run 'make build' first" >&2; exit 1; }
	install -D -m 755 $(RELEASE) "$(DESTDIR)$(PREFIX)/bin/tracewire"
	@cd $(SHARE) && find . -type f -exec install -D -m 644 {} "$(abspath $(DESTDIR)$(PREFIX))/share/{}" \;
	@echo "installed $(DESTDIR)$(PREFIX)/bin/tracewire"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) echo "note: $(PREFIX)/bin is not on your PATH" ;; esac

# Figures, side by side with a plain C loader, and those that depend on size; see Benchmarks/README.md.
# ROUNDS, WORKFLOWS and RUNS (of the large database) may be given.
bench: set-up-tests build
	$(TRACEWIRE_PYTHON) Benchmarks/run.py --tracewire $(RELEASE) --workload $(TRACEWIRE_WORKLOAD) \
		--rounds $(or $(ROUNDS),5) --workflows $(or $(WORKFLOWS),1000)
	swift build --package-path Benchmarks -c release
	$(TRACEWIRE_PYTHON) Benchmarks/scale.py --tracewire $(RELEASE) --workload $(TRACEWIRE_WORKLOAD) \
		--tools Benchmarks/.build/release --runs $(or $(RUNS),1250000)
	$(TRACEWIRE_PYTHON) Benchmarks/recording.py --tracewire $(RELEASE) --tools Benchmarks/.build/release
	.build/python-sdk/bin/python Benchmarks/python_sdk.py --tracewire $(RELEASE)

# The SDK's documentation. What it shows of code is compiled by the tests.
docs: set-up
	@scripts/docs.sh

# Builds Examples, which takes minutes the first time, and runs them; a part of `make test`, too.
examples: set-up-tests build
	@scripts/examples.sh $(abspath $(RELEASE))

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources \
		Examples/Package.swift Examples/Sources Fuzz/Package.swift Fuzz/Sources \
		Simulation/Package.swift Simulation/Sources

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources \
		Examples/Package.swift Examples/Sources Fuzz/Package.swift Fuzz/Sources \
		Simulation/Package.swift Simulation/Sources

# Writes protocol/vectors anew from make.py; the tests fail where the files and make.py disagree.
vectors: set-up-tests
	$(TRACEWIRE_PYTHON) protocol/vectors/make.py

set-up:
	@scripts/set-up.sh

set-up-tests:
	@scripts/set-up.sh --tests
