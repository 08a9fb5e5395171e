#!/usr/bin/env bash
# Names from the command line and from larder.toml that lead out of the store, or would harm a terminal: they are refused
# in one clear line, and the store stays what it was.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make

make_project project
good "$larder" build "$own_target" -C project
wait_for_upkeep
volume=$(basename "$(compgen -G "$LARDER_STORE/refs/trusted/*")")
# What such names could lead to.
mkdir -p "$work/any" "$work/trusted/any" "$LARDER_STORE/any"
cp "$LARDER_STORE/refs/trusted/$volume"/*/current "$work/any"
cp "$LARDER_STORE/refs/trusted/$volume"/*/current "$work/trusted/any"
cp "$LARDER_STORE/refs/trusted/$volume"/*/current "$LARDER_STORE/any"

# All names, contents and times below this test's folder but for what `run` writes.
state() { find "$work" -path "$work/std*" -prune -o -path "$work/project/larder.toml" -prune -o -printf '%p %s %T@ %l\n' | grep -vx "$work [0-9]* .*" | sort; }

# refused COMMAND...: exit code 2, one `error:` line that a terminal can show, and nothing happens.
refused() {
    local before lines
    before=$(state)
    run "$@"
    expect_status 2
    [[ ! -s $work/stdout ]] || fail 'stdout is data, and there should be none'
    mapfile -t lines <"$work/stderr"
    [[ ${lines[0]} == 'error: '?* ]] || fail "the first line is: ${lines[0]}"
    ((${#lines[@]} <= 3)) || fail "it takes ${#lines[@]} lines"
    ((${#lines[0]} < 300)) || fail "the error has ${#lines[0]} characters"
    ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$work/stderr" || fail 'it has control characters'
    expect_equal "$(state)" "$before"
}

names=('' . .. ../any ../../.. ../trusted /etc / a/../b a/b ./a .hidden -dash '~' 'a b' $'a\nb' $'line\nerror: none' $'a\tb'
    $'\e[31mred' $'\e]0;title\a' $'a\x7f' $'\xff\xfe' 'a*' "a'b" 'a"b' 'a\b' '$HOME' '%s%n' 'a%2fb' "$(printf 'x%.0s' {1..10000})")

for name in "${names[@]}"; do
    say "the name '$(printf '%q' "${name:0:40}")'"
    for command in log show clean verify rollback; do
        refused "$larder" cache $command "$name"
    done
    for command in show diff rollback fork; do
        refused "$larder" cache $command "$volume" "$name"
    done
    refused "$larder" cache log "$volume@$name"
    refused "$larder" cache fork "$name" good-name
    refused "$larder" cache clean --yes "--target=$name"
    refused "$larder" build "$name" -C project
    refused "$larder" run "$name" -C project -- true
done
