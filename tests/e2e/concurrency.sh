#!/usr/bin/env bash
# Several builds at once: other projects do not wait for each other, the same project's second build waits and says for
# whom, and other users have stores of their own.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo

# start_build FOLDER NAME: in the background; its pid is in $pid, its messages in $work/NAME.err.
start_build() {
    : >"$work/$2.err"
    "$larder" build "$own_target" -C "$1" >"$work/$2.out" 2>"$work/$2.err" </dev/null &
    pid=$!
}

# finish PID NAME: it must have been good.
finish() {
    local status=0
    wait "$1" || status=$?
    [[ $status == 0 ]] || fail "the build $2 ended with $status: $(cat "$work/$2.err")"
}

say 'two projects at once'
cargo_project one word-one
cargo_project two word-two
add_gate one
add_gate two
start_build one one
first=$pid
start_build two two
second=$pid
# Both are inside at the same time: neither gate is open yet.
until_true 60 is_at_gate one
until_true 60 is_at_gate two
open_gate two
finish "$second" two
expect kill -0 "$first"
open_gate one
finish "$first" one
expect_equal "$("$(program one tiny)")" word-one
expect_equal "$("$(program two tiny)")" word-two
expect_empty "$LARDER_STORE/transactions"

say 'the same project twice at once'
cargo_project same
add_gate same
start_build same first
first=$pid
until_true 60 is_at_gate same
start_build same second
second=$pid
until_true 60 grep -q waiting "$work/second.err"
expect grep -q "waiting for larder build $own_target in $work/same, process $first\$" "$work/second.err"
expect kill -0 "$first" "$second"
run "$larder" build "$own_target" -C same --wait 0
expect_status 3
expect_err "in use"
expect_err "process $first"
"$larder" build "$own_target" -C same --private >"$work/private.out" 2>"$work/private.err" </dev/null &
private=$!
until_true 60 grep -q 'larder: started' "$work/private.err"
open_gate same
finish "$private" private
expect_equal "$(grep -c waiting "$work/private.err")" 0
expect grep -q Finished "$work/private.err"
finish "$first" first
finish "$second" second
expect_equal "$(compiled "$work/first.err" tiny)" 1
expect_equal "$(compiled "$work/second.err" tiny)" 0 'crates compiled again by the one that waited'
expect grep -q Finished "$work/second.err"

say 'a killed build does not keep the next one waiting'
sed -i 's/tiny/changed/' same/src/main.rs
wait_for_upkeep
close_gate same
printf '// again\n' >>same/build.rs
start_build same first
first=$pid
until_true 60 is_at_gate same
start_build same second
second=$pid
until_true 60 grep -q waiting "$work/second.err"
kill -KILL "$first"
wait "$first" 2>/dev/null || true
open_gate same
finish "$second" second
expect_equal "$("$(program same tiny)")" changed

say 'cleaning while a build runs'
wait_for_upkeep # which removes what the killed one left
close_gate same
printf '// and again\n' >>same/build.rs
start_build same first
first=$pid
until_true 60 is_at_gate same
good "$larder" cache list --json
expect_equal "$(json '[v["name"] for v in data["volumes"] if v["state"] == "in use" and "target" in v["name"] and "same" in v["name"]]' | wc -l)" 1
run "$larder" cache clean --all --yes
expect_status 3
expect_err "in use"
open_gate same
finish "$first" first
expect_equal "$("$(program same tiny)")" changed

wait_for_upkeep
expect_empty "$LARDER_STORE/transactions"
good "$larder" cache clean --all --yes
