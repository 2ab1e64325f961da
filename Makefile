# The commands of the project; `make` alone lists them.

BIN  := $(CURDIR)/bin
# Single signatures are checked by a C library where that is installed, in pure Go elsewhere, also where no C compiler is.
TAGS := $(shell pkg-config --exists libsecp256k1 2>/dev/null && echo libsecp256k1)
GO_TAGS := $(if $(TAGS),-tags $(TAGS))

# Exact versions: the newest is not always the one that works.
NATS_CLI    := github.com/nats-io/natscli/nats@v0.5.1
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

MODULES := proto sql shared services services/exporter/duckdb
# Packages whose tests run whole networks of processes: the race detector slows their signatures a hundredfold. DuckDB is C++.
WHOLE   := /services/standalone$$|/services/cmd/|/services/compose$$|/shared/simrelay$$|/services/synchronizer/realrelays$$|/services/exporter/duckdb$$

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## install what is missing on Debian: Postgres, a C compiler, libsecp256k1
	@deploy/install.sh

.PHONY: build
build: ## build bin/bigbrotr
	go build $(GO_TAGS) -o $(BIN)/bigbrotr ./services/cmd/bigbrotr

.PHONY: run
run: setup build ## run everything in one process, with its own NATS and Postgres under ./data
	$(BIN)/bigbrotr run all

.PHONY: demo
demo: setup build ## the same with a network of local relays, without the internet
	$(BIN)/bigbrotr demo

.PHONY: test
test: setup $(BIN)/nats ## the whole test suite, on real Postgres, real NATS and real relays
	NATS_CLI=$(BIN)/nats go test $(GO_TAGS) -timeout 40m work

.PHONY: race
race: setup ## the tests of all packages that share memory, under the race detector
	go test $(GO_TAGS) -race -timeout 40m $$(go list work | grep -vE '$(WHOLE)')

.PHONY: fuzz
fuzz: ## fuzz every decoder of foreign bytes for FUZZTIME each (default 30s)
	@deploy/test/fuzz.sh $(or $(FUZZTIME),30s)

.PHONY: mutations
mutations: setup ## check that all ways of checking signatures agree on a million changed events, with the C library and without
	go test $(GO_TAGS) -timeout 120m ./shared/event -run 'Mutations|Vectors' -mutations $(or $(MUTATIONS),1000000) -v
	go test -timeout 120m ./shared/event -run 'Mutations|Vectors' -mutations $(or $(MUTATIONS),1000000) -v

.PHONY: lint
lint: ## gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt -w $$unformatted"; exit 1; }
	go vet $(GO_TAGS) work
	for module in $(MODULES); do (cd $$module && go run $(STATICCHECK) $(GO_TAGS) ./...) || exit 1; done

.PHONY: generate
generate: ## write generated code and reference pages anew
	go generate ./proto/...
	go test ./proto/... ./services/standalone -run 'Golden|EnvExample|ReferenceOfSettings' -update

.PHONY: bench
bench: setup build ## measure synchronizing on this machine
	$(BIN)/bigbrotr bench sync

# Real events to measure, where they are there.
CORPUS := $(wildcard ../shared/data/events/valid.jsonl)

.PHONY: bench-write
bench-write: setup build ## measure how fast the archive takes events and sightings, and their bytes
	$(BIN)/bigbrotr bench write --hostile $(if $(CORPUS),--corpus $(CORPUS))

.PHONY: bench-write-10m
bench-write-10m: setup build ## the same with ten million events, beside an almost empty archive: 50 GB, half an hour
	$(BIN)/bigbrotr bench write --alone --beside --readers 50 --prefill 10000000 --events 600000 --queries docs/reference/queries.md

.PHONY: bench-live
bench-live: setup build ## measure how fresh live events of 500 relays are, for five minutes
	$(BIN)/bigbrotr bench live --seconds 300

.PHONY: bench-scale
bench-scale: setup build ## measure 1, 2, 4 and 8 synchronizers on 1,000 slow relays, which takes nine minutes
	$(BIN)/bigbrotr bench scale

.PHONY: bench-memory
bench-memory: setup build ## measure for an hour what following 2,000 relays needs, and draw it
	$(BIN)/bigbrotr bench memory --minutes 60 --plot docs/explanation/memory.svg --points $(BIN)/memory.csv

.PHONY: bench-probe
bench-probe: setup build ## measure 20 rounds of checks of 1,000 live and 9,000 dead relays, which takes an hour
	$(BIN)/bigbrotr bench probe --live 1000 --dead 9000 --rounds 20

.PHONY: bench-validate
bench-validate: setup build ## measure first tries of 10,000 candidates, of which 7,000 are dead
	$(BIN)/bigbrotr bench validate --candidates 10000

.PHONY: powercut-test
powercut-test: setup ## cut the power of the machine that runs everything, and count every event
	deploy/test/disk.sh
	go test -tags "powercut $(TAGS)" -count=1 -timeout 20m -v -run PowerCut ./services/standalone

.PHONY: compose-test
compose-test: ## bring the containers up, scale, kill, and count every event
	deploy/test/up.sh
	set -a; . bin/compose-test.env; go test -tags compose -count=1 -timeout 20m -v ./services/compose

.PHONY: containers-test
containers-test: ## the storage tests on containers from testcontainers-go
	deploy/test/up.sh
	set -a; . bin/compose-test.env; go test -tags containers -count=1 -timeout 20m ./shared/store ./shared/testkit

.PHONY: clean
clean: ## remove what was built; ./data stays
	rm -rf $(BIN)

.PHONY: nats
nats: $(BIN)/nats ## install the nats command line into bin/

$(BIN)/nats:
	GOBIN=$(BIN) go install $(NATS_CLI)
