# shellcheck shell=bash disable=SC2016,SC2034 # names are for the tests, texts for make
# Common parts of the shell tests. A test is `bash TEST.sh LARDER`, the program as its argument; it begins with
#
#   source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
#
# and then has a private home, store and temporary folder ($work). What it prints is shown when it fails.
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
repository=$(dirname "$tests")

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    if [[ -s ${work-}/stderr ]]; then
        printf -- '--- the last command: %s\n--- its stderr:\n' "${last_command-}" >&2
        tail -n 60 "$work/stderr" >&2
    fi
    if [[ -s ${work-}/stdout ]]; then
        printf -- '--- its stdout:\n' >&2
        tail -n 60 "$work/stdout" >&2
    fi
    exit 1
}

# This machine cannot run the test.
skip() {
    printf 'skipped: %s\n' "$*"
    exit 77
}

say() { printf '== %s\n' "$*"; }

larder=$(realpath "${1:?usage: $0 LARDER}")
[[ -x $larder ]] || fail "there is no program $larder"

larder_name=${larder##*/}
larder_name=${larder_name:0:15} # as /proc says it

# Nothing of the caller's settings, nor of the make or cargo that may run this.
for name in $(compgen -e); do
    case $name in
        LARDER_TEST_* | LARDER_UPDATE_GOLDEN) ;;
        LARDER_* | XDG_* | CARGO* | RUSTUP* | GIT_* | MAKE* | MFLAGS | CI | TERM | NO_COLOR | SSH_*) unset "$name" ;;
        CC | CXX | CFLAGS | CXXFLAGS | LDFLAGS) unset "$name" ;;
    esac
done
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C.UTF-8
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org

work=$(mktemp -d "${TMPDIR:-/tmp}/larder-test.XXXXXX")
work=$(realpath "$work")
caller_home=${HOME-}
export HOME=$work/home LARDER_STORE=$work/store TMPDIR=$work/tmp LARDER_IMAGE=host
mkdir "$HOME" "$TMPDIR"
cd "$work"

# The processes of larder that work with a store, also in the background: larders_of STORE
larders_of() {
    local process name
    for process in /proc/[0-9]*; do
        { read -r name <"$process/comm"; } 2>/dev/null || continue
        [[ $name == larder || $name == "$larder_name" ]] || continue
        ! grep -qzxF "LARDER_STORE=$1" "$process/environ" 2>/dev/null || printf '%s\n' "${process#/proc/}"
    done
}

store_is_quiet() { [[ -z $(larders_of "$1") ]]; }

# After a build, Larder's upkeep may still be at work in the store.
wait_for_upkeep() { until_true 30 store_is_quiet "$(realpath "${1:-$LARDER_STORE}")"; }

# What overlayfs leaves in a store has no rights, not even for its owner. forget_store [STORE]
forget_store() {
    wait_for_upkeep "$@"
    chmod -R u+rwx "${1:-$LARDER_STORE}"
    rm -rf "${1:-$LARDER_STORE}"
}

clean_up() {
    local status=$? try
    trap - EXIT
    if declare -F on_exit >/dev/null; then on_exit || true; fi
    local pids
    mapfile -t pids < <(jobs -pr)
    ((${#pids[@]} == 0)) || kill -KILL "${pids[@]}" 2>/dev/null || true
    { wait; } 2>/dev/null
    if [[ -n ${LARDER_TEST_KEEP-} ]]; then
        printf 'kept: %s\n' "$work"
        exit "$status"
    fi
    cd /
    for try in 1 2 3 4 5; do
        chmod -R u+rwx "$work" 2>/dev/null || true
        if rm -rf "$work" 2>/dev/null; then break; fi
        sleep "0.$try"
    done
    exit "$status"
}
trap clean_up EXIT

# run COMMAND...: its exit code is in $status, its output in $work/stdout and $work/stderr.
run() {
    last_command="$*"
    status=0
    "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
}

expect() { "$@" || fail "expected: $*"; }
expect_status() { [[ $status == "$1" ]] || fail "exit code $status instead of $1: $last_command"; }
expect_out() { grep -qF -- "$1" "$work/stdout" || fail "stdout does not say: $1"; }
expect_err() { grep -qF -- "$1" "$work/stderr" || fail "stderr does not say: $1"; }
refuse_out() { ! grep -qF -- "$1" "$work/stdout" || fail "stdout says: $1"; }
refuse_err() { ! grep -qF -- "$1" "$work/stderr" || fail "stderr says: $1"; }
expect_equal() { [[ $1 == "$2" ]] || fail "${3:-values differ}: '$1' instead of '$2'"; }
expect_empty() { [[ -z $(ls -A "$1") ]] || fail "$1 should be empty, and has: $(ls -A "$1")"; }

# good COMMAND...: run, and expect success.
good() {
    run "$@"
    expect_status 0
}

# json EXPRESSION [FILE]: a Python expression over `data`, the last command's output or a file's; lists a line each.
json() {
    python3 - "$1" "${2:-$work/stdout}" <<'END' || fail "no such JSON: $1"
import json, sys

with open(sys.argv[2], encoding="utf-8") as file:
    data = json.load(file)
value = eval(sys.argv[1])
print("\n".join(map(str, value)) if isinstance(value, (list, tuple)) else value)
END
}

# until_true SECONDS COMMAND...: the time is a limit against hanging, never a pause.
until_true() {
    local tries=$(($1 * 50))
    shift
    until "$@"; do
        ((tries-- > 0)) || fail "did not happen in time: $*"
        sleep 0.02
    done
}

is_over() { ! kill -0 "$1" 2>/dev/null; }

# What the tests build for: the machine itself, and another if its compiler is there.
case $(uname -m) in
    x86_64) own_target=x64 own_triple=x86_64-unknown-linux-gnu ;;
    aarch64) own_target=arm64 own_triple=aarch64-unknown-linux-gnu ;;
    *) skip "no test data for $(uname -m)" ;;
esac

need_program() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "there is no $program"
    done
}

# The sandbox needs them; without, every build fails.
need_sandbox() {
    need_program bwrap
    unshare -Urm true 2>/dev/null || skip 'user namespaces are forbidden here'
}

need_make() {
    need_sandbox
    need_program make "$(uname -m)-linux-gnu-gcc"
}

need_cargo() {
    need_sandbox
    need_program cargo rustc "$(uname -m)-linux-gnu-gcc" cc
    [[ -d /usr/lib/rustlib/$own_triple/lib ]] || skip "there is no Rust standard library for $own_triple in /usr"
}

# As root: prepares the ordinary user `larder-test`, whose folder is $work/user. As another user: skips the test.
need_user() {
    ((EUID == 0)) || skip 'only root can be two users'
    need_program runuser
    id larder-test >/dev/null 2>&1 || useradd --create-home --shell /bin/bash larder-test ||
        skip 'cannot make the user larder-test'
    chmod 711 "$work"
    cp "$larder" "$work/larder"
    chmod 755 "$work/larder"
    install -d -o larder-test -g "$(id -g larder-test)" "$work/user" "$work/user/home"
    as_user unshare -Urm true 2>/dev/null || skip 'user namespaces are forbidden to ordinary users here'
}

# as_user COMMAND...: with a home and a store of its own.
as_user() {
    (cd "$work/user" && runuser -u larder-test -- env HOME="$work/user/home" LARDER_STORE="$work/user/store" TMPDIR=/tmp "$@")
}

# The finished program of a project for this machine: program FOLDER NAME
program() { printf '%s/target/%s/release/%s' "$1" "$own_triple" "$2"; }

# A make project of one C file whose program prints WORD: make_project FOLDER [WORD]
make_project() {
    mkdir -p "$1"
    printf '#include <stdio.h>\nint main(void) { puts("%s"); return 0; }\n' "${2:-hello}" >"$1/hello.c"
    printf 'CC = gcc\nhello: hello.o\n\t$(CC) -o $@ $^\n' >"$1/Makefile"
}

# Another target whose programs this machine runs by itself, for projects in C: it has the machine's processor and musl.
need_other_target() {
    other_target=musl-$own_target other_triple=$(uname -m)-linux-musl
    need_program "$other_triple-gcc"
    other_triple=$(uname -m)-unknown-linux-musl
}

# All that builds can be for here, in $targets: the machine, another C library, and another processor if its compiler is there.
need_targets() {
    need_other_target
    targets=("$own_target" "$other_target")
    if command -v aarch64-linux-gnu-gcc >/dev/null && [[ $own_target == x64 ]]; then targets+=(arm64); fi
}

# The finished program for that one: other_program FOLDER NAME
other_program() { printf '%s/target/%s/release/%s' "$1" "$other_triple" "$2"; }

# A C source whose program prints WORD, unless a compiler is told another: c_source WORD
c_source() { printf '#include <stdio.h>\n#ifndef WORD\n#define WORD "%s"\n#endif\nint main(void) { puts(WORD); return 0; }\n' "$1"; }

# expect_prints FOLDER NAME TEXT: what a finished program says on both of its outputs.
expect_prints() { expect_equal "$("$(program "$1" "$2")" 2>&1)" "$3" "the program $2 of $1"; }

# A cargo project without dependencies whose program prints WORD: cargo_project FOLDER [WORD]
cargo_project() {
    mkdir -p "$1/src"
    cat >"$1/Cargo.toml" <<'END'
[package]
name = "tiny"
version = "0.1.0"
edition = "2021"
[profile.release]
opt-level = 0
END
    printf 'fn main() {\n    println!("%s");\n}\n' "${2:-tiny}" >"$1/src/main.rs"
    (cd "$1" && cargo generate-lockfile --offline --quiet)
}

# Gives a cargo project a build script that waits at a gate: before it ends, FOLDER.gate/open must be there. The gate is closed.
add_gate() {
    mkdir -p "$1.gate"
    cat >"$1/build.rs" <<END
use std::{fs, path::Path, thread, time::Duration};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    fs::write("/workspace/target/reached-${1##*/}", "").unwrap();
    while !Path::new("/gate/open").exists() {
        thread::sleep(Duration::from_millis(20));
    }
}
END
    mount_gate "$1"
    "$larder" trust "$1" >/dev/null
}

# Builds see the folder FOLDER.gate, also what comes into it while they run; of their project they see only what was there before.
# A mount wants its user's consent: `larder trust` or --trust.
mount_gate() { printf '[[build.mount]]\nsource = "%s"\npath = "/gate"\n' "$(realpath "$1.gate")" >>"$1/larder.toml"; }
open_gate() { touch "$1.gate/open"; }
close_gate() { rm -f "$1.gate/open"; }

# is_written PATH [STORE]: a build that runs has written it, relative to /workspace. It is in the store, not in the project.
is_written() { compgen -G "${2:-$LARDER_STORE}/transactions/*/*/upper/$1" >/dev/null; }
# is_at_gate FOLDER [STORE]
is_at_gate() { is_written "target/reached-${1##*/}" "${@:2}"; }

# How often a build's log names a crate that it compiled: compiled LOG [CRATE]
compiled() { grep -c "Compiling ${2-}" "$1" || true; }

# The log of the only project in the store.
log_of() { printf '%s\n' "$LARDER_STORE"/logs/*-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]-"$1".log; }

# What a folder holds, with types, sizes and contents; of target/ nothing.
listing() {
    (cd "$1" && find . -path ./target -prune -o -type f -exec sha256sum {} + -o -printf '%y %p %l\n' | sort)
}

# The message of the last command, with the machine's own paths taken out, must be golden/NAME.txt.
golden() {
    local file=$tests/cli/golden/$1.txt text
    text=$(
        printf 'exit code %s\n' "$status"
        sed -E "s|$work|WORK|g; s|$larder|larder|g; s/process [0-9]+/process N/g; s/in [0-9.]+ s\$/in N s/; s/after [0-9.]+ s\$/after N s/; s/-[0-9a-f]{8}(-|:|\.log)/-HASH\1/g; s|/[0-9a-f]{16}/|/VARIANT/|g" "$work/stderr"
    )
    if [[ -n ${LARDER_UPDATE_GOLDEN-} ]]; then
        printf '%s\n' "$text" >"$file"
        return
    fi
    [[ -e $file ]] || fail "there is no $file; LARDER_UPDATE_GOLDEN=1 writes it"
    diff -u "$file" - <<<"$text" >&2 || fail "another message than in $file; LARDER_UPDATE_GOLDEN=1 takes it over"
}

# serve_crates FOLDER: the project's registry is the one of the examples.
serve_crates() {
    [[ -d /usr/share/cargo/registry ]] || skip 'there are no crates in /usr/share/cargo/registry'
    setsid "$repository/examples/registry/registry.py" --port 0 --port-file "$work/port" </dev/null >/dev/null 2>"$work/registry" &
    until_true 60 test -e "$work/port"
    mkdir -p "$1/.cargo"
    cat >"$1/.cargo/config.toml" <<END
[source.crates-io]
replace-with = "larder-example"

[source.larder-example]
registry = "sparse+http://larder.example/index/"

[http]
proxy = "127.0.0.1:$(<"$work/port")"
END
}
