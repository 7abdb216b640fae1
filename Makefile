# `make run` and `make test` do all their own set-up. The rest is for those who work on Waypost.

# By name, so that what was built for the whole workspace is used as it is.
API_TESTS := $(foreach file,$(wildcard crates/api/tests/*.rs),--test $(basename $(notdir $(file))))

.PHONY: run test check bench fmt

run:
	@scripts/run

test:
	@scripts/setup
	@scripts/setup-postgres
	@scripts/setup-peers
	@cargo test --workspace --locked --no-fail-fast
	@if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
		echo 'test: the API once more, on PostgreSQL'; \
		WAYPOST_TEST_STORE=postgres cargo test --workspace --locked --no-fail-fast $(API_TESTS); \
	else echo 'test: skipped the API on PostgreSQL, which is not installed'; fi

# What CI checks beside the tests.
check:
	@scripts/check

bench:
	@scripts/setup
	@scripts/setup-postgres
	@cargo run --release --locked --manifest-path bench/Cargo.toml

fmt:
	@cargo fmt --all
