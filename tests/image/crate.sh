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

say 'on a new image what holds nothing of the image is kept, and nothing of the old one stays in a program'
mkdir -p two/src plain/src says/src
printf '[package]\nname = "two"\nversion = "0.1.0"\nedition = "2021"\n' >two/Cargo.toml
printf 'fn main() { println!("cargo:rustc-link-search=/usr/lib\\ncargo:rustc-link-lib=static=two"); }\n' >two/build.rs
printf 'extern "C" { fn two() -> i32; }\npub fn number() -> i32 { unsafe { two() } }\n' >two/src/lib.rs
sed 's/two/says/' two/Cargo.toml >says/Cargo.toml
printf 'pub const WORD: &str = include_str!("/usr/share/two");\n' >says/src/lib.rs
sed 's/two/plain/' two/Cargo.toml >plain/Cargo.toml
printf 'pub fn plain() -> i32 { 1 }\n' >plain/src/lib.rs
sed -i 's/^openssl .*/&\ntwo = { path = "two" }\nplain = { path = "plain" }\nsays = { path = "says" }/' Cargo.toml
# shellcheck disable=SC2016 # for rustc
printf 'fn main() { println!("{} {} {}", two::number(), plain::plain(), says::WORD.trim()); }\n' >src/main.rs
# library N: the image has this version of it.
library() {
    sed -i '/^prepare/d' larder.toml
    echo "prepare = [\"echo $1 >/usr/share/two; touch -d 2001-02-03 /usr/share/two; echo 'int two(void) { return $1; }' |" \
        "gcc -x c -c - -o /tmp/two.o && ar crD /usr/lib/libtwo.a /tmp/two.o && touch -d 2001-02-03 /usr/lib/libtwo.a\"]" >>larder.toml
    good "$larder" build x64
    expect_equal "$(target/x86_64-unknown-linux-gnu/release/sealed)" "$1 1 $1"
}
library 1
library 2
expect_err 'on another image, compiles again what is linked or has a build script'
for name in two says sealed openssl-sys; do expect_err "Compiling $name v"; done
for name in plain bitflags cfg-if; do refuse_err "Compiling $name v"; done
sed -i 's/^prepare = \["/&true; /' larder.toml
good "$larder" build x64
refuse_err Compiling
refuse_err 'another'
