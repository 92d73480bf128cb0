#!/bin/sh
# Runs cargo with a toolchain that makes WebAssembly. Without arguments it makes
# plugin.wasm of the folder that it is called in, by
#
#     cargo build --release --target wasm32-unknown-unknown
#
# Toolchains of rustup have that target after `rustup target add
# wasm32-unknown-unknown`, and bring a linker for it. Debian has it in the packages
# rustc, cargo and libstd-rust-dev-wasm32, and the linker in lld.
set -eu
target=wasm32-unknown-unknown

has_target() {
	root=$("$1" --print sysroot 2>/dev/null) && [ -d "$root/lib/rustlib/$target/lib" ]
}

if ! has_target "${RUSTC:-rustc}"; then
	if ! has_target /usr/bin/rustc; then
		echo "no Rust toolchain has $target: rustup target add $target" >&2
		exit 2
	fi
	export CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
fi

if ! ls "$root"/lib/rustlib/*/bin/rust-lld >/dev/null 2>&1; then
	linker=${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-wasm-ld}
	if ! command -v "$linker" >/dev/null; then
		echo "the toolchain in $root has no linker for $target: install lld" >&2
		exit 2
	fi
	export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker"
fi

if [ $# -gt 0 ]; then
	exec "${CARGO:-cargo}" "$@"
fi
"${CARGO:-cargo}" build --release --target "$target" --target-dir target
cp "target/$target/release/plugin.wasm" plugin.wasm
