# One name per habit; `make help` lists them. Set-up happens by itself and is quick when done.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PRESET ?= dev
BUILD := build/$(PRESET)
SOURCES = $(shell git ls-files '*.cpp' '*.h')
SCRIPTS = $(shell git ls-files '*.sh'; git ls-files | xargs grep -lE '^\#!.*\b(ba)?sh\b' --)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## operator, worker and CLI into build/dev (PRESET=release, asan, tsan for others)
	@dev/setup build
	@dev/build $(PRESET)

.PHONY: test
test: ## everything: unit under sanitizers, real API server, real Kafka, PostgreSQL and S3, real node
	@tests/run

.PHONY: test-unit
test-unit: ## unit tests alone, within a minute
	@dev/setup build
	@dev/build $(PRESET) unit_tests
	@tests/ctest --test-dir $(BUILD) -L unit -j2

.PHONY: demo
demo: ## the flights pipeline on a private one-node Kubernetes, from nothing to a proven result
	@dev/setup cluster
	@dev/demo/run

.PHONY: demo-failure
demo-failure: ## breaks the running demo on purpose, shows the alert arrive, and repairs
	@dev/demo/failure

.PHONY: demo-down
demo-down: ## removes every trace of the demo
	@dev/demo/down

.PHONY: cluster
cluster: ## the private one-node Kubernetes alone (dev/cluster down stops it)
	@dev/setup cluster
	@dev/cluster up

.PHONY: images
images: ## the images, as OCI archives in the cache
	@dev/setup images
	@dev/images/build

.PHONY: drill
drill: ## faults on a real node: the right alert within a minute, into docs/drill.md
	@dev/setup cluster
	@tests/drill/run --record docs/drill.md

.PHONY: faults
faults: ## workers, brokers, network and disks broken under load on three brokers: nothing lost, into docs/faults.md
	@dev/setup services
	@tests/faults/run --record docs/faults.md

.PHONY: oracle
oracle: ## what real workers stream, with kills and rescales, beside one DuckDB batch, into docs/oracle.md
	@dev/setup services
	@tests/oracle/run --net --record docs/oracle.md

.PHONY: soak
soak: ## an hour of healthy pipelines: no alert, into docs/soak.md
	@dev/setup cluster
	@tests/drill/run soak --record docs/soak.md

.PHONY: bench
bench: ## throughput beside a bare Kafka loop and Flink SQL, in one run, into docs/performance.md
	@dev/setup services
	@bench/run

.PHONY: bench-autoscale
bench-autoscale: ## autoscalers in simulation, into docs/autoscaling-benchmark.md
	@dev/setup build
	@bench/autoscale/run

.PHONY: bench-autoscale-real
bench-autoscale-real: ## our law and KEDA's on a real node beside the simulator, into docs/autoscaling-benchmark.md
	@dev/setup cluster
	@bench/autoscale/real/run

.PHONY: bench-rescale
bench-rescale: ## age of records and repeats while workers come and go
	@dev/setup build
	@dev/setup services
	@bench/rescale/run

.PHONY: asan
asan: ## unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory test-unit PRESET=asan

.PHONY: tsan
tsan: ## unit tests under ThreadSanitizer
	@$(MAKE) --no-print-directory test-unit PRESET=tsan

.PHONY: fmt
fmt: ## formats the C++ sources
	@dev/setup build
	@clang-format -i $(SOURCES)

.PHONY: lint
lint: ## formatting and shell scripts
	@dev/setup lint
	@clang-format --dry-run -Werror $(SOURCES)
	@shellcheck -x $(sort $(SCRIPTS))
