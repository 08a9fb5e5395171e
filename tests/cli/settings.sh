#!/usr/bin/env bash
# Settings of the project and of the caller: they go before what Larder thinks, or are an error that says so.
# shellcheck disable=SC2016 # these are texts for cargo and for the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo

build() { "$larder" build "$own_target" -C "$@"; }
prints() { expect_equal "$("$(program "$1" tiny)")" "$2" "the program of $1"; }

say "the project's own linker, by a triple and by a cfg"
for key in "$own_triple" "'cfg(unix)'"; do
    rm -rf linker
    cargo_project linker
    mkdir -p linker/.cargo linker/tools
    printf '#!/bin/sh\nexec cc "$@" -Wl,--build-id=0x1234567812345678\n' >linker/tools/our-gcc
    chmod +x linker/tools/our-gcc
    printf '[target.%s]\nlinker = "tools/our-gcc"\n' "$key" >linker/.cargo/config.toml
    good build linker
    expect grep -q 'Build ID: 1234567812345678' <(readelf -n "$(program linker tiny)")
done
mv linker/.cargo/config.toml linker/.cargo/more.toml
echo 'include = ["more.toml"]' >linker/.cargo/config.toml
good build linker --force
# An older cargo does not know the key, and says so.
grep -q 'include' "$work/stderr" ||
    expect grep -q 'Build ID: 1234567812345678' <(readelf -n "$(program linker tiny)")
mv linker/.cargo/more.toml linker/.cargo/config.toml
sed -i "s|tools/our-gcc|our-ld|" linker/.cargo/config.toml
run build linker
expect_status 1
expect_err 'the linker our-ld'

say "variables for build scripts: the project's [env] goes before Larder's"
cargo_project variables
mkdir variables/.cargo
printf 'fn main() { println!("cargo:rustc-env=SAID={}", std::env::var("CC_%s").unwrap()); }\n' "${own_triple//-/_}" >variables/build.rs
printf 'fn main() { println!("{}", env!("SAID")); }\n' >variables/src/main.rs
good build variables
prints variables "$(uname -m)-linux-gnu-gcc"
printf '[env]\nCC_%s = { value = "its-own", force = true }\n' "${own_triple//-/_}" >variables/.cargo/config.toml
good build variables --force
prints variables its-own

say 'the wrapper that the image lacks'
cargo_project wrapper
mkdir wrapper/.cargo
printf '[build]\nrustc-wrapper = "our-wrapper"\n' >wrapper/.cargo/config.toml
run build wrapper
expect_status 1
expect_err 'hint: '
expect_err our-wrapper
printf '[build.env]\nRUSTC_WRAPPER = ""\n' >wrapper/larder.toml
good build wrapper

say 'build.target, where nobody names one; build.target-dir is told'
cargo_project defaults
mkdir defaults/.cargo
printf '[build]\ntarget = "%s"\ntarget-dir = "elsewhere"\n' "$own_triple" >defaults/.cargo/config.toml
good "$larder" build -C defaults
expect_err 'build.target-dir = "elsewhere"'
prints defaults tiny
printf '[build]\ntarget = "thumbv7em-none-eabi"\n' >defaults/.cargo/config.toml
run "$larder" build -C defaults
expect_status 2
expect_err thumbv7em-none-eabi

say "the caller's variables: another value is another build, and nobody is told it"
cargo_project passed
printf 'fn main() { println!("{}", option_env!("APP_VERSION").unwrap_or("unknown")); }\n' >passed/src/main.rs
printf '[build]\npass_env = ["APP_VERSION"]\n' >passed/larder.toml
APP_VERSION=9.9 good build passed
prints passed 9.9
good build passed
prints passed unknown
good build passed --env APP_VERSION=10
prints passed 10
printf 'fn main() { println!("cargo:rerun-if-changed=build.rs"); println!("cargo:rustc-env=SAID={}", std::env::var("TOKEN").unwrap()); }\n' >passed/build.rs
printf 'fn main() { println!("{}", env!("SAID").len()); }\n' >passed/src/main.rs
for secret in hidden-word hidden-words; do
    TOKEN=$secret good build passed -e TOKEN
    prints passed "${#secret}"
done
for form in '' --json; do
    # shellcheck disable=SC2086 # nothing is no argument
    TOKEN=hidden-word good build passed -e TOKEN --dry-run $form
    expect_out TOKEN
    refuse_out hidden-word
done
wait_for_upkeep
expect_equal "$(grep -rlaF hidden-word "$LARDER_STORE" --include=*.log --include=good --include=note || true)" ''
RUSTFLAGS=-g good build passed --env TOKEN=x
expect_err 'RUSTFLAGS of your environment has no effect'
run build passed --env CARGO_HOME=/tmp
expect_status 2
expect_err CARGO_HOME

say 'a locked build writes to no Cargo.lock'
cargo_project locked
mkdir -p locked/part/src
printf '[package]\nname = "part"\nversion = "0.1.0"\nedition = "2021"\n' >locked/part/Cargo.toml
touch locked/part/src/lib.rs
printf '[dependencies]\npart = { path = "part" }\n' >>locked/Cargo.toml
cp locked/Cargo.lock before
run build locked -- --locked
expect_status 1
expect cmp locked/Cargo.lock before
good build locked
good build locked -- --locked

say 'a pinned toolchain that is not there'
cargo_project pinned
printf '[toolchain]\nchannel = "1.2.3"\n' >pinned/rust-toolchain.toml
run build pinned
expect_status 3
expect_err 'Rust 1.2.3 is not installed here'
expect_err 'rustup toolchain install 1.2.3'
printf '[build]\nrust = "debian"\n' >pinned/larder.toml
good build pinned

say 'targets by the words of other tools, also in larder.toml'
cargo_project words
printf '[project]\ntargets = ["%s"]\n[target.%s.env]\nWORD = "of its own"\n' "$(uname -m)" "$own_triple" >words/larder.toml
printf 'fn main() { println!("{}", env!("WORD")); }\n' >words/src/main.rs
good "$larder" build -C words
prints words 'of its own'

if ((EUID == 0)); then
    say "root builds another's checkout, which git does not take for a trap"
    cargo_project others
    rm others/Cargo.lock
    printf 'fn main() { assert!(std::process::Command::new("git").arg("status").status().unwrap().success()); std::fs::write("made", "").unwrap(); }\n' >others/build.rs
    git -C others init -q
    chmod 600 others/src/main.rs others/Cargo.toml
    chown -R 1000:1000 others
    good build others
    expect test -e others/Cargo.lock
fi
