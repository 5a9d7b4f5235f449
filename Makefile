# Two commands do all the set-up: make demo, make test. Both need Go alone.

GO          ?= go
STATICCHECK  = honnef.co/go/tools/cmd/staticcheck@v0.8.2
PLATFORMS    = linux/amd64 linux/arm64 darwin/arm64 windows/amd64
FUZZTIME    ?= 5s

.PHONY: build demo test ci bench eval fuzz lint examples platforms clean mutations

build:
	@$(GO) mod download # the tests' modules, too: make test is offline after this
	CGO_ENABLED=0 $(GO) build -o bin/ldt ./cmd/ldt

## demo: the whole pipeline on the Paris example; serves until interrupted
demo: build
	bin/ldt run examples/paris-energy --serve

## test: every test, offline
test:
	@test -n "$$LDT_TEST_BROKER" || echo "note: the broker suite runs against the embedded broker alone; LDT_TEST_BROKER=http://… names another"
	$(GO) test ./...

## ci: what a change must pass
ci: lint examples platforms race test mutations

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

race:
	$(GO) test -race ./...

## mutations: 10 000 mutations of real files end in entities or findings
mutations:
	LDT_TEST_MUTATIONS=10000 $(GO) test ./etl -run TestMutatedRealFiles -v

## examples: every use case of examples/ from a clean state, twice
examples: build
	@for dir in examples/*/; do .ci/example "$$dir" || exit 1; done

platforms:
	@for p in $(PLATFORMS); do \
	  echo "build $$p"; \
	  CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -o /dev/null ./cmd/ldt || exit 1; \
	done

## fuzz: each fuzz target for FUZZTIME
fuzz:
	.ci/fuzz $(FUZZTIME)

## bench: ratios against what the standard library needs, in one run
bench:
	$(GO) test -run '^$$' -bench Pipeline -benchtime 3x ./cmd/ldt
	$(GO) test -run '^$$' -bench Reader -benchtime 3x ./etl/source/csv
	$(GO) test -run '^$$' -bench Workbook -benchtime 3x ./etl/source/xlsx
	$(GO) test -run '^$$' -bench ModelCheck -benchtime 100x ./models/validate
	$(GO) test -run '^$$' -bench Validate -benchtime 1x ./cmd/ldt

## eval: how good suggestions are, on the tables they are tuned on and on those held out
eval:
	@$(GO) run ./etl/propose/internal/eval

clean:
	rm -rf bin
