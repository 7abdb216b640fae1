# `make run` and `make test` do all their own set-up. The rest is for those who work on Waypost.
.PHONY: run test check bench fmt

run:
	@scripts/run

test:
	@scripts/setup
	@scripts/setup-peers
	@cargo test --workspace --locked

# What CI checks beside the tests.
check:
	@scripts/check

bench:
	@scripts/setup
	@cargo run --release --locked --manifest-path bench/Cargo.toml

fmt:
	@cargo fmt --all
