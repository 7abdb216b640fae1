# `make run` and `make test` do all their own set-up. The rest is for those who work on Waypost.

# By name, so that what was built for the whole workspace is used as it is.
API_TESTS := $(foreach file,$(wildcard crates/api/tests/*.rs),--test $(basename $(notdir $(file))))

.PHONY: run test check bench package test-packages fmt

run:
	@scripts/run

# What is skipped is written to a file, and said at the end. Where tests are strict (WAYPOST_TEST_STRICT), missing tools fail them.
test: export WAYPOST_TEST_SKIPPED := $(CURDIR)/target/skipped-tests
test:
	@scripts/setup
	@scripts/setup-postgres
	@scripts/setup-peers
	@scripts/setup-samples
	@scripts/setup-mail
	@scripts/setup-console
	@scripts/setup-browser
	@mkdir -p target && rm -f $(WAYPOST_TEST_SKIPPED)
	@cargo test --workspace --locked --no-fail-fast
	@if [ -n "$$WAYPOST_TEST_STRICT" ] || command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
		echo 'test: the API once more, on PostgreSQL'; \
		WAYPOST_TEST_STORE=postgres cargo test --workspace --locked --no-fail-fast $(API_TESTS); \
	else printf 'PostgreSQL is not installed\tthe API on PostgreSQL\n' >>$(WAYPOST_TEST_SKIPPED); fi
	@scripts/skipped-tests

# What CI checks beside the tests.
check:
	@scripts/check

bench:
	@scripts/setup
	@scripts/setup-postgres
	@cargo run --release --locked --manifest-path bench/Cargo.toml

# A Debian package and a tarball, into target/package.
package:
	@scripts/package

test-packages:
	@scripts/test-packages

fmt:
	@cargo fmt --all
