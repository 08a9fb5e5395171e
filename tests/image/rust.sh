#!/usr/bin/env bash
# A pinned Rust on Larder's own image, by a distribution server on loopback that has this machine's own toolchain under two versions:
# the one that is pinned compiles, for a second target, too, larder.lock keeps it, and what is not to be had is told.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_debian_images
need_program python3 xz rustc cargo
unset LARDER_IMAGE

# The parts of the toolchain, with the libraries that its distribution keeps elsewhere. Its compiler says the version that it is
# relabelled to.
say 'a distribution of two versions'
sysroot=$(rustc --print sysroot) host=x86_64-unknown-linux-gnu parts=$work/parts
mkdir -p "$parts/std"/{libexec,lib/rustlib} "$parts/musl/lib/rustlib/x86_64-unknown-linux-musl/lib"
cp -aL "$sysroot/bin/rustc" "$sysroot/bin/cargo" "$parts/std/libexec/"
cp -aL "$sysroot/lib/rustlib/$host" "$parts/std/lib/rustlib/"
for file in "$sysroot/bin/rustc" "$sysroot/bin/cargo"; do
    ldd "$file" | grep -oE '/[^ ]+\.so[^ ]*' | grep -vE '/(ld-linux|libc|libm|libdl|libpthread|librt)[-.]' | xargs -I{} cp -L {} "$parts/std/lib/"
done
for version in 1.2.3 1.2.4; do
    for program in rustc cargo; do
        mkdir -p "$parts/$program-$version/bin"
        # shellcheck disable=SC2016 # the arguments are those of the script that it writes
        printf '#!/bin/sh\ncase $1 in --version | -V) echo "%s %s (test)" && exit ;; esac\nexport LD_LIBRARY_PATH=/usr/local/rust/lib\nexec /usr/local/rust/libexec/%s "$@"\n' \
            "$program" "$version" "$program" >"$parts/$program-$version/bin/$program"
        chmod 755 "$parts/$program-$version/bin/$program"
    done
    python3 "$tests/image/rust_distribution.py" "$work/server" "${version%.3}" "$version" 2025-01-0"${version##*.}" "$host" \
        "rustc=$parts/rustc-$version" "cargo=$parts/cargo-$version" "rust-std=$parts/std" "rust-std@x86_64-unknown-linux-musl=$parts/musl"
done
mv "$work/server/dist/channel-rust-1.2.4.toml" "$work/server/dist/channel-rust-nightly.toml"
mv "$work/server/dist/channel-rust-1.2.4.toml.sha256" "$work/server/dist/channel-rust-nightly.toml.sha256"
rm -rf "$parts"
: >"$work/server.log"
python3 -u -m http.server --bind 127.0.0.1 --directory "$work/server" 0 >"$work/server.log" 2>&1 &
until_true 20 grep -q 'port [0-9]' "$work/server.log"
server=127.0.0.1:$(sed -nE 's/.*port ([0-9]+).*/\1/p' "$work/server.log")
export RUSTUP_DIST_SERVER=http://somebody:hidden-password@$server

say 'the pinned one compiles'
cargo_project tiny
printf 'fn main() { println!("cargo:rustc-env=SAID={}", String::from_utf8(std::process::Command::new(std::env::var("RUSTC").unwrap()).arg("-V").output().unwrap().stdout).unwrap().trim()); }\n' \
    >tiny/build.rs
printf 'fn main() { println!("{}", env!("SAID")); }\n' >tiny/src/main.rs
printf '[toolchain]\nchannel = "1.2"\nprofile = "minimal"\n' >tiny/rust-toolchain.toml
run "$larder" build x64 -C tiny
can_fetch || skip 'no mirror of Debian can be reached'
expect_status 0
expect_equal "$("$(program tiny tiny)")" 'rustc 1.2.3 (test)' 'its compiler'
expect_err 'compiled by Rust 1.2, by rust-toolchain.toml'
expect grep -q 'packages = \[ *"rust=1.2.3+2025-01-03" *\]' tiny/larder.lock
good "$larder" build x64 -C tiny --locked --offline
refuse_err Compiling

# killed WHAT COMMAND...: the command, whose server never answers, is killed while it waits; nothing of the step is here or pinned.
start_gate
killed() {
    local what=$1 pid
    shift
    cp tiny/larder.lock before.lock
    "$@" >killed.said 2>&1 &
    pid=$!
    until_true 300 test -e reached
    rm reached
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
    expect cmp tiny/larder.lock before.lock
    run "$larder" image build x64 -C tiny --offline
    expect_status 3
    expect_err "missing: $what"
}

say 'killed while the toolchain is fetched'
printf '[build]\nrust = "nightly"\n' >tiny/larder.toml
killed 'Rust nightly' env RUSTUP_DIST_SERVER="http://127.0.0.1:$gate" "$larder" build x64 -C tiny
rm tiny/larder.toml
good "$larder" build x64 -C tiny --locked --offline

say 'another one for one build, and for the project'
good "$larder" build x64 -C tiny -- +nightly
expect_equal "$("$(program tiny tiny)")" 'rustc 1.2.4 (test)' 'its compiler'
printf '[build]\nrust = "nightly-2025-01-04"\n' >tiny/larder.toml
mv "$work/server/dist/2025-01-04/channel-rust-1.2.4.toml" "$work/server/dist/2025-01-04/channel-rust-nightly.toml"
mv "$work/server/dist/2025-01-04/channel-rust-1.2.4.toml.sha256" "$work/server/dist/2025-01-04/channel-rust-nightly.toml.sha256"
good "$larder" build x64 -C tiny
expect_equal "$("$(program tiny tiny)")" 'rustc 1.2.4 (test)' 'its compiler'
rm tiny/larder.toml
RUSTUP_TOOLCHAIN=nightly good "$larder" build x64 -C tiny --dry-run
expect_out 'Rust nightly'

say 'what is not to be had'
for pin in 1.9:'no 1.9' my-own:'none of that name'; do
    printf '%s\n' "${pin%%:*}" >tiny/rust-toolchain
    run "$larder" build x64 -C tiny
    expect_status 3
    expect_err "${pin#*:}"
    expect_err "rust = \"debian\""
done
rm tiny/rust-toolchain
run "$larder" build arm64 -C tiny
expect_status 3
expect_err 'it has no rust-std for aarch64-unknown-linux-gnu'
run "$larder" build x64 -C tiny --image docker.io/library/rust:1 -- +1.2
expect_status 2
expect_err 'has a Rust of its own'
wait_for_upkeep
expect_equal "$(grep -rlaF hidden-password "$LARDER_STORE" tiny || true)" '' 'the password of the server in files'

say 'killed while zig is fetched'
printf '[target.x64]\ntoolchain = "zig"\n' >tiny/larder.toml
killed "zig's compilers of C and C++" env PIP_INDEX_URL="http://127.0.0.1:$gate/simple" PIP_CONFIG_FILE=/dev/null "$larder" image build x64 -C tiny
rm tiny/larder.toml
good "$larder" image build x64 -C tiny --offline
expect_no_leftovers
good "$larder" cache verify
