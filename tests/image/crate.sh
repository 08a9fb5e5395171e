#!/usr/bin/env bash
# A crate that links a system library, found by pkg-config, for two targets on Larder's own image: no compiler of this machine has
# a part in it. It needs a network, or apt's own proxy.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_debian_images
need_program readelf

mkdir -p app/src
cd app
serve_crates .
cat >Cargo.toml <<'END_OF_FILE'
[package]
name = "sealed"
version = "0.1.0"
edition = "2021"

[dependencies]
openssl = "0.10"

[profile.release]
opt-level = 0
END_OF_FILE
cat >src/main.rs <<'END_OF_FILE'
fn main() {
    let digest = openssl::sha::sha256(b"larder");
    println!("{} {:02x}{:02x}", openssl::version::version(), digest[0], digest[1]);
}

#[test]
fn digests() {
    assert_eq!(openssl::sha::sha256(b"").len(), 32);
}
END_OF_FILE
cat >larder.toml <<'END_OF_FILE'
[project]
targets = ["x64", "arm64"]
[build]
packages = ["libssl-dev:target"]
END_OF_FILE
digest=$(printf larder | sha256sum | cut -c 1-4)

say 'built for both'
run "$larder" build
can_fetch || skip 'no mirror of Debian can be reached'
expect_status 0
for triple in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu; do
    readelf --dynamic "target/$triple/release/sealed" | grep -q 'NEEDED.*libssl\|NEEDED.*libcrypto' || fail "$triple: it is not linked"
done

say 'and run, on the image that has the libraries'
good "$larder" run x64 -- target/x86_64-unknown-linux-gnu/release/sealed
expect grep -qE "^OpenSSL 3\..* $digest\$" "$work/stdout"
good "$larder" test arm64
expect grep -q '1 passed' "$work/stderr" "$work/stdout"

say 'a warm build asks no package manager and compiles nothing'
good "$larder" build --locked --offline --verbose
expect_prepared 0
refuse_err Compiling
