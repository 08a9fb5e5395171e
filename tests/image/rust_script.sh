#!/usr/bin/env bash
# The script that installs toolchains of rustup's distribution, against distributions of tiny components: what it installs, and what it
# says where something is missing, another one, or not to be reached.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_program python3 curl xz awk

host=x86_64-unknown-linux-gnu other=aarch64-unknown-linux-musl
# A component that has one file: component NAME PATH
component() {
    mkdir -p "$work/parts/$1/$(dirname "$2")"
    echo "$1" >"$work/parts/$1/$2"
}
component rustc bin/rustc
component cargo bin/cargo
component rustfmt bin/rustfmt
component docs share/doc/index.html
component clippy bin/cargo-clippy
component src lib/rustlib/src/manifest.in
component std "lib/rustlib/$host/lib/libstd.rlib"
component other "lib/rustlib/$other/lib/libstd.rlib"
# distribution CHANNEL VERSION DATE
distribution() {
    python3 "$tests/image/rust_distribution.py" "$work/server" "$1" "$2" "$3" "$host" "rustc=$work/parts/rustc" "cargo=$work/parts/cargo" \
        "rust-std=$work/parts/std" "rust-std@$other=$work/parts/other" "rust-docs=$work/parts/docs" "rustfmt-preview=$work/parts/rustfmt" \
        "clippy-preview=$work/parts/clippy" "rust-src@*=$work/parts/src" miri-preview= rust-mingw@x86_64-pc-windows-gnu=
}
distribution 1.85 1.85.1 2025-03-18
distribution nightly 1.87.0-nightly 2026-01-15
distribution nightly 1.88.0-nightly 2026-01-16
: >"$work/server.log"
python3 -u -m http.server --bind 127.0.0.1 --directory "$work/server" 0 >"$work/server.log" 2>&1 &
server=$!
until_true 20 grep -q 'port [0-9]' "$work/server.log"
port=$(sed -nE 's/.*port ([0-9]+).*/\1/p' "$work/server.log")
export RUSTUP_DIST_SERVER=http://somebody:hidden-password@127.0.0.1:$port

rust() { DESTDIR=$work/root sh "$tests/../src/image/scripts/rust" "$@"; }
root=$work/root/usr/local/rust
anew() { rm -rf "$work/root"; }
files() { (cd "$root" && find . -type f ! -path '*/multirust*' ! -name larder-toolchain ! -name components -printf '%P\n' | sort | tr '\n' ' '); }
refuses() {
    anew
    run rust "$1" "host:$host" "${@:3}"
    expect_status 100
    expect_equal "$(sed -n 's/^larder: rust //p' "$work/stderr")" "$2" "what is said of: $last_command"
}

say 'the default profile without the documentation, and what is asked for beside it'
good rust 1.85 "host:$host"
expect_equal "$(files)" "bin/cargo bin/rustc bin/rustfmt lib/rustlib/$host/lib/libstd.rlib " 'its files'
expect_equal "$(cut -d ' ' -f 2- "$root/lib/rustlib/larder-toolchain")" '2025-03-18 1.85.1' 'what it is'
good rust "target:$other"
expect test -e "$root/lib/rustlib/$other/lib/libstd.rlib"
anew
good rust 1.85 "host:$host" profile:minimal component:clippy component:rust-src component:rustc "component:rust-std-$other"
for file in bin/cargo-clippy "lib/rustlib/$other/lib/libstd.rlib" lib/rustlib/src/manifest.in; do expect test -e "$root/$file"; done
for file in bin/rustfmt manifest.in share/doc/index.html; do expect test ! -e "$root/$file"; done
anew
good rust 1.85 "host:$host" profile:default
expect test -e "$root/share/doc/index.html"

say 'a day of a channel, its newest, and the one that is pinned'
anew
good rust nightly-2026-01-15 "host:$host"
expect grep -q '2026-01-15 1.87.0-nightly' "$root/lib/rustlib/larder-toolchain"
pin=$(cut -d ' ' -f 1 "$root/lib/rustlib/larder-toolchain")
anew
good rust nightly "host:$host"
expect grep -q '2026-01-16 1.88.0-nightly' "$root/lib/rustlib/larder-toolchain"
anew
LARDER_MANIFEST=$pin LARDER_MANIFEST_DATE=2026-01-15 good rust nightly "host:$host"
expect grep -q '2026-01-15 1.87.0-nightly' "$root/lib/rustlib/larder-toolchain"

say 'what is not to be had'
refuses 1.86 'channel 1.86'
refuses nightly-2020-01-01 'channel nightly-2020-01-01'
refuses 1.85 'component miri x86_64-unknown-linux-gnu' component:miri
refuses 1.85 'component cranelift x86_64-unknown-linux-gnu' component:cranelift
refuses 1.85 'component rust-std riscv64gc-unknown-linux-gnu' target:riscv64gc-unknown-linux-gnu
refuses 1.85 'profile most' profile:most
LARDER_MANIFEST=${pin//[0-9]/0} LARDER_MANIFEST_DATE=2026-01-15 refuses nightly 'gone 2026-01-15'
cp "$work/server/dist/2025-03-18/cargo-1.85.1-$host.tar.xz" "$work/damaged"
echo x >>"$work/damaged"
mv "$work/damaged" "$work/server/dist/2025-03-18/cargo-1.85.1-$host.tar.xz"
refuses 1.85 "hash dist/2025-03-18/cargo-1.85.1-$host.tar.xz"
rm "$work/server/dist/2025-03-18/cargo-1.85.1-$host.tar.xz"
refuses 1.85 "missing dist/2025-03-18/cargo-1.85.1-$host.tar.xz"
echo '# more' >>"$work/server/dist/channel-rust-1.85.toml"
refuses 1.85 'hash dist/channel-rust-1.85.toml'
rm "$work/server/dist/channel-rust-1.85.toml.sha256"
refuses 1.85 'missing dist/channel-rust-1.85.toml.sha256'
kill "$server"
wait "$server" 2>/dev/null || true
anew
run rust nightly "host:$host"
expect_err 'larder: rust server curl: (7)'
refuse_err hidden-password

say 'a server of files'
RUSTUP_DIST_SERVER=file://$work/server good rust nightly "host:$host"
RUSTUP_DIST_SERVER=file://$work/server refuses 1.84 'channel 1.84'
