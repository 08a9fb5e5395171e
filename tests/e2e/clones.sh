#!/usr/bin/env bash
# Real programs of make and CMake: a fresh clone, another branch and a worktree compile only what differs in content.
# shellcheck disable=SC2119
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program cmake git dpkg-source apt-get
export LARDER_TEST_SOURCES=${LARDER_TEST_SOURCES:-${caller_home:-$work}/.cache/larder-test-sources}

# The source files that the last build compiled, a line each.
compiled() {
    sed -nE 's/.*(Building C object |-c (-o [^ ]+ )?)([^ ]*).*/\3/p' "$work/stdout" "$work/stderr" |
        sed 's/.*\///; s/\.o$//' | sort -u
}

build() { good "$larder" build "$own_target" -C "$1"; }
compiles_nothing() {
    build "$1"
    expect_equal "$(compiled)" '' "what was compiled of $1"
}

# prove NAME FILE PROGRAM ARGUMENT...: FILE is a source of the program, which is compiled alone when it alone changes.
prove() {
    local name=$1 file=$2
    shift 2
    say "$name: the first build"
    "$tests/e2e/programs/fetch-source" "$name" "$work/$name" 2>"$work/fetch" ||
        skip "the source of $name cannot be had: $(tail -n 1 "$work/fetch")"
    git -C "$name" init -q -b main
    printf '/target\n' >>"$name/.gitignore"
    git -C "$name" add -A
    git -C "$name" commit -qm one
    build "$name"
    (($(compiled | wc -l) > 2)) || fail "the first build of $name compiled: $(compiled)"
    wait_for_upkeep

    say "$name: a fresh clone at another path"
    sleep 0.1
    git clone -q "$name" "clone-of-$name"
    compiles_nothing "clone-of-$name"
    cmp "$(program "$name" "$1")" "$(program "clone-of-$name" "$1")"
    printf '/* edited */\n' >>"clone-of-$name/$file"
    build "clone-of-$name"
    expect_equal "$(compiled)" "$(basename "$file")" 'what was compiled after an edit'

    say "$name: a branch, there and back"
    git -C "$name" switch -qc other
    printf '/* the other branch */\n' >>"$name/$file"
    git -C "$name" commit -qam two
    build "$name"
    expect_equal "$(compiled)" "$(basename "$file")" 'what was compiled on the other branch'
    git -C "$name" switch -q main
    compiles_nothing "$name"
    git -C "$name" switch -q other
    compiles_nothing "$name"

    say "$name: a worktree"
    git -C "$name" worktree add -q "$work/tree-of-$name" main
    compiles_nothing "tree-of-$name"
    # Whatever was compiled when, the program works.
    "$(program "tree-of-$name" "$1")" "${@:2}" >/dev/null || fail "the program of $name does not work"
}

prove tree tree.c tree --version
prove cmark src/blocks.c cmark --version
